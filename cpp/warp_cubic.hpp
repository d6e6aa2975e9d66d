#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// x = m[0] col + (m[1] row + m[2]), y = m[3] col + (m[4] row + m[5]): where a pixel of the result
// lies in the picture.
using AffineMap = std::array<double, 6>;

// The picture, RGB or of one float a pixel, seen through the map by cubic convolution with a =
// -3/4; R. Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29 (6),
// 1981, has the a to choose.
//
// x and y are computed in double precision in the order above, clamped to -2..size + 1 (NaN is -2),
// and rounded to multiples of 1/256: (trunc(256 x + 512.5) - 512) / 256. The four weights of a
// fraction t/256 are multiples of 1/16384,
//
//   w(d) = (5 d^3 - 9 d^2 + 4) / 4              at the distance d = t/256 or 1 - t/256,
//   w(d) = -3/4 (d^3 - 5 d^2 + 8 d - 4)         at the distance d = 1 + t/256 or 2 - t/256,
//
// rounded down after 1/2 was added, but for the first of the largest, which is what the others
// leave of 1. Beyond the edge the outermost pixels stand. Down the columns first, then across:
//
//   uint8: whole numbers; sums of columns are rounded to 1/128, ((s + 64) >> 7), the result is
//   ((s + 2^20) >> 21), clipped to 0..255. 255 times the weights' magnitudes, 1.375 at most and
//   twice, stay below 2^31.
//   float: ((w0 p0 + w1 p1) + w2 p2) + w3 p3, in single precision in this order.
//
// No step knows the processor: other than from OpenCV's warpAffine, the same bits come everywhere.
//
// Cost: per pixel and channel 20 multiplications; where the map only scales and shifts, 4 per
// number of the source rows that are read, in vectors, and 4 per pixel and channel.
void warp_cubic(ImageView<const std::uint8_t> image, const AffineMap& map,
                ImageView<std::uint8_t> result, int num_threads);
void warp_cubic(ImageView<const float> image, const AffineMap& map, ImageView<float> result,
                int num_threads);

}  // namespace unsplice
