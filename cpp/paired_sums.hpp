// Two weighted sums of the same rows: all that a wavelet's two filters do, in either direction of
// the picture and of the transform.
#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

template <class Number>
struct PairedWeights {
    const Number *first, *second;
};

// first[c] = weights.first[0] * rows[0][c] + weights.first[1] * rows[1][c] + ..., from the left
// to the right, for `count` rows and `cols` columns; second alike. The sums lie apart from the
// rows.
void paired_sums(const std::uint8_t* const* rows, const PairedWeights<float>& weights, Index count,
                 Index cols, float* first, float* second);
void paired_sums(const std::uint16_t* const* rows, const PairedWeights<float>& weights, Index count,
                 Index cols, float* first, float* second);
void paired_sums(const float* const* rows, const PairedWeights<float>& weights, Index count,
                 Index cols, float* first, float* second);
void paired_sums(const double* const* rows, const PairedWeights<double>& weights, Index count,
                 Index cols, double* first, double* second);

}  // namespace unsplice
