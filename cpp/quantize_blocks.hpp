#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Quantisation steps, 1 to 255, row by row; rows are vertical frequencies.
using QuantizationTable = std::array<std::uint8_t, 64>;

constexpr Index group_blocks = 16;  // blocks that are worked on together
constexpr Index group_cols = 8 * group_blocks;

// What it takes to divide coefficients by 8 times their steps, sixteen times the same, so that
// sixteen blocks are divided at once. With d = 8 step and 2^(b - 1) < d <= 2^b,
//   reciprocal = 2^(15 + b) / d, rounded up, scale = 2^(17 - b)
//   (|x| + d / 2) / d = (((|x| + d / 2) reciprocal >> 16) scale) >> 16
// rounded down, since |x| + d / 2 < 2^15 keeps the error below 1 / d.
struct Quantizers {
    std::uint16_t halves[64][group_blocks];
    std::uint16_t reciprocals[64][group_blocks];
    std::uint16_t scales[64][group_blocks];
    std::uint16_t steps[64][group_blocks];

    explicit Quantizers(const QuantizationTable& table);
};

// Replaces 8 rows of group_cols samples by what integer DCT, quantisation and inverse DCT leave of
// them: steps 3 to 5 of error_levels.
void quantize_blocks(std::uint8_t* samples, Index stride, const Quantizers& quantizers);

// The same on processors that have AVX2.
void quantize_blocks_avx2(std::uint8_t* samples, Index stride, const Quantizers& quantizers);

}  // namespace unsplice
