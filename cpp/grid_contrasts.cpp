#include "grid_contrasts.hpp"

#include <algorithm>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index reach = 2;  // blocks on each side
constexpr Index margin = reach * block_side;

// sums[i] = the sum over the pixel rows `first` + 8 j for j below `count`.
UNSPLICE_VECTORIZED_TO_V4 void add_rows(ImageView<const std::uint8_t> counts, Index first,
                                        Index count, std::uint16_t* __restrict sums) {
    std::fill(sums, sums + counts.cols, std::uint16_t{0});
    for (Index j = 0; j < count; ++j) {
        const std::uint8_t* __restrict row = counts.row(first + block_side * j);
        for (Index i = 0; i < counts.cols; ++i) {
            sums[i] = static_cast<std::uint16_t>(sums[i] + row[i]);
        }
    }
}

// Element i of `sums` is that of pixel column i; beyond the picture they are 0 for `margin`.
UNSPLICE_VECTORIZED_TO_V4 void add_along_row(const std::uint16_t* __restrict sums, Index cols,
                                             std::uint16_t* __restrict boxes) {
    for (Index i = 0; i < cols; ++i) {
        boxes[i] =
            static_cast<std::uint16_t>(sums[i - 2 * block_side] + sums[i - block_side] + sums[i] +
                                       sums[i + block_side] + sums[i + 2 * block_side]);
    }
}

// Over the places of a column of the block: sums up to 8 25 255, below 2^16.
UNSPLICE_VECTORIZED_TO_V4 void gather(const std::uint16_t* __restrict boxes, Index cols,
                                      std::uint16_t* __restrict totals,
                                      std::uint16_t* __restrict maxima) {
    for (Index i = 0; i < cols; ++i) {
        totals[i] = static_cast<std::uint16_t>(totals[i] + boxes[i]);
        maxima[i] = std::max(maxima[i], boxes[i]);
    }
}

// How many of `size` blocks lie within reach of block b.
Index blocks_around(Index b, Index size) {
    return std::min(b + reach, size - 1) - std::max<Index>(b - reach, 0) + 1;
}

}  // namespace

void grid_contrasts(ImageView<const std::uint8_t> counts, StackView<float> result,
                    int num_threads) {
    const Index cols = counts.cols;
    const auto length = static_cast<std::size_t>(cols);
    for_row_ranges(result.rows, block_side * cols, num_threads, [&](Index begin, Index end) {
        std::vector<std::uint16_t> sums(length + 2 * margin), boxes(length), aligned(length / 8),
            totals(length), maxima(length);
        for (Index r = begin; r < end; ++r) {
            const Index first = std::max<Index>(r - reach, 0);
            const Index rows_around = blocks_around(r, result.rows);
            std::fill(totals.begin(), totals.end(), std::uint16_t{0});
            std::fill(maxima.begin(), maxima.end(), std::uint16_t{0});
            for (Index y = 0; y < block_side; ++y) {
                add_rows(counts, block_side * first + y, rows_around, sums.data() + margin);
                add_along_row(sums.data() + margin, cols, boxes.data());
                if (y == 0) {
                    // The grid's own place: the mean has it, the maximum of the others not.
                    for (Index c = 0; c < result.cols; ++c) {
                        const auto place = static_cast<std::size_t>(block_side * c);
                        aligned[static_cast<std::size_t>(c)] = boxes[place];
                        totals[place] = boxes[place];
                        boxes[place] = 0;
                    }
                }
                gather(boxes.data(), cols, totals.data(), maxima.data());
            }
            for (Index c = 0; c < result.cols; ++c) {
                const auto place = static_cast<std::ptrdiff_t>(block_side * c);
                std::int32_t total = 0, other = 0;
                for (Index x = 0; x < block_side; ++x) {
                    total += totals[static_cast<std::size_t>(place + x)];
                    other =
                        std::max<std::int32_t>(other, maxima[static_cast<std::size_t>(place + x)]);
                }
                const std::int32_t own = aligned[static_cast<std::size_t>(c)];
                const auto blocks = static_cast<float>(rows_around * blocks_around(c, result.cols));
                result.image(0).row(r)[c] = static_cast<float>(64 * own - total) / (64.0f * blocks);
                result.image(1).row(r)[c] =
                    static_cast<float>(64 * other - total) / (64.0f * blocks);
                result.image(2).row(r)[c] = static_cast<float>(own - other) / blocks;
            }
        }
    });
}

}  // namespace unsplice
