#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// `passes` times in a row, the 5x5 Laplacian of Gaussian
//
//      0  0 -1  0  0
//      0 -1 -2 -1  0
//     -1 -2 16 -2 -1
//      0 -1 -2 -1  0
//      0  0 -1  0  0
//
// with the border reflected without repeating the edge (BORDER_REFLECT_101) at each pass. Value is
// std::int32_t for uint8 and uint16, float for float, whose sums are taken in the order that
// log_band.cpp writes down.
//
// Reflection commutes with a symmetric kernel, so the cascade is one convolution of the reflected
// image, and half the sum of that kernel's magnitudes times the largest pixel bounds every pass.
// Cost: the image is read once; the passes follow each other in strips of columns, a few rows at a
// time, in the nearest cache.
template <class Pixel, class Value>
void log_cascade(ImageView<const Pixel> image, int passes, ImageView<Value> result,
                 int num_threads);

// The most passes whose values fit 32 bits; a float has no such bound.
//
// Half the sum of magnitudes of the cascaded kernel, pass by pass: 16, 392, 8840, 191872, 4078856,
// 86627088; times 255 the fifth is 1040108280, times 65535 the third is 579329400.
template <class Pixel>
inline constexpr int log_cascade_max_passes = 8;
template <>
inline constexpr int log_cascade_max_passes<std::uint8_t> = 5;
template <>
inline constexpr int log_cascade_max_passes<std::uint16_t> = 3;

}  // namespace unsplice
