#pragma once

#include <cstdint>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// A flat, symmetric neighborhood: row dy of it reaches half_widths[|dy|] columns to either side.
using HalfWidths = std::vector<std::uint8_t>;

constexpr int most_reach = 64;  // rows and columns of such a neighborhood to either side

// Whether any pixel of the neighborhood is true, and then whether all pixels of the neighborhood
// are so, on a plane that has no end: nothing is true beyond the picture, and what the first step
// carries there counts in the second.
//
// Cost: in both steps a row is turned into distances to its nearest pixel that spreads, in
// log2(reach) steps; each pixel of the result compares one distance in every row of the
// neighborhood.
void close_mask(ImageView<const std::uint8_t> mask, const HalfWidths& half_widths,
                ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
