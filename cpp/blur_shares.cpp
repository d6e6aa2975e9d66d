#include "blur_shares.hpp"

#include <cmath>

#include "gaussian_blur.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void scale_row(const std::uint8_t* counts, float unit, Index cols,
                                   float* __restrict shares) {
    for (Index c = 0; c < cols; ++c) shares[c] = unit * static_cast<float>(counts[c]);
}

UNSPLICE_VECTORIZED void take_roots(float* row, Index cols) {
    for (Index c = 0; c < cols; ++c) row[c] = std::sqrt(row[c]);
}

}  // namespace

void blur_shares(StackView<const std::uint8_t> counts, float unit,
                 const std::vector<float>& weights, StackView<float> result, int num_threads) {
    const Index rows = counts.rows, cols = counts.cols;
    const Index work = rows * cols * static_cast<Index>(weights.size());
    for_row_ranges(counts.count, work, num_threads, [&](Index begin, Index end) {
        std::vector<float> shares(static_cast<std::size_t>(rows * cols));
        const StackView<float> plane{shares.data(), 1, rows, cols, 0, cols};
        for (Index n = begin; n < end; ++n) {
            for (Index r = 0; r < rows; ++r) {
                scale_row(counts.image(n).row(r), unit, cols, plane.image(0).row(r));
            }
            const ImageView<float> target = result.image(n);
            gaussian_blur({shares.data(), 1, rows, cols, 0, cols}, weights,
                          {target.data, 1, rows, cols, 0, target.row_stride}, 1);
            for (Index r = 0; r < rows; ++r) take_roots(target.row(r), cols);
        }
    });
}

}  // namespace unsplice
