#include "log_cascade_saturating.hpp"

#include "log_rows.hpp"

namespace unsplice {

void log_cascade_saturating(ImageView<const std::uint8_t> image, int passes,
                            ImageView<std::uint8_t> result, int num_threads) {
    filter_log_rows(image, passes, result, num_threads);
}

}  // namespace unsplice
