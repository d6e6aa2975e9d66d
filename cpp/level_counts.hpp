#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// counts[level] = how many pixels have that level, for all 256 or 65,536 levels.
//
// Cost: the image is read once.
template <class Pixel>  // uint8, uint16
void level_counts(ImageView<const Pixel> image, std::int64_t* counts, int num_threads);

}  // namespace unsplice
