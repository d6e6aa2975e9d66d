#pragma once

#include "image_view.hpp"

namespace unsplice {

// result(i, r, c) = median of the 3x3 neighborhood of image(i, r, c); beyond the border the edge
// pixel repeats itself. Pixel is uint8, uint16, float or double.
//
// A zero comes out as +0, so that the order in which equal zeros meet leaves no trace. Infinities
// are values like any other; a NaN has no rank: std::domain_error, and the result is undefined.
//
// Method: each column of three is sorted, and the median of nine is the median of (the largest
// minimum, the median middle, the smallest maximum) of three neighboring columns. Two rows at a
// time share half of the sorting. Columns are sorted anew for each of their neighbors: what is
// sorted once and stored has to come back unaligned, which takes longer than sorting. Cost: 27
// minimum or maximum operations a pixel, no branches.
template <class Pixel>
void median_filter(StackView<const Pixel> images, StackView<Pixel> result, int num_threads);

}  // namespace unsplice
