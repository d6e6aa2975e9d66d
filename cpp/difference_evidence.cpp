#include "difference_evidence.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "difference_amplitude.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index planes = DifferenceRows::planes;
constexpr Index levels = 256;
constexpr Index block = 64;  // pixels that are looked at together

// The averaged row of each plane.
struct Averages {
    const float* plane[planes];
};

UNSPLICE_VECTORIZED_TO_V4 void higher_row(const std::uint8_t* level, const std::uint8_t* other,
                                          Index cols, std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = std::max(level[c], other[c]);
}

// Raises `ratio`; `energy` is by the way.
UNSPLICE_VECTORIZED_TO_V4 void ratio_row(const Averages& x, const std::uint8_t* level,
                                         const float* precision, float bound, Index cols,
                                         float* __restrict energy, float* __restrict ratio) {
    const float *x0 = x.plane[0], *x1 = x.plane[1], *x2 = x.plane[2];
    for (Index c = 0; c < cols; ++c) {
        const std::int32_t l = level[c];
        const float sum = x0[c] * x0[c] * precision[l] + x1[c] * x1[c] * precision[levels + l] +
                          x2[c] * x2[c] * precision[2 * levels + l];
        energy[c] = std::sqrt(sum / 3.0f);
        ratio[c] = std::max(ratio[c], energy[c] / bound);
    }
}

// Whether any pixel of a block would be a seed if each plane had its highest precision everywhere:
// whether a sum of squares is above `least`.
UNSPLICE_VECTORIZED_TO_V4 bool may_seed(const Averages& x, Index begin, const float* highest,
                                        float least) {
    const float *x0 = x.plane[0] + begin, *x1 = x.plane[1] + begin, *x2 = x.plane[2] + begin;
    const float w0 = highest[0], w1 = highest[1], w2 = highest[2];
    std::uint32_t any = 0;
    for (Index i = 0; i < block; ++i) {
        const float sum = x0[i] * x0[i] * w0 + x1[i] * x1[i] * w1 + x2[i] * x2[i] * w2;
        any |= sum > least ? 1u : 0u;
    }
    return any != 0;
}

UNSPLICE_VECTORIZED_TO_V4 void seed_part(const Averages& x, const std::uint8_t* level,
                                         const float* precision, float bound, Index begin,
                                         Index end, std::uint8_t* __restrict seeds) {
    const float *x0 = x.plane[0], *x1 = x.plane[1], *x2 = x.plane[2];
    for (Index c = begin; c < end; ++c) {
        const std::int32_t l = level[c];
        const float sum = x0[c] * x0[c] * precision[l] + x1[c] * x1[c] * precision[levels + l] +
                          x2[c] * x2[c] * precision[2 * levels + l];
        seeds[c] = static_cast<std::uint8_t>(seeds[c] | (std::sqrt(sum / 3.0f) > bound));
    }
}

void seed_row(const Averages& x, const std::uint8_t* level, const EvidenceScale& scale,
              const float* highest, Index cols, std::uint8_t* seeds) {
    const float* precision = scale.precision.data();
    // A little less than what makes a seed, so that none is missed by rounding.
    const float least = 2.99f * scale.seed_bound * scale.seed_bound;
    Index c = 0;
    for (; c + block <= cols; c += block) {
        if (may_seed(x, c, highest, least)) {
            seed_part(x, level, precision, scale.seed_bound, c, c + block, seeds);
        }
    }
    seed_part(x, level, precision, scale.seed_bound, c, cols, seeds);
}

UNSPLICE_VECTORIZED_TO_V4 void limit_row(const float* amplitude, const std::uint8_t* nearby,
                                         const std::uint8_t* valid, float share, const float* ratio,
                                         Index cols, float* __restrict heat,
                                         std::uint8_t* __restrict candidates) {
    for (Index c = 0; c < cols; ++c) {
        const float rim = (amplitude[c] + 0.5f) / (static_cast<float>(nearby[c]) * share + 0.5f);
        const float limited = std::min(ratio[c], rim);
        const float known = valid[c] != 0 ? limited : 0.0f;
        heat[c] = known / (known + 1.0f);
        candidates[c] = known > 1.0f;
    }
}

UNSPLICE_VECTORIZED_TO_V4 void clear_outside(const std::uint8_t* valid, Index cols,
                                             std::uint8_t* __restrict seeds) {
    for (Index c = 0; c < cols; ++c) seeds[c] = valid[c] != 0 ? seeds[c] : std::uint8_t{0};
}

UNSPLICE_VECTORIZED_TO_V4 void scale_row(const float* values, float factor, Index cols,
                                         float* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = values[c] * factor;
}

}  // namespace

void difference_evidence(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                         const Surroundings& surroundings,
                         const std::vector<GaussianWeights>& weights,
                         const std::vector<EvidenceScale>& scales, float factor,
                         const EvidencePlanes& result, int num_threads) {
    const Index cols = first.cols;
    if (cols == 0) return;
    std::vector<float> highest;  // precision of each scale and plane
    for (const auto& scale : scales) {
        for (Index p = 0; p < planes; ++p) {
            const float* precision = scale.precision.data() + p * levels;
            highest.push_back(*std::max_element(precision, precision + levels));
        }
    }
    for_row_ranges(first.rows, first.row_length(), num_threads, [&](Index begin, Index end) {
        DifferenceRows rows(first, second, weights, begin);
        std::vector<float> averaged(static_cast<std::size_t>(planes * cols));
        std::vector<float> energy(static_cast<std::size_t>(cols)), ratio(energy), amplitude(energy);
        std::vector<std::uint8_t> higher(static_cast<std::size_t>(cols));
        const Averages x{{averaged.data(), averaged.data() + cols, averaged.data() + 2 * cols}};
        for (Index r = begin; r < end; ++r) {
            const std::uint8_t* level = surroundings.level.row(r);
            const std::uint8_t* valid = surroundings.valid.row(r);
            std::uint8_t* seeds = result.seeds.row(r);
            higher_row(level, surroundings.other_level.row(r), cols, higher.data());
            std::fill(ratio.begin(), ratio.end(), 0.0f);
            std::memset(seeds, 0, static_cast<std::size_t>(cols));
            rows.go_to(r);
            for (std::size_t s = 0; s < scales.size(); ++s) {
                for (Index p = 0; p < planes; ++p) rows.average(s, p, averaged.data() + p * cols);
                ratio_row(x, higher.data(), scales[s].precision.data(), scales[s].grow_bound, cols,
                          energy.data(), ratio.data());
                seed_row(x, level, scales[s], highest.data() + planes * s, cols, seeds);
                if (s > 0) continue;
                scale_row(energy.data(), factor, cols, result.energy.row(r));
                amplitude_row(x.plane[0], x.plane[1], x.plane[2], cols, amplitude.data());
            }
            limit_row(amplitude.data(), surroundings.nearby.row(r), valid, surroundings.rim_share,
                      ratio.data(), cols, result.heat.row(r), result.candidates.row(r));
            clear_outside(valid, cols, seeds);
        }
    });
}

}  // namespace unsplice
