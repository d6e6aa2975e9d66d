// The averaged difference of two pictures, row by row: it never exists as a whole.
#pragma once

#include <cstdint>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// Weights of a Gaussian from the centre outwards, as gaussian_blur takes them.
using GaussianWeights = std::vector<float>;

// The last rows of color_difference(first, second), of which averages are taken.
//
// A row and its neighbours are asked for in ascending order. The rows that are kept stay in the
// cache; where the Gaussian reaches over half the picture, all of them are kept.
class DifferenceRows {
 public:
    static constexpr Index planes = 3;

    // Rows from `first_row` on will be averaged, with weights of at most `most_weights` numbers.
    DifferenceRows(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                   Index most_weights, Index first_row);

    // Row r of gaussian_blur of a plane.
    void average_row(Index plane, Index r, const GaussianWeights& weights, float* result);

    // Elements col to col + count of it; the Gaussian must not reach beyond the picture there.
    void average_part(Index plane, Index r, const GaussianWeights& weights, Index col, Index count,
                      float* result);

 private:
    // Columns [begin, begin + count) averaged over rows.
    float* averaged_columns(Index plane, Index r, const GaussianWeights& weights, Index begin,
                            Index count);
    const float* row(Index plane, Index r) const;

    ImageView<const std::uint8_t> first_, second_;
    Index reach_, kept_, next_;
    std::vector<float> values_, columns_;
    std::vector<const float*> around_;
};

}  // namespace unsplice
