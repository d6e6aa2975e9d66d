#include "count_magnitudes.hpp"

#include <algorithm>
#include <cmath>

#include "block_dct.hpp"

namespace unsplice {

void count_magnitudes(ImageView<const std::uint8_t> image, const Corner* corners, Index blocks,
                      std::int64_t* counts) {
    std::fill(counts, counts + block_samples * magnitude_classes, 0);
    BlockGroup group = {};
    for (Index first = 0; first < blocks; first += block_lanes) {
        const Index count = std::min(blocks - first, block_lanes);
        for (Index i = 0; i < count; ++i) {
            load_luma(image, corners[first + i].row, corners[first + i].col, i, group);
        }
        transform_blocks(group);
        for (Index k = 0; k < block_samples; ++k) {
            std::int64_t* of_frequency = counts + k * magnitude_classes;
            for (Index i = 0; i < count; ++i) {
                const Index found = static_cast<Index>(2.0f * std::fabs(group[k][i]));
                // Rounding may lift the largest one above its bound.
                ++of_frequency[std::min(found, magnitude_classes - 1)];
            }
        }
    }
}

}  // namespace unsplice
