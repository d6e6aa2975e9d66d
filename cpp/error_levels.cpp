#include "error_levels.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index strip_rows = 16, chroma_strip_rows = 8;
constexpr Index piece = 1024;  // columns

using Wide = std::uint16_t;
using Signed = std::int16_t;

// Compilers find no vector code for steps of three bytes at the ABI floor: these loops stand apart
// from the arithmetic, so that it is vectorised all the same.
UNSPLICE_VECTORIZED void split(const std::uint8_t* rgb, Index cols, std::uint8_t* __restrict red,
                               std::uint8_t* __restrict green, std::uint8_t* __restrict blue) {
    for (Index c = 0; c < cols; ++c) {
        red[c] = rgb[3 * c];
        green[c] = rgb[3 * c + 1];
        blue[c] = rgb[3 * c + 2];
    }
}

UNSPLICE_VECTORIZED void join(const std::uint8_t* red, const std::uint8_t* green,
                              const std::uint8_t* blue, Index cols, std::uint8_t* __restrict rgb) {
    for (Index c = 0; c < cols; ++c) {
        rgb[3 * c] = red[c];
        rgb[3 * c + 1] = green[c];
        rgb[3 * c + 2] = blue[c];
    }
}

// The equations of the header in 16 bits: a factor is split into 256 h + l, and (256 H + L) >> 16
// is (H + (L >> 8)) >> 8.
UNSPLICE_VECTORIZED void to_ycc(const std::uint8_t* red, const std::uint8_t* green,
                                const std::uint8_t* blue, Index cols, std::uint8_t* __restrict y,
                                std::uint8_t* __restrict cb, std::uint8_t* __restrict cr) {
    for (Index c = 0; c < cols; ++c) {
        const Wide r = red[c], g = green[c], b = blue[c];
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

// (x * factor + 2^15) >> 16
UNSPLICE_INLINE Signed rounded_product(Signed x, Signed factor) {
    const Signed twice = static_cast<Signed>(2 * x);
    const Signed product = static_cast<Signed>((int{twice} * int{factor}) >> 16);
    return static_cast<Signed>(static_cast<Signed>(product + 1) >> 1);
}

UNSPLICE_VECTORIZED void to_rgb(const std::uint8_t* y, const std::uint8_t* cb,
                                const std::uint8_t* cr, Index cols, std::uint8_t* __restrict red,
                                std::uint8_t* __restrict green, std::uint8_t* __restrict blue) {
    for (Index c = 0; c < cols; ++c) {
        const Signed luma = y[c];
        const Signed b = static_cast<Signed>(cb[c] - 128), r = static_cast<Signed>(cr[c] - 128);
        // 91881 = 2^16 + 26345, 116130 = 2 * 2^16 - 14942
        const Signed r_part = rounded_product(r, 26345), b_part = rounded_product(b, -14942);
        // -22554 = -(256 * 88 + 26), -46802 = -2^16 + 256 * 73 + 46
        const Signed low = static_cast<Signed>(46 * r - 26 * b);
        const Signed high = static_cast<Signed>(73 * r - 88 * b + 128 + (low >> 8));
        red[c] = clipped(static_cast<Signed>(luma + r + r_part));
        green[c] = clipped(static_cast<Signed>(luma - r + (high >> 8)));
        blue[c] = clipped(static_cast<Signed>(luma + 2 * b + b_part));
    }
}

// Replaces `samples` by how far they lie from `image`.
UNSPLICE_VECTORIZED void distance(const std::uint8_t* image, Index count,
                                  std::uint8_t* __restrict samples) {
    for (Index i = 0; i < count; ++i) {
        const std::uint8_t a = image[i], b = samples[i];
        samples[i] = static_cast<std::uint8_t>(std::max(a, b) - std::min(a, b));
    }
}

UNSPLICE_VECTORIZED void halve(const std::uint8_t* upper, const std::uint8_t* lower, Index cols,
                               std::uint8_t* __restrict result) {
    Wide turn = 0;  // the parity of c in 16 bits: that of c itself would be computed in 64
    for (Index c = 0; c < cols; ++c, ++turn) {
        const Wide sum = static_cast<Wide>(upper[2 * c] + upper[2 * c + 1] + lower[2 * c] +
                                           lower[2 * c + 1] + 1 + (turn & 1));
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

// Rows of samples in whole groups of blocks; the first is row -1.
class Plane {
 public:
    Plane(Index rows, Index cols)
        : stride_((cols + 4 * word_group - 1) / (4 * word_group) * word_group),
          words_(static_cast<std::size_t>((1 + rows) * stride_)) {}

    Index cols() const { return 4 * stride_; }
    std::uint8_t* row(Index r) { return reinterpret_cast<std::uint8_t*>(words(r)); }

    void copy_row(Index from, Index to) {
        std::memcpy(words(to), words(from), static_cast<std::size_t>(cols()));
    }
    // Columns from `count` on become like the one before.
    void repeat_last_column(Index r, Index count) {
        std::uint8_t* samples = row(r);
        std::memset(samples + count, samples[count - 1], static_cast<std::size_t>(cols() - count));
    }
    // Rows from `count` to `end`, too.
    void repeat_last_row(Index count, Index end) {
        for (Index r = count; r < end; ++r) copy_row(count - 1, r);
    }
    void quantize(Index first, const Quantizers& quantizers) {
        quantize_blocks(words(first), stride_, stride_, quantizers);
    }

 private:
    std::uint32_t* words(Index r) { return words_.data() + (1 + r) * stride_; }

    Index stride_;  // in words
    std::vector<std::uint32_t> words_;
};

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
          luma_(strip_rows, image.cols),
          chroma_{{chroma_strip_rows, chroma_cols_}, {chroma_strip_rows, chroma_cols_}},
          lines_{{2, 2 * chroma_[0].cols()}, {2, 2 * chroma_[0].cols()}},
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
    // Calls body(first column, columns): the channels of a piece of a row stay in the first cache.
    template <class Body>
    void for_pieces(const Body& body) const {
        for (Index c = 0; c < image_.cols; c += piece) body(c, std::min(image_.cols - c, piece));
    }

    // Row -1 of luma and chroma is the last one of the strip before.
    void keep_last_rows() {
        luma_.copy_row(strip_rows - 1, -1);
        for (Plane& plane : chroma_) plane.copy_row(chroma_strip_rows - 1, -1);
    }

    // Steps 1 and 2 of the definition.
    void load(Index strip) {
        const Index first = strip * strip_rows;
        const Index rows = std::min(image_.rows - first, strip_rows);
        for (Index r = 0; r < rows; ++r) {
            const Index line = r % 2;
            for_pieces([&](Index c, Index cols) {
                split(image_.row(first + r) + 3 * c, cols, red_, green_, blue_);
                to_ycc(red_, green_, blue_, cols, luma_.row(r) + c, lines_[0].row(line) + c,
                       lines_[1].row(line) + c);
            });
            luma_.repeat_last_column(r, image_.cols);
            for (Plane& plane : lines_) plane.repeat_last_column(line, image_.cols);
            if (line == 1 || r + 1 == rows) {
                for (int k = 0; k < 2; ++k) {
                    halve(lines_[k].row(0), lines_[k].row(line), chroma_[k].cols(),
                          chroma_[k].row(r / 2));
                }
            }
        }
        luma_.repeat_last_row(rows, strip_rows);
        for (Plane& plane : chroma_) plane.repeat_last_row((rows + 1) / 2, chroma_strip_rows);
    }

    void quantize_luma() {
        luma_.quantize(0, quantizers_.luma);
        luma_.quantize(8, quantizers_.luma);
    }

    void quantize_chroma() {
        for (Plane& plane : chroma_) plane.quantize(0, quantizers_.chroma);
    }

    // Steps 6 and 7 for row r, where the strip that begins at row `first` is loaded.
    void put_row(Index r, Index first) {
        const Index near = r / 2, last = (image_.rows - 1) / 2;
        const Index far = std::clamp<Index>(r % 2 == 1 ? near + 1 : near - 1, 0, last);
        for (int k = 0; k < 2; ++k) {
            const std::uint8_t* near_row = chroma_[k].row(near - first / 2);
            std::uint8_t* enlarged = lines_[k].row(0);
            if (chroma_cols_ <= 2) {
                for (Index c = 0; c < image_.cols; ++c) enlarged[c] = near_row[c / 2];
            } else {
                mix_rows(near_row, chroma_[k].row(far - first / 2), chroma_cols_,
                         mixed_.data() + 1);
                double_columns(mixed_.data() + 1, chroma_cols_, enlarged);
            }
        }
        for_pieces([&](Index c, Index cols) {
            to_rgb(luma_.row(r - first) + c, lines_[0].row(0) + c, lines_[1].row(0) + c, cols, red_,
                   green_, blue_);
            join(red_, green_, blue_, cols, result_.row(r) + 3 * c);
            distance(image_.row(r) + 3 * c, 3 * cols, result_.row(r) + 3 * c);
        });
    }

    ImageView<const std::uint8_t> image_;
    const TableQuantizers& quantizers_;
    ImageView<std::uint8_t> result_;
    Index chroma_cols_;
    Plane luma_, chroma_[2];
    Plane lines_[2];  // of chroma at the size of the picture
    std::uint8_t red_[piece], green_[piece], blue_[piece];
    std::vector<Wide> mixed_;
};

void gray_strips(ImageView<const std::uint8_t> image, const Quantizers& quantizers,
                 ImageView<std::uint8_t> result, Index begin, Index end) {
    Plane luma(8, image.cols);
    for (Index first = 8 * begin; first < std::min(8 * end, image.rows); first += 8) {
        const Index rows = std::min<Index>(image.rows - first, 8);
        for (Index r = 0; r < rows; ++r) {
            std::memcpy(luma.row(r), image.row(first + r), static_cast<std::size_t>(image.cols));
            luma.repeat_last_column(r, image.cols);
        }
        luma.repeat_last_row(rows, 8);
        luma.quantize(0, quantizers);
        for (Index r = 0; r < rows; ++r) {
            std::memcpy(result.row(first + r), luma.row(r), static_cast<std::size_t>(image.cols));
            distance(image.row(first + r), image.cols, result.row(first + r));
        }
    }
}

}  // namespace

void error_levels(ImageView<const std::uint8_t> image,
                  const std::array<QuantizationTable, 2>& tables, ImageView<std::uint8_t> result,
                  int num_threads) {
    if (image.rows == 0 || image.cols == 0) return;
    const TableQuantizers quantizers{Quantizers(tables[0]), Quantizers(tables[1])};
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
