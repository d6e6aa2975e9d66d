#include "luma.hpp"

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_VECTORIZED void luma_row(const std::uint8_t* rgb, Index cols, float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const float red = rgb[3 * c], green = rgb[3 * c + 1], blue = rgb[3 * c + 2];
        result[c] = 0.299f * red + 0.587f * green + 0.114f * blue;
    }
}

}  // namespace

void luma(ImageView<const std::uint8_t> image, ImageView<float> result, int num_threads) {
    for_row_ranges(image.rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) luma_row(image.row(r), image.cols, result.row(r));
    });
}

}  // namespace unsplice
