#include "requantization_errors.hpp"

#include <cstring>

#include "block_groups.hpp"
#include "logarithm.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Beside a float of this size there is no room for a fraction: adding it rounds to whole numbers,
// halves to even, on processors without an instruction for that too. |C / q| is far below 2^22.
constexpr float no_fraction = 1.5f * (1 << 23);

// The sums lie in memory of the caller: compilers put local ones into a register each, and then
// turn the loops around, which takes five times as long.
UNSPLICE_VECTORIZED_TO_V4 void sum_errors(const BlockGroup& group, const float* steps,
                                          float (&sums)[block_lanes]) {
    for (Index i = 0; i < block_lanes; ++i) sums[i] = 0.0f;
    for (Index k = 1; k < block_samples; ++k) {
        const float step = steps[k];
        UNSPLICE_INDEPENDENT
        for (Index i = 0; i < block_lanes; ++i) {
            const float level = (group[k][i] / step + no_fraction) - no_fraction;
            const float rest = group[k][i] - step * level;
            sums[i] += rest * rest;
        }
    }
}

UNSPLICE_VECTORIZED_TO_V4 void take_logarithms(const float (&sums)[block_lanes],
                                               float (&errors)[block_lanes]) {
    for (Index i = 0; i < block_lanes; ++i) {
        errors[i] = static_cast<float>(logarithm(sums[i] / 63.0 + 0.02));
    }
}

}  // namespace

void requantization_errors(ImageView<const std::uint8_t> image, Index row, Index col,
                           const float* steps, StackView<float> result, int num_threads) {
    for_block_groups(image, row, col, result.rows, result.cols, num_threads,
                     [&](Index r, Index first, Index count, const BlockGroup& group) {
                         for (Index n = 0; n < result.count; ++n) {
                             float sums[block_lanes], errors[block_lanes];
                             sum_errors(group, steps + n * block_samples, sums);
                             take_logarithms(sums, errors);
                             std::memcpy(result.image(n).row(r) + first, errors,
                                         static_cast<std::size_t>(count) * sizeof(float));
                         }
                     });
}

}  // namespace unsplice
