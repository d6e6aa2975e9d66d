#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Sums of the levels of a gray picture over the 8x8 blocks that begin at (row, col), one a whole
// block of `result`.
void sum_blocks(ImageView<const std::uint8_t> image, Index row, Index col,
                ImageView<std::int32_t> result, int num_threads);

}  // namespace unsplice
