#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result(i) = the window of `size` x `size` pixels of `image` whose upper left pixel is
// (corners(i, 0), corners(i, 1)); `result` holds the windows one after the other, dense.
// std::invalid_argument where a window leaves the image; nothing is written then. `corners` is read
// twice and must not change in between.
template <class Pixel>
void extract_patches(ImageView<const Pixel> image, ImageView<const std::int64_t> corners,
                     Index size, Pixel* result, int num_threads);

}  // namespace unsplice
