#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// log_cascade with each pass clipped to 0..255 before the next, as a filter does that keeps the
// type of its picture; 16 bits hold every sum, because one pass of uint8 gives at most 4080.
//
// Cost: as log_cascade, with vectors of half the width.
void log_cascade_saturating(ImageView<const std::uint8_t> image, int passes,
                            ImageView<std::uint8_t> result, int num_threads);

// Any number of passes has an answer, but every pass makes the strips wider on either side.
inline constexpr int log_cascade_saturating_max_passes = 8;

}  // namespace unsplice
