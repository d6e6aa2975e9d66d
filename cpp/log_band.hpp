// The 5x5 Laplacian of Gaussian, a few rows of a strip of columns at a time.
//
// A strip is so narrow that the last rows of every pass of a cascade stay in the nearest cache, and
// several rows at a time share what they load and the sums that they have in common.
#pragma once

#include <algorithm>
#include <cstdint>

#include "borders.hpp"
#include "image_view.hpp"
#include "vectorized.hpp"

namespace unsplice {

inline constexpr Index log_radius = 2;
// Rows that are made at a time: with those of the band before just the neighborhood of as many.
inline constexpr Index log_band_rows = 2 * log_radius;
// Columns of the result that are made at a time, and from one row of a band to the next: room for
// what eight passes need on either side, and for a vector more.
inline constexpr Index log_strip_cols = 240;
inline constexpr Index log_band_stride = log_strip_cols + 64;

// Loops over a rest of less than a vector take as long as over a few whole ones.
inline constexpr Index whole_vectors(Index cols) { return (cols + 15) / 16 * 16; }

// The last two bands of a picture that is made band by band.
template <class Value>
class LogBands {
 public:
    Value* band(Index b) { return values_[b % 2]; }
    const Value* band(Index b) const { return values_[b % 2]; }

 private:
    alignas(64) Value values_[2][log_band_rows * log_band_stride] = {};
};

// Makes a band of `cols` columns out of two, which are `log_radius` rows before and after it and as
// many columns wider on either side: target[0] stands at column log_radius of `before`.
//
// Integers are exact: 16 bits hold what uint8 gives (at most 4080), 32 bits what int16 gives. What
// std::uint16_t holds are values of 8 bits, clipped to 0..255 once more by each pass.
void log_band(const std::int16_t* before, const std::int16_t* after, Index cols,
              std::int16_t* target, Index target_stride);
void log_band(const std::int16_t* before, const std::int16_t* after, Index cols,
              std::int32_t* target, Index target_stride);
void log_band(const std::int32_t* before, const std::int32_t* after, Index cols,
              std::int32_t* target, Index target_stride);
void log_band(const float* before, const float* after, Index cols, float* target,
              Index target_stride);
void log_band(const std::uint16_t* before, const std::uint16_t* after, Index cols,
              std::uint16_t* target, Index target_stride);
void log_band(const std::uint16_t* before, const std::uint16_t* after, Index cols,
              std::uint8_t* target, Index target_stride);

// Copies of pixels as another type.
void take_columns(const std::uint8_t* row, Index cols, std::int16_t* target);
void take_columns(const std::uint8_t* row, Index cols, std::uint16_t* target);
void take_columns(const std::uint16_t* row, Index cols, std::int32_t* target);
void take_columns(const float* row, Index cols, float* target);

// A band of an image that is continued beyond its edges.
template <class Image, class Value>
void take_band(const Image& image, Index first_row, Index first_col, Index cols, Value* target) {
    const Index inner = std::clamp<Index>(first_col, 0, image.cols);
    const Index outer = std::clamp<Index>(first_col + cols, inner, image.cols);
    for (Index r = 0; r < log_band_rows; ++r, target += log_band_stride) {
        const auto* row = image.row(reflect_101(first_row + r, image.rows));
        take_columns(row + inner, outer - inner, target + (inner - first_col));
        for (Index c = first_col; c < inner; ++c) {
            target[c - first_col] = row[reflect_101(c, image.cols)];
        }
        for (Index c = outer; c < first_col + cols; ++c) {
            target[c - first_col] = row[reflect_101(c, image.cols)];
        }
    }
}

}  // namespace unsplice
