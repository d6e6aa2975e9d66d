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
    std::vector<std::uint8_t> maxima(static_cast<std::size_t>(table.num_pieces()));
    for_each_row_of_runs(
        table, [&](Index r, const std::int32_t* edges, const std::int32_t* pieces, Index runs) {
            for (Index run = 0; run < runs; ++run) {
                const std::int32_t begin = edges[2 * run], end = edges[2 * run + 1];
                std::uint8_t& maximum = maxima[pieces[run]];
                // Nothing is above 255, and plateaus are wide.
                if (maximum < 255) {
                    maximum = std::max(maximum, largest(values.row(r) + begin, end - begin));
                }
            }
        });
    merge_pieces(table, maxima,
                 [](std::uint8_t& total, std::uint8_t part) { total = std::max(total, part); });
    return {describe(table), std::move(maxima)};
}

}  // namespace unsplice
