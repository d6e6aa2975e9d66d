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

UNSPLICE_INLINE double phase(std::int32_t odd, std::int32_t even) {
    constexpr double unit = 32.0 * 256.0;
    return logarithm((odd / unit + 0.05) / (even / unit + 0.05));
}

// Sums of 64 products below 2^21: doubles hold all of these whole numbers.
UNSPLICE_INLINE double correlation(double product, double a, double b, double square_a,
                                   double square_b) {
    const double variance_a = 64.0 * square_a - a * a, variance_b = 64.0 * square_b - b * b;
    const double both = variance_a * variance_b;
    const double quotient = (64.0 * product - a * b) / std::sqrt(both);
    return both == 0.0 ? 0.0 : quotient;
}

UNSPLICE_INLINE double kurtosis(double second, double fourth) {
    const double variance = second / (64.0 * 256.0) + 0.25;
    return logarithm((fourth / (64.0 * 65536.0) + 0.0625) / (variance * variance));
}

constexpr Index planes = 15;
using Numbers = float[planes][lanes];

UNSPLICE_INLINE float to_float(double number) { return static_cast<float>(number); }

// What each block of a tile has.
UNSPLICE_VECTORIZED_TO_V4 void conclude(const Sums& sums, const Wholes (&medians)[3],
                                        Numbers& numbers) {
    constexpr double unit = 64.0 * 256.0;
    for (Index k = 0; k < 3; ++k) {
        for (Index i = 0; i < lanes; ++i) {
            numbers[k][i] = to_float(logarithm(sums.laplacians[k][i] / unit + 0.05));
        }
        for (Index i = 0; i < lanes; ++i) {
            numbers[3 + k][i] = to_float(logarithm(medians[k][i] / 128.0 + 0.05));
        }
    }
    for (Index i = 0; i < lanes; ++i) {
        numbers[6][i] = to_float(phase(sums.across[1][i], sums.across[0][i]));
    }
    for (Index i = 0; i < lanes; ++i) {
        numbers[7][i] = to_float(phase(sums.down[1][i], sums.down[0][i]));
    }
    for (Index i = 0; i < lanes; ++i) {
        const std::int32_t red = sums.samples[0][i], green = sums.samples[1][i],
                           blue = sums.samples[2][i];
        numbers[8][i] = to_float(y_of(red, green, blue) / unit);
        numbers[9][i] = to_float(cb_of(red, green, blue) / unit);
        numbers[10][i] = to_float(cr_of(red, green, blue) / unit);
        numbers[11][i] = to_float(sums.equal[i] / 64.0);
    }
    for (Index k = 0; k < 2; ++k) {
        for (Index i = 0; i < lanes; ++i) {
            numbers[12 + k][i] =
                to_float(correlation(sums.products[k][i], sums.plain[2 * k][i], sums.plain[1][i],
                                     sums.squares[2 * k][i], sums.squares[1][i]));
        }
    }
    // AVX2 cannot make doubles of long numbers: what it can do is a loop of its own.
    double second[lanes], fourth[lanes];
    for (Index i = 0; i < lanes; ++i) {
        second[i] = static_cast<double>(sums.second[i]);
        fourth[i] = static_cast<double>(sums.fourth[i]);
    }
    for (Index i = 0; i < lanes; ++i) numbers[14][i] = to_float(kurtosis(second[i], fourth[i]));
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
            Numbers numbers;
            for (Index r = begin; r < end; ++r) {
                for (Index first = 0; first < result.cols; first += lanes) {
                    const Index count = std::min(result.cols - first, lanes);
                    tile.load(image, row + block_side * r, col + block_side * first, count);
                    add_up(tile, row, col, sums, diagonals);
                    for (Index k = 0; k < 3; ++k) find_medians(diagonals[k], medians[k]);
                    conclude(sums, medians, numbers);
                    for (Index k = 0; k < planes; ++k) {
                        std::memcpy(result.image(k).row(r) + first, numbers[k],
                                    static_cast<std::size_t>(count) * sizeof(float));
                    }
                }
            }
        });
}

}  // namespace unsplice
