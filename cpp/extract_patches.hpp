#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// std::invalid_argument where a window of `size` x `size` pixels leaves an image of rows x cols.
void require_inside(Index rows, Index cols, ImageView<const std::int64_t> corners, Index size);

// result(i) = the window of `size` x `size` pixels of `image` whose upper left pixel is
// (corners(i, 0), corners(i, 1)); `result` holds the windows one after the other, dense. All
// windows must be inside, see require_inside: it comes first, for a size that nothing bounds takes
// memory that nothing bounds.
template <class Pixel>
void extract_patches(ImageView<const Pixel> image, ImageView<const std::int64_t> corners,
                     Index size, Pixel* result, int num_threads);

}  // namespace unsplice
