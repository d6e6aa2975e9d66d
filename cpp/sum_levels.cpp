#include "sum_levels.hpp"

#include <algorithm>
#include <vector>

#include "block_levels.hpp"
#include "parallel.hpp"

namespace unsplice {

void sum_levels(StackView<const std::uint8_t> levels, const float* values, ImageView<float> result,
                int num_threads) {
    // Many planes tell nothing, and to add 0 changes no sum.
    std::vector<Index> telling;
    for (Index k = 0; k < levels.count; ++k) {
        const float* of_plane = values + k * (most_level + 1);
        if (std::any_of(of_plane, of_plane + most_level + 1, [](float v) { return v != 0.0f; })) {
            telling.push_back(k);
        }
    }
    const Index work = static_cast<Index>(telling.size()) * result.cols;
    for_row_ranges(result.rows, work, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            float* sums = result.row(r);
            std::fill(sums, sums + result.cols, 0.0f);
            for (const Index k : telling) {
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
