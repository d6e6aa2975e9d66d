#include "log_cascade.hpp"

#include "log_strips.hpp"

namespace unsplice {

template <>
void log_cascade(ImageView<const std::uint8_t> image, int passes, ImageView<std::int32_t> result,
                 int num_threads) {
    filter_log_strips<std::int16_t, std::int16_t, std::int32_t>(image, passes, result, num_threads);
}

template <>
void log_cascade(ImageView<const std::uint16_t> image, int passes, ImageView<std::int32_t> result,
                 int num_threads) {
    filter_log_strips<std::int32_t, std::int32_t, std::int32_t>(image, passes, result, num_threads);
}

template <>
void log_cascade(ImageView<const float> image, int passes, ImageView<float> result,
                 int num_threads) {
    filter_log_strips<float, float, float>(image, passes, result, num_threads);
}

}  // namespace unsplice
