#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Each level times `factor`, in single precision.
void scaled_levels(ImageView<const std::uint8_t> levels, float factor, ImageView<float> result,
                   int num_threads);

// Where a level is above `level`.
void levels_above(ImageView<const std::uint8_t> levels, std::uint8_t level,
                  ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
