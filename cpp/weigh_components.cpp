#include "weigh_components.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "runs.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED std::int64_t count_true(const std::uint8_t* mask, Index count) {
    std::int64_t result = 0;
    for (Index i = 0; i < count; ++i) result += mask[i] != 0;
    return result;
}

}  // namespace

WeighedComponents weigh_components(ImageView<const std::uint8_t> mask,
                                   ImageView<const float> values,
                                   ImageView<const std::uint8_t> marked, double floor,
                                   double ceiling, int num_threads) {
    const RunTable table = connected_runs(mask, true, num_threads);
    const double most = ceiling - floor;
    WeighedComponents result{describe(table), {}, {}};
    result.weights.resize(result.components.size());
    result.marks.resize(result.components.size());
    for (Index r = 0; r < mask.rows; ++r) {
        for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
            const Index begin = table.edges[2 * run], end = table.edges[2 * run + 1];
            const auto component = static_cast<std::size_t>(table.component[run]);
            const float* row = values.row(r);
            double weight = result.weights[component];
            for (Index c = begin; c < end; ++c) {
                weight += std::min(std::max(static_cast<double>(row[c]) - floor, 0.0), most);
            }
            result.weights[component] = weight;
            result.marks[component] += count_true(marked.row(r) + begin, end - begin);
        }
    }
    return result;
}

void keep_components(ImageView<const std::uint8_t> mask, const std::uint8_t* kept, Index count,
                     bool diagonal, ImageView<std::uint8_t> result, int num_threads) {
    const RunTable table = connected_runs(mask, diagonal, num_threads);
    if (table.num_components != count) {
        throw std::invalid_argument(
            "expected an element a component: " + std::to_string(table.num_components) + ", got " +
            std::to_string(count));
    }
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            std::uint8_t* row = result.row(r);
            std::memset(row, 0, static_cast<std::size_t>(mask.cols));
            for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
                if (kept[table.component[run]] == 0) continue;
                const std::int32_t begin = table.edges[2 * run], end = table.edges[2 * run + 1];
                std::memset(row + begin, 1, static_cast<std::size_t>(end - begin));
            }
        }
    });
}

}  // namespace unsplice
