// Steps 1 and 7 of error_levels, for a row of pixels.
#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

void rgb_to_ycc(const std::uint8_t* rgb, Index cols, std::uint8_t* y, std::uint8_t* cb,
                std::uint8_t* cr);

// How far the samples of `rgb` lie from those of Y, Cb, Cr.
void color_distances(const std::uint8_t* rgb, const std::uint8_t* y, const std::uint8_t* cb,
                     const std::uint8_t* cr, Index cols, std::uint8_t* result);

// The same on processors that have AVX2, for at least least_cols_avx2 columns.
constexpr Index least_cols_avx2 = 32;

void rgb_to_ycc_avx2(const std::uint8_t* rgb, Index cols, std::uint8_t* y, std::uint8_t* cb,
                     std::uint8_t* cr);
void color_distances_avx2(const std::uint8_t* rgb, const std::uint8_t* y, const std::uint8_t* cb,
                          const std::uint8_t* cr, Index cols, std::uint8_t* result);

}  // namespace unsplice
