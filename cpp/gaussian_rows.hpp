// The two passes of gaussian_blur, for kernels that blur row by row.
#pragma once

#include "image_view.hpp"

namespace unsplice {

// Columns are taken in blocks whose partial sums stay in registers; what is left over is not
// vectorised.
constexpr Index blur_block = 32;

// `rows` holds 2 radius + 1 pointers, the centre in the middle; weights[0] is the centre's.
void blur_columns(const float* const* rows, const float* weights, Index radius, Index cols,
                  float* __restrict result);

// `row` continues by `radius` elements on either side.
void blur_row(const float* row, const float* weights, Index radius, Index cols,
              float* __restrict result);

// Writes that continuation: the row mirrored, without repeating its ends.
void mirror_ends(float* row, Index radius, Index cols);

}  // namespace unsplice
