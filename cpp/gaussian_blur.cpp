#include "gaussian_blur.hpp"

#include "borders.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Columns are taken in blocks whose partial sums stay in registers.
constexpr Index block = 32;

// `rows` holds 2 radius + 1 pointers, the centre in the middle.
UNSPLICE_VECTORIZED void filter_columns(const float* const* rows, const float* weights,
                                        Index radius, Index cols, float* __restrict result) {
    Index c = 0;
    for (; c + block <= cols; c += block) {
        float sum[block];
        const float* centre = rows[radius] + c;
        for (Index i = 0; i < block; ++i) sum[i] = weights[0] * centre[i];
        for (Index k = 1; k <= radius; ++k) {
            const float weight = weights[k];
            const float* above = rows[radius - k] + c;
            const float* below = rows[radius + k] + c;
            for (Index i = 0; i < block; ++i) sum[i] += weight * (above[i] + below[i]);
        }
        for (Index i = 0; i < block; ++i) result[c + i] = sum[i];
    }
    for (; c < cols; ++c) {
        float sum = weights[0] * rows[radius][c];
        for (Index k = 1; k <= radius; ++k) {
            sum += weights[k] * (rows[radius - k][c] + rows[radius + k][c]);
        }
        result[c] = sum;
    }
}

// `row` continues by `radius` elements on either side.
UNSPLICE_VECTORIZED void filter_row(const float* row, const float* weights, Index radius,
                                    Index cols, float* __restrict result) {
    Index c = 0;
    for (; c + block <= cols; c += block) {
        float sum[block];
        const float* centre = row + c;
        for (Index i = 0; i < block; ++i) sum[i] = weights[0] * centre[i];
        for (Index k = 1; k <= radius; ++k) {
            const float weight = weights[k];
            for (Index i = 0; i < block; ++i) sum[i] += weight * (centre[i - k] + centre[i + k]);
        }
        for (Index i = 0; i < block; ++i) result[c + i] = sum[i];
    }
    for (; c < cols; ++c) {
        float sum = weights[0] * row[c];
        for (Index k = 1; k <= radius; ++k) sum += weights[k] * (row[c - k] + row[c + k]);
        result[c] = sum;
    }
}

}  // namespace

void gaussian_blur(StackView<const float> planes, const std::vector<float>& weights,
                   StackView<float> result, int num_threads) {
    const Index radius = static_cast<Index>(weights.size()) - 1;
    const Index rows = planes.rows, cols = planes.cols;
    if (cols == 0) return;
    for_row_ranges(planes.count * rows, cols, num_threads, [&](Index begin, Index end) {
        std::vector<const float*> reach(static_cast<std::size_t>(2 * radius + 1));
        std::vector<float> padded(static_cast<std::size_t>(cols + 2 * radius));
        float* filtered = padded.data() + radius;
        for (Index i = begin; i < end; ++i) {
            const ImageView<const float> plane = planes.image(i / rows);
            const Index r = i % rows;
            for (Index k = -radius; k <= radius; ++k) {
                reach[static_cast<std::size_t>(radius + k)] = plane.row(reflect_101(r + k, rows));
            }
            filter_columns(reach.data(), weights.data(), radius, cols, filtered);
            for (Index k = 1; k <= radius; ++k) {
                filtered[-k] = filtered[reflect_101(-k, cols)];
                filtered[cols - 1 + k] = filtered[reflect_101(cols - 1 + k, cols)];
            }
            filter_row(filtered, weights.data(), radius, cols, result.image(i / rows).row(r));
        }
    });
}

}  // namespace unsplice
