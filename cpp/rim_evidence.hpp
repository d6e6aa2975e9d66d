#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

struct RimEvidence {
    ImageView<float> heat;
    ImageView<std::uint8_t> candidates;
};

// Where `valid`, the smaller of `ratio` and (amplitude + 0.5) / (nearby * share + 0.5); elsewhere
// 0. Of that, heat is ratio / (ratio + 1), and a candidate has a ratio above 1. Single precision.
void rim_evidence(ImageView<const float> ratio, ImageView<const float> amplitude,
                  ImageView<const std::uint8_t> nearby, ImageView<const std::uint8_t> valid,
                  float share, const RimEvidence& result, int num_threads);

}  // namespace unsplice
