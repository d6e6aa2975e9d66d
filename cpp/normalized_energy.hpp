#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How many standard deviations a difference is above the noise that its surroundings explain:
//   result(r, c) = sqrt((x0^2 w(0, l) + x1^2 w(1, l) + x2^2 w(2, l)) / 3),  l = levels(r, c)
// for three planes x and the precision w = 1 / variance of each plane at each level.
// `planes` holds three planes one below the other; `precision` is 3 rows of 256.
void normalized_energy(ImageView<const float> planes, ImageView<const std::uint8_t> levels,
                       ImageView<const float> precision, ImageView<float> result, int num_threads);

}  // namespace unsplice
