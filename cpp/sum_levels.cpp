#include "sum_levels.hpp"

#include <algorithm>

#include "block_levels.hpp"
#include "parallel.hpp"

namespace unsplice {

void sum_levels(StackView<const std::uint8_t> levels, const float* values, ImageView<float> result,
                int num_threads) {
    for_row_ranges(result.rows, levels.count * result.cols, num_threads,
                   [&](Index begin, Index end) {
                       for (Index r = begin; r < end; ++r) {
                           float* sums = result.row(r);
                           std::fill(sums, sums + result.cols, 0.0f);
                           for (Index k = 0; k < levels.count; ++k) {
                               const float* of_plane = values + k * (most_level + 1);
                               const std::uint8_t* level = levels.image(k).row(r);
                               for (Index c = 0; c < result.cols; ++c) {
                                   sums[c] += of_plane[std::min<int>(level[c], most_level)];
                               }
                           }
                       }
                   });
}

}  // namespace unsplice
