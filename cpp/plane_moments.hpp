#pragma once

#include "image_view.hpp"

namespace unsplice {

// Mean of each plane, and of its squares, one after the other in `result`; double precision.
//
// Column c of every row adds to lane c % 8, row after row; the eight lanes are added up from the
// first to the last, and the sum divided by the number of elements, of which there must be one. A
// square of single precision is exact in double. Planes over threads: their number changes nothing.
void plane_moments(StackView<const float> planes, double* result, int num_threads);

}  // namespace unsplice
