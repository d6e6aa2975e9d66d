#include "haar_noise_residual.hpp"

#include <vector>

#include "haar_rows.hpp"
#include "parallel.hpp"

namespace unsplice {
template <class Pixel>
void haar_noise_residual(ImageView<const Pixel> image, bool smooth_approximation,
                         ImageView<float> result, int num_threads) {
    const Index rows = image.rows, cols = image.cols;
    if (cols == 0) return;
    for_row_ranges(rows, cols, num_threads, [&](Index begin, Index end) {
        if (begin == end) return;
        HaarResidual<Pixel> residual(rows, cols, smooth_approximation, begin,
                                     [&](Index r) { return image.row(r); });
        std::vector<HaarNumber<Pixel>> quarters(static_cast<std::size_t>(cols));
        for (Index r = begin; r < end; ++r) {
            residual.make_row(r, quarters.data());
            quarter_row(quarters.data(), cols, result.row(r));
        }
    });
}

template void haar_noise_residual(ImageView<const std::uint8_t>, bool, ImageView<float>, int);
template void haar_noise_residual(ImageView<const std::uint16_t>, bool, ImageView<float>, int);

}  // namespace unsplice
