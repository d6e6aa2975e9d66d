#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

constexpr Index block_side = 8;
constexpr Index block_samples = 64;
constexpr Index block_lanes = 16;  // blocks that are transformed together

// c(k) cos((2 n + 1) k pi / 16) for n < 4, c(0) = sqrt(1 / 8), c(k) = 1 / 2: the other half mirrors
// it. Written out because the cosine of C libraries may differ in the last bit.
inline constexpr float dct_factors[block_side][block_side / 2] = {
    {0.353553391f, 0.353553391f, 0.353553391f, 0.353553391f},
    {0.490392640f, 0.415734806f, 0.277785117f, 0.0975451610f},
    {0.461939766f, 0.191341716f, -0.191341716f, -0.461939766f},
    {0.415734806f, -0.0975451610f, -0.490392640f, -0.277785117f},
    {0.353553391f, -0.353553391f, -0.353553391f, 0.353553391f},
    {0.277785117f, -0.490392640f, 0.0975451610f, 0.415734806f},
    {0.191341716f, -0.461939766f, 0.461939766f, -0.191341716f},
    {0.0975451610f, -0.277785117f, 0.415734806f, -0.490392640f},
};

// [8 row + column][block]: neighbours in memory belong to different blocks, so that both passes of
// the transform are vectorised alike and nothing is transposed.
using BlockGroup = float[block_samples][block_lanes];

// Writes the luma of the 8x8 pixels at (row, col) of an RGB picture, less 128, into one lane:
// ((0.299 R + 0.587 G) + 0.114 B) - 128 in single precision.
void load_luma(ImageView<const std::uint8_t> image, Index row, Index col, Index lane,
               BlockGroup& group);

// The same for `count` blocks side by side, the first of which begins there, into the first lanes.
void load_luma_of_blocks(ImageView<const std::uint8_t> image, Index row, Index col, Index count,
                         BlockGroup& group);

// The same for pixels side by side.
void load_luma_row(const std::uint8_t* rgb, Index count, float* luma);

// The orthonormal DCT of each block, in place; rows of the result are vertical frequencies. First
// along the columns, then along the rows, each as in step 3 of jpeg_round_trip: single precision in
// a fixed order, the same bits on every processor.
void transform_blocks(BlockGroup& group);

}  // namespace unsplice
