#include "error_levels.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index strip_rows = 16, chroma_strip_rows = 8;

using Wide = std::uint16_t;
using Signed = std::int16_t;

// The equations of the header in 16 bits: a factor f of 16 bits is split into 256 h + l, and
// (256 H + L) >> 16 is (H + (L >> 8)) >> 8.
UNSPLICE_VECTORIZED void to_ycc(const std::uint8_t* rgb, Index cols, std::uint8_t* __restrict y,
                                std::uint8_t* __restrict cb, std::uint8_t* __restrict cr) {
    for (Index c = 0; c < cols; ++c) {
        const Wide r = rgb[3 * c], g = rgb[3 * c + 1], b = rgb[3 * c + 2];
        const Wide y_low = static_cast<Wide>(139 * r + 70 * g + 47 * b);
        const Wide y_high = static_cast<Wide>(76 * r + 150 * g + 29 * b + 128);
        y[c] = static_cast<std::uint8_t>(static_cast<Wide>(y_high + (y_low >> 8)) >> 8);
        // The constant is 256 * (2^15 + 127) + 255, and (255 - L) >> 8 is -(L >> 8).
        const Wide cb_low = static_cast<Wide>(51 * r + 205 * g);
        const Wide cb_high = static_cast<Wide>(128 * b - 43 * r - 84 * g + 32768 + 127);
        cb[c] = static_cast<std::uint8_t>(static_cast<Wide>(cb_high - (cb_low >> 8)) >> 8);
        const Wide cr_low = static_cast<Wide>(47 * g + 209 * b);
        const Wide cr_high = static_cast<Wide>(128 * r - 107 * g - 20 * b + 32768 + 127);
        cr[c] = static_cast<std::uint8_t>(static_cast<Wide>(cr_high - (cr_low >> 8)) >> 8);
    }
}

UNSPLICE_INLINE std::uint8_t clipped(int x) {
    return static_cast<std::uint8_t>(x < 0 ? 0 : x > 255 ? 255 : x);
}

UNSPLICE_INLINE std::uint8_t distance(std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(a > b ? a - b : b - a);
}

UNSPLICE_VECTORIZED void rgb_distance(const std::uint8_t* rgb, const std::uint8_t* y,
                                      const std::uint8_t* cb, const std::uint8_t* cr, Index cols,
                                      std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const Signed luma = y[c];
        const Signed b = static_cast<Signed>(cb[c] - 128), r = static_cast<Signed>(cr[c] - 128);
        // 91881 = 2^16 + 256 * 102 + 233
        const Signed r_low = static_cast<Signed>(233 * r);
        const Signed r_high = static_cast<Signed>(102 * r + 128 + (r_low >> 8));
        // -22554 = -(256 * 88 + 26), -46802 = -2^16 + 256 * 73 + 46
        const Signed g_low = static_cast<Signed>(46 * r - 26 * b);
        const Signed g_high = static_cast<Signed>(73 * r - 88 * b + 128 + (g_low >> 8));
        // 116130 = 2 * 2^16 - (256 * 58 + 94)
        const Signed b_low = static_cast<Signed>(-94 * b);
        const Signed b_high = static_cast<Signed>(-58 * b + 128 + (b_low >> 8));
        const std::uint8_t red = clipped(static_cast<Signed>(luma + r + (r_high >> 8)));
        const std::uint8_t green = clipped(static_cast<Signed>(luma - r + (g_high >> 8)));
        const std::uint8_t blue = clipped(static_cast<Signed>(luma + 2 * b + (b_high >> 8)));
        result[3 * c] = distance(rgb[3 * c], red);
        result[3 * c + 1] = distance(rgb[3 * c + 1], green);
        result[3 * c + 2] = distance(rgb[3 * c + 2], blue);
    }
}

UNSPLICE_VECTORIZED void gray_distance(const std::uint8_t* a, const std::uint8_t* b, Index cols,
                                       std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) result[c] = distance(a[c], b[c]);
}

UNSPLICE_VECTORIZED void halve(const std::uint8_t* upper, const std::uint8_t* lower, Index cols,
                               std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const Wide sum = static_cast<Wide>(upper[2 * c] + upper[2 * c + 1] + lower[2 * c] +
                                           lower[2 * c + 1] + 1 + (c & 1));
        result[c] = static_cast<std::uint8_t>(sum >> 2);
    }
}

// `mixed` continues by one on either side.
UNSPLICE_VECTORIZED void mix_rows(const std::uint8_t* near, const std::uint8_t* far, Index cols,
                                  Wide* __restrict mixed) {
    for (Index c = 0; c < cols; ++c) mixed[c] = static_cast<Wide>(3 * near[c] + far[c]);
    mixed[-1] = mixed[0];
    mixed[cols] = mixed[cols - 1];
}

UNSPLICE_VECTORIZED void double_columns(const Wide* mixed, Index cols,
                                        std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const Wide near = static_cast<Wide>(3 * mixed[c]);
        const Wide left = static_cast<Wide>(near + mixed[c - 1] + 8);
        const Wide right = static_cast<Wide>(near + mixed[c + 1] + 7);
        result[2 * c] = static_cast<std::uint8_t>(left >> 4);
        result[2 * c + 1] = static_cast<std::uint8_t>(right >> 4);
    }
}

Index rounded_up(Index n, Index unit) { return (n + unit - 1) / unit * unit; }

void repeat_last(std::uint8_t* row, Index count, Index end) {
    std::memset(row + count, row[count - 1], static_cast<std::size_t>(end - count));
}

void repeat_last_row(std::uint8_t* rows, Index count, Index end, Index stride) {
    for (Index r = count; r < end; ++r) {
        std::memcpy(rows + r * stride, rows + (count - 1) * stride,
                    static_cast<std::size_t>(stride));
    }
}

struct TableQuantizers {
    Quantizers luma, chroma;
};

// What an RGB picture becomes, strip by strip from `begin` to `end`.
class ColorStrips {
 public:
    ColorStrips(ImageView<const std::uint8_t> image, const TableQuantizers& quantizers,
                ImageView<std::uint8_t> result)
        : image_(image),
          quantizers_(quantizers),
          result_(result),
          chroma_cols_((image.cols + 1) / 2),
          chroma_stride_(rounded_up(chroma_cols_, block_group)),
          stride_(2 * chroma_stride_),
          luma_(memory(1 + strip_rows, stride_)),
          lines_(memory(4, stride_)),
          chroma_{memory(1 + chroma_strip_rows, chroma_stride_),
                  memory(1 + chroma_strip_rows, chroma_stride_)},
          mixed_(static_cast<std::size_t>(chroma_cols_ + 2)) {}

    void run(Index begin, Index end) {
        const Index rows = image_.rows, strips = (rows + strip_rows - 1) / strip_rows;
        // A row at the edge of a strip takes chroma from both strips: the last row of each waits
        // for the next one.
        if (begin > 0) {
            load(begin - 1);
            quantize_chroma();
        }
        for (Index s = begin; s < end; ++s) {
            keep_last_rows();
            load(s);
            quantize_luma();
            quantize_chroma();
            const Index first = s * strip_rows;
            if (s > begin) put_row(first - 1, first);
            const Index last = s + 1 < strips ? first + strip_rows - 1 : rows;
            for (Index r = first; r < last; ++r) put_row(r, first);
        }
        if (end < strips) {
            keep_last_rows();
            load(end);
            quantize_chroma();
            put_row(end * strip_rows - 1, end * strip_rows);
        }
    }

 private:
    using Bytes = std::vector<std::uint8_t>;
    static Bytes memory(Index rows, Index stride) {
        return Bytes(static_cast<std::size_t>(rows * stride));
    }
    // Row 0 of luma and chroma is the last one of the strip before.
    std::uint8_t* luma_row(Index r) { return luma_.data() + (1 + r) * stride_; }
    std::uint8_t* chroma_row(int which, Index r) {
        return chroma_[which].data() + (1 + r) * chroma_stride_;
    }

    void keep_last_rows() {
        std::memcpy(luma_row(-1), luma_row(strip_rows - 1), static_cast<std::size_t>(stride_));
        for (int k = 0; k < 2; ++k) {
            std::memcpy(chroma_row(k, -1), chroma_row(k, chroma_strip_rows - 1),
                        static_cast<std::size_t>(chroma_stride_));
        }
    }

    // Steps 1 and 2 of the definition.
    void load(Index strip) {
        const Index first = strip * strip_rows;
        const Index rows = std::min(image_.rows - first, strip_rows);
        const Index cols = image_.cols, padded = rounded_up(cols, block_group);
        for (Index r = 0; r < rows; ++r) {
            std::uint8_t* cb = lines_.data() + (r % 2) * stride_;
            std::uint8_t* cr = cb + 2 * stride_;
            to_ycc(image_.row(first + r), cols, luma_row(r), cb, cr);
            repeat_last(luma_row(r), cols, padded);
            repeat_last(cb, cols, stride_);
            repeat_last(cr, cols, stride_);
            if (r % 2 == 1 || r + 1 == rows) {
                for (int k = 0; k < 2; ++k) {
                    const std::uint8_t* upper = lines_.data() + 2 * k * stride_;
                    const std::uint8_t* lower = r % 2 == 1 ? upper + stride_ : upper;
                    halve(upper, lower, chroma_stride_, chroma_row(k, r / 2));
                }
            }
        }
        repeat_last_row(luma_row(0), rows, strip_rows, stride_);
        for (int k = 0; k < 2; ++k) {
            repeat_last_row(chroma_row(k, 0), (rows + 1) / 2, chroma_strip_rows, chroma_stride_);
        }
    }

    void quantize_luma() {
        const Index padded = rounded_up(image_.cols, block_group);
        for (Index r = 0; r < strip_rows; r += 8) {
            quantize_blocks(luma_row(r), stride_, padded, quantizers_.luma);
        }
    }

    void quantize_chroma() {
        for (int k = 0; k < 2; ++k) {
            quantize_blocks(chroma_row(k, 0), chroma_stride_, chroma_stride_, quantizers_.chroma);
        }
    }

    // Steps 6 and 7 for row r, where the strip that begins at row `first` is loaded.
    void put_row(Index r, Index first) {
        const Index near = r / 2, last = (image_.rows - 1) / 2;
        const Index far = std::clamp<Index>(r % 2 == 1 ? near + 1 : near - 1, 0, last);
        std::uint8_t* enlarged[2];
        for (int k = 0; k < 2; ++k) {
            enlarged[k] = lines_.data() + k * stride_;
            const std::uint8_t* near_row = chroma_row(k, near - first / 2);
            if (chroma_cols_ <= 2) {
                for (Index c = 0; c < image_.cols; ++c) enlarged[k][c] = near_row[c / 2];
            } else {
                mix_rows(near_row, chroma_row(k, far - first / 2), chroma_cols_, mixed_.data() + 1);
                double_columns(mixed_.data() + 1, chroma_cols_, enlarged[k]);
            }
        }
        rgb_distance(image_.row(r), luma_row(r - first), enlarged[0], enlarged[1], image_.cols,
                     result_.row(r));
    }

    ImageView<const std::uint8_t> image_;
    const TableQuantizers& quantizers_;
    ImageView<std::uint8_t> result_;
    Index chroma_cols_, chroma_stride_, stride_;
    Bytes luma_, lines_, chroma_[2];
    std::vector<Wide> mixed_;
};

void gray_strips(ImageView<const std::uint8_t> image, const Quantizers& quantizers,
                 ImageView<std::uint8_t> result, Index begin, Index end) {
    const Index stride = rounded_up(image.cols, block_group);
    std::vector<std::uint8_t> luma(static_cast<std::size_t>(8 * stride));
    for (Index first = 8 * begin; first < std::min(8 * end, image.rows); first += 8) {
        const Index rows = std::min<Index>(image.rows - first, 8);
        for (Index r = 0; r < rows; ++r) {
            std::uint8_t* row = luma.data() + r * stride;
            std::memcpy(row, image.row(first + r), static_cast<std::size_t>(image.cols));
            repeat_last(row, image.cols, stride);
        }
        repeat_last_row(luma.data(), rows, 8, stride);
        quantize_blocks(luma.data(), stride, stride, quantizers);
        for (Index r = 0; r < rows; ++r) {
            gray_distance(image.row(first + r), luma.data() + r * stride, image.cols,
                          result.row(first + r));
        }
    }
}

}  // namespace

void error_levels(ImageView<const std::uint8_t> image,
                  const std::array<QuantizationTable, 2>& tables, ImageView<std::uint8_t> result,
                  int num_threads) {
    if (image.rows == 0 || image.cols == 0) return;
    const TableQuantizers quantizers{make_quantizers(tables[0]), make_quantizers(tables[1])};
    const bool gray = image.channels == 1;
    const Index height = gray ? 8 : strip_rows;
    const Index strips = (image.rows + height - 1) / height;
    for_row_ranges(strips, height * image.row_length(), num_threads, [&](Index begin, Index end) {
        if (gray) {
            gray_strips(image, quantizers.luma, result, begin, end);
        } else {
            ColorStrips(image, quantizers, result).run(begin, end);
        }
    });
}

}  // namespace unsplice
