#include "weigh_components.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "kept_runs.hpp"
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
    std::vector<std::int32_t> edges;
    for (Index r = 0; r < mask.rows; ++r) {
        decode_row(table, r, edges);
        const std::int32_t* pieces = table.row_pieces(r);
        for (Index run = 0; run < table.row_begin[r + 1] - table.row_begin[r]; ++run) {
            const Index begin = edges[2 * run], end = edges[2 * run + 1];
            const auto component = static_cast<std::size_t>(table.component[pieces[run]]);
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
    std::vector<std::uint8_t> keep(static_cast<std::size_t>(table.num_pieces()));
    std::transform(table.component.begin(), table.component.end(), keep.begin(),
                   [&](std::int32_t component) { return kept[component] != 0; });
    write_kept_runs(table, keep, result);
}

}  // namespace unsplice
