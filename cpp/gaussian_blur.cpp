#include "gaussian_blur.hpp"

#include "borders.hpp"
#include "gaussian_rows.hpp"
#include "parallel.hpp"

namespace unsplice {

void gaussian_blur(StackView<const float> planes, const std::vector<float>& weights,
                   StackView<float> result, int num_threads) {
    const Index radius = static_cast<Index>(weights.size()) - 1;
    const Index rows = planes.rows, cols = planes.cols;
    if (cols == 0) return;
    for_row_ranges(planes.count * rows, cols, num_threads, [&](Index begin, Index end) {
        std::vector<const float*> reach(static_cast<std::size_t>(2 * radius + 1));
        std::vector<float> padded(static_cast<std::size_t>(cols + 2 * radius));
        float* filtered = padded.data() + radius;
        for (Index i = begin; i < end; ++i) {
            const ImageView<const float> plane = planes.image(i / rows);
            const Index r = i % rows;
            for (Index k = -radius; k <= radius; ++k) {
                reach[static_cast<std::size_t>(radius + k)] = plane.row(reflect_101(r + k, rows));
            }
            blur_columns(reach.data(), weights.data(), radius, cols, filtered);
            mirror_ends(filtered, radius, cols);
            blur_row(filtered, weights.data(), radius, cols, result.image(i / rows).row(r));
        }
    });
}

}  // namespace unsplice
