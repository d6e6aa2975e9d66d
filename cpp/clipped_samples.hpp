#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How many of the 64 pixels of each block have a channel at 0 or 255, on the 8x8 grid that begins
// at (row, col). Where a decoder clipped, a second encoder does not meet the multiples of the first
// one's steps.
void clipped_samples(ImageView<const std::uint8_t> image, Index row, Index col,
                     ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
