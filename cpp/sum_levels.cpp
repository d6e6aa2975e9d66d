#include "sum_levels.hpp"

#include <algorithm>
#include <vector>

#include "block_levels.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index num_levels = most_level + 1;
constexpr Index num_bytes = 256;
constexpr std::size_t together = 4;  // planes that are added to a number while it is in a register

// A number for each byte a plane, so that no level has to be compared with the last one.
std::vector<float> tables_of_bytes(const float* values, const std::vector<Index>& planes) {
    std::vector<float> tables(planes.size() * num_bytes);
    float* table = tables.data();
    for (const Index k : planes) {
        std::copy_n(values + k * num_levels, num_levels, table);
        std::fill(table + num_levels, table + num_bytes, table[most_level]);
        table += num_bytes;
    }
    return tables;
}

UNSPLICE_VECTORIZED void add_four(const std::uint8_t* const* levels, const float* tables,
                                  Index cols, float* __restrict sums) {
    const std::uint8_t *first = levels[0], *second = levels[1];
    const std::uint8_t *third = levels[2], *fourth = levels[3];
    for (Index c = 0; c < cols; ++c) {
        float sum = sums[c] + tables[first[c]];
        sum += tables[num_bytes + second[c]];
        sum += tables[2 * num_bytes + third[c]];
        sums[c] = sum + tables[3 * num_bytes + fourth[c]];
    }
}

void add_one(const std::uint8_t* levels, const float* table, Index cols, float* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] += table[levels[c]];
}

}  // namespace

void sum_levels(StackView<const std::uint8_t> levels, const float* values, ImageView<float> result,
                int num_threads) {
    // Many planes tell nothing, and to add 0 changes no sum.
    std::vector<Index> telling;
    for (Index k = 0; k < levels.count; ++k) {
        const float* of_plane = values + k * num_levels;
        if (std::any_of(of_plane, of_plane + num_levels, [](float v) { return v != 0.0f; })) {
            telling.push_back(k);
        }
    }
    const std::vector<float> tables = tables_of_bytes(values, telling);
    const auto sum_row = [&](Index r) {
        float* sums = result.row(r);
        std::fill_n(sums, result.cols, 0.0f);
        const float* table = tables.data();
        std::size_t k = 0;
        for (; k + together <= telling.size(); k += together, table += together * num_bytes) {
            const std::uint8_t* rows[together];
            for (std::size_t i = 0; i < together; ++i) {
                rows[i] = levels.image(telling[k + i]).row(r);
            }
            add_four(rows, table, result.cols, sums);
        }
        for (; k < telling.size(); ++k, table += num_bytes) {
            add_one(levels.image(telling[k]).row(r), table, result.cols, sums);
        }
    };
    const Index work = static_cast<Index>(telling.size()) * result.cols;
    for_row_ranges(result.rows, work, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) sum_row(r);
    });
}

}  // namespace unsplice
