#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// The JFIF YCbCr difference of two RGB pictures, one plane a component:
//   Y = (0.299 R + 0.587 G) + 0.114 B,  Cb = (B - Y) * (1 / 1.772),  Cr = (R - Y) * (1 / 1.402)
// of R = R_first - R_second and so on, in single precision and this order; the two reciprocals are
// rounded to single precision before they are multiplied with.
void color_difference(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                      StackView<float> planes, int num_threads);

// One row of it.
void color_difference_row(const std::uint8_t* first, const std::uint8_t* second, Index cols,
                          float* __restrict luma, float* __restrict blue, float* __restrict red);

}  // namespace unsplice
