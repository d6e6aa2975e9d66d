#include "sum_blocks.hpp"

#include <algorithm>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void add_row(const std::uint8_t* levels, Index cols,
                                 std::uint16_t* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] = static_cast<std::uint16_t>(sums[c] + levels[c]);
}

}  // namespace

void sum_blocks(ImageView<const std::uint8_t> image, Index row, Index col,
                ImageView<std::int32_t> result, int num_threads) {
    const Index width = block_side * result.cols;
    for_row_ranges(result.rows, block_side * width, num_threads, [&](Index begin, Index end) {
        std::vector<std::uint16_t> sums(static_cast<std::size_t>(width));
        for (Index r = begin; r < end; ++r) {
            std::fill(sums.begin(), sums.end(), std::uint16_t{0});
            for (Index y = 0; y < block_side; ++y) {
                add_row(image.row(row + block_side * r + y) + col, width, sums.data());
            }
            for (Index b = 0; b < result.cols; ++b) {
                const std::uint16_t* first = sums.data() + block_side * b;
                std::int32_t sum = 0;
                for (Index x = 0; x < block_side; ++x) sum += first[x];
                result.row(r)[b] = sum;
            }
        }
    });
}

}  // namespace unsplice
