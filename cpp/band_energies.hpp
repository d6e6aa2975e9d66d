#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

constexpr Index energy_bands = 3;

// How much low, middle and high frequencies there are in each block, on the 8x8 grid that begins at
// (row, col); `result` has one plane a band, with one element a whole block.
//
//   energy = log(mean of C^2 + 0.02)      over the frequencies with v + h in 1..2, 3..5, 6..14
//
// C as block_dct.hpp defines it, v and h the vertical and the horizontal frequency; 0.02 is half of
// what rounding the pixels to gray levels adds. Sums in single precision, from the first frequency
// (8 v + h) to the last, the rest in double (logarithm.hpp): the same bits on every processor and
// for any number of threads. Cost: a DCT a block.
void band_energies(ImageView<const std::uint8_t> image, Index row, Index col,
                   StackView<float> result, int num_threads);

}  // namespace unsplice
