#include "weighted_levels.hpp"

#include <algorithm>
#include <bit>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void weighted_row(const std::uint8_t* rgb, Index cols, float red_weight,
                                      float green_weight, float blue_weight, float gain,
                                      std::uint8_t* __restrict result) {
    // Beyond this a float has no room for a fraction: its last bits are the whole number.
    constexpr float magic = 12582912.0f;
    for (Index c = 0; c < cols; ++c) {
        const float red = rgb[3 * c], green = rgb[3 * c + 1], blue = rgb[3 * c + 2];
        const float sum = red_weight * red + green_weight * green + blue_weight * blue;
        const float level = std::min(sum * gain, 255.0f);
        result[c] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(level + magic));
    }
}

}  // namespace

void weighted_levels(ImageView<const std::uint8_t> image, const std::array<float, 3>& weights,
                     float gain, ImageView<std::uint8_t> result, int num_threads) {
    for_row_ranges(image.rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            weighted_row(image.row(r), image.cols, weights[0], weights[1], weights[2], gain,
                         result.row(r));
        }
    });
}

}  // namespace unsplice
