#pragma once

#include <cstdint>
#include <vector>

#include "difference_rows.hpp"
#include "image_view.hpp"

namespace unsplice {

// What the averages at one of the scales are weighed with.
struct EvidenceScale {
    std::vector<float> precision;  // 1 / variance of each of three planes at each of 256 levels
    float seed_bound, grow_bound;
};

// What is known of each pixel beside its difference.
struct Surroundings {
    ImageView<const std::uint8_t> level, other_level;  // of activity
    ImageView<const std::uint8_t> nearby;              // largest difference, in gray levels
    ImageView<const std::uint8_t> valid;
    float rim_share;
};

struct EvidencePlanes {
    ImageView<float> heat, energy;
    ImageView<std::uint8_t> candidates, seeds;
};

// With x the planes of gaussian_blur(color_difference(first, second)) at a scale and
//   energy(l) = sqrt((x0^2 w(0, l) + x1^2 w(1, l) + x2^2 w(2, l)) / 3),
// w being the precision at level l, for each pixel:
//   energy: energy(higher) * factor at the first scale, `higher` being the higher of the levels,
//   ratio: the largest energy(higher) / grow_bound of all scales, at most
//     (amplitude + 0.5) / (nearby * rim_share + 0.5) with the amplitude of the first scale (see
//     difference_amplitude), and 0 unless valid,
//   heat: ratio / (ratio + 1),
//   candidates: whether the ratio is above 1,
//   seeds: whether it is valid and energy(level) > seed_bound at any scale.
// Single precision, sums from left to right.
//
// Cost: nothing but the result is written; see gaussian_blur for the work a pixel.
void difference_evidence(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                         const Surroundings& surroundings,
                         const std::vector<GaussianWeights>& weights,
                         const std::vector<EvidenceScale>& scales, float factor,
                         const EvidencePlanes& result, int num_threads);

}  // namespace unsplice
