#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// weighted_sum times `gain`, in single precision, rounded to the nearest level, halves to the even
// one, and at most 255. Weights and gain are at least 0 and finite.
void weighted_levels(ImageView<const std::uint8_t> image, const std::array<float, 3>& weights,
                     float gain, ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
