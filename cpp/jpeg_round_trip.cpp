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
// c(k) = 1 / 2. Written out because the cosine of C libraries may differ in the last bit.
constexpr Block dct = {
    {0.35355339f, 0.35355339f, 0.35355339f, 0.35355339f, 0.35355339f, 0.35355339f, 0.35355339f,
     0.35355339f},
    {0.49039264f, 0.41573481f, 0.27778512f, 0.097545161f, -0.097545161f, -0.27778512f, -0.41573481f,
     -0.49039264f},
    {0.46193977f, 0.19134172f, -0.19134172f, -0.46193977f, -0.46193977f, -0.19134172f, 0.19134172f,
     0.46193977f},
    {0.41573481f, -0.097545161f, -0.49039264f, -0.27778512f, 0.27778512f, 0.49039264f, 0.097545161f,
     -0.41573481f},
    {0.35355339f, -0.35355339f, -0.35355339f, 0.35355339f, 0.35355339f, -0.35355339f, -0.35355339f,
     0.35355339f},
    {0.27778512f, -0.49039264f, 0.097545161f, 0.41573481f, -0.41573481f, -0.097545161f, 0.49039264f,
     -0.27778512f},
    {0.19134172f, -0.46193977f, 0.46193977f, -0.19134172f, -0.19134172f, 0.46193977f, -0.46193977f,
     0.19134172f},
    {0.097545161f, -0.27778512f, 0.41573481f, -0.49039264f, 0.49039264f, -0.41573481f, 0.27778512f,
     -0.097545161f},
};

// result = m x, summed over the rows of x from first to last.
inline void multiply(const Block& m, const Block& x, Block& result) {
    for (Index k = 0; k < block; ++k) {
        float sum[block];
        for (Index i = 0; i < block; ++i) sum[i] = m[k][0] * x[0][i];
        for (Index n = 1; n < block; ++n) {
            for (Index i = 0; i < block; ++i) sum[i] += m[k][n] * x[n][i];
        }
        for (Index i = 0; i < block; ++i) result[k][i] = sum[i];
    }
}

inline void transpose(const Block& x, Block& result) {
    for (Index r = 0; r < block; ++r) {
        for (Index c = 0; c < block; ++c) result[c][r] = x[r][c];
    }
}

// Quantises the coefficients of every block of a strip of 8 rows, in place. Each pass works down
// the columns, eight at a time, and the block is turned in between: the coefficients, and with them
// the steps, lie transposed.
UNSPLICE_VECTORIZED void quantize_strip(std::uint8_t* strip, Index stride, Index cols,
                                        const Block& transposed_steps, const Block& inverse) {
    for (Index c = 0; c < cols; c += block) {
        Block a, b;
        for (Index y = 0; y < block; ++y) {
            for (Index x = 0; x < block; ++x) {
                a[y][x] = static_cast<float>(strip[y * stride + c + x]) - 128.0f;
            }
        }
        multiply(dct, a, b);
        transpose(b, a);
        multiply(dct, a, b);
        for (Index y = 0; y < block; ++y) {
            for (Index x = 0; x < block; ++x) {
                const float step = transposed_steps[y][x];
                b[y][x] = round_even(b[y][x] / step) * step;
            }
        }
        multiply(inverse, b, a);
        transpose(a, b);
        multiply(inverse, b, a);
        for (Index y = 0; y < block; ++y) {
            for (Index x = 0; x < block; ++x) {
                strip[y * stride + c + x] = to_byte(a[y][x] + 128.0f);
            }
        }
    }
}

UNSPLICE_VECTORIZED void to_ycc(const std::uint8_t* rgb, Index cols, std::uint8_t* __restrict y,
                                std::uint8_t* __restrict cb, std::uint8_t* __restrict cr) {
    for (Index c = 0; c < cols; ++c) {
        const float red = rgb[3 * c], green = rgb[3 * c + 1], blue = rgb[3 * c + 2];
        y[c] = to_byte(0.299f * red + 0.587f * green + 0.114f * blue);
        cb[c] = to_byte(128.0f - 0.168735892f * red - 0.331264108f * green + 0.5f * blue);
        cr[c] = to_byte(128.0f + 0.5f * red - 0.418687589f * green - 0.081312411f * blue);
    }
}

UNSPLICE_VECTORIZED void to_rgb(const std::uint8_t* y, const std::uint8_t* cb,
                                const std::uint8_t* cr, Index cols, std::uint8_t* __restrict rgb) {
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
    Block steps, transposed, inverse;
    std::memcpy(steps, table.data(), sizeof(steps));
    transpose(steps, transposed);
    transpose(dct, inverse);
    const Index strips = (plane.rows + block - 1) / block;
    for (Index r = plane.rows; r < strips * block; ++r) {
        std::memcpy(plane.row(r), plane.row(plane.rows - 1),
                    static_cast<std::size_t>(plane.stride));
    }
    for_row_ranges(strips, block * plane.stride, num_threads, [&](Index begin, Index end) {
        for (Index s = begin; s < end; ++s) {
            quantize_strip(plane.row(s * block), plane.stride, plane.stride, transposed, inverse);
        }
    });
}

// One row of a chroma plane: the mean over `vertical` rows and `horizontal` columns; an odd last
// row or column stands for its missing neighbour. A half is rounded down and up in turn along the
// row, so that the plane as a whole keeps its mean.
void average_boxes(const std::uint8_t* const* lines, Index vertical, Index horizontal,
                   Index picture_cols, Plane& plane, Index r) {
    std::uint8_t* target = plane.row(r);
    const int shift = (vertical == 2 ? 1 : 0) + (horizontal == 2 ? 1 : 0);
    for (Index c = 0; c < plane.cols; ++c) {
        int sum = shift == 0 ? 0 : shift - 1 + (horizontal == 2 ? static_cast<int>(c % 2) : 1);
        for (Index v = 0; v < vertical; ++v) {
            for (Index h = 0; h < horizontal; ++h) {
                sum += lines[v][std::min(horizontal * c + h, picture_cols - 1)];
            }
        }
        target[c] = static_cast<std::uint8_t>(sum >> shift);
    }
    pad_row(target, plane.cols, plane.stride);
}

// Row r of a chroma plane at the size of the picture: 3/4 of the nearer sample and 1/4 of the
// farther one in each direction; a half is rounded down and up in turn, as above.
void enlarge_row(Plane& plane, Index r, Index vertical, Index horizontal, Index cols,
                 std::vector<int>& mixed, std::uint8_t* __restrict result) {
    const Index near = r / vertical;
    const Index far = std::clamp<Index>(r % 2 ? near + 1 : near - 1, 0, plane.rows - 1);
    const std::uint8_t* near_row = plane.row(near);
    const std::uint8_t* far_row = plane.row(vertical == 2 ? far : near);
    for (Index c = 0; c < plane.cols; ++c) mixed[c] = 3 * near_row[c] + far_row[c];
    if (horizontal == 1) {
        const int bias = r % 2 ? 2 : 1;
        for (Index c = 0; c < cols; ++c) {
            result[c] = static_cast<std::uint8_t>((mixed[c] + bias) >> 2);
        }
        return;
    }
    const int even_bias = vertical == 2 ? 8 : 4, odd_bias = vertical == 2 ? 7 : 8;
    for (Index c = 0; c < plane.cols; ++c) {
        const int left = mixed[std::max<Index>(c - 1, 0)];
        const int right = mixed[std::min(c + 1, plane.cols - 1)];
        result[2 * c] = static_cast<std::uint8_t>((3 * mixed[c] + left + even_bias) >> 4);
        if (2 * c + 1 < cols) {
            result[2 * c + 1] = static_cast<std::uint8_t>((3 * mixed[c] + right + odd_bias) >> 4);
        }
    }
}

}  // namespace

void jpeg_round_trip(ImageView<const std::uint8_t> image, const JpegSettings& settings,
                     ImageView<std::uint8_t> result, int num_threads) {
    const Index rows = image.rows, cols = image.cols;
    const Index v = settings.vertical, h = settings.horizontal;
    Plane y(rows, cols);
    Plane cb((rows + v - 1) / v, (cols + h - 1) / h);
    Plane cr = cb;

    for_row_ranges(cb.rows, v * image.row_length(), num_threads, [&](Index begin, Index end) {
        std::vector<std::uint8_t> chroma(static_cast<std::size_t>(4 * cols));
        std::uint8_t* lines[2][2];
        for (Index k = 0; k < 4; ++k) lines[k / 2][k % 2] = chroma.data() + k * cols;
        for (Index r = begin; r < end; ++r) {
            for (Index k = 0; k < v; ++k) {
                const Index source = std::min(v * r + k, rows - 1);
                to_ycc(image.row(source), cols, y.row(source), lines[0][k], lines[1][k]);
                pad_row(y.row(source), cols, y.stride);
            }
            average_boxes(lines[0], v, h, cols, cb, r);
            average_boxes(lines[1], v, h, cols, cr, r);
        }
    });
    quantize(y, settings.tables[0], num_threads);
    quantize(cb, settings.tables[1], num_threads);
    quantize(cr, settings.tables[2], num_threads);
    for_row_ranges(rows, image.row_length(), num_threads, [&](Index begin, Index end) {
        std::vector<int> mixed(static_cast<std::size_t>(cb.cols));
        std::vector<std::uint8_t> chroma(static_cast<std::size_t>(2 * (cols + 1)));
        std::uint8_t* blue = chroma.data();
        std::uint8_t* red = blue + cols + 1;
        for (Index r = begin; r < end; ++r) {
            enlarge_row(cb, r, v, h, cols, mixed, blue);
            enlarge_row(cr, r, v, h, cols, mixed, red);
            to_rgb(y.row(r), blue, red, cols, result.row(r));
        }
    });
}

}  // namespace unsplice
