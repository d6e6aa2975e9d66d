#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result = image - inverse transform of (its smoothed Haar components): one level, orthonormal, an
// odd last row or column repeated, each component under a 3x3 median whose edge pixels repeat
// themselves; the approximation is smoothed, too, or left as it is. Pixel is uint8 or uint16.
//
// Sums instead of means keep everything whole: 4 times the residual is an integer of at most 10
// times the largest pixel, so a multiple of 1/4 that a float holds exactly.
// Cost: a median of four quarters of a picture; the image is read once.
template <class Pixel>
void haar_noise_residual(ImageView<const Pixel> image, bool smooth_approximation,
                         ImageView<float> result, int num_threads);

}  // namespace unsplice
