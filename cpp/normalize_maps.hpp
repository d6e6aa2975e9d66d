#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// What is taken off a map, and what it is divided by: one of each a map.
struct MapScales {
    const std::uint8_t* centered;
    const float* scale;
    float limit;
};

// z = clip((x - center) / scale, -limit, limit) of each map; center is the lower median of the map,
// the element in the middle or the lower one of the two, where `centered`, else 0. A map with an
// element that is not finite becomes NaN throughout.
//
// Cost: the median is found bit by bit, by counting how many elements lie below a number: 16 times
// all of them, and 16 times those whose upper 16 bits are those of the median. Maps over threads; a
// map has 1 element at least.
void normalize_maps(StackView<const float> maps, const MapScales& scales, StackView<float> result,
                    int num_threads);

}  // namespace unsplice
