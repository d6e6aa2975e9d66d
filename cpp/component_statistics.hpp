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
    std::int64_t first_row, first_col, end_row, end_col;  // ends are one past the last

    double centroid_row() const { return static_cast<double>(row_sum) / static_cast<double>(area); }
    double centroid_col() const { return static_cast<double>(col_sum) / static_cast<double>(area); }
};

// Element i describes component i of the table.
std::vector<ComponentStatistics> describe(const RunTable& table);

}  // namespace unsplice
