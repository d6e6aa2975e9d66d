// The averaged difference of two pictures, row by row: it never exists as a whole.
#pragma once

#include <cstdint>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// Weights of a Gaussian from the centre outwards, as gaussian_blur takes them.
using GaussianWeights = std::vector<float>;

// Rows of gaussian_blur(color_difference(first, second)) at several scales.
//
// The difference of the rows in reach stays in the cache; where a Gaussian reaches over half the
// picture, that of all rows is kept.
class DifferenceRows {
 public:
    static constexpr Index planes = 3;

    // Rows are asked for in ascending order, from `first_row` on.
    DifferenceRows(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                   const std::vector<GaussianWeights>& scales, Index first_row);

    // What follows is about row r.
    void go_to(Index r);

    // The row of a plane at a scale.
    void average(std::size_t scale, Index plane, float* result);

    // One element of it. Columns are averaged over rows in whole blocks of `blur_block`, which are
    // vectorised: `width_at(scale)` of them must fit into the picture, and the Gaussian around
    // `col` too.
    float average_at(std::size_t scale, Index plane, Index col);
    Index width_at(std::size_t scale) const;

 private:
    const float* const* around(std::size_t scale, Index plane) const;

    ImageView<const std::uint8_t> first_, second_;
    const std::vector<GaussianWeights>& scales_;
    Index reach_, kept_, next_;
    std::vector<float> values_, columns_;
    std::vector<const float*> around_, part_;  // rows in reach, plane by plane
};

}  // namespace unsplice
