#pragma once

#include <cstdint>
#include <vector>

#include "difference_rows.hpp"
#include "image_view.hpp"

namespace unsplice {

// Pixels of a picture, each of a kind: what the noise is learnt from.
struct Samples {
    std::vector<std::int64_t> indices;  // row * cols + col, ascending
    std::vector<std::uint8_t> kinds;    // of each, below num_kinds
    Index num_kinds;
};

// Of each scale, plane and kind, in this order, one of the magnitudes of
// gaussian_blur(color_difference(first, second)) at the samples of the kind: the one that has
// floor(share * (count - 1)) before it in ascending order, 0 where there is no sample.
//
// Cost: the difference of all rows between the first and the last sample, and the averages at the
// samples, which are few in a large picture.
std::vector<float> difference_quantiles(ImageView<const std::uint8_t> first,
                                        ImageView<const std::uint8_t> second,
                                        const Samples& samples,
                                        const std::vector<GaussianWeights>& scales, double share,
                                        int num_threads);

}  // namespace unsplice
