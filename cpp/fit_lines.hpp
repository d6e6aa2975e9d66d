#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

constexpr double least_epsilon = 1e-9;  // below, rounding makes slopes of what is flat

// The lines of a guided filter, for each cell of 4x4 pixels, of a picture of `rows` x `cols`
// pixels. `sums` holds those of I, I I, P and I P over each cell, as sum_cells gives them.
//
// Over the cells within `reach` of each, as many as there are, and n pixels in them:
//
//   a = (mean I P - mean I mean P) / (mean I I - (mean I)^2 + 255^2 epsilon) / 2^16
//   b = -a mean I
//
// in double precision; a and b are rounded to multiples of 2^-32, halves to even, and averaged over
// the cells within reach once more: result 0 and 1. Sums are of whole numbers, so their order is
// free. Epsilon is at least `least_epsilon`.
//
// Cost: independent of the reach.
void fit_lines(StackView<const std::int32_t> sums, Index rows, Index cols, Index reach,
               double epsilon, StackView<float> result, int num_threads);

}  // namespace unsplice
