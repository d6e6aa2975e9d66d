#include "color_difference.hpp"

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {

UNSPLICE_VECTORIZED_TO_V4 void color_difference_row(const std::uint8_t* first,
                                                    const std::uint8_t* second, Index cols,
                                                    float* __restrict luma, float* __restrict blue,
                                                    float* __restrict red) {
    constexpr float blue_scale = 1.0f / 1.772f, red_scale = 1.0f / 1.402f;
    for (Index c = 0; c < cols; ++c) {
        const float r = static_cast<float>(first[3 * c] - second[3 * c]);
        const float g = static_cast<float>(first[3 * c + 1] - second[3 * c + 1]);
        const float b = static_cast<float>(first[3 * c + 2] - second[3 * c + 2]);
        const float y = 0.299f * r + 0.587f * g + 0.114f * b;
        luma[c] = y;
        blue[c] = (b - y) * blue_scale;
        red[c] = (r - y) * red_scale;
    }
}

void color_difference(ImageView<const std::uint8_t> first, ImageView<const std::uint8_t> second,
                      StackView<float> planes, int num_threads) {
    const auto luma = planes.image(0), blue = planes.image(1), red = planes.image(2);
    for_row_ranges(first.rows, first.row_length(), num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            color_difference_row(first.row(r), second.row(r), first.cols, luma.row(r), blue.row(r),
                                 red.row(r));
        }
    });
}

}  // namespace unsplice
