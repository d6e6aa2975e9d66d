#include "median_filter.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "median_rows.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// One function a pixel type, because only a plain function can be compiled for two instruction
// sets.
UNSPLICE_VECTORIZED bool filter(const MedianRows<std::uint8_t>& rows, Index cols,
                                SortedColumns<std::uint8_t>& columns) {
    return median_row(rows, cols, columns);
}
UNSPLICE_VECTORIZED bool filter(const MedianRows<std::uint16_t>& rows, Index cols,
                                SortedColumns<std::uint16_t>& columns) {
    return median_row(rows, cols, columns);
}
UNSPLICE_VECTORIZED bool filter(const MedianRows<float>& rows, Index cols,
                                SortedColumns<float>& columns) {
    return median_row(rows, cols, columns);
}
UNSPLICE_VECTORIZED bool filter(const MedianRows<double>& rows, Index cols,
                                SortedColumns<double>& columns) {
    return median_row(rows, cols, columns);
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
        const auto columns = std::make_unique<SortedColumns<Pixel>>();
        for (Index i = begin; i < end; ++i) {
            const ImageView<const Pixel> image = images.image(i / rows);
            const Index r = i % rows;
            const ImageView<Pixel> target = result.image(i / rows);
            const Index above = std::max<Index>(r - 1, 0), below = std::min(r + 1, rows - 1),
                        next = std::min(r + 2, rows - 1);
            const MedianRows<Pixel> window = {image.row(above), image.row(r),  image.row(below),
                                              image.row(next),  target.row(r), target.row(below)};
            const bool nan = filter(window, cols, *columns);
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
