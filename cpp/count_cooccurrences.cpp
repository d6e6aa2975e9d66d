#include "count_cooccurrences.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "block_dct.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index before = 2, after = 1;  // samples of a pattern on either side of its pixel
// A sample in turn takes one pixel before it and two after it.
constexpr Index reach = before + 1;
static_assert(reach == after + 2);

// Rows of a strip of blocks: of residuals, and of luma.
constexpr Index residual_rows = before + block_side + after;
constexpr Index luma_rows = reach + block_side + reach;

constexpr Index patterns = 81;
constexpr Index group_blocks = 64;  // blocks whose counts stay in the cache together
constexpr Index group_cols = block_side * group_blocks;

using Counts = std::uint8_t[patterns][group_blocks];

constexpr std::array<std::uint8_t, patterns> make_classes() {
    std::array<std::uint8_t, patterns> classes = {};
    std::uint8_t next = 0;
    for (int code = 0; code < patterns; ++code) {
        const int t[4] = {code / 27, code / 9 % 3, code / 3 % 3, code % 3};
        const int reversed = 27 * t[3] + 9 * t[2] + 3 * t[1] + t[0];
        const int least = std::min({code, reversed, 80 - code, 80 - reversed});
        classes[static_cast<std::size_t>(code)] =
            least == code ? next++ : classes[static_cast<std::size_t>(least)];
    }
    return classes;
}

constexpr auto class_of = make_classes();
static_assert(class_of[40] + 1 == pattern_classes);

UNSPLICE_VECTORIZED void write_luma(const std::uint8_t* rgb, Index cols,
                                    std::uint8_t* __restrict luma) {
    for (Index c = 0; c < cols; ++c) {
        // At most 256 * 255 + 128.
        const auto sum = static_cast<std::uint16_t>(77 * rgb[3 * c] + 150 * rgb[3 * c + 1] +
                                                    29 * rgb[3 * c + 2] + 128);
        luma[c] = static_cast<std::uint8_t>(sum >> 8);
    }
}

// 0, 1 and 2 stand for -1, 0 and 1.
UNSPLICE_INLINE std::uint8_t ternary(int y0, int y1, int y2, int y3) {
    const auto d = static_cast<std::int16_t>(y0 - y3 + 3 * (y2 - y1));
    return static_cast<std::uint8_t>(1 + (d >= 2) - (d <= -2));
}

// Four rows of luma, or one of them four times, each a column on.
UNSPLICE_VECTORIZED void write_residual(const std::uint8_t* y0, const std::uint8_t* y1,
                                        const std::uint8_t* y2, const std::uint8_t* y3, Index cols,
                                        std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = ternary(y0[c], y1[c], y2[c], y3[c]);
}

// The same with the samples of a pattern.
UNSPLICE_VECTORIZED void write_codes(const std::uint8_t* t0, const std::uint8_t* t1,
                                     const std::uint8_t* t2, const std::uint8_t* t3, Index cols,
                                     std::uint8_t* __restrict codes) {
    for (Index c = 0; c < cols; ++c) {
        codes[c] = static_cast<std::uint8_t>(27 * t0[c] + 9 * t1[c] + 3 * t2[c] + t3[c]);
    }
}

// Neighbours in a block are far apart here: a count must be stored before it is read again.
void count_codes(const std::uint8_t* codes, Index blocks, Counts& counts) {
    for (Index x = 0; x < block_side; ++x) {
        for (Index b = 0; b < blocks; ++b) ++counts[codes[block_side * b + x]][b];
    }
}

UNSPLICE_VECTORIZED void sum_classes(const Counts& counts,
                                     std::uint8_t (&sums)[pattern_classes][group_blocks]) {
    std::memset(sums, 0, sizeof sums);
    for (Index code = 0; code < patterns; ++code) {
        std::uint8_t* sum = sums[class_of[static_cast<std::size_t>(code)]];
        for (Index b = 0; b < group_blocks; ++b) {
            sum[b] = static_cast<std::uint8_t>(sum[b] + counts[code][b]);
        }
    }
}

// Luma and both residuals around a row of blocks; moves down by a row of blocks at a time.
class Strip {
 public:
    // Begins with the block row whose first pixel is (row, col).
    Strip(ImageView<const std::uint8_t> image, Index row, Index col, Index cols)
        : image_(image),
          row_(row),
          col_(col),
          cols_(cols),
          width_(reach + cols + reach),
          luma_(static_cast<std::size_t>(luma_rows * width_)),
          along_(static_cast<std::size_t>(residual_rows * width_)),
          down_(static_cast<std::size_t>(residual_rows * width_)) {
        make_rows(0, 0);
    }

    void move_down() {
        constexpr Index kept_luma = luma_rows - block_side;
        constexpr Index kept_residuals = residual_rows - block_side;
        row_ += block_side;
        std::memmove(luma(0), luma(block_side), static_cast<std::size_t>(kept_luma * width_));
        const auto residuals = static_cast<std::size_t>(kept_residuals * width_);
        std::memmove(along(0), along(block_side), residuals);
        std::memmove(down(0), down(block_side), residuals);
        make_rows(kept_luma, kept_residuals);
    }

    // Adds the patterns of `blocks` blocks from the block column `first` on.
    void count(Index first, Index blocks, Counts& along_counts, Counts& across_counts) {
        std::uint8_t codes[group_cols];
        const Index cols = block_side * blocks, begin = block_side * first + reach;
        for (Index y = 0; y < block_side; ++y) {
            for (const bool downwards : {false, true}) {
                const auto of_row = [&](Index r) {
                    return (downwards ? down(r) : along(r)) + begin;
                };
                const std::uint8_t* t = of_row(y + before) - before;
                write_codes(t, t + 1, t + 2, t + 3, cols, codes);
                count_codes(codes, blocks, downwards ? across_counts : along_counts);
                write_codes(of_row(y), of_row(y + 1), of_row(y + 2), of_row(y + 3), cols, codes);
                count_codes(codes, blocks, downwards ? along_counts : across_counts);
            }
        }
    }

 private:
    // Index 0 of a row is `reach` columns before the first block.
    std::uint8_t* luma(Index r) { return luma_.data() + r * width_; }
    std::uint8_t* along(Index r) { return along_.data() + r * width_; }
    std::uint8_t* down(Index r) { return down_.data() + r * width_; }

    void make_rows(Index first_luma, Index first_residual) {
        for (Index r = first_luma; r < luma_rows; ++r) make_luma(r);
        for (Index r = first_residual; r < residual_rows; ++r) {
            // Of each row the first and the last columns, which no pattern takes, stay unset.
            const std::uint8_t* y = luma(r + 1);
            write_residual(y, y + 1, y + 2, y + 3, width_ - 3, along(r) + 1);
            write_residual(luma(r), y, luma(r + 2), luma(r + 3), width_, down(r));
        }
    }

    void make_luma(Index r) {
        const std::uint8_t* rgb =
            image_.row(std::clamp<Index>(row_ - reach + r, 0, image_.rows - 1));
        const Index begin = std::max<Index>(col_ - reach, 0);
        const Index end = std::min(col_ + cols_ + reach, image_.cols);
        std::uint8_t* target = luma(r);
        std::uint8_t* inside = target + (begin - (col_ - reach));
        write_luma(rgb + 3 * begin, end - begin, inside);
        std::uint8_t* behind = inside + (end - begin);
        std::fill(target, inside, *inside);
        std::fill(behind, target + width_, behind[-1]);
    }

    ImageView<const std::uint8_t> image_;
    Index row_, col_, cols_, width_;
    std::vector<std::uint8_t> luma_, along_, down_;
};

}  // namespace

void count_cooccurrences(ImageView<const std::uint8_t> image, Index row, Index col,
                         StackView<std::uint8_t> result, int num_threads) {
    if (result.rows == 0 || result.cols == 0) return;
    for_row_ranges(
        result.rows, block_side * image.row_length(), num_threads, [&](Index begin, Index end) {
            Strip strip(image, row + block_side * begin, col, block_side * result.cols);
            Counts counts[2];
            std::uint8_t sums[pattern_classes][group_blocks];
            for (Index r = begin; r < end; ++r) {
                if (r > begin) strip.move_down();
                for (Index first = 0; first < result.cols; first += group_blocks) {
                    const Index blocks = std::min(result.cols - first, group_blocks);
                    std::memset(counts, 0, sizeof counts);
                    strip.count(first, blocks, counts[0], counts[1]);
                    for (Index kind = 0; kind < 2; ++kind) {
                        sum_classes(counts[kind], sums);
                        for (Index k = 0; k < pattern_classes; ++k) {
                            std::memcpy(result.image(pattern_classes * kind + k).row(r) + first,
                                        sums[k], static_cast<std::size_t>(blocks));
                        }
                    }
                }
            }
        });
}

}  // namespace unsplice
