#include "log_cascade_saturating.hpp"

#include "log_strips.hpp"

namespace unsplice {

void log_cascade_saturating(ImageView<const std::uint8_t> image, int passes,
                            ImageView<std::uint8_t> result, int num_threads) {
    filter_log_strips<std::uint16_t, std::uint16_t, std::uint16_t>(image, passes, result,
                                                                   num_threads);
}

}  // namespace unsplice
