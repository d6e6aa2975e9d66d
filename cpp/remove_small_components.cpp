#include "remove_small_components.hpp"

#include <cstring>
#include <vector>

#include "runs.hpp"

namespace unsplice {

void remove_small_components(ImageView<const std::uint8_t> mask, std::int64_t min_area,
                             bool diagonal, ImageView<std::uint8_t> result, int num_threads) {
    const RunTable table = connected_runs(mask, diagonal, num_threads);
    const std::int32_t* edges = table.edges.get();
    std::vector<std::int64_t> areas(static_cast<std::size_t>(table.num_components));
    const Index num_runs = table.row_begin[mask.rows];
    for (Index run = 0; run < num_runs; ++run) {
        areas[table.component[run]] += edges[2 * run + 1] - edges[2 * run];
    }
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            std::uint8_t* row = result.row(r);
            std::memset(row, 0, static_cast<std::size_t>(mask.cols));
            for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
                if (areas[table.component[run]] < min_area) continue;
                const std::int32_t begin = edges[2 * run], end = edges[2 * run + 1];
                std::memset(row + begin, 1, static_cast<std::size_t>(end - begin));
            }
        }
    });
}

}  // namespace unsplice
