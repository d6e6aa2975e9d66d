// The coarse grid of the guided filter.
#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// A cell has this many pixels a side; those at the lower and right edge may have fewer.
constexpr Index cell_side = 4;

// No sum: a caller may name a number of pixels that has no successor.
inline Index cells_along(Index pixels) {
    return pixels / cell_side + (pixels % cell_side > 0 ? 1 : 0);
}

// Gray in whole levels, the guide of the filter.
inline std::int32_t gray_level(const std::uint8_t* rgb) {
    return (77 * rgb[0] + 150 * rgb[1] + 29 * rgb[2] + 128) >> 8;
}

}  // namespace unsplice
