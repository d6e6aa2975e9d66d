#pragma once

#include <cstdint>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// All sums are whole numbers, so that they do not depend on the order of addition.
struct ComponentStatistics {
    std::int64_t area;
    std::int64_t row_sum, col_sum;
    std::int64_t first_row, first_col, end_row, end_col;  // ends are one past the last

    double centroid_row() const { return static_cast<double>(row_sum) / static_cast<double>(area); }
    double centroid_col() const { return static_cast<double>(col_sum) / static_cast<double>(area); }
};

// Numbers the connected components of `mask` from 1 on in raster order of their first pixels,
// writes the number of its component (0 in the background) into each pixel of `labels`, and
// returns what describes component i + 1 as element i.
//
// Cost: that of connected_runs, and 4 bytes a pixel written once.
std::vector<ComponentStatistics> label_components(ImageView<const std::uint8_t> mask, bool diagonal,
                                                  ImageView<std::int32_t> labels, int num_threads);

}  // namespace unsplice
