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

void load_luma(ImageView<const std::uint8_t> image, Index row, Index col, Index lane,
               BlockGroup& group) {
    for (Index y = 0; y < block_side; ++y) {
        float luma[block_side];
        load_luma_row(image.row(row + y) + 3 * col, block_side, luma);
        for (Index x = 0; x < block_side; ++x) group[block_side * y + x][lane] = luma[x];
    }
}

void load_luma_of_blocks(ImageView<const std::uint8_t> image, Index row, Index col, Index count,
                         BlockGroup& group) {
    float luma[block_lanes * block_side];
    for (Index y = 0; y < block_side; ++y) {
        load_luma_row(image.row(row + y) + 3 * col, block_side * count, luma);
        for (Index i = 0; i < count; ++i) {
            for (Index x = 0; x < block_side; ++x) {
                group[block_side * y + x][i] = luma[block_side * i + x];
            }
        }
    }
}

UNSPLICE_VECTORIZED_TO_V4 void load_luma_row(const std::uint8_t* rgb, Index count,
                                             float* __restrict luma) {
    for (Index i = 0; i < count; ++i) {
        const float red = rgb[3 * i], green = rgb[3 * i + 1], blue = rgb[3 * i + 2];
        luma[i] = 0.299f * red + 0.587f * green + 0.114f * blue - 128.0f;
    }
}

UNSPLICE_VECTORIZED_TO_V4 void transform_blocks(BlockGroup& group) {
    for (Index column = 0; column < block_side; ++column) {
        transform_line(group + column, block_side);
    }
    for (Index row = 0; row < block_side; ++row) transform_line(group + row * block_side, 1);
}

}  // namespace unsplice
