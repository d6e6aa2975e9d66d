#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result = the pixels (1, else 0) of those connected components of `mask` that have at least
// `min_area` pixels.
//
// Cost: that of connected_runs, and 1 byte a pixel written once; there is no picture of labels.
void remove_small_components(ImageView<const std::uint8_t> mask, std::int64_t min_area,
                             bool diagonal, ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
