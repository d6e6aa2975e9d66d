// Noise residual of the Haar wavelet, row by row, in integers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "median_rows.hpp"

namespace unsplice {

// The four component images of a one-level transform, in this order; each pixel of theirs comes
// from two by two pixels ab/cd, here without the factor 1/2 of the orthonormal transform.
enum HaarBand : std::size_t {
    approximation,  // a + b + c + d
    horizontal,     // a + b - c - d
    vertical,       // a - b + c - d
    diagonal,       // a - b - c + d
};
inline constexpr std::size_t haar_bands = 4;

// A number that holds a sum of 4 pixels, and 4 times a residual: at most 10 times a pixel.
template <class Pixel>
using HaarNumber = std::conditional_t<sizeof(Pixel) == 1, std::int16_t, std::int32_t>;

template <class Number>
using HaarRow = std::array<Number*, haar_bands>;
template <class Number>
using ConstHaarRow = std::array<const Number*, haar_bands>;

// Components of two rows of `cols` pixels; an odd column is its own neighbor.
void haar_row(const std::uint8_t* top, const std::uint8_t* bottom, Index cols,
              const HaarRow<std::int16_t>& result);
void haar_row(const std::uint16_t* top, const std::uint16_t* bottom, Index cols,
              const HaarRow<std::int32_t>& result);

void haar_median(const MedianRow<std::int16_t>& rows, Index cols);
void haar_median(const MedianRow<std::int32_t>& rows, Index cols);

// 4 times (pixels - inverse transform), for the upper or the lower row of each two.
void haar_residual(const std::uint8_t* pixels, const ConstHaarRow<std::int16_t>& bands, bool lower,
                   Index cols, std::int16_t* result);
void haar_residual(const std::uint16_t* pixels, const ConstHaarRow<std::int32_t>& bands, bool lower,
                   Index cols, std::int32_t* result);

// Quarters as floats, which hold them exactly.
void quarter_row(const std::int16_t* quarters, Index cols, float* result);
void quarter_row(const std::int32_t* quarters, Index cols, float* result);

// Makes rows of the residual in ascending order from `first_row` on.
template <class Pixel>
class HaarResidual {
 public:
    using Number = HaarNumber<Pixel>;

    // row(r) gives the pixels of row r. While row r is made, it is called for rows r - 3 to r + 3.
    HaarResidual(Index rows, Index cols, bool smooth_approximation, Index first_row,
                 std::function<const Pixel*(Index)> row)
        : rows_(rows),
          cols_(cols),
          half_rows_((rows + 1) / 2),
          half_cols_((cols + 1) / 2),
          first_band_(smooth_approximation ? approximation : horizontal),
          next_(std::max<Index>(first_row / 2 - 1, 0)),
          row_(std::move(row)),
          components_(static_cast<std::size_t>(kept * Index{haar_bands} * half_cols_)),
          smoothed_(static_cast<std::size_t>(Index{haar_bands} * half_cols_)) {}

    // 4 times the residual.
    void make_row(Index r, Number* result) {
        const Index half = r / 2;
        if (half != smoothed_row_) smooth(half);
        ConstHaarRow<Number> bands;
        for (std::size_t band = 0; band < haar_bands; ++band) {
            bands[band] = band < first_band_ ? component(half, band) : smoothed(band);
        }
        haar_residual(row_(r), bands, r % 2 != 0, cols_, result);
    }

 private:
    static constexpr Index kept = 3;

    Number* component(Index half, std::size_t band) {
        const Index slot = half % kept * Index{haar_bands} + static_cast<Index>(band);
        return components_.data() + slot * half_cols_;
    }
    Number* smoothed(std::size_t band) {
        return smoothed_.data() + static_cast<Index>(band) * half_cols_;
    }

    void smooth(Index half) {
        const Index above = std::max<Index>(half - 1, 0),
                    below = std::min(half + 1, half_rows_ - 1);
        for (; next_ <= below; ++next_) {
            HaarRow<Number> bands;
            for (std::size_t band = 0; band < haar_bands; ++band) {
                bands[band] = component(next_, band);
            }
            haar_row(row_(2 * next_), row_(std::min(2 * next_ + 1, rows_ - 1)), cols_, bands);
        }
        for (std::size_t band = first_band_; band < haar_bands; ++band) {
            haar_median({component(above, band), component(half, band), component(below, band),
                         smoothed(band)},
                        half_cols_);
        }
        smoothed_row_ = half;
    }

    Index rows_, cols_, half_rows_, half_cols_;
    std::size_t first_band_;
    Index next_, smoothed_row_ = -1;
    std::function<const Pixel*(Index)> row_;
    std::vector<Number> components_, smoothed_;
};

}  // namespace unsplice
