#pragma once

#include "image_view.hpp"

namespace unsplice {

// Interpolates between the centres of 8x8 blocks that begin at (row, col), linearly in each
// direction, first down and then across; beyond the outermost centres their numbers go on.
//
// With l and r the numbers of the blocks before and after an element, l (1 - w) + r w, where w is
// an odd multiple of 1/16, or 0 beyond the centres. In single precision, in this order.
//
// Cost: two multiplications and an addition an element, and as much a block in each row.
void pixels_of_blocks(ImageView<const float> blocks, Index row, Index col, ImageView<float> result,
                      int num_threads);

}  // namespace unsplice
