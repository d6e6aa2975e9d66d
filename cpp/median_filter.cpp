#include "median_filter.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "median_rows.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Functions a pixel type, because only a plain function can be compiled for several instruction
// sets.
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRow<std::uint8_t>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRowPair<std::uint8_t>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRow<std::uint16_t>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRowPair<std::uint16_t>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRow<float>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRowPair<float>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRow<double>& rows, Index cols) {
    return filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED_TO_V4 bool filter(const MedianRowPair<double>& rows, Index cols) {
    return filter_rows(rows, cols);
}

template <class Pixel>
[[noreturn]] void refuse_nan(StackView<const Pixel> images) {
    for (Index i = 0; i < images.count; ++i) {
        for (Index r = 0; r < images.rows; ++r) {
            const Pixel* row = images.image(i).row(r);
            for (Index c = 0; c < images.cols; ++c) {
                if (row[c] == row[c]) continue;
                const std::string where =
                    images.count > 1 ? "image " + std::to_string(i) + ", " : "";
                throw std::domain_error("image must not contain NaN, got one at " + where + "row " +
                                        std::to_string(r) + ", column " + std::to_string(c));
            }
        }
    }
    throw std::domain_error("image must not contain NaN");
}

}  // namespace

template <class Pixel>
void median_filter(StackView<const Pixel> images, StackView<Pixel> result, int num_threads) {
    const Index rows = images.rows, cols = images.cols;
    if (cols == 0) return;
    std::atomic<bool> nan_found = false;
    for_row_ranges(images.count * rows, cols, num_threads, [&](Index begin, Index end) {
        for (Index i = begin; i < end;) {
            const ImageView<const Pixel> image = images.image(i / rows);
            const ImageView<Pixel> target = result.image(i / rows);
            const Index r = i % rows;
            const Pixel *above = image.row(std::max<Index>(r - 1, 0)), *here = image.row(r),
                        *below = image.row(std::min(r + 1, rows - 1));
            bool nan = false;
            if (r + 1 < rows && i + 1 < end) {
                const auto row = [&](Index after) {
                    return image.row(std::min(r + after, rows - 1));
                };
                const MedianRowPair<Pixel> pair = {
                    above, here, below, row(2), {row(3), row(4)}, target.row(r), target.row(r + 1)};
                nan = filter(pair, cols);
                i += 2;
            } else {
                nan = filter(MedianRow<Pixel>{above, here, below, target.row(r)}, cols);
                i += 1;
            }
            if (nan) nan_found = true;
        }
    });
    if (nan_found) refuse_nan(images);
}

template void median_filter(StackView<const std::uint8_t>, StackView<std::uint8_t>, int);
template void median_filter(StackView<const std::uint16_t>, StackView<std::uint16_t>, int);
template void median_filter(StackView<const float>, StackView<float>, int);
template void median_filter(StackView<const double>, StackView<double>, int);

}  // namespace unsplice
