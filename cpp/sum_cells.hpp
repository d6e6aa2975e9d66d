#pragma once

#include "cells.hpp"

namespace unsplice {

constexpr Index cell_sums = 4;

// Sums over cells of 4x4 pixels, one plane each: of the gray level I, of I^2, of the heatmap P in
// whole multiples of 2^-16, and of I P.
//
//   I = (77 R + 150 G + 29 B + 128) >> 8
//   P = rint(65536 min(max(p, 0), 1))       halves to even
//
// The largest sum is 16 * 255 * 65536 = 267 million. Whole numbers: no order to keep. Cost: one
// pass.
void sum_cells(ImageView<const std::uint8_t> image, ImageView<const float> heatmap,
               StackView<std::int32_t> result, int num_threads);

}  // namespace unsplice
