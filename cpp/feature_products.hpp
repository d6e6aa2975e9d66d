// Two features multiplied pixel by pixel, without a picture of their product.
#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// How often each product occurs, of 65,536.
void product_counts(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                    std::int64_t* counts, int num_threads);

// Where the product is above `level`, 0 to 65535.
void product_above(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                   std::uint16_t level, ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
