#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// One class a half unit, from 0 to the largest magnitude there is: the mean of 64 samples of -128.
constexpr Index magnitude_classes = 2 * 1024 + 1;

struct Corner {
    std::int64_t row, col;
};

// How often each magnitude occurs among the DCT coefficients of luma of the 8x8 blocks at given
// places, anywhere in the picture: element [k][j] of `counts`, (64, magnitude_classes), counts the
// blocks with j <= 2 |C(k)| < j + 1. C as block_dct.hpp defines it.
//
// Borders between quantisation levels are multiples of a half, so what any quantiser would make of
// these coefficients can be told from the counts exactly.
void count_magnitudes(ImageView<const std::uint8_t> image, const Corner* corners, Index blocks,
                      std::int64_t* counts, int num_threads);

}  // namespace unsplice
