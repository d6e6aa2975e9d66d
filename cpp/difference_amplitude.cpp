#include "difference_amplitude.hpp"

#include <algorithm>
#include <cmath>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {

UNSPLICE_VECTORIZED void amplitude_row(const float* x0, const float* x1, const float* x2,
                                       Index cols, float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = std::sqrt(x0[c] * x0[c] + x1[c] * x1[c] + x2[c] * x2[c]);
    }
}

namespace {

UNSPLICE_VECTORIZED void level_row(const float* amplitude, Index cols,
                                   std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        // In this order NaN, of weights without a meaning, gives 255.
        result[c] = static_cast<std::uint8_t>(static_cast<int>(std::min(255.0f, amplitude[c])));
    }
}

// Calls put(r, amplitude) for each row.
template <class Put>
void for_amplitudes(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                    const GaussianWeights& weights, int num_threads, const Put& put) {
    const Index cols = first.cols;
    if (cols == 0) return;
    const std::vector<GaussianWeights> scales{weights};
    for_row_ranges(first.rows, first.row_length(), num_threads, [&](Index begin, Index end) {
        DifferenceRows rows(first, second, scales, begin);
        std::vector<float> averaged(static_cast<std::size_t>(3 * cols));
        std::vector<float> amplitude(static_cast<std::size_t>(cols));
        float* x = averaged.data();
        for (Index r = begin; r < end; ++r) {
            rows.go_to(r);
            for (Index p = 0; p < DifferenceRows::planes; ++p) rows.average(0, p, x + p * cols);
            amplitude_row(x, x + cols, x + 2 * cols, cols, amplitude.data());
            put(r, amplitude.data());
        }
    });
}

}  // namespace

void difference_amplitude(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                          const GaussianWeights& weights, ImageView<float> result,
                          int num_threads) {
    for_amplitudes(first, second, weights, num_threads, [&](Index r, const float* amplitude) {
        std::copy_n(amplitude, result.cols, result.row(r));
    });
}

void amplitude_levels(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                      const GaussianWeights& weights, ImageView<std::uint8_t> result,
                      int num_threads) {
    for_amplitudes(first, second, weights, num_threads, [&](Index r, const float* amplitude) {
        level_row(amplitude, result.cols, result.row(r));
    });
}

}  // namespace unsplice
