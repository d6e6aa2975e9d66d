#include "sum_cells.hpp"

#include <algorithm>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Adds one row of pixels to the sums of each column, `cols` numbers for each of the four.
UNSPLICE_VECTORIZED_TO_V4 void add_row(const std::uint8_t* rgb, const float* heat, Index cols,
                                       std::int32_t* __restrict sums) {
    // Adding and taking off 1.5 * 2^23 rounds to a whole number, halves to even.
    constexpr float rounder = 12582912.0f;
    std::int32_t* __restrict levels = sums;
    std::int32_t* __restrict squares = sums + cols;
    std::int32_t* __restrict heats = sums + 2 * cols;
    std::int32_t* __restrict products = sums + 3 * cols;
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        const std::int32_t level = gray_level(rgb + 3 * c);
        const float positive = heat[c] > 0.0f ? heat[c] : 0.0f;
        const float share = positive < 1.0f ? positive : 1.0f;
        const auto whole = static_cast<std::int32_t>(share * 65536.0f + rounder - rounder);
        levels[c] += level;
        squares[c] += level * level;
        heats[c] += whole;
        products[c] += level * whole;
    }
}

void add_columns(const std::int32_t* sums, Index cols, std::int32_t* __restrict result) {
    const Index whole = cols / cell_side;
    for (Index i = 0; i < whole; ++i) {
        const std::int32_t* of_cell = sums + cell_side * i;
        result[i] = of_cell[0] + of_cell[1] + of_cell[2] + of_cell[3];
    }
    if (cell_side * whole == cols) return;
    result[whole] = 0;
    for (Index c = cell_side * whole; c < cols; ++c) result[whole] += sums[c];
}

}  // namespace

void sum_cells(ImageView<const std::uint8_t> image, ImageView<const float> heatmap,
               StackView<std::int32_t> result, int num_threads) {
    const Index cols = image.cols;
    for_row_ranges(result.rows, cell_side * image.row_length(), num_threads,
                   [&](Index begin, Index end) {
                       std::vector<std::int32_t> sums(static_cast<std::size_t>(cell_sums * cols));
                       for (Index i = begin; i < end; ++i) {
                           std::fill(sums.begin(), sums.end(), 0);
                           const Index last = std::min(cell_side * (i + 1), image.rows);
                           for (Index r = cell_side * i; r < last; ++r) {
                               add_row(image.row(r), heatmap.row(r), cols, sums.data());
                           }
                           for (Index k = 0; k < cell_sums; ++k) {
                               add_columns(sums.data() + k * cols, cols, result.image(k).row(i));
                           }
                       }
                   });
}

}  // namespace unsplice
