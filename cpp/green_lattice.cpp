#include "green_lattice.hpp"

#include <algorithm>
#include <cstring>

#include "block_tile.hpp"
#include "logarithm.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index lanes = BlockTile::lanes;
constexpr Index green = 1;
using Wholes = std::int32_t[lanes];

// Sums of (4 d)^2 where row + column is even, and odd; at most 32 * 1020^2.
UNSPLICE_VECTORIZED_TO_V4 void add_squares(const BlockTile& tile, Index parity, Wholes (&sums)[2]) {
    for (Wholes& of_lattice : sums) std::fill(of_lattice, of_lattice + lanes, 0);
    for (Index y = 0; y < block_side; ++y) {
        for (Index x = 0; x < block_side; ++x) {
            const std::int16_t *here = tile.at(green, y, x), *above = tile.at(green, y - 1, x),
                               *below = tile.at(green, y + 1, x), *left = tile.at(green, y, x - 1),
                               *right = tile.at(green, y, x + 1);
            Wholes& of_lattice = sums[(parity + y + x) & 1];
            for (Index i = 0; i < lanes; ++i) {
                const auto d = static_cast<std::int16_t>(4 * here[i] - above[i] - below[i] -
                                                         left[i] - right[i]);
                of_lattice[i] += d * d;
            }
        }
    }
}

UNSPLICE_INLINE double mean_square(std::int32_t sum) { return sum / (32.0 * 16.0) + 0.0625; }

UNSPLICE_VECTORIZED_TO_V4 void compare(const Wholes (&sums)[2], float (&ratios)[lanes]) {
    for (Index i = 0; i < lanes; ++i) {
        ratios[i] =
            static_cast<float>(logarithm(mean_square(sums[0][i]) / mean_square(sums[1][i])));
    }
}

}  // namespace

void green_lattice(ImageView<const std::uint8_t> image, Index row, Index col,
                   ImageView<float> result, int num_threads) {
    for_row_ranges(result.rows, block_side * image.row_length(), num_threads,
                   [&](Index begin, Index end) {
                       BlockTile tile;
                       Wholes sums[2];
                       float ratios[lanes];
                       for (Index r = begin; r < end; ++r) {
                           for (Index first = 0; first < result.cols; first += lanes) {
                               const Index count = std::min(result.cols - first, lanes);
                               tile.load_channel(image, row + block_side * r,
                                                 col + block_side * first, count, green);
                               add_squares(tile, row + col, sums);
                               compare(sums, ratios);
                               std::memcpy(result.row(r) + first, ratios,
                                           static_cast<std::size_t>(count) * sizeof(float));
                           }
                       }
                   });
}

}  // namespace unsplice
