#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Which of the two quincunx lattices of green the sensor measured, in each whole block of the 8x8
// grid that begins at (row, col): interpolated samples are nearer to the mean of their neighbors.
//
//   log((even + 1/16) / (odd + 1/16))    the means of d^2 over the pixels of a block with even and
//                                        with odd row + column, counted from the picture's corner;
//                                        d = G - mean of its four neighbors (the picture's edge is
//                                        repeated)
//
// Sums are whole numbers: the same bits on every processor and for any number of threads.
void green_lattice(ImageView<const std::uint8_t> image, Index row, Index col,
                   ImageView<float> result, int num_threads);

}  // namespace unsplice
