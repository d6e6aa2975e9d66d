#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How many of the 64 DCT coefficients of luma of the 8x8 window that begins at a pixel have
// |C| < 0.5, for every pixel of the whole blocks of the grid that begins at (row, col); C as
// block_dct.hpp defines it, in its order: the same bits on every processor and for any number of
// threads.
//
// Border: at a pixel row whose window would leave the picture stands the count 8 rows above, that
// of the block before; where there is no block before, that of the last window that fits. Likewise
// for columns.
//
// `result` has 8 rows a block row and 8 columns a block column.
//
// Cost: a DCT a pixel. The first pass, along the columns, is shared by the windows that overlap
// from left to right: 9 one-dimensional transforms and 64 comparisons a pixel.
//
// After T. Nikoukhah, J. Anger, M. Colom, J.-M. Morel, R. Grompone von Gioi: "ZERO: a Local JPEG
// Grid Origin Detector Based on the Number of DCT Zeros and its Applications in Image Forensics",
// Image Processing On Line 11, 2021, doi:10.5201/ipol.2021.390.
void count_zeros(ImageView<const std::uint8_t> image, Index row, Index col,
                 ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
