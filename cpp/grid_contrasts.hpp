#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// What the counts of zeros at the 64 places of an 8x8 grid say of each block of it. `counts` is
// what count_zeros gives: 8 rows and 8 columns a block. `result` has three planes.
//
//   s(y, x) = mean over the 5x5 blocks around, of which only those count that exist,
//             of the count at place (y, x) of the block
//   m       = mean of s over the 64 places,  o = maximum of s over the places but (0, 0)
//   result  = s(0, 0) - m,  o - m,  s(0, 0) - o
//
// Sums and differences are of whole numbers, then there is one division in single precision:
//   with S = n s for the n blocks, (64 S(0, 0) - sum S) / (64 n) and so on.
// 64 S is at most 64 25 255, below 2^24: exact.
void grid_contrasts(ImageView<const std::uint8_t> counts, StackView<float> result, int num_threads);

}  // namespace unsplice
