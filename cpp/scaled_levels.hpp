#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// Each level times `factor`, in single precision.
void scaled_levels(ImageView<const std::uint8_t> levels, float factor, ImageView<float> result,
                   int num_threads);

}  // namespace unsplice
