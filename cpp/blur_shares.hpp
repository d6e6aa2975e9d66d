#pragma once

#include <cstdint>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// The square root of each plane of counts, times `unit` in single precision, blurred as
// gaussian_blur does it. Planes over threads: one that is blurred stays in the cache.
void blur_shares(StackView<const std::uint8_t> counts, float unit,
                 const std::vector<float>& weights, StackView<float> result, int num_threads);

}  // namespace unsplice
