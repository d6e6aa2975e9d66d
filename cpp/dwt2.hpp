#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// What a transform of these pixels is made of.
template <class Pixel>
using Coefficient = std::conditional_t<std::is_same_v<Pixel, double>, double, float>;

// The two filters of a wavelet, of one even length.
template <class Number>
struct Filters {
    std::vector<Number> low, high;

    Index length() const { return static_cast<Index>(low.size()); }
};

// Rows or columns of a transform of `size` rows or columns.
inline Index transformed_size(Index size, Index filter_length) {
    return (size + filter_length - 1) / 2;
}

// One level of the discrete wavelet transform, the picture continued by its mirror image, edge
// included. bands.image(b) is the approximation, the horizontal, the vertical and the diagonal
// detail: the rows filtered high for odd b, the columns of the upper two.
//
//     down(k, x) = sum over j of filter[j] * image(2k + 1 - j, x)
//     bands(k, m) = sum over j of filter[j] * down(k, 2m + 1 - j)
//
// Both sums run from j = 0 on. Pixel is uint8, uint16, float or double; the image is not empty.
// Cost: as many multiplications and additions a pixel as twice the length of a filter.
template <class Pixel>
void dwt2(ImageView<const Pixel> image, const Filters<Coefficient<Pixel>>& filters,
          StackView<Coefficient<Pixel>> bands, int num_threads);

// The same for the Haar wavelet, without a rounded square root of 2: of two by two pixels ab/cd, an
// odd last row or column repeated, ((a + b) +- (c + d)) / 2 and ((a - b) +- (c - d)) / 2.
template <class Pixel>
void haar_dwt2(ImageView<const Pixel> image, StackView<Coefficient<Pixel>> bands, int num_threads);

}  // namespace unsplice
