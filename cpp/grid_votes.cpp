#include "grid_votes.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void count_zeros(const BlockGroup& group, std::int32_t* __restrict zeros) {
    for (Index i = 0; i < block_lanes; ++i) zeros[i] = 0;
    for (Index k = 0; k < block_samples; ++k) {
        for (Index i = 0; i < block_lanes; ++i) zeros[i] += std::fabs(group[k][i]) < 0.5f;
    }
}

// The place that the pixels at `corner` vote for; -1 if none.
Index vote(ImageView<const std::uint8_t> image, Corner corner) {
    std::int32_t zeros[block_samples];
    BlockGroup group;
    for (Index first = 0; first < block_samples; first += block_lanes) {
        for (Index i = 0; i < block_lanes; ++i) {
            const Index place = first + i;
            load_luma(image, corner.row + place / block_side, corner.col + place % block_side, i,
                      group);
        }
        transform_blocks(group);
        count_zeros(group, zeros + first);
    }
    const std::int32_t most = *std::max_element(zeros, zeros + block_samples);
    if (std::count(zeros, zeros + block_samples, most) > 1) return -1;
    return std::find(zeros, zeros + block_samples, most) - zeros;
}

}  // namespace

std::array<std::int64_t, 64> grid_votes(ImageView<const std::uint8_t> image, const Corner* corners,
                                        Index count, int num_threads) {
    constexpr Index work = block_samples * block_samples;
    const std::vector<RowRange> ranges = split_rows(count, work, num_threads);
    std::vector<Index> places(static_cast<std::size_t>(count));
    for_ranges(ranges, [&](const RowRange& range) {
        for (Index i = range.begin; i < range.end; ++i) {
            places[static_cast<std::size_t>(i)] = vote(image, corners[i]);
        }
    });
    std::array<std::int64_t, 64> votes = {};
    for (const Index place : places) {
        if (place >= 0) ++votes[static_cast<std::size_t>(place)];
    }
    return votes;
}

}  // namespace unsplice
