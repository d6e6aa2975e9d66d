#pragma once

#include <cstdint>
#include <vector>

#include "component_statistics.hpp"
#include "image_view.hpp"

namespace unsplice {

// Numbers the connected components of `mask` from 1 on in raster order of their first pixels,
// writes the number of its component (0 in the background) into each pixel of `labels`, and
// returns what describes component i + 1 as element i.
//
// Cost: that of connected_runs, and 4 bytes a pixel written once.
std::vector<ComponentStatistics> label_components(ImageView<const std::uint8_t> mask, bool diagonal,
                                                  ImageView<std::int32_t> labels, int num_threads);

}  // namespace unsplice
