#pragma once

#include "dwt2.hpp"

namespace unsplice {

// The inverse of dwt2, given the filters of the inverse transform: with h half their length,
//
//     up(b, 2m + p, x) = sum over j of low[2j + p] * bands(b, m + h - 1 - j, x)
//                                    + high[2j + p] * bands(b + 1, m + h - 1 - j, x)
//
// for b = 0 and b = 2, and then across alike, from both. The sums run from j = 0 on, low before
// high. The image has transformed_size of its rows and columns in the bands.
// Cost: as dwt2.
template <class Number>
void idwt2(StackView<const Number> bands, const Filters<Number>& filters, ImageView<Number> image,
           int num_threads);

// The inverse of haar_dwt2: ((A + H) +- (V + D)) / 2 above, ((A - H) +- (V - D)) / 2 below.
template <class Number>
void haar_idwt2(StackView<const Number> bands, ImageView<Number> image, int num_threads);

}  // namespace unsplice
