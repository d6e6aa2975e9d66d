#include "density_levels.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

using Count = std::int32_t;

UNSPLICE_VECTORIZED_TO_V4 void add_row(const std::uint8_t* points, Index cols,
                                       Count* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] += points[c] != 0;
}

UNSPLICE_VECTORIZED_TO_V4 void subtract_row(const std::uint8_t* points, Index cols,
                                            Count* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] -= points[c] != 0;
}

UNSPLICE_VECTORIZED_TO_V4 void replace_row(const std::uint8_t* gained, const std::uint8_t* lost,
                                           Index cols, Count* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] += (gained[c] != 0) - (lost[c] != 0);
}

// running[c] = sums[0] + ... + sums[c].
Count run_up(const Count* sums, Index cols, Count* __restrict running) {
    Count total = 0;
    for (Index c = 0; c < cols; ++c) running[c] = total += sums[c];
    return total;
}

UNSPLICE_VECTORIZED_TO_V4 Count largest_difference(const Count* high, const Count* low,
                                                   Index cols) {
    Count largest = 0;
    for (Index c = 0; c < cols; ++c) largest = std::max(largest, high[c] - low[c]);
    return largest;
}

UNSPLICE_VECTORIZED_TO_V4 void scale_differences(const Count* high, const Count* low, Index cols,
                                                 float factor, std::uint8_t* __restrict result) {
    // Beyond this a float has no room for a fraction: its last bits are the whole number.
    constexpr float magic = 12582912.0f;
    for (Index c = 0; c < cols; ++c) {
        const float level = static_cast<float>(high[c] - low[c]) * factor;
        result[c] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(level + magic));
    }
}

// Calls body(r, high, low) for each row of a range; high[c] - low[c] is the count of pixel c.
template <class Body>
void for_counts(ImageView<const std::uint8_t> points, Index reach, Index begin, Index end,
                const Body& body) {
    const Index rows = points.rows, cols = points.cols;
    const Index down = std::min(reach, rows), across = std::min(reach, cols);
    std::vector<Count> sums(static_cast<std::size_t>(cols));
    // The running sum is 0 left of the picture and does not change right of it.
    std::vector<Count> running(static_cast<std::size_t>(cols + 2 * across + 1));
    Count* const first = running.data() + across + 1;
    for (Index r = std::max<Index>(begin - down, 0); r < std::min(begin + down, rows); ++r) {
        add_row(points.row(r), cols, sums.data());
    }
    for (Index r = begin; r < end; ++r) {
        const bool gains = r + down<rows, loses = r> begin && r - down > 0;
        if (gains && loses) {
            replace_row(points.row(r + down), points.row(r - down - 1), cols, sums.data());
        } else if (gains) {
            add_row(points.row(r + down), cols, sums.data());
        } else if (loses) {
            subtract_row(points.row(r - down - 1), cols, sums.data());
        }
        const Count all = run_up(sums.data(), cols, first);
        std::fill(first + cols, first + cols + across, all);
        body(r, first + across, first - across - 1);
    }
}

}  // namespace

void density_levels(ImageView<const std::uint8_t> points, Index reach,
                    ImageView<std::uint8_t> result, int num_threads) {
    const Index rows = points.rows, cols = points.cols;
    if (rows == 0 || cols == 0) return;
    const Index box_rows = reach < rows ? std::min(2 * reach + 1, rows) : rows;
    if (box_rows > std::numeric_limits<Count>::max() / cols) {
        throw std::length_error("expected boxes whose points 32 bits can count");
    }
    const std::vector<RowRange> ranges = split_rows(rows, cols, num_threads);
    std::vector<Count> parts(ranges.size());
    for_ranges(ranges, [&](const RowRange& range) {
        Count largest = 0;
        for_counts(points, reach, range.begin, range.end,
                   [&](Index, const Count* high, const Count* low) {
                       largest = std::max(largest, largest_difference(high, low, cols));
                   });
        parts[static_cast<std::size_t>(&range - ranges.data())] = largest;
    });
    const Count largest = std::max<Count>(*std::max_element(parts.begin(), parts.end()), 1);
    const float factor = static_cast<float>(255.0 / largest);
    for_ranges(ranges, [&](const RowRange& range) {
        for_counts(points, reach, range.begin, range.end,
                   [&](Index r, const Count* high, const Count* low) {
                       scale_differences(high, low, cols, factor, result.row(r));
                   });
    });
}

}  // namespace unsplice
