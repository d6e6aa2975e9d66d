#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// result = 1 where a pixel differs from one of its four neighbors inside the picture and, if it
// belongs to `mask`, `inner` is asked for, else `outer`; 0 elsewhere. Any byte but 0 in `mask` is
// true. The frame of the picture is no boundary: beyond it the edge pixel repeats itself.
void find_boundary(ImageView<const std::uint8_t> mask, bool inner, bool outer,
                   ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
