#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Quantisation steps, 1 to 255, row by row; rows are vertical frequencies.
using QuantizationTable = std::array<std::uint8_t, 64>;

// What it takes to divide coefficients by 8 times their steps.
struct Quantizers {
    // Of the rows of a column; eight times the same, so that eight blocks are divided at once.
    struct Steps {
        float offset[8][8];  // half a divisor and one half
        float reciprocal[8][8];
        std::int32_t step[8][8];
    };
    std::array<Steps, 8> columns;

    explicit Quantizers(const QuantizationTable& table);
};

// Samples come four in a word of memory, and strips are worked on in groups of eight blocks.
constexpr Index word_group = 16;

// Replaces the samples of a strip of 8 rows by what integer DCT, quantisation and inverse DCT leave
// of them: steps 3 to 5 of error_levels. `words` of a row are a multiple of word_group.
void quantize_blocks(std::uint32_t* strip, Index stride, Index words, const Quantizers& quantizers);

}  // namespace unsplice
