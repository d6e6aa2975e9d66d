#include "difference_rows.hpp"

#include <algorithm>

#include "borders.hpp"
#include "color_difference.hpp"
#include "gaussian_rows.hpp"

namespace unsplice {

DifferenceRows::DifferenceRows(ImageView<const std::uint8_t> first,
                               ImageView<const std::uint8_t> second, Index most_weights,
                               Index first_row)
    : first_(first),
      second_(second),
      reach_(most_weights - 1),
      kept_(std::min(first.rows, 2 * reach_ + 1)),
      next_(kept_ == first.rows ? 0 : std::max<Index>(first_row - reach_, 0)),
      values_(static_cast<std::size_t>(kept_ * planes * first.cols)),
      columns_(static_cast<std::size_t>(first.cols + 2 * reach_)),
      around_(static_cast<std::size_t>(2 * reach_ + 1)) {}

const float* DifferenceRows::row(Index plane, Index r) const {
    return values_.data() + (r % kept_ * planes + plane) * first_.cols;
}

float* DifferenceRows::averaged_columns(Index plane, Index r, const GaussianWeights& weights,
                                        Index begin, Index count) {
    const Index last = std::min(r + reach_, first_.rows - 1);
    for (; next_ <= last; ++next_) {
        float* target = values_.data() + next_ % kept_ * planes * first_.cols;
        color_difference_row(first_.row(next_), second_.row(next_), first_.cols, target,
                             target + first_.cols, target + 2 * first_.cols);
    }
    const Index radius = static_cast<Index>(weights.size()) - 1;
    for (Index k = -radius; k <= radius; ++k) {
        around_[static_cast<std::size_t>(radius + k)] =
            row(plane, reflect_101(r + k, first_.rows)) + begin;
    }
    float* result = columns_.data() + radius;
    blur_columns(around_.data(), weights.data(), radius, count, result);
    return result;
}

void DifferenceRows::average_row(Index plane, Index r, const GaussianWeights& weights,
                                 float* result) {
    const Index radius = static_cast<Index>(weights.size()) - 1;
    float* columns = averaged_columns(plane, r, weights, 0, first_.cols);
    mirror_ends(columns, radius, first_.cols);
    blur_row(columns, weights.data(), radius, first_.cols, result);
}

void DifferenceRows::average_part(Index plane, Index r, const GaussianWeights& weights, Index col,
                                  Index count, float* result) {
    const Index radius = static_cast<Index>(weights.size()) - 1;
    const float* columns =
        averaged_columns(plane, r, weights, col - radius, count + 2 * radius) + radius;
    blur_row(columns, weights.data(), radius, count, result);
}

}  // namespace unsplice
