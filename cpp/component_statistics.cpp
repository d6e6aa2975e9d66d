#include "component_statistics.hpp"

#include <algorithm>
#include <limits>

namespace unsplice {

std::vector<ComponentStatistics> describe(const RunTable& table) {
    constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max();
    std::vector<ComponentStatistics> components(static_cast<std::size_t>(table.num_components),
                                                {0, 0, 0, far, far, 0, 0});
    const Index rows = static_cast<Index>(table.row_begin.size()) - 1;
    for (Index r = 0; r < rows; ++r) {
        for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
            ComponentStatistics& component = components[table.component[run]];
            const std::int64_t begin = table.edges[2 * run], end = table.edges[2 * run + 1];
            const std::int64_t length = end - begin;
            component.area += length;
            component.row_sum += length * r;
            component.col_sum += (begin + end - 1) * length / 2;
            component.first_row = std::min<std::int64_t>(component.first_row, r);
            component.first_col = std::min(component.first_col, begin);
            component.end_row = r + 1;
            component.end_col = std::max(component.end_col, end);
        }
    }
    return components;
}

}  // namespace unsplice
