#include "block_levels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

using Levels = std::uint8_t[block_samples][block_lanes];

UNSPLICE_VECTORIZED void quantize(const BlockGroup& group, const std::array<float, 64>& steps,
                                  Levels& levels) {
    for (Index k = 0; k < block_samples; ++k) {
        const float step = steps[static_cast<std::size_t>(k)];
        for (Index i = 0; i < block_lanes; ++i) {
            const float level = std::fabs(group[k][i]) / step + 0.5f;
            levels[k][i] = static_cast<std::uint8_t>(
                static_cast<std::int32_t>(level < most_level ? level : float{most_level}));
        }
    }
}

}  // namespace

void block_levels(ImageView<const std::uint8_t> image, Index row, Index col,
                  const std::array<float, 64>& steps, StackView<std::uint8_t> result,
                  int num_threads) {
    for_row_ranges(result.rows, block_side * image.row_length(), num_threads,
                   [&](Index begin, Index end) {
                       BlockGroup group = {};
                       Levels levels;
                       for (Index r = begin; r < end; ++r) {
                           for (Index first = 0; first < result.cols; first += block_lanes) {
                               const Index count = std::min(result.cols - first, block_lanes);
                               for (Index i = 0; i < count; ++i) {
                                   load_luma(image, row + block_side * r,
                                             col + block_side * (first + i), i, group);
                               }
                               transform_blocks(group);
                               quantize(group, steps, levels);
                               for (Index k = 0; k < block_samples; ++k) {
                                   std::memcpy(result.image(k).row(r) + first, levels[k],
                                               static_cast<std::size_t>(count));
                               }
                           }
                       }
                   });
}

}  // namespace unsplice
