#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result = (w0 R + w1 G) + w2 B in single precision and this order of operations.
void weighted_sum(ImageView<const std::uint8_t> image, const std::array<float, 3>& weights,
                  ImageView<float> result, int num_threads);

}  // namespace unsplice
