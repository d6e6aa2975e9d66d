#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Magnitudes of quantised coefficients are told apart up to here.
constexpr int most_level = 24;

// The magnitude of each quantised DCT coefficient of luma, on the 8x8 grid that begins at (row,
// col); `result` has 64 planes, one a frequency (8 vertical + horizontal), with one element a whole
// block.
//
//   level = min(floor(|C| / step + 0.5), 24)      C as block_dct.hpp defines it
//
// Single precision in this order: the same bits on every processor and for any number of threads.
// Cost: a DCT a block, about 1.5 additions and multiplications a sample and direction.
void block_levels(ImageView<const std::uint8_t> image, Index row, Index col,
                  const std::array<float, 64>& steps, StackView<std::uint8_t> result,
                  int num_threads);

}  // namespace unsplice
