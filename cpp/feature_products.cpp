#include "feature_products.hpp"

#include <algorithm>
#include <vector>

#include "level_tables.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

using Product = std::uint16_t;  // 255 * 255 fits

UNSPLICE_VECTORIZED void multiply_row(const std::uint8_t* first, const std::uint8_t* second,
                                      Index cols, Product* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = static_cast<Product>(first[c] * second[c]);
}

UNSPLICE_VECTORIZED void above_row(const std::uint8_t* first, const std::uint8_t* second,
                                   Product level, Index cols, std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = static_cast<Product>(first[c] * second[c]) > level;
    }
}

}  // namespace

void product_counts(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                    std::int64_t* counts, int num_threads) {
    constexpr Index part = 4096;            // columns whose products stay in the cache
    constexpr Index most = Index{1} << 31;  // pixels that 32 bits count for sure
    const Index cols = first.cols;
    const std::vector<RowRange> ranges = split_rows(first.rows, cols, num_threads);
    std::vector<std::vector<std::int64_t>> parts(ranges.size());
    for_ranges(ranges, [&](const RowRange& range) {
        std::vector<std::int64_t> own(num_levels<Product>);
        std::vector<std::uint32_t> tables(level_tables_size<Product>);
        std::vector<Product> products(static_cast<std::size_t>(std::min(part, cols)));
        Index counted = 0;
        for (Index r = range.begin; r < range.end; ++r) {
            for (Index begin = 0; begin < cols; begin += part) {
                const Index number = std::min(part, cols - begin);
                if (counted > most - number) {
                    add_up_level_tables<Product>(tables.data(), own.data());
                    std::fill(tables.begin(), tables.end(), 0);
                    counted = 0;
                }
                multiply_row(first.row(r) + begin, second.row(r) + begin, number, products.data());
                add_to_level_tables(products.data(), number, tables.data());
                counted += number;
            }
        }
        add_up_level_tables<Product>(tables.data(), own.data());
        parts[static_cast<std::size_t>(&range - ranges.data())] = std::move(own);
    });
    std::fill(counts, counts + num_levels<Product>, 0);
    for (const std::vector<std::int64_t>& own : parts) {
        for (Index level = 0; level < num_levels<Product>; ++level) counts[level] += own[level];
    }
}

void product_above(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                   std::uint16_t level, ImageView<std::uint8_t> result, int num_threads) {
    for_row_ranges(first.rows, first.cols, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            above_row(first.row(r), second.row(r), level, first.cols, result.row(r));
        }
    });
}

}  // namespace unsplice
