#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result = (0.299 R + 0.587 G) + 0.114 B (ITU-R BT.601, as JFIF uses it), in single precision and
// this order of operations.
void luma(ImageView<const std::uint8_t> image, ImageView<float> result, int num_threads);

}  // namespace unsplice
