#pragma once

#include <cstdint>
#include <vector>

#include "difference_rows.hpp"
#include "image_view.hpp"

namespace unsplice {

// One of the scales at which a difference is averaged.
struct EvidenceScale {
    GaussianWeights weights;
    std::vector<float> precision;  // 1 / variance of each of three planes at each of 256 levels
    float seed_bound, grow_bound;
};

struct EvidencePlanes {
    ImageView<float> ratio, energy, amplitude;
    ImageView<std::uint8_t> amplitude_level, seeds;
};

// With x the planes of gaussian_blur(color_difference(first, second)) at a scale and
//   energy(l) = sqrt((x0^2 w(0, l) + x1^2 w(1, l) + x2^2 w(2, l)) / 3),
// w being the precision at level l, for each pixel:
//   seeds: whether it is valid, and energy(level) > seed_bound at any scale,
//   ratio: the largest energy(higher) / grow_bound of all scales, `higher` being the higher of
//     `level` and `other_level`,
//   energy: energy(higher) * factor at the first scale,
//   amplitude: sqrt(x0^2 + x1^2 + x2^2) at the first scale; amplitude_level: that, at most 255,
//     without its fraction.
// Single precision, sums from left to right.
//
// Cost: nothing but the result is written; see gaussian_blur for the work a pixel.
void difference_evidence(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                         ImageView<const std::uint8_t> level,
                         ImageView<const std::uint8_t> other_level,
                         ImageView<const std::uint8_t> valid,
                         const std::vector<EvidenceScale>& scales, float factor,
                         const EvidencePlanes& result, int num_threads);

}  // namespace unsplice
