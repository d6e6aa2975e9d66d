#pragma once

#include <vector>

#include "image_view.hpp"

namespace unsplice {

// Separable symmetric filter of each plane, columns first: with weights w[0] (centre) to w[radius],
//   t(r, c) = w[0] x(r, c) + w[1] (x(r-1, c) + x(r+1, c)) + w[2] (x(r-2, c) + x(r+2, c)) + ...
// summed from left to right, and the same along the row on t; beyond the edge the picture is
// mirrored (reflect_101), as often as it takes. Single precision in exactly this order, so every
// processor gives the same bits.
//
// Cost: 2 radius + 2 multiplications a pixel; the rows in reach stay in the cache.
void gaussian_blur(StackView<const float> planes, const std::vector<float>& weights,
                   StackView<float> result, int num_threads);

}  // namespace unsplice
