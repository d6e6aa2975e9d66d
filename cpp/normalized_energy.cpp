#include "normalized_energy.hpp"

#include <cmath>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void energy_row(const float* x0, const float* x1, const float* x2,
                                    const std::uint8_t* levels, const float* w0, const float* w1,
                                    const float* w2, Index cols, float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const std::int32_t level = levels[c];
        const float sum =
            x0[c] * x0[c] * w0[level] + x1[c] * x1[c] * w1[level] + x2[c] * x2[c] * w2[level];
        result[c] = std::sqrt(sum / 3.0f);
    }
}

}  // namespace

void normalized_energy(StackView<const float> planes, ImageView<const std::uint8_t> levels,
                       ImageView<const float> precision, ImageView<float> result, int num_threads) {
    const auto x0 = planes.image(0), x1 = planes.image(1), x2 = planes.image(2);
    for_row_ranges(levels.rows, 3 * levels.cols, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            energy_row(x0.row(r), x1.row(r), x2.row(r), levels.row(r), precision.row(0),
                       precision.row(1), precision.row(2), levels.cols, result.row(r));
        }
    });
}

}  // namespace unsplice
