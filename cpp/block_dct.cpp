#include "block_dct.hpp"

#include "vectorized.hpp"

namespace unsplice {
namespace {

// Eight samples, `step` apart, of every block of the group.
UNSPLICE_INLINE void transform_line(float (*samples)[block_lanes], Index step) {
    constexpr Index half = block_side / 2;
    float sums[half][block_lanes], differences[half][block_lanes];
    for (Index n = 0; n < half; ++n) {
        const float* left = samples[n * step];
        const float* right = samples[(block_side - 1 - n) * step];
        for (Index i = 0; i < block_lanes; ++i) sums[n][i] = left[i] + right[i];
        for (Index i = 0; i < block_lanes; ++i) differences[n][i] = left[i] - right[i];
    }
    for (Index k = 0; k < block_side; ++k) {
        const auto& part = k % 2 ? differences : sums;
        float* result = samples[k * step];
        for (Index i = 0; i < block_lanes; ++i) {
            result[i] = dct_factors[k][0] * part[0][i] + dct_factors[k][1] * part[1][i] +
                        dct_factors[k][2] * part[2][i] + dct_factors[k][3] * part[3][i];
        }
    }
}

}  // namespace

UNSPLICE_VECTORIZED void transform_blocks(BlockGroup& group) {
    for (Index column = 0; column < block_side; ++column) {
        transform_line(group + column, block_side);
    }
    for (Index row = 0; row < block_side; ++row) transform_line(group + row * block_side, 1);
}

}  // namespace unsplice
