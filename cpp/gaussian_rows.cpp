#include "gaussian_rows.hpp"

#include "borders.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Columns are taken in blocks whose partial sums stay in registers.
constexpr Index block = 32;

}  // namespace

UNSPLICE_VECTORIZED void blur_columns(const float* const* rows, const float* weights, Index radius,
                                      Index cols, float* __restrict result) {
    Index c = 0;
    for (; c + block <= cols; c += block) {
        float sum[block];
        const float* centre = rows[radius] + c;
        for (Index i = 0; i < block; ++i) sum[i] = weights[0] * centre[i];
        for (Index k = 1; k <= radius; ++k) {
            const float weight = weights[k];
            const float* above = rows[radius - k] + c;
            const float* below = rows[radius + k] + c;
            for (Index i = 0; i < block; ++i) sum[i] += weight * (above[i] + below[i]);
        }
        for (Index i = 0; i < block; ++i) result[c + i] = sum[i];
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
    for (; c + block <= cols; c += block) {
        float sum[block];
        const float* centre = row + c;
        for (Index i = 0; i < block; ++i) sum[i] = weights[0] * centre[i];
        for (Index k = 1; k <= radius; ++k) {
            const float weight = weights[k];
            for (Index i = 0; i < block; ++i) sum[i] += weight * (centre[i - k] + centre[i + k]);
        }
        for (Index i = 0; i < block; ++i) result[c + i] = sum[i];
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
