#include "difference_rows.hpp"

#include <algorithm>

#include "borders.hpp"
#include "color_difference.hpp"
#include "gaussian_rows.hpp"

namespace unsplice {
namespace {

Index radius_of(const GaussianWeights& weights) { return static_cast<Index>(weights.size()) - 1; }

Index largest_radius(const std::vector<GaussianWeights>& scales) {
    Index largest = 0;
    for (const GaussianWeights& weights : scales) largest = std::max(largest, radius_of(weights));
    return largest;
}

}  // namespace

DifferenceRows::DifferenceRows(ImageView<const std::uint8_t> first,
                               ImageView<const std::uint8_t> second,
                               const std::vector<GaussianWeights>& scales, Index first_row)
    : first_(first),
      second_(second),
      scales_(scales),
      reach_(largest_radius(scales)),
      kept_(std::min(first.rows, 2 * reach_ + 1)),
      next_(kept_ == first.rows ? 0 : std::max<Index>(first_row - reach_, 0)),
      values_(static_cast<std::size_t>(kept_ * planes * first.cols)),
      columns_(static_cast<std::size_t>(first.cols + 2 * reach_)),
      around_(static_cast<std::size_t>(planes * (2 * reach_ + 1))),
      part_(static_cast<std::size_t>(2 * reach_ + 1)) {}

void DifferenceRows::go_to(Index r) {
    const Index cols = first_.cols, last = std::min(r + reach_, first_.rows - 1);
    for (; next_ <= last; ++next_) {
        float* target = values_.data() + next_ % kept_ * planes * cols;
        color_difference_row(first_.row(next_), second_.row(next_), cols, target, target + cols,
                             target + 2 * cols);
    }
    const Index height = 2 * reach_ + 1;
    for (Index k = 0; k < height; ++k) {
        const Index place = reflect_101(r - reach_ + k, first_.rows) % kept_;
        for (Index p = 0; p < planes; ++p) {
            around_[p * height + k] = values_.data() + (place * planes + p) * cols;
        }
    }
}

const float* const* DifferenceRows::around(std::size_t scale, Index plane) const {
    return around_.data() + plane * (2 * reach_ + 1) + reach_ - radius_of(scales_[scale]);
}

void DifferenceRows::average(std::size_t scale, Index plane, float* result) {
    const Index radius = radius_of(scales_[scale]), cols = first_.cols;
    const float* weights = scales_[scale].data();
    float* columns = columns_.data() + radius;
    blur_columns(around(scale, plane), weights, radius, cols, columns);
    mirror_ends(columns, radius, cols);
    blur_row(columns, weights, radius, cols, result);
}

Index DifferenceRows::width_at(std::size_t scale) const {
    return (2 * radius_of(scales_[scale]) + blur_block) / blur_block * blur_block;
}

float DifferenceRows::average_at(std::size_t scale, Index plane, Index col) {
    const Index radius = radius_of(scales_[scale]), width = width_at(scale);
    const float* weights = scales_[scale].data();
    const float* const* rows = around(scale, plane);
    const Index begin = std::min(col - radius, first_.cols - width);
    for (Index k = 0; k <= 2 * radius; ++k) part_[k] = rows[k] + begin;
    blur_columns(part_.data(), weights, radius, width, columns_.data());
    float result;
    blur_row(columns_.data() + (col - begin), weights, radius, 1, &result);
    return result;
}

}  // namespace unsplice
