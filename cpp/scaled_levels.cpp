#include "scaled_levels.hpp"

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void scale_row(const std::uint8_t* levels, float factor, Index cols,
                                   float* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = static_cast<float>(levels[c]) * factor;
}

}  // namespace

void scaled_levels(ImageView<const std::uint8_t> levels, float factor, ImageView<float> result,
                   int num_threads) {
    for_row_ranges(levels.rows, levels.cols, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            scale_row(levels.row(r), factor, levels.cols, result.row(r));
        }
    });
}

}  // namespace unsplice
