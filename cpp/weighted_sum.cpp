#include "weighted_sum.hpp"

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void weighted_row(const std::uint8_t* rgb, Index cols, float red_weight,
                                      float green_weight, float blue_weight,
                                      float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const float red = rgb[3 * c], green = rgb[3 * c + 1], blue = rgb[3 * c + 2];
        result[c] = red_weight * red + green_weight * green + blue_weight * blue;
    }
}

}  // namespace

void weighted_sum(ImageView<const std::uint8_t> image, const std::array<float, 3>& weights,
                  ImageView<float> result, int num_threads) {
    for_row_ranges(image.rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            weighted_row(image.row(r), image.cols, weights[0], weights[1], weights[2],
                         result.row(r));
        }
    });
}

}  // namespace unsplice
