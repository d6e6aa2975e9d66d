#pragma once

#include <cstdint>
#include <vector>

#include "component_statistics.hpp"
#include "image_view.hpp"

namespace unsplice {

struct MeasuredComponents {
    std::vector<ComponentStatistics> statistics;
    std::vector<std::uint8_t> maxima;
};

// The components of `mask`, joined at corners, too, in raster order of their first pixels, each
// with the largest of its `values`. Both pictures have one size.
//
// Cost: that of connected_runs, twice more by run, and the values within the mask read once.
MeasuredComponents measure_components(ImageView<const std::uint8_t> mask,
                                      ImageView<const std::uint8_t> values, int num_threads);

}  // namespace unsplice
