#include "block_noise.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "block_tile.hpp"
#include "logarithm.hpp"
#include "median_rows.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index lanes = BlockTile::lanes;
using Wholes = std::int32_t[lanes];
using Longs = std::int64_t[lanes];

// Sums over each block of a tile.
struct Sums {
    Wholes laplacians[3];       // |L| of Y, Cb, Cr
    Wholes across[2], down[2];  // differences of chroma at even and odd columns, and rows
    Wholes samples[3];          // R, G, B
    Wholes equal;               // pixels
    Wholes plain[3];            // L of R, G, B
    Wholes squares[3];
    Wholes products[2];    // L of R and B, each times that of G
    Longs second, fourth;  // powers of |L| of Y, in 1/16 gray level
};

// [8 row + column][block]: floor(|H| / 4), 32640 at most.
using Diagonals = std::int16_t[block_samples][lanes];

UNSPLICE_INLINE std::int32_t y_of(std::int32_t red, std::int32_t green, std::int32_t blue) {
    return 77 * red + 150 * green + 29 * blue;
}

UNSPLICE_INLINE std::int32_t cb_of(std::int32_t red, std::int32_t green, std::int32_t blue) {
    return -43 * red - 85 * green + 128 * blue;
}

UNSPLICE_INLINE std::int32_t cr_of(std::int32_t red, std::int32_t green, std::int32_t blue) {
    return 128 * red - 107 * green - 21 * blue;
}

UNSPLICE_INLINE std::int32_t chroma(std::int32_t red, std::int32_t green, std::int32_t blue) {
    return std::abs(cb_of(red, green, blue)) + std::abs(cr_of(red, green, blue));
}

// The pixels at one place of all blocks, as differences that are linear in the samples.
struct Differences {
    std::int16_t laplacian[3][lanes], diagonal[3][lanes], across[3][lanes], down[3][lanes];
};

UNSPLICE_INLINE void take_differences(const BlockTile& tile, Index y, Index x, Differences& found,
                                      Sums& sums) {
    for (Index k = 0; k < 3; ++k) {
        const std::int16_t *here = tile.at(k, y, x), *above = tile.at(k, y - 1, x),
                           *below = tile.at(k, y + 1, x), *left = tile.at(k, y, x - 1),
                           *right = tile.at(k, y, x + 1), *corner = tile.at(k, y + 1, x + 1);
        for (Index i = 0; i < lanes; ++i) {
            found.laplacian[k][i] =
                static_cast<std::int16_t>(4 * here[i] - above[i] - below[i] - left[i] - right[i]);
            found.diagonal[k][i] =
                static_cast<std::int16_t>(here[i] - right[i] - below[i] + corner[i]);
            found.across[k][i] = static_cast<std::int16_t>(right[i] - here[i]);
            found.down[k][i] = static_cast<std::int16_t>(below[i] - here[i]);
        }
        for (Index i = 0; i < lanes; ++i) sums.samples[k][i] += here[i];
    }
}

UNSPLICE_INLINE void add_laplacians(const Differences& of, Sums& sums) {
    const auto &red = of.laplacian[0], &green = of.laplacian[1], &blue = of.laplacian[2];
    for (Index i = 0; i < lanes; ++i) {
        const std::int32_t luma = std::abs(y_of(red[i], green[i], blue[i]));
        const auto level = static_cast<std::uint32_t>(luma + 8) >> 4;
        const std::uint32_t square = level * level;  // up to 16320^2
        sums.laplacians[0][i] += luma;
        sums.laplacians[1][i] += std::abs(cb_of(red[i], green[i], blue[i]));
        sums.laplacians[2][i] += std::abs(cr_of(red[i], green[i], blue[i]));
        sums.second[i] += square;
        sums.fourth[i] += static_cast<std::int64_t>(std::uint64_t{square} * square);
    }
    for (Index i = 0; i < lanes; ++i) {
        sums.plain[0][i] += red[i];
        sums.plain[1][i] += green[i];
        sums.plain[2][i] += blue[i];
        sums.squares[0][i] += red[i] * red[i];
        sums.squares[1][i] += green[i] * green[i];
        sums.squares[2][i] += blue[i] * blue[i];
        sums.products[0][i] += red[i] * green[i];
        sums.products[1][i] += blue[i] * green[i];
    }
}

UNSPLICE_INLINE void add_steps(const Differences& of, Wholes& across, Wholes& down, Wholes& equal) {
    for (Index i = 0; i < lanes; ++i) {
        across[i] += chroma(of.across[0][i], of.across[1][i], of.across[2][i]);
        down[i] += chroma(of.down[0][i], of.down[1][i], of.down[2][i]);
        equal[i] += (of.across[0][i] | of.across[1][i] | of.across[2][i]) == 0;
    }
}

UNSPLICE_INLINE void keep_diagonals(const Differences& of, Index place, Diagonals (&diagonals)[3]) {
    const auto &red = of.diagonal[0], &green = of.diagonal[1], &blue = of.diagonal[2];
    for (Index i = 0; i < lanes; ++i) {
        diagonals[0][place][i] =
            static_cast<std::int16_t>(std::abs(y_of(red[i], green[i], blue[i])) >> 2);
        diagonals[1][place][i] =
            static_cast<std::int16_t>(std::abs(cb_of(red[i], green[i], blue[i])) >> 2);
        diagonals[2][place][i] =
            static_cast<std::int16_t>(std::abs(cr_of(red[i], green[i], blue[i])) >> 2);
    }
}

// `row` and `col` tell the parity of the pixels.
UNSPLICE_VECTORIZED_TO_V4 void add_up(const BlockTile& tile, Index row, Index col, Sums& sums,
                                      Diagonals (&diagonals)[3]) {
    sums = {};
    Differences differences;
    for (Index y = 0; y < block_side; ++y) {
        for (Index x = 0; x < block_side; ++x) {
            take_differences(tile, y, x, differences, sums);
            add_laplacians(differences, sums);
            add_steps(differences, sums.across[(col + x) & 1], sums.down[(row + y) & 1],
                      sums.equal);
            keep_diagonals(differences, block_side * y + x, diagonals);
        }
    }
}

// By way of arrays that nothing else sees: compilers make branches of stores that hang on a
// comparison.
UNSPLICE_INLINE void exchange(std::int16_t* a, std::int16_t* b) {
    std::int16_t low[lanes], high[lanes];
    for (Index i = 0; i < lanes; ++i) {
        low[i] = least(a[i], b[i]);
        high[i] = greatest(a[i], b[i]);
    }
    std::memcpy(a, low, sizeof low);
    std::memcpy(b, high, sizeof high);
}

// Sorts 32 numbers in every lane by Batcher's merge exchange (Knuth, The Art of Computer
// Programming 3, 5.2.2, algorithm M).
UNSPLICE_INLINE void sort_half(std::int16_t (*values)[lanes]) {
    constexpr Index half = block_samples / 2;
    for (Index p = half / 2; p > 0; p /= 2) {
        Index distance = p, remainder = 0;
        for (Index q = half / 2;; q /= 2) {
            for (Index i = 0; i < half - distance; ++i) {
                if ((i & p) == remainder) exchange(values[i], values[i + distance]);
            }
            if (q == p) break;
            distance = q - p;
            remainder = p;
        }
    }
}

// Twice the median of each lane. Of two sorted halves, the pairs of the k-th smallest of one and
// the k-th largest of the other hold one each of the 32 smallest and the 32 largest.
UNSPLICE_VECTORIZED_TO_V4 void find_medians(Diagonals& values, Wholes& doubled) {
    constexpr Index half = block_samples / 2;
    sort_half(values);
    sort_half(values + half);
    std::int16_t lower[lanes] = {}, upper[lanes];
    std::fill(upper, upper + lanes, std::int16_t{0x7fff});
    for (Index k = 0; k < half; ++k) {
        const std::int16_t *one = values[k], *other = values[block_samples - 1 - k];
        for (Index i = 0; i < lanes; ++i) {
            lower[i] = greatest(lower[i], least(one[i], other[i]));
            upper[i] = least(upper[i], greatest(one[i], other[i]));
        }
    }
    for (Index i = 0; i < lanes; ++i) doubled[i] = lower[i] + upper[i];
}

double phase(std::int32_t odd, std::int32_t even) {
    constexpr double unit = 32.0 * 256.0;
    return logarithm((odd / unit + 0.05) / (even / unit + 0.05));
}

double correlation(std::int64_t product, std::int64_t a, std::int64_t b, std::int64_t square_a,
                   std::int64_t square_b) {
    const auto variance_a = static_cast<double>(block_samples * square_a - a * a);
    const auto variance_b = static_cast<double>(block_samples * square_b - b * b);
    if (variance_a == 0.0 || variance_b == 0.0) return 0.0;
    return static_cast<double>(block_samples * product - a * b) /
           std::sqrt(variance_a * variance_b);
}

double kurtosis(std::int64_t second, std::int64_t fourth) {
    const double variance = static_cast<double>(second) / (64.0 * 256.0) + 0.25;
    return logarithm((static_cast<double>(fourth) / (64.0 * 65536.0) + 0.0625) /
                     (variance * variance));
}

// Writes what one block of a tile has.
void conclude(const Sums& sums, const Wholes (&medians)[3], Index i, StackView<float> result,
              Index r, Index c) {
    constexpr double unit = 64.0 * 256.0;
    const auto write = [&](Index plane, double value) {
        result.image(plane).row(r)[c] = static_cast<float>(value);
    };
    for (Index k = 0; k < 3; ++k) {
        write(k, logarithm(sums.laplacians[k][i] / unit + 0.05));
        write(3 + k, logarithm(medians[k][i] / 128.0 + 0.05));
    }
    write(6, phase(sums.across[1][i], sums.across[0][i]));
    write(7, phase(sums.down[1][i], sums.down[0][i]));
    const std::int32_t red = sums.samples[0][i], green = sums.samples[1][i],
                       blue = sums.samples[2][i];
    write(8, y_of(red, green, blue) / unit);
    write(9, cb_of(red, green, blue) / unit);
    write(10, cr_of(red, green, blue) / unit);
    write(11, sums.equal[i] / 64.0);
    for (Index k = 0; k < 2; ++k) {
        write(12 + k, correlation(sums.products[k][i], sums.plain[2 * k][i], sums.plain[1][i],
                                  sums.squares[2 * k][i], sums.squares[1][i]));
    }
    write(14, kurtosis(sums.second[i], sums.fourth[i]));
}

}  // namespace

void block_noise(ImageView<const std::uint8_t> image, Index row, Index col, StackView<float> result,
                 int num_threads) {
    for_row_ranges(
        result.rows, block_side * image.row_length(), num_threads, [&](Index begin, Index end) {
            BlockTile tile;
            Sums sums;
            Diagonals diagonals[3];
            Wholes medians[3];
            for (Index r = begin; r < end; ++r) {
                for (Index first = 0; first < result.cols; first += lanes) {
                    const Index count = std::min(result.cols - first, lanes);
                    tile.load(image, row + block_side * r, col + block_side * first, count);
                    add_up(tile, row, col, sums, diagonals);
                    for (Index k = 0; k < 3; ++k) find_medians(diagonals[k], medians[k]);
                    for (Index i = 0; i < count; ++i) {
                        conclude(sums, medians, i, result, r, first + i);
                    }
                }
            }
        });
}

}  // namespace unsplice
