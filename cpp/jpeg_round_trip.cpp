#include "jpeg_round_trip.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index block = 8;
using Block = float[block][block];

// Rounds half to even for |x| < 2^22: beyond 1.5 * 2^23 a float has no fraction left.
inline float round_even(float x) {
    constexpr float magic = 12582912.0f;
    return (x + magic) - magic;
}

inline std::uint8_t to_byte(float x) {
    return static_cast<std::uint8_t>(std::clamp(round_even(x), 0.0f, 255.0f));
}

// Rows k = frequency, columns n = sample: c(k) cos((2 n + 1) k pi / 16), c(0) = sqrt(1 / 8),
// c(k) = 1 / 2. Written out because the cosine of C libraries may differ in the last bit, with as
// many digits as tell the nearest float.
constexpr Block dct = {
    {0.353553391f, 0.353553391f, 0.353553391f, 0.353553391f, 0.353553391f, 0.353553391f,
     0.353553391f, 0.353553391f},
    {0.490392640f, 0.415734806f, 0.277785117f, 0.0975451610f, -0.0975451610f, -0.277785117f,
     -0.415734806f, -0.490392640f},
    {0.461939766f, 0.191341716f, -0.191341716f, -0.461939766f, -0.461939766f, -0.191341716f,
     0.191341716f, 0.461939766f},
    {0.415734806f, -0.0975451610f, -0.490392640f, -0.277785117f, 0.277785117f, 0.490392640f,
     0.0975451610f, -0.415734806f},
    {0.353553391f, -0.353553391f, -0.353553391f, 0.353553391f, 0.353553391f, -0.353553391f,
     -0.353553391f, 0.353553391f},
    {0.277785117f, -0.490392640f, 0.0975451610f, 0.415734806f, -0.415734806f, -0.0975451610f,
     0.490392640f, -0.277785117f},
    {0.191341716f, -0.461939766f, 0.461939766f, -0.191341716f, -0.191341716f, 0.461939766f,
     -0.461939766f, 0.191341716f},
    {0.0975451610f, -0.277785117f, 0.415734806f, -0.490392640f, 0.490392640f, -0.415734806f,
     0.277785117f, -0.0975451610f},
};

// The DCT of the columns. Row k of the matrix is even or odd in n as k is, so that the samples meet
// their mirror images first.
UNSPLICE_INLINE void transform(const Block& x, Block& result) {
    float sums[block / 2][block], differences[block / 2][block];
    for (Index n = 0; n < block / 2; ++n) {
        for (Index i = 0; i < block; ++i) sums[n][i] = x[n][i] + x[block - 1 - n][i];
        for (Index i = 0; i < block; ++i) differences[n][i] = x[n][i] - x[block - 1 - n][i];
    }
    for (Index k = 0; k < block; ++k) {
        const auto& part = k % 2 ? differences : sums;
        float sum[block];
        for (Index i = 0; i < block; ++i) sum[i] = dct[k][0] * part[0][i];
        for (Index n = 1; n < block / 2; ++n) {
            for (Index i = 0; i < block; ++i) sum[i] += dct[k][n] * part[n][i];
        }
        for (Index i = 0; i < block; ++i) result[k][i] = sum[i];
    }
}

// Its inverse.
UNSPLICE_INLINE void transform_back(const Block& x, Block& result) {
    for (Index n = 0; n < block / 2; ++n) {
        float even[block], odd[block];
        for (Index i = 0; i < block; ++i) even[i] = dct[0][n] * x[0][i];
        for (Index i = 0; i < block; ++i) odd[i] = dct[1][n] * x[1][i];
        for (Index k = 2; k < block; k += 2) {
            for (Index i = 0; i < block; ++i) even[i] += dct[k][n] * x[k][i];
            for (Index i = 0; i < block; ++i) odd[i] += dct[k + 1][n] * x[k + 1][i];
        }
        for (Index i = 0; i < block; ++i) result[n][i] = even[i] + odd[i];
        for (Index i = 0; i < block; ++i) result[block - 1 - n][i] = even[i] - odd[i];
    }
}

UNSPLICE_INLINE void transpose(const Block& x, Block& result) {
    for (Index r = 0; r < block; ++r) {
        for (Index c = 0; c < block; ++c) result[c][r] = x[r][c];
    }
}

// Quantises the coefficients of every block of a strip of 8 rows, in place. Each pass works down
// the columns, eight at a time, and the block is turned in between: the coefficients, and with them
// the steps, lie transposed.
UNSPLICE_VECTORIZED_TO_V4 void quantize_strip(std::uint8_t* strip, Index stride, Index cols,
                                              const Block& transposed_steps) {
    for (Index c = 0; c < cols; c += block) {
        Block a, b;
        for (Index y = 0; y < block; ++y) {
            for (Index x = 0; x < block; ++x) {
                a[y][x] = static_cast<float>(strip[y * stride + c + x]) - 128.0f;
            }
        }
        transform(a, b);
        transpose(b, a);
        transform(a, b);
        for (Index y = 0; y < block; ++y) {
            for (Index x = 0; x < block; ++x) {
                const float step = transposed_steps[y][x];
                b[y][x] = round_even(b[y][x] / step) * step;
            }
        }
        transform_back(b, a);
        transpose(a, b);
        transform_back(b, a);
        for (Index y = 0; y < block; ++y) {
            for (Index x = 0; x < block; ++x) {
                strip[y * stride + c + x] = to_byte(a[y][x] + 128.0f);
            }
        }
    }
}

UNSPLICE_VECTORIZED_TO_V4 void to_ycc(const std::uint8_t* rgb, Index cols,
                                      std::uint8_t* __restrict y, std::uint8_t* __restrict cb,
                                      std::uint8_t* __restrict cr) {
    for (Index c = 0; c < cols; ++c) {
        const float red = rgb[3 * c], green = rgb[3 * c + 1], blue = rgb[3 * c + 2];
        y[c] = to_byte(0.299f * red + 0.587f * green + 0.114f * blue);
        cb[c] = to_byte(128.0f - 0.168735892f * red - 0.331264108f * green + 0.5f * blue);
        cr[c] = to_byte(128.0f + 0.5f * red - 0.418687589f * green - 0.081312411f * blue);
    }
}

UNSPLICE_VECTORIZED_TO_V4 void to_rgb(const std::uint8_t* y, const std::uint8_t* cb,
                                      const std::uint8_t* cr, Index cols,
                                      std::uint8_t* __restrict rgb) {
    for (Index c = 0; c < cols; ++c) {
        const float luma = y[c];
        const float blue = static_cast<float>(cb[c]) - 128.0f;
        const float red = static_cast<float>(cr[c]) - 128.0f;
        rgb[3 * c] = to_byte(luma + 1.402f * red);
        rgb[3 * c + 1] = to_byte(luma - 0.344136286f * blue - 0.714136286f * red);
        rgb[3 * c + 2] = to_byte(luma + 1.772f * blue);
    }
}

// One component of the picture, padded to whole blocks.
struct Plane {
    Index rows, cols;  // of samples that carry the picture
    Index stride;
    std::vector<std::uint8_t> samples;

    Plane(Index picture_rows, Index picture_cols)
        : rows(picture_rows),
          cols(picture_cols),
          stride((picture_cols + block - 1) / block * block),
          samples(static_cast<std::size_t>(stride * ((picture_rows + block - 1) / block * block))) {
    }
    std::uint8_t* row(Index r) { return samples.data() + r * stride; }
};

void pad_row(std::uint8_t* row, Index cols, Index stride) {
    std::memset(row + cols, row[cols - 1], static_cast<std::size_t>(stride - cols));
}

void quantize(Plane& plane, const std::array<float, 64>& table, int num_threads) {
    Block steps, transposed;
    std::memcpy(steps, table.data(), sizeof(steps));
    transpose(steps, transposed);
    const Index strips = (plane.rows + block - 1) / block;
    for (Index r = plane.rows; r < strips * block; ++r) {
        std::memcpy(plane.row(r), plane.row(plane.rows - 1),
                    static_cast<std::size_t>(plane.stride));
    }
    for_row_ranges(strips, block * plane.stride, num_threads, [&](Index begin, Index end) {
        for (Index s = begin; s < end; ++s) {
            quantize_strip(plane.row(s * block), plane.stride, plane.stride, transposed);
        }
    });
}

// The mean of two by two samples. Where chroma keeps its rows, both lines are the same.
UNSPLICE_VECTORIZED_TO_V4 void halve_columns(const std::uint8_t* upper, const std::uint8_t* lower,
                                             Index vertical, Index cols,
                                             std::uint8_t* __restrict result) {
    const int even_bias = vertical == 2 ? 1 : 0, odd_bias = 2;
    for (Index c = 0; c < cols; ++c) {
        const int sum = upper[2 * c] + upper[2 * c + 1] + lower[2 * c] + lower[2 * c + 1];
        result[c] = static_cast<std::uint8_t>((sum + (c % 2 ? odd_bias : even_bias)) >> 2);
    }
}

UNSPLICE_VECTORIZED_TO_V4 void halve_rows(const std::uint8_t* upper, const std::uint8_t* lower,
                                          Index cols, std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = static_cast<std::uint8_t>((upper[c] + lower[c] + 1) >> 1);
    }
}

// One row of a chroma plane from one or two lines at the size of the picture.
void shrink_rows(const std::uint8_t* upper, const std::uint8_t* lower, Index vertical,
                 Index horizontal, Index cols, std::uint8_t* result) {
    if (horizontal == 2) {
        halve_columns(upper, lower, vertical, cols, result);
    } else {
        halve_rows(upper, lower, cols, result);  // of one line with itself: that line
    }
}

// `mixed` continues by one on either side.
UNSPLICE_VECTORIZED_TO_V4 void mix_rows(const std::uint8_t* near, const std::uint8_t* far,
                                        Index cols, std::int16_t* __restrict mixed) {
    for (Index c = 0; c < cols; ++c) mixed[c] = static_cast<std::int16_t>(3 * near[c] + far[c]);
    mixed[-1] = mixed[0];
    mixed[cols] = mixed[cols - 1];
}

UNSPLICE_VECTORIZED_TO_V4 void divide_by_4(const std::int16_t* mixed, int bias, Index cols,
                                           std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = static_cast<std::uint8_t>((mixed[c] + bias) >> 2);
    }
}

UNSPLICE_VECTORIZED_TO_V4 void double_columns(const std::int16_t* mixed, int even_bias,
                                              int odd_bias, Index cols,
                                              std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const int near = 3 * mixed[c];
        result[2 * c] = static_cast<std::uint8_t>((near + mixed[c - 1] + even_bias) >> 4);
        result[2 * c + 1] = static_cast<std::uint8_t>((near + mixed[c + 1] + odd_bias) >> 4);
    }
}

// Row r of a chroma plane at the size of the picture; `result` has room for an even number of
// columns.
void enlarge_row(Plane& plane, Index r, Index vertical, Index horizontal, std::int16_t* mixed,
                 std::uint8_t* result) {
    const Index near = r / vertical;
    const Index far =
        vertical == 1 ? near : std::clamp<Index>(r % 2 ? near + 1 : near - 1, 0, plane.rows - 1);
    mix_rows(plane.row(near), plane.row(far), plane.cols, mixed);
    if (horizontal == 1) {
        divide_by_4(mixed, r % 2 ? 2 : 1, plane.cols, result);
    } else if (vertical == 1) {
        double_columns(mixed, 4, 8, plane.cols, result);
    } else {
        double_columns(mixed, 8, 7, plane.cols, result);
    }
}

}  // namespace

void jpeg_round_trip(ImageView<const std::uint8_t> image, const JpegSettings& settings,
                     ImageView<std::uint8_t> result, int num_threads) {
    const Index rows = image.rows, cols = image.cols;
    const Index v = settings.vertical, h = settings.horizontal;
    if (rows == 0 || cols == 0) return;
    Plane y(rows, cols);
    Plane cb((rows + v - 1) / v, (cols + h - 1) / h);
    Plane cr = cb;

    for_row_ranges(cb.rows, v * image.row_length(), num_threads, [&](Index begin, Index end) {
        const Index padded_cols = h * cb.stride;
        std::vector<std::uint8_t> chroma(static_cast<std::size_t>(4 * padded_cols));
        std::uint8_t* lines[2][2];
        for (Index k = 0; k < 4; ++k) lines[k / 2][k % 2] = chroma.data() + k * padded_cols;
        for (Index r = begin; r < end; ++r) {
            for (Index k = 0; k < v; ++k) {
                const Index source = std::min(v * r + k, rows - 1);
                to_ycc(image.row(source), cols, y.row(source), lines[0][k], lines[1][k]);
                pad_row(y.row(source), cols, y.stride);
                pad_row(lines[0][k], cols, padded_cols);
                pad_row(lines[1][k], cols, padded_cols);
            }
            shrink_rows(lines[0][0], lines[0][v - 1], v, h, cb.stride, cb.row(r));
            shrink_rows(lines[1][0], lines[1][v - 1], v, h, cr.stride, cr.row(r));
        }
    });
    quantize(y, settings.tables[0], num_threads);
    quantize(cb, settings.tables[1], num_threads);
    quantize(cr, settings.tables[2], num_threads);
    for_row_ranges(rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        std::vector<std::int16_t> mixed(static_cast<std::size_t>(cb.cols + 2));
        std::vector<std::uint8_t> chroma(static_cast<std::size_t>(2 * h * cb.cols));
        std::uint8_t* blue = chroma.data();
        std::uint8_t* red = blue + h * cb.cols;
        for (Index r = begin; r < end; ++r) {
            enlarge_row(cb, r, v, h, mixed.data() + 1, blue);
            enlarge_row(cr, r, v, h, mixed.data() + 1, red);
            to_rgb(y.row(r), blue, red, cols, result.row(r));
        }
    });
}

}  // namespace unsplice
