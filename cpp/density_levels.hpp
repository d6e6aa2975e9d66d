#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How many of `points` (any byte but 0) lie in the box of 2 * reach + 1 rows and columns around
// each pixel; there are none beyond the border. The result is the count times 255 / largest count,
// where count and factor are rounded to single precision, to the nearest whole number, halves to
// the even one; 0 everywhere where there is no point.
//
// std::length_error where 32 bits cannot count the points of a box.
// Cost: the counts are computed twice, row by row in the cache, rather than kept: sums of columns
// that lose one row and gain another, and from their running sum that of any box by one
// subtraction.
void density_levels(ImageView<const std::uint8_t> points, Index reach,
                    ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
