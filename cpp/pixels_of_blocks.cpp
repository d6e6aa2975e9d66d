#include "pixels_of_blocks.hpp"

#include <algorithm>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index half = block_side / 2;

// Where an element lies: in which block or after its centre, and how far towards the next one.
struct Place {
    Index before, after;
    float weight;
};

Place place_of(Index element, Index first, Index count) {
    const Index sixteenths =
        std::clamp<Index>(2 * (element - first) - 7, 0, 2 * block_side * (count - 1));
    const Index before = sixteenths / (2 * block_side);
    return {before, std::min(before + 1, count - 1),
            static_cast<float>(sixteenths % (2 * block_side)) / 16.0f};
}

UNSPLICE_INLINE float between(float left, float right, float weight) {
    return left * (1.0f - weight) + right * weight;
}

UNSPLICE_VECTORIZED void blend_rows(const float* above, const float* below, float weight,
                                    Index cols, float* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = between(above[c], below[c], weight);
}

// The eight elements between the centres of each block and the next one.
UNSPLICE_VECTORIZED void spread_row(const float* line, Index gaps, float* __restrict result) {
    for (Index i = 0; i < gaps; ++i) {
        for (Index k = 0; k < block_side; ++k) {
            const float weight = static_cast<float>(2 * k + 1) / 16.0f;
            result[block_side * i + k] = between(line[i], line[i + 1], weight);
        }
    }
}

}  // namespace

void pixels_of_blocks(ImageView<const float> blocks, Index row, Index col, ImageView<float> result,
                      int num_threads) {
    if (result.cols == 0) return;
    // Elements before the first centre, and whole gaps between centres that follow.
    const Index first = std::min(col + half, result.cols);
    const Index gaps = std::min(blocks.cols - 1, (result.cols - first) / block_side);
    for_row_ranges(result.rows, result.cols, num_threads, [&](Index begin, Index end) {
        std::vector<float> line(static_cast<std::size_t>(blocks.cols));
        for (Index r = begin; r < end; ++r) {
            const Place down = place_of(r, row, blocks.rows);
            blend_rows(blocks.row(down.before), blocks.row(down.after), down.weight, blocks.cols,
                       line.data());
            float* target = result.row(r);
            const auto fill = [&](Index from, Index to) {
                for (Index c = from; c < to; ++c) {
                    const Place across = place_of(c, col, blocks.cols);
                    target[c] =
                        between(line[static_cast<std::size_t>(across.before)],
                                line[static_cast<std::size_t>(across.after)], across.weight);
                }
            };
            fill(0, first);
            spread_row(line.data(), gaps, target + first);
            fill(first + block_side * gaps, result.cols);
        }
    });
}

}  // namespace unsplice
