#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// What another quantisation would change in each block, on the 8x8 grid that begins at (row, col);
// `steps` has 64 numbers of at least 1 a table (8 vertical + horizontal frequency), and `result`
// one plane a table, with one element a whole block.
//
//   error = log(1/63 sum (C - q rint(C / q))^2 + 0.02)     over the 63 frequencies but the lowest
//
// C as block_dct.hpp defines it; rint takes halves to the even neighbour; 0.02 is half of what
// rounding the pixels to gray levels adds. Differences and their sum, from the first frequency to
// the last, are in single precision, the rest in double (logarithm.hpp): the same bits on every
// processor and for any number of threads. Source: H. Farid, "Exposing Digital Forgeries From JPEG
// Ghosts", doi:10.1109/TIFS.2008.2012215, there on the pixels of pictures that are saved again.
// Cost: a DCT a block, and a division and six more operations a sample and table.
void requantization_errors(ImageView<const std::uint8_t> image, Index row, Index col,
                           const float* steps, StackView<float> result, int num_threads);

}  // namespace unsplice
