#include "block_levels.hpp"

#include <cmath>
#include <cstring>

#include "block_groups.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

using Levels = std::uint8_t[block_samples][block_lanes];

UNSPLICE_VECTORIZED_TO_V4 void quantize(const BlockGroup& group, const std::array<float, 64>& steps,
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
    for_block_groups(image, row, col, result.rows, result.cols, num_threads,
                     [&](Index r, Index first, Index count, const BlockGroup& group) {
                         Levels levels;
                         quantize(group, steps, levels);
                         for (Index k = 0; k < block_samples; ++k) {
                             std::memcpy(result.image(k).row(r) + first, levels[k],
                                         static_cast<std::size_t>(count));
                         }
                     });
}

}  // namespace unsplice
