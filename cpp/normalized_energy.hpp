#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How many standard deviations a difference is above the noise that its surroundings explain:
//   result(r, c) = sqrt((((x0 x0) w(0, l) + (x1 x1) w(1, l)) + (x2 x2) w(2, l)) / 3)
// for three planes x, l = levels(r, c) and the precision w = 1 / variance of each plane at each
// level, 3 rows of 256; in single precision and this order.
void normalized_energy(StackView<const float> planes, ImageView<const std::uint8_t> levels,
                       ImageView<const float> precision, ImageView<float> result, int num_threads);

}  // namespace unsplice
