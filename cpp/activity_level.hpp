#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How busy the surroundings of a pixel are, on a logarithmic scale of 8 steps an octave.
//
//   y     = (77 R + 150 G + 29 B + 128) >> 8                      luma, 0 to 255
//   gx    = Sobel derivative of y along the row, gy = along the column (3x3, weights 1 2 1)
//   sum   = sum of gx^2 + gy^2 over the 9x9 pixels around
//   v     = sum / 324 + 1, with sum, quotient and result each rounded to single precision
//   level = 8 log2(v) between the powers of two approached linearly, rounded down:
//           8 e + floor(8 (v / 2^e - 1)) for 2^e <= v < 2^(e+1)
//
// A ramp of one gray level a pixel along the rows or columns has |g| = 8, and so v = 17.
// Beyond the edge the picture is mirrored (reflect_101). Integers but for v: |gx| <= 1020, so
// sum <= 81 * 2 * 1020^2 < 2^28, v < 2^19, and the highest level is below 8 * 19 < 256.
void activity_level(ImageView<const std::uint8_t> image, ImageView<std::uint8_t> result,
                    int num_threads);

}  // namespace unsplice
