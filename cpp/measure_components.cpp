#include "measure_components.hpp"

#include <algorithm>

#include "runs.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED std::uint8_t largest(const std::uint8_t* values, Index count) {
    std::uint8_t result = 0;
    for (Index i = 0; i < count; ++i) result = std::max(result, values[i]);
    return result;
}

}  // namespace

MeasuredComponents measure_components(ImageView<const std::uint8_t> mask,
                                      ImageView<const std::uint8_t> values, int num_threads) {
    const RunTable table = connected_runs(mask, true, num_threads);
    std::vector<std::vector<std::uint8_t>> parts(table.ranges.size());
    for_ranges(table.ranges, [&](const RowRange& range) {
        std::vector<std::uint8_t> maxima(static_cast<std::size_t>(table.num_components));
        for (Index r = range.begin; r < range.end; ++r) {
            for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
                const Index begin = table.edges[2 * run], end = table.edges[2 * run + 1];
                std::uint8_t& maximum = maxima[table.component[run]];
                // Nothing is above 255, and plateaus are wide.
                if (maximum < 255) {
                    maximum = std::max(maximum, largest(values.row(r) + begin, end - begin));
                }
            }
        }
        parts[static_cast<std::size_t>(&range - table.ranges.data())] = std::move(maxima);
    });
    for (std::size_t t = 1; t < parts.size(); ++t) {
        for (std::size_t i = 0; i < parts[0].size(); ++i) {
            parts[0][i] = std::max(parts[0][i], parts[t][i]);
        }
    }
    return {describe(table), std::move(parts[0])};
}

}  // namespace unsplice
