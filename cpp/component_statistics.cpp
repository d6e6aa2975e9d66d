#include "component_statistics.hpp"

#include <algorithm>
#include <limits>

#include "vectorized.hpp"

namespace unsplice {
namespace {

// Adds the runs of row r to their pieces. Written so that the extremes are one register: four that
// are loaded, compared and stored one by one cost more than all the rest.
UNSPLICE_VECTORIZED void add_row(std::int32_t r, const std::int32_t* edges,
                                 const std::int32_t* pieces, Index runs,
                                 ComponentStatistics* statistics) {
    for (Index run = 0; run < runs; ++run) {
        const std::int32_t begin = edges[2 * run], end = edges[2 * run + 1];
        const std::int64_t length = end - begin;
        ComponentStatistics& piece = statistics[pieces[run]];
        piece.area += length;
        piece.row_sum += length * r;
        piece.col_sum += (std::int64_t{begin} + end - 1) * length >> 1;  // always even
        const std::int32_t extremes[4] = {-r, -begin, r + 1, end};
        for (int i = 0; i < 4; ++i) piece.extremes[i] = std::max(piece.extremes[i], extremes[i]);
    }
}

}  // namespace

std::vector<ComponentStatistics> describe(const RunTable& table) {
    constexpr std::int32_t low = std::numeric_limits<std::int32_t>::min();
    const auto count = static_cast<std::size_t>(table.num_pieces());
    std::vector<ComponentStatistics> components;
    components.reserve(count);
    prefer_large_pages(components.data(), count * sizeof(ComponentStatistics));
    components.resize(count, {0, 0, 0, {low, low, low, low}});
    for_each_row_of_runs(
        table, [&](Index r, const std::int32_t* edges, const std::int32_t* pieces, Index runs) {
            add_row(static_cast<std::int32_t>(r), edges, pieces, runs, components.data());
        });
    merge_pieces(table, components, [](ComponentStatistics& total, const auto& part) {
        total.area += part.area;
        total.row_sum += part.row_sum;
        total.col_sum += part.col_sum;
        for (int i = 0; i < 4; ++i) {
            total.extremes[i] = std::max(total.extremes[i], part.extremes[i]);
        }
    });
    return components;
}

}  // namespace unsplice
