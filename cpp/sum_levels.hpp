#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// The sum over the planes k of values[k * (most_level + 1) + level], level being that of plane k:
// from the first plane to the last, in single precision. A level above most_level counts as it.
void sum_levels(StackView<const std::uint8_t> levels, const float* values, ImageView<float> result,
                int num_threads);

}  // namespace unsplice
