#pragma once

#include "image_view.hpp"

namespace unsplice {

// A square filter of 1 or 3 taps a side for each pair of an output and an input map; `weights`
// holds outputs * inputs * side * side numbers in that order, `bias` one an output.
struct Convolution {
    const float* weights;
    const float* bias;
    const float* gain;  // one an output, of which there are as many as inputs; or null
    Index side;
    Index dilation;  // distance of the taps; 1: neighbours
};

// Correlation of a stack of maps with zeros around it:
//
//   y_n(r, c) = b_n + sum over m, i, j of w_nm(i, j) x_m(r + (i - 1) d, c + (j - 1) d)
//
// for a side of 3, and b_n + sum over m of w_nm x_m(r, c) for a side of 1. Summed in single
// precision from the bias on, input by input, and within one from the first tap of the first row to
// the last of the last; a tap that lies outside adds its weight times zero. Every product and every
// sum is rounded, so every processor gives the same bits.
//
// With a gain the sum is rectified and added to the input: z_n = x_n + g_n max(y_n, 0).
//
// Cost: outputs * inputs * side^2 multiplications and additions an element, taken for 16 outputs
// and 8 or 16 columns at a time, whose sums stay in registers. The rows in reach are copied once
// for each row, so that they lie together in the cache.
void convolve_blocks(StackView<const float> maps, const Convolution& filter,
                     StackView<float> result, int num_threads);

}  // namespace unsplice
