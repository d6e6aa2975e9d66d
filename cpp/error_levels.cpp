#include "error_levels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "aligned_array.hpp"
#include "color_rows.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index strip_rows = 16;

using Wide = std::uint16_t;

// Replaces `samples` by how far they lie from `image`.
UNSPLICE_VECTORIZED_TO_V4 void distances(const std::uint8_t* image, Index count,
                                         std::uint8_t* __restrict samples) {
    for (Index i = 0; i < count; ++i) {
        const std::uint8_t a = image[i], b = samples[i];
        samples[i] = static_cast<std::uint8_t>(std::max(a, b) - std::min(a, b));
    }
}

// Two neighbours at a time, as one number: which of them is its low byte makes no difference.
UNSPLICE_VECTORIZED_TO_V4 void halve(const std::uint8_t* upper, const std::uint8_t* lower,
                                     Index cols, std::uint8_t* __restrict result) {
    Wide turn = 0;  // the parity of c in 16 bits: that of c itself would be computed in 64
    for (Index c = 0; c < cols; ++c, ++turn) {
        Wide above, below;
        std::memcpy(&above, upper + 2 * c, 2);
        std::memcpy(&below, lower + 2 * c, 2);
        const Wide sum = static_cast<Wide>((above & 255) + (above >> 8) + (below & 255) +
                                           (below >> 8) + 1 + (turn & 1));
        result[c] = static_cast<std::uint8_t>(sum >> 2);
    }
}

// `mixed` continues by one on either side.
UNSPLICE_VECTORIZED_TO_V4 void mix_rows(const std::uint8_t* near, const std::uint8_t* far,
                                        Index cols, Wide* __restrict mixed) {
    for (Index c = 0; c < cols; ++c) mixed[c] = static_cast<Wide>(3 * near[c] + far[c]);
    mixed[-1] = mixed[0];
    mixed[cols] = mixed[cols - 1];
}

UNSPLICE_VECTORIZED_TO_V4 void double_columns(const Wide* mixed, Index cols,
                                              std::uint8_t* __restrict result) {
    constexpr bool little = std::endian::native == std::endian::little;
    for (Index c = 0; c < cols; ++c) {
        const Wide near = static_cast<Wide>(3 * mixed[c]);
        const Wide left = static_cast<Wide>(near + mixed[c - 1] + 8) >> 4;
        const Wide right = static_cast<Wide>(near + mixed[c + 1] + 7) >> 4;
        const Wide both = static_cast<Wide>(little ? left | right << 8 : left << 8 | right);
        std::memcpy(result + 2 * c, &both, 2);
    }
}

// Rows of samples in whole groups of blocks; the first is row -1.
class Plane {
 public:
    Plane(Index rows, Index cols)
        : cols_((cols + group_cols - 1) / group_cols * group_cols), samples_((1 + rows) * cols_) {}

    Index cols() const { return cols_; }
    std::uint8_t* row(Index r) { return samples_.data() + (1 + r) * cols_; }

    void copy_row(Index from, Index to) {
        std::memcpy(row(to), row(from), static_cast<std::size_t>(cols_));
    }
    // Columns from `count` on become like the one before.
    void repeat_last_column(Index r, Index count) {
        std::memset(row(r) + count, row(r)[count - 1], static_cast<std::size_t>(cols_ - count));
    }
    // Rows from `count` to `end`, too.
    void repeat_last_row(Index count, Index end) {
        for (Index r = count; r < end; ++r) copy_row(count - 1, r);
    }
    // Eight rows of a group of blocks.
    void quantize(Index r, Index c, const Quantizers& quantizers) {
        quantize_blocks(row(r) + c, cols_, quantizers);
    }

 private:
    Index cols_;
    AlignedArray<std::uint8_t> samples_;
};

struct TableQuantizers {
    Quantizers luma, chroma;
};

// What an RGB picture becomes, strip by strip from `begin` to `end`. Chroma has one sample for
// `box` by `box` pixels.
template <Index box>
class ColorStrips {
 public:
    ColorStrips(ImageView<const std::uint8_t> image, const TableQuantizers& quantizers,
                ImageView<std::uint8_t> result)
        : image_(image),
          quantizers_(quantizers),
          result_(result),
          chroma_cols_((image.cols + box - 1) / box),
          luma_(strip_rows, image.cols),
          chroma_{{chroma_strip_rows, chroma_cols_}, {chroma_strip_rows, chroma_cols_}},
          lines_{{2, box * chroma_[0].cols()}, {2, box * chroma_[0].cols()}},
          mixed_(mixed_margin + chroma_cols_ + 1) {}

    void run(Index begin, Index end) {
        const Index rows = image_.rows, strips = (rows + strip_rows - 1) / strip_rows;
        // A row at the edge of a strip takes chroma from both strips: the last row of each waits
        // for the next one.
        constexpr bool waits = box == 2;
        if (waits && begin > 0) {
            load(begin - 1);
            quantize_chroma();
        }
        for (Index s = begin; s < end; ++s) {
            if (waits) keep_last_rows();
            load(s);
            quantize_luma(s);
            quantize_chroma();
            const Index first = s * strip_rows;
            if (waits && s > begin) put_row(first - 1, first);
            const bool last_waits = waits && s + 1 < strips;
            const Index last = std::min(first + strip_rows - (last_waits ? 1 : 0), rows);
            for (Index r = first; r < last; ++r) put_row(r, first);
        }
        if (waits && end < strips) {
            keep_last_rows();
            load(end);
            quantize_chroma();
            put_row(end * strip_rows - 1, end * strip_rows);
        }
    }

 private:
    static constexpr Index chroma_strip_rows = strip_rows / box;

    // Row -1 is the last one of the strip before.
    void keep_last_rows() {
        luma_.copy_row(strip_rows - 1, -1);
        for (Plane& plane : chroma_) plane.copy_row(chroma_strip_rows - 1, -1);
    }

    // Steps 1 and 2 of the definition.
    void load(Index strip) {
        const Index first = strip * strip_rows, cols = image_.cols;
        const Index rows = std::min(image_.rows - first, strip_rows);
        for (Index r = 0; r < rows; ++r) {
            Plane* planes = box == 1 ? chroma_ : lines_;
            const Index line = box == 1 ? r : r % 2;
            rgb_to_ycc(image_.row(first + r), cols, luma_.row(r), planes[0].row(line),
                       planes[1].row(line));
            luma_.repeat_last_column(r, cols);
            for (Index k = 0; k < 2; ++k) planes[k].repeat_last_column(line, cols);
            if (box == 2 && (line == 1 || r + 1 == rows)) {
                for (Index k = 0; k < 2; ++k) {
                    halve(lines_[k].row(0), lines_[k].row(line), chroma_[k].cols(),
                          chroma_[k].row(r / 2));
                }
            }
        }
        luma_.repeat_last_row(rows, strip_rows);
        for (Plane& plane : chroma_) {
            plane.repeat_last_row((rows + box - 1) / box, chroma_strip_rows);
        }
    }

    // This is where most is computed, and so the time to fetch what the next strip will need.
    void quantize_luma(Index strip) {
        for (Index r = 0; r < strip_rows; r += 8) {
            for (Index c = 0; c < luma_.cols(); c += group_cols) {
                const Index cols = std::min(group_cols, image_.cols - c);
                const Index next = (strip + 1) * strip_rows + r;
                for (Index i = next; i < std::min(next + 8, image_.rows); ++i) {
                    prefetch(image_.row(i) + 3 * c, 3 * cols);
                }
                luma_.quantize(r, c, quantizers_.luma);
            }
        }
    }

    void quantize_chroma() {
        for (Plane& plane : chroma_) {
            for (Index r = 0; r < chroma_strip_rows; r += 8) {
                for (Index c = 0; c < plane.cols(); c += group_cols) {
                    plane.quantize(r, c, quantizers_.chroma);
                }
            }
        }
    }

    // Step 6 for row r of one plane of chroma, where the strip that begins at row `first` is
    // loaded.
    const std::uint8_t* enlarged(Index k, Index r, Index first) {
        if (box == 1) return chroma_[k].row(r - first);
        const Index near = r / 2, last = (image_.rows - 1) / 2;
        const Index far = std::clamp<Index>(r % 2 == 1 ? near + 1 : near - 1, 0, last);
        const std::uint8_t* near_row = chroma_[k].row(near - first / 2);
        std::uint8_t* result = lines_[k].row(0);
        if (chroma_cols_ <= 2) {
            for (Index c = 0; c < image_.cols; ++c) result[c] = near_row[c / 2];
        } else {
            Wide* mixed = mixed_.data() + mixed_margin;
            mix_rows(near_row, chroma_[k].row(far - first / 2), chroma_cols_, mixed);
            double_columns(mixed, chroma_cols_, result);
        }
        return result;
    }

    // Steps 6 and 7.
    void put_row(Index r, Index first) {
        color_distances(image_.row(r), luma_.row(r - first), enlarged(0, r, first),
                        enlarged(1, r, first), image_.cols, result_.row(r));
    }

    ImageView<const std::uint8_t> image_;
    const TableQuantizers& quantizers_;
    ImageView<std::uint8_t> result_;
    Index chroma_cols_;
    Plane luma_, chroma_[2];
    Plane lines_[2];  // of chroma at the size of the picture
    static constexpr Index mixed_margin = cache_line / sizeof(Wide);
    AlignedArray<Wide> mixed_;
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
        for (Index c = 0; c < luma.cols(); c += group_cols) luma.quantize(0, c, quantizers);
        for (Index r = 0; r < rows; ++r) {
            std::memcpy(result.row(first + r), luma.row(r), static_cast<std::size_t>(image.cols));
            distances(image.row(first + r), image.cols, result.row(first + r));
        }
    }
}

}  // namespace

void error_levels(ImageView<const std::uint8_t> image,
                  const std::array<QuantizationTable, 2>& tables, bool halve_chroma,
                  ImageView<std::uint8_t> result, int num_threads) {
    if (image.rows == 0 || image.cols == 0) return;
    const TableQuantizers quantizers{Quantizers(tables[0]), Quantizers(tables[1])};
    const bool gray = image.channels == 1;
    const Index height = gray ? 8 : strip_rows;
    const Index strips = (image.rows + height - 1) / height;
    for_row_ranges(strips, height * image.row_length(), num_threads, [&](Index begin, Index end) {
        if (gray) {
            gray_strips(image, quantizers.luma, result, begin, end);
        } else if (halve_chroma) {
            ColorStrips<2>(image, quantizers, result).run(begin, end);
        } else {
            ColorStrips<1>(image, quantizers, result).run(begin, end);
        }
    });
}

}  // namespace unsplice
