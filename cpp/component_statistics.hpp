// What connected components are described by: label_components and measure_components share it.
#pragma once

#include <cstdint>
#include <vector>

#include "runs.hpp"

namespace unsplice {

// All sums are whole numbers, so that they do not depend on the order of addition.
struct ComponentStatistics {
    std::int64_t area;
    std::int64_t row_sum, col_sum;
    // -first row, -first column, one past the last row, one past the last column: all maxima.
    std::int32_t extremes[4];

    std::int32_t first_row() const { return -extremes[0]; }
    std::int32_t first_col() const { return -extremes[1]; }
    std::int32_t end_row() const { return extremes[2]; }
    std::int32_t end_col() const { return extremes[3]; }
    double centroid_row() const { return static_cast<double>(row_sum) / static_cast<double>(area); }
    double centroid_col() const { return static_cast<double>(col_sum) / static_cast<double>(area); }
};

// Element i describes component i of the table.
std::vector<ComponentStatistics> describe(const RunTable& table);

}  // namespace unsplice
