#include "rim_evidence.hpp"

#include <algorithm>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void evidence_row(const float* ratio, const float* amplitude,
                                      const std::uint8_t* nearby, const std::uint8_t* valid,
                                      float share, Index cols, float* __restrict heat,
                                      std::uint8_t* __restrict candidates) {
    for (Index c = 0; c < cols; ++c) {
        const float rim = (amplitude[c] + 0.5f) / (static_cast<float>(nearby[c]) * share + 0.5f);
        const float limited = std::min(ratio[c], rim);
        const float known = valid[c] != 0 ? limited : 0.0f;
        heat[c] = known / (known + 1.0f);
        candidates[c] = known > 1.0f;
    }
}

}  // namespace

void rim_evidence(ImageView<const float> ratio, ImageView<const float> amplitude,
                  ImageView<const std::uint8_t> nearby, ImageView<const std::uint8_t> valid,
                  float share, const RimEvidence& result, int num_threads) {
    for_row_ranges(ratio.rows, ratio.cols, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            evidence_row(ratio.row(r), amplitude.row(r), nearby.row(r), valid.row(r), share,
                         ratio.cols, result.heat.row(r), result.candidates.row(r));
        }
    });
}

}  // namespace unsplice
