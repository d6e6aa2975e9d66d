#include "scaled_levels.hpp"

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void scale_row(const std::uint8_t* levels, float factor, Index cols,
                                   float* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = static_cast<float>(levels[c]) * factor;
}

UNSPLICE_VECTORIZED void above_row(const std::uint8_t* levels, std::uint8_t level, Index cols,
                                   std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = levels[c] > level;
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

void levels_above(ImageView<const std::uint8_t> levels, std::uint8_t level,
                  ImageView<std::uint8_t> result, int num_threads) {
    for_row_ranges(levels.rows, levels.cols, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            above_row(levels.row(r), level, levels.cols, result.row(r));
        }
    });
}

}  // namespace unsplice
