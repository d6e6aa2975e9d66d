#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How busy the surroundings of a pixel are, on a logarithmic scale of 8 steps an octave.
//
//   y     = (77 R + 150 G + 29 B + 128) >> 8                      luma, 0 to 255
//   gx    = Sobel derivative of y along the row, gy = along the column (3x3, factor 4 a unit step)
//   sum   = sum of gx^2 + gy^2 over the 9x9 pixels around
//   level = 8 log2(sum / 324 + 1), linear between powers of two, rounded down
//
// 324 = 81 * 4: sum / 324 + 1 is one plus four times the mean squared gradient in gray levels.
// Beyond the edge the picture is mirrored (reflect_101). Integers throughout: |gx| <= 1020, so
// sum <= 81 * 2 * 1020^2 < 2^28; the highest level is 8 * 19 + 7 < 256.
void activity_level(ImageView<const std::uint8_t> image, ImageView<std::uint8_t> result,
                    int num_threads);

}  // namespace unsplice
