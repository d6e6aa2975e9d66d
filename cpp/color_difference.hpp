#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// The JFIF YCbCr difference of two RGB pictures, one plane a component:
//   Y  =  0.299 R + 0.587 G + 0.114 B,  Cb = (B - Y) / 1.772,  Cr = (R - Y) / 1.402
// of R = R_first - R_second and so on, in single precision and this order.
// `planes` holds three planes of the size of the pictures, one below the other.
void color_difference(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                      ImageView<float> planes, int num_threads);

}  // namespace unsplice
