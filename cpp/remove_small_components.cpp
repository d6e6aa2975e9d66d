#include "remove_small_components.hpp"

#include <algorithm>
#include <vector>

#include "kept_runs.hpp"

namespace unsplice {

void remove_small_components(ImageView<const std::uint8_t> mask, std::int64_t min_area,
                             bool diagonal, ImageView<std::uint8_t> result, int num_threads) {
    const RunTable table = connected_runs(mask, diagonal, num_threads);
    std::vector<std::int64_t> areas(static_cast<std::size_t>(table.num_pieces()));
    for_each_row_of_runs(
        table, [&](Index, const std::int32_t* edges, const std::int32_t* pieces, Index runs) {
            for (Index run = 0; run < runs; ++run) {
                areas[pieces[run]] += edges[2 * run + 1] - edges[2 * run];
            }
        });
    merge_pieces(table, areas, [](std::int64_t& total, std::int64_t part) { total += part; });
    std::vector<std::uint8_t> keep(static_cast<std::size_t>(table.num_pieces()));
    std::transform(table.component.begin(), table.component.end(), keep.begin(),
                   [&](std::int32_t component) { return areas[component] >= min_area; });
    write_kept_runs(table, keep, result);
}

}  // namespace unsplice
