#include "clipped_samples.hpp"

#include <algorithm>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Adds 1 for each pixel with a channel at 0 or 255: by wrapping around, those two become 1 and 0.
UNSPLICE_VECTORIZED_TO_V4 void add_row(const std::uint8_t* rgb, Index cols,
                                       std::uint8_t* __restrict counts) {
    for (Index c = 0; c < cols; ++c) {
        // As a number, so that `|` is meant: no branch.
        const auto clipped = [](std::uint8_t x) -> int {
            return static_cast<std::uint8_t>(x + 1) < 2;
        };
        counts[c] = static_cast<std::uint8_t>(
            counts[c] + (clipped(rgb[3 * c]) | clipped(rgb[3 * c + 1]) | clipped(rgb[3 * c + 2])));
    }
}

}  // namespace

void clipped_samples(ImageView<const std::uint8_t> image, Index row, Index col,
                     ImageView<std::uint8_t> result, int num_threads) {
    const Index width = block_side * result.cols;
    for_row_ranges(
        result.rows, block_side * image.row_length(), num_threads, [&](Index begin, Index end) {
            std::vector<std::uint8_t> counts(static_cast<std::size_t>(width));
            for (Index r = begin; r < end; ++r) {
                std::fill(counts.begin(), counts.end(), std::uint8_t{0});
                for (Index y = 0; y < block_side; ++y) {
                    add_row(image.row(row + block_side * r + y) + 3 * col, width, counts.data());
                }
                for (Index b = 0; b < result.cols; ++b) {
                    const std::uint8_t* first = counts.data() + block_side * b;
                    int sum = 0;
                    for (Index x = 0; x < block_side; ++x) sum += first[x];
                    result.row(r)[b] = static_cast<std::uint8_t>(sum);
                }
            }
        });
}

}  // namespace unsplice
