#include "extract_patches.hpp"

#include <cstring>
#include <stdexcept>
#include <string>

#include "parallel.hpp"

namespace unsplice {

void require_inside(Index rows, Index cols, ImageView<const std::int64_t> corners, Index size) {
    for (Index i = 0; i < corners.rows; ++i) {
        const std::int64_t row = corners.row(i)[0], col = corners.row(i)[1];
        // Subtracting from the image's size cannot overflow; adding to a corner could.
        if (row < 0 || col < 0 || row > rows - size || col > cols - size) {
            throw std::invalid_argument("corners must keep each window of " + std::to_string(size) +
                                        " x " + std::to_string(size) + " inside the image of " +
                                        std::to_string(rows) + " x " + std::to_string(cols) +
                                        ", got (" + std::to_string(row) + ", " +
                                        std::to_string(col) + ") at index " + std::to_string(i));
        }
    }
}

template <class Pixel>
void extract_patches(ImageView<const Pixel> image, ImageView<const std::int64_t> corners,
                     Index size, Pixel* result, int num_threads) {
    if (corners.rows == 0) return;  // and a size that nothing bounds
    const Index patch_row = size * image.channels;
    const std::size_t row_bytes = static_cast<std::size_t>(patch_row) * sizeof(Pixel);
    for_row_ranges(corners.rows, size * patch_row, num_threads, [&](Index begin, Index end) {
        Pixel* target = result + begin * size * patch_row;
        for (Index i = begin; i < end; ++i) {
            const Index row = corners.row(i)[0], col = corners.row(i)[1];
            for (Index r = 0; r < size; ++r, target += patch_row) {
                std::memcpy(target, image.row(row + r) + col * image.channels, row_bytes);
            }
        }
    });
}

template void extract_patches(ImageView<const bool>, ImageView<const std::int64_t>, Index, bool*,
                              int);
template void extract_patches(ImageView<const std::uint8_t>, ImageView<const std::int64_t>, Index,
                              std::uint8_t*, int);
template void extract_patches(ImageView<const std::uint16_t>, ImageView<const std::int64_t>, Index,
                              std::uint16_t*, int);
template void extract_patches(ImageView<const float>, ImageView<const std::int64_t>, Index, float*,
                              int);

}  // namespace unsplice
