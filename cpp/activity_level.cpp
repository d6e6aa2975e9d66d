#include "activity_level.hpp"

#include <bit>
#include <vector>

#include "borders.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index reach = 4;  // the box is 2 * reach + 1 wide and high

UNSPLICE_VECTORIZED void luma_row(const std::uint8_t* rgb, Index cols,
                                  std::int16_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = static_cast<std::int16_t>(
            (77 * rgb[3 * c] + 150 * rgb[3 * c + 1] + 29 * rgb[3 * c + 2] + 128) >> 8);
    }
}

// Squared gradient of the middle of three rows of luma; each row continues by one on either side.
UNSPLICE_VECTORIZED void gradient_row(const std::int16_t* above, const std::int16_t* here,
                                      const std::int16_t* below, Index cols,
                                      std::int32_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const std::int32_t left = above[c - 1] + 2 * here[c - 1] + below[c - 1];
        const std::int32_t right = above[c + 1] + 2 * here[c + 1] + below[c + 1];
        const std::int32_t top = above[c - 1] + 2 * above[c] + above[c + 1];
        const std::int32_t bottom = below[c - 1] + 2 * below[c] + below[c + 1];
        const std::int32_t gx = right - left, gy = bottom - top;
        result[c] = gx * gx + gy * gy;
    }
}

UNSPLICE_VECTORIZED void add_row(const std::int32_t* row, Index cols,
                                 std::int32_t* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] += row[c];
}

UNSPLICE_VECTORIZED void subtract_row(const std::int32_t* row, Index cols,
                                      std::int32_t* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] -= row[c];
}

// `sums` (one column of the box each) continues by `reach` on either side.
//
// A float's exponent and first three bits of mantissa are 8 log2 of it, linear between powers of
// two. An integer below 2^24 is exact as float; a larger one is rounded alike everywhere.
UNSPLICE_VECTORIZED void level_row(const std::int32_t* sums, Index cols,
                                   std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        std::int32_t sum = 0;
        for (Index k = -reach; k <= reach; ++k) sum += sums[c + k];
        const float value = static_cast<float>(sum) / 324.0f + 1.0f;
        const std::int32_t bits = std::bit_cast<std::int32_t>(value);
        result[c] = static_cast<std::uint8_t>((bits - 0x3f800000) >> 20);
    }
}

// The squared gradients of the rows around the current one, each computed once.
class GradientRows {
 public:
    explicit GradientRows(ImageView<const std::uint8_t> image)
        : image_(image),
          lumas_(static_cast<std::size_t>(3 * (image.cols + 2))),
          gradients_(static_cast<std::size_t>((2 * reach + 1) * image.cols)) {}

    // Row r of the picture's continuation: the gradient of the mirrored picture is the mirrored
    // gradient, its square the same.
    const std::int32_t* compute(Index r, Index slot) {
        const Index source = reflect_101(r, image_.rows);
        std::int32_t* gradient = row(slot);
        gradient_row(luma(source - 1), luma(source), luma(source + 1), image_.cols, gradient);
        return gradient;
    }
    std::int32_t* row(Index slot) {
        return gradients_.data() + (slot % (2 * reach + 1)) * image_.cols;
    }

 private:
    // The luma of row r, or of the row that mirrors it. Three neighbours are three slots.
    const std::int16_t* luma(Index r) {
        const Index cols = image_.cols, source = reflect_101(r, image_.rows), slot = source % 3;
        std::int16_t* line = lumas_.data() + slot * (cols + 2) + 1;
        if (luma_source_[slot] != source) {
            luma_source_[slot] = source;
            luma_row(image_.row(source), cols, line);
            line[-1] = line[reflect_101(-1, cols)];
            line[cols] = line[reflect_101(cols, cols)];
        }
        return line;
    }

    ImageView<const std::uint8_t> image_;
    std::vector<std::int16_t> lumas_;
    Index luma_source_[3] = {-1, -1, -1};  // which row each slot holds
    std::vector<std::int32_t> gradients_;
};

}  // namespace

void activity_level(ImageView<const std::uint8_t> image, ImageView<std::uint8_t> result,
                    int num_threads) {
    const Index cols = image.cols;
    if (image.rows == 0 || cols == 0) return;
    for_row_ranges(image.rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        GradientRows gradients(image);
        std::vector<std::int32_t> padded(static_cast<std::size_t>(cols + 2 * reach), 0);
        std::int32_t* sums = padded.data() + reach;
        for (Index k = 0; k < 2 * reach; ++k) {
            add_row(gradients.compute(begin - reach + k, k), cols, sums);
        }
        for (Index r = begin; r < end; ++r) {
            const Index slot = r - begin + 2 * reach;
            add_row(gradients.compute(r + reach, slot), cols, sums);
            for (Index k = 1; k <= reach; ++k) {
                sums[-k] = sums[reflect_101(-k, cols)];
                sums[cols - 1 + k] = sums[reflect_101(cols - 1 + k, cols)];
            }
            level_row(sums, cols, result.row(r));
            subtract_row(gradients.row(slot + 1), cols, sums);  // the oldest of the nine
        }
    });
}

}  // namespace unsplice
