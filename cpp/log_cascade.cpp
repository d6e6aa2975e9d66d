#include "log_cascade.hpp"

#include "log_rows.hpp"

namespace unsplice {

template <class Pixel, class Value>
void log_cascade(ImageView<const Pixel> image, int passes, ImageView<Value> result,
                 int num_threads) {
    filter_log_rows(image, passes, result, num_threads);
}

template void log_cascade(ImageView<const std::uint8_t>, int, ImageView<std::int32_t>, int);
template void log_cascade(ImageView<const std::uint16_t>, int, ImageView<std::int32_t>, int);
template void log_cascade(ImageView<const float>, int, ImageView<float>, int);

}  // namespace unsplice
