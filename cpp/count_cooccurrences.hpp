#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Patterns of four ternary samples that neither a change of sign nor reversal makes equal.
constexpr int pattern_classes = 25;

// How often four neighbours of a residual show each pattern, on the 8x8 grid that begins at (row,
// col); `result` has 2 * 25 planes with one element a whole block.
//
//   y       = floor((77 R + 150 G + 29 B + 128) / 256), continued beyond the picture by its edge
//   d(r, c) = y(r, c-1) - 3 y(r, c) + 3 y(r, c+1) - y(r, c+2)       the same downwards
//   t       = 1 where d >= 2, -1 where d <= -2, else 0               round(d / 2) in -1..1
//
// For each pixel and each of the two residuals there is a pattern along it, t at c-2, c-1, c, c+1
// in the direction of its differences, and one across it, at -2, -1, 0, 1 in the other direction.
// 81 patterns make 25 classes, numbered by the least 27 t1 + 9 t2 + 3 t3 + t4 in them (the last is
// that of four zeros). Planes 0 to 24 count the patterns along both residuals, 25 to 49 those
// across: 128 of each a block, so bytes hold them.
//
// Whole numbers only: the same bits on every processor and for any number of threads.
// Cost: about four table increments and 40 vectorised operations on bytes a pixel; three rows a
// range of threads are made twice.
void count_cooccurrences(ImageView<const std::uint8_t> image, Index row, Index col,
                         StackView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
