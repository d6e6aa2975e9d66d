#pragma once

#include <cstdint>

#include "difference_rows.hpp"
#include "image_view.hpp"

namespace unsplice {

// sqrt(x0^2 + x1^2 + x2^2) of the planes of gaussian_blur(color_difference(first, second)), in
// single precision and this order.
void difference_amplitude(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                          const GaussianWeights& weights, ImageView<float> result, int num_threads);

// The same without its fraction, at most 255.
void amplitude_levels(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                      const GaussianWeights& weights, ImageView<std::uint8_t> result,
                      int num_threads);

// One row of it.
void amplitude_row(const float* x0, const float* x1, const float* x2, Index cols,
                   float* __restrict result);

}  // namespace unsplice
