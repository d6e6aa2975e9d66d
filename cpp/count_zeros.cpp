#include "count_zeros.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index half = block_side / 2;
constexpr Index tile = 64;  // windows side by side whose first pass stays in the nearest cache
constexpr Index tile_reach = tile + block_side;  // columns under them; one for an even number

using Frequencies = float[block_side][tile_reach];

// Where the window stands that counts for pixel row (or column) `place` of a picture of `size`.
Index window_at(Index place, Index first, Index size) {
    if (place + block_side <= size) return place;
    return place - block_side >= first ? place - block_side : size - block_side;
}

// Output k of the transform of eight samples, as in block_dct.cpp.
template <Index k>
UNSPLICE_INLINE float coefficient(const float (&sums)[half], const float (&differences)[half]) {
    const auto& part = k % 2 ? differences : sums;
    return dct_factors[k][0] * part[0] + dct_factors[k][1] * part[1] + dct_factors[k][2] * part[2] +
           dct_factors[k][3] * part[3];
}

// Sums and differences of the samples at value(0) to value(7) and their mirror images.
template <class Value>
UNSPLICE_INLINE void fold(const Value& value, float (&sums)[half], float (&differences)[half]) {
    for (Index n = 0; n < half; ++n) {
        const float left = value(n), right = value(block_side - 1 - n);
        sums[n] = left + right;
        differences[n] = left - right;
    }
}

UNSPLICE_VECTORIZED_TO_V4 void transform_columns(const std::array<const float*, block_side>& rows,
                                                 Index first, Frequencies& result) {
    const float* __restrict r0 = rows[0] + first;
    const float* __restrict r1 = rows[1] + first;
    const float* __restrict r2 = rows[2] + first;
    const float* __restrict r3 = rows[3] + first;
    const float* __restrict r4 = rows[4] + first;
    const float* __restrict r5 = rows[5] + first;
    const float* __restrict r6 = rows[6] + first;
    const float* __restrict r7 = rows[7] + first;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < tile_reach; ++i) {
        const float samples[] = {r0[i], r1[i], r2[i], r3[i], r4[i], r5[i], r6[i], r7[i]};
        float sums[half], differences[half];
        fold([&](Index n) { return samples[n]; }, sums, differences);
        result[0][i] = coefficient<0>(sums, differences);
        result[1][i] = coefficient<1>(sums, differences);
        result[2][i] = coefficient<2>(sums, differences);
        result[3][i] = coefficient<3>(sums, differences);
        result[4][i] = coefficient<4>(sums, differences);
        result[5][i] = coefficient<5>(sums, differences);
        result[6][i] = coefficient<6>(sums, differences);
        result[7][i] = coefficient<7>(sums, differences);
    }
}

UNSPLICE_INLINE std::int32_t is_zero(float c) { return std::fabs(c) < 0.5f; }

// Adds the zeros of the windows' rows of one vertical frequency.
UNSPLICE_VECTORIZED_TO_V4 void count_along_rows(const float* __restrict values,
                                                std::int32_t* __restrict zeros) {
    for (Index i = 0; i < tile; ++i) {
        float sums[half], differences[half];
        fold([&](Index n) { return values[i + n]; }, sums, differences);
        zeros[i] += is_zero(coefficient<0>(sums, differences)) +
                    is_zero(coefficient<1>(sums, differences)) +
                    is_zero(coefficient<2>(sums, differences)) +
                    is_zero(coefficient<3>(sums, differences)) +
                    is_zero(coefficient<4>(sums, differences)) +
                    is_zero(coefficient<5>(sums, differences)) +
                    is_zero(coefficient<6>(sums, differences)) +
                    is_zero(coefficient<7>(sums, differences));
    }
}

// The luma of eight neighbouring rows of a picture; those that the last windows had are kept.
class LumaRows {
 public:
    LumaRows(ImageView<const std::uint8_t> image, Index col, Index stride)
        : image_(image),
          col_(col),
          stride_(stride),
          luma_(static_cast<std::size_t>(block_side * stride)) {
        held_.fill(-1);
    }

    std::array<const float*, block_side> from(Index row) {
        std::array<const float*, block_side> rows;
        for (Index n = 0; n < block_side; ++n) {
            const auto slot = static_cast<std::size_t>((row + n) % block_side);
            float* luma = luma_.data() + static_cast<Index>(slot) * stride_;
            if (held_[slot] != row + n) {
                const Index count = std::min(image_.cols - col_, stride_);
                load_luma_row(image_.row(row + n) + 3 * col_, count, luma);
                held_[slot] = row + n;
            }
            rows[static_cast<std::size_t>(n)] = luma;
        }
        return rows;
    }

 private:
    ImageView<const std::uint8_t> image_;
    Index col_, stride_;
    std::vector<float> luma_;  // 0 beyond the picture
    std::array<Index, block_side> held_;
};

}  // namespace

void count_zeros(ImageView<const std::uint8_t> image, Index row, Index col,
                 ImageView<std::uint8_t> result, int num_threads) {
    if (result.cols == 0) return;
    // Whole tiles; what they count beyond the last window that fits is not written.
    const Index fitting = std::min(result.cols, image.cols - col - block_side + 1);
    const Index stride = (fitting + tile - 1) / tile * tile + block_side;
    for_row_ranges(result.rows, block_samples * result.cols, num_threads,
                   [&](Index begin, Index end) {
                       LumaRows luma(image, col, stride);
                       Frequencies frequencies;
                       std::int32_t zeros[tile];
                       for (Index r = begin; r < end; ++r) {
                           const auto rows = luma.from(window_at(row + r, row, image.rows));
                           std::uint8_t* counts = result.row(r);
                           for (Index first = 0; first < fitting; first += tile) {
                               transform_columns(rows, first, frequencies);
                               std::fill(zeros, zeros + tile, 0);
                               for (const auto& values : frequencies)
                                   count_along_rows(values, zeros);
                               const Index count = std::min(fitting - first, tile);
                               for (Index i = 0; i < count; ++i) {
                                   counts[first + i] = static_cast<std::uint8_t>(zeros[i]);
                               }
                           }
                           for (Index c = fitting; c < result.cols; ++c) {
                               counts[c] = counts[window_at(col + c, col, image.cols) - col];
                           }
                       }
                   });
}

}  // namespace unsplice
