#pragma once

#include "cells.hpp"

namespace unsplice {

// Adds a line for each pixel, put on its gray level I, to its number p in the heatmap:
//
//   q = min(max(p + (a I + b), 0), 1)
//
// Slope a and offset b come from cells of 4x4 pixels: interpolated down, then across, between the
// centres of cells, x + t (y - x) with t = 1/8 or 3/8 of the way from the nearer centre x to the
// farther y; beyond the outermost centres those of the edge stand. Single precision in this order.
//
// Cost: two interpolations a pixel and one down for each cell and row.
void apply_lines(ImageView<const std::uint8_t> image, ImageView<const float> heatmap,
                 ImageView<const float> slopes, ImageView<const float> offsets,
                 ImageView<float> result, int num_threads);

}  // namespace unsplice
