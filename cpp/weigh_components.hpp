#pragma once

#include <cstdint>
#include <vector>

#include "component_statistics.hpp"
#include "image_view.hpp"

namespace unsplice {

struct WeighedComponents {
    std::vector<ComponentStatistics> components;
    std::vector<double> weights;
    std::vector<std::int64_t> marks;
};

// The connected components of a mask in raster order of their first pixels, 8-connected; of each
// the number of pixels that `marked` has too, and the sum of
//   min(max(value - floor, 0), ceiling - floor)
// of its values, in double precision and raster order, so that no number of threads changes a bit.
WeighedComponents weigh_components(ImageView<const std::uint8_t> mask,
                                   ImageView<const float> values,
                                   ImageView<const std::uint8_t> marked, double floor,
                                   double ceiling, int num_threads);

// The components i of a mask for which kept[i], as those functions number them.
// std::invalid_argument where there are not `count` components.
void keep_components(ImageView<const std::uint8_t> mask, const std::uint8_t* kept, Index count,
                     bool diagonal, ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
