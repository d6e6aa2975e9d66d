#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

struct NoiseArtifactOptions {
    bool smooth_approximation;  // of the Haar components: all four, or only the details
    bool saturating;            // log_cascade_saturating instead of log_cascade
    bool absolute;              // the largest magnitude, or the largest value, at least 0
};

// For each channel X of an RGB image, R = haar_noise_residual(X) and S = X - log_cascade(X, 3
// passes); result = the largest of |R| and |S|, or of 0, R and S, over the channels.
//
// Everything is computed in quarters: 16 bits hold R and the saturating S, 32 bits the exact S,
// whose quarters, at most 4 * (255 + 8840 * 255), are still exact as float.
// Cost: the image is read once and nothing as large as it is written but the result; all steps
// follow each other row by row, in the cache.
void noise_artifact(ImageView<const std::uint8_t> image, const NoiseArtifactOptions& options,
                    ImageView<float> result, int num_threads);

}  // namespace unsplice
