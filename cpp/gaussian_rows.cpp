#include "gaussian_rows.hpp"

#include "borders.hpp"
#include "vectorized.hpp"

namespace unsplice {

UNSPLICE_VECTORIZED void blur_columns(const float* const* rows, const float* weights, Index radius,
                                      Index cols, float* __restrict result) {
    Index c = 0;
    for (; c + blur_block <= cols; c += blur_block) {
        float sum[blur_block];
        const float* centre = rows[radius] + c;
        for (Index i = 0; i < blur_block; ++i) sum[i] = weights[0] * centre[i];
        for (Index k = 1; k <= radius; ++k) {
            const float weight = weights[k];
            const float* above = rows[radius - k] + c;
            const float* below = rows[radius + k] + c;
            for (Index i = 0; i < blur_block; ++i) sum[i] += weight * (above[i] + below[i]);
        }
        for (Index i = 0; i < blur_block; ++i) result[c + i] = sum[i];
    }
    for (; c < cols; ++c) {
        float sum = weights[0] * rows[radius][c];
        for (Index k = 1; k <= radius; ++k) {
            sum += weights[k] * (rows[radius - k][c] + rows[radius + k][c]);
        }
        result[c] = sum;
    }
}

UNSPLICE_VECTORIZED void blur_row(const float* row, const float* weights, Index radius, Index cols,
                                  float* __restrict result) {
    Index c = 0;
    for (; c + blur_block <= cols; c += blur_block) {
        float sum[blur_block];
        const float* centre = row + c;
        for (Index i = 0; i < blur_block; ++i) sum[i] = weights[0] * centre[i];
        for (Index k = 1; k <= radius; ++k) {
            const float weight = weights[k];
            for (Index i = 0; i < blur_block; ++i) {
                sum[i] += weight * (centre[i - k] + centre[i + k]);
            }
        }
        for (Index i = 0; i < blur_block; ++i) result[c + i] = sum[i];
    }
    for (; c < cols; ++c) {
        float sum = weights[0] * row[c];
        for (Index k = 1; k <= radius; ++k) sum += weights[k] * (row[c - k] + row[c + k]);
        result[c] = sum;
    }
}

void mirror_ends(float* row, Index radius, Index cols) {
    for (Index k = 1; k <= radius; ++k) {
        row[-k] = row[reflect_101(-k, cols)];
        row[cols - 1 + k] = row[reflect_101(cols - 1 + k, cols)];
    }
}

}  // namespace unsplice
