#include "label_components.hpp"

#include <algorithm>

#include "runs.hpp"

namespace unsplice {
namespace {

void paint_row(const RunTable& table, Index r, Index cols, std::int32_t* labels) {
    std::int32_t* painted = labels;
    for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
        painted = std::fill_n(painted, labels + table.edges[2 * run] - painted, 0);
        painted = std::fill_n(painted, labels + table.edges[2 * run + 1] - painted,
                              table.component[run] + 1);
    }
    std::fill(painted, labels + cols, 0);
}

}  // namespace

std::vector<ComponentStatistics> label_components(ImageView<const std::uint8_t> mask, bool diagonal,
                                                  ImageView<std::int32_t> labels, int num_threads) {
    const RunTable table = connected_runs(mask, diagonal, num_threads);
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            paint_row(table, r, mask.cols, labels.row(r));
        }
    });
    return describe(table);
}

}  // namespace unsplice
