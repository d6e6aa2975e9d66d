#include "count_magnitudes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"

namespace unsplice {

namespace {

constexpr Index block_work = 8 * block_samples;  // of a block, in elements of a simpler kernel

void count_blocks(ImageView<const std::uint8_t> image, const Corner* corners, Index blocks,
                  std::int64_t* counts) {
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

}  // namespace

void count_magnitudes(ImageView<const std::uint8_t> image, const Corner* corners, Index blocks,
                      std::int64_t* counts, int num_threads) {
    constexpr Index size = block_samples * magnitude_classes;
    std::fill(counts, counts + size, 0);
    const auto ranges = split_rows(blocks, block_work, num_threads);
    // One thread counts into the result, the others into tables of their own.
    std::vector<std::vector<std::int64_t>> parts(ranges.size());
    for_ranges(ranges, [&](const RowRange& range) {
        auto& part = parts[static_cast<std::size_t>(&range - ranges.data())];
        if (range.begin > 0) part.resize(size);
        count_blocks(image, corners + range.begin, range.end - range.begin,
                     range.begin > 0 ? part.data() : counts);
    });
    for (const auto& part : parts) {
        std::transform(part.begin(), part.end(), counts, counts, std::plus<>());
    }
}

}  // namespace unsplice
