#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result(r, c) = 255 where for any channel k the sum of image(., ., k) over the pixel and its four
// neighbours is at most `limit`, else 0. The outermost rows and columns of the result are filled
// by reflection without repeating the edge; a picture without an interior gives zeros.
//
// No sum wraps: each is taken in a type that five of its terms cannot fill.
// Cost: each row is read once, and three times in the cache; one byte a pixel is written.
template <class Pixel>
void neighborhood_threshold(ImageView<const Pixel> image, std::int64_t limit,
                            ImageView<std::uint8_t> result, int num_threads);

// The same for the absolute difference of two pictures of one size and number of channels.
template <class Pixel>
void neighborhood_threshold_of_pair(ImageView<const Pixel> first, ImageView<const Pixel> second,
                                    std::int64_t limit, ImageView<std::uint8_t> result,
                                    int num_threads);

}  // namespace unsplice
