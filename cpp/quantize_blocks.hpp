#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Quantisation steps, 1 to 255, row by row; rows are vertical frequencies.
using QuantizationTable = std::array<std::uint8_t, 64>;

// Division by 8 times a step, to the nearest whole number: |x| / (8 step) is
// ((|x| + half) * factor) >> shift.
struct Quantizer {
    std::int32_t step, half, factor, shift;
};
using Quantizers = std::array<Quantizer, 64>;
Quantizers make_quantizers(const QuantizationTable& table);

// Strips are worked on in groups of eight blocks, 64 columns.
constexpr Index block_group = 64;

// Replaces the samples of a strip of 8 rows by what integer DCT, quantisation and inverse DCT leave
// of them: steps 3 to 5 of error_levels. `cols` is a multiple of block_group.
void quantize_blocks(std::uint8_t* strip, Index stride, Index cols, const Quantizers& quantizers);

}  // namespace unsplice
