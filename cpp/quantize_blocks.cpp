#include "quantize_blocks.hpp"

#include <bit>

#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index block = 8;
constexpr Index lanes = 8;  // blocks that are transformed together
using Number = std::int32_t;

// [row][column][block]: neighbours in memory belong to different blocks, so that the transforms
// along the rows are as easily vectorised as those along the columns, and nothing is transposed.
using Blocks = Number[block * block * lanes];

constexpr Index along_rows = lanes, along_columns = block * lanes;

constexpr int fraction_bits = 13;
constexpr int kept_bits = 2;  // of fraction, from the first pass of a transform to the second

constexpr Number fixed(double x) { return static_cast<Number>(x * (1 << fraction_bits) + 0.5); }

// The factors of the flow graph by Loeffler, Ligtenberg and Moschytz in its variant with twelve
// multiplications, no two of them in a row; c(k) = cos(k pi / 16).
//
// No sum leaves 32 bits: a block less 128 has a norm of at most 8 * 128, and what quantisation adds
// to its coefficients one of at most 8 * 255 / 2, so that the norm of a line between the passes of
// the inverse is below 2044 and its numbers, which carry a factor of 4 sqrt(8), are below 2^15.
constexpr Number shared_even = fixed(0.541196100);  // sqrt(2) c6
constexpr Number even_2 = fixed(0.765366865);       // sqrt(2) (c2 - c6)
constexpr Number even_6 = fixed(1.847759065);       // sqrt(2) (c2 + c6)
constexpr Number shared_odd = fixed(1.175875602);   // sqrt(2) c3
constexpr Number odd_1 = fixed(1.501321110);        // sqrt(2) (c1 + c3 - c5 - c7)
constexpr Number odd_3 = fixed(3.072711026);        // sqrt(2) (c1 + c3 + c5 - c7)
constexpr Number odd_5 = fixed(2.053119869);        // sqrt(2) (c1 + c3 - c5 + c7)
constexpr Number odd_7 = fixed(0.298631336);        // sqrt(2) (-c1 + c3 + c5 - c7)
constexpr Number pair_17 = fixed(0.899976223);      // sqrt(2) (c3 - c7)
constexpr Number pair_35 = fixed(2.562915447);      // sqrt(2) (c1 + c3)
constexpr Number pair_37 = fixed(1.961570560);      // sqrt(2) (c3 + c5)
constexpr Number pair_15 = fixed(0.390180644);      // sqrt(2) (c3 - c5)

// Of one line of a block: samples 0 to 7, or coefficients 0 to 7.
struct Line {
    Number x0, x1, x2, x3, x4, x5, x6, x7;
};
struct HalfLine {
    Number a, b, c, d;
};

// The odd half of the transform: coefficients 1, 3, 5, 7 of x(n) - x(7 - n), n = 0 to 3. It is its
// own inverse: half the differences of these coefficients.
UNSPLICE_INLINE HalfLine odd_half(HalfLine x, Number rounding) {
    const Number shared = (x.a + x.b + x.c + x.d) * shared_odd + rounding;
    const Number outer = (x.a + x.d) * pair_17, inner = (x.b + x.c) * pair_35;
    const Number first = shared - (x.a + x.c) * pair_15, second = shared - (x.b + x.d) * pair_37;
    return {x.a * odd_1 - outer + first, x.b * odd_3 - inner + second, x.c * odd_5 - inner + first,
            x.d * odd_7 - outer + second};
}

enum class Pass { first, second };

// The first pass takes 128 from every sample, which only their sum notices. The products have
// `bits` of fraction more than the result, which is rounded to nearest, halves up: half a unit is
// added where a sum starts that several results share.
template <Pass pass>
UNSPLICE_INLINE Line forward_dct(const Line& x) {
    constexpr int bits =
        pass == Pass::first ? fraction_bits - kept_bits : fraction_bits + kept_bits;
    constexpr Number half = 1 << (bits - 1);
    const auto whole = [](Number sum) {
        return pass == Pass::first ? sum << kept_bits : (sum + 2) >> kept_bits;
    };
    constexpr Number offset = pass == Pass::first ? 8 * 128 : 0;
    const Number s0 = x.x0 + x.x7, s1 = x.x1 + x.x6, s2 = x.x2 + x.x5, s3 = x.x3 + x.x4;
    const Number far = s0 - s3, near = s1 - s2;
    const Number shared = (far + near) * shared_even + half;
    const HalfLine odd = odd_half({x.x0 - x.x7, x.x1 - x.x6, x.x2 - x.x5, x.x3 - x.x4}, half);
    return {whole(s0 + s3 + (s1 + s2) - offset), odd.a >> bits,
            (shared + far * even_2) >> bits,     odd.b >> bits,
            whole(s0 + s3 - (s1 + s2)),          odd.c >> bits,
            (shared - near * even_6) >> bits,    odd.d >> bits};
}

template <Pass pass>
UNSPLICE_INLINE Line inverse_dct(const Line& x) {
    // The forward transforms have left a factor of 8, and these leave another. The last pass adds
    // the 128 that were taken from the samples.
    constexpr int bits =
        pass == Pass::first ? fraction_bits - kept_bits : fraction_bits + kept_bits + 3;
    constexpr Number half = (pass == Pass::first ? 0 : 128 << bits) + (1 << (bits - 1));
    const Number shared = (x.x2 + x.x6) * shared_even;
    const Number far = shared + x.x2 * even_2, near = shared - x.x6 * even_6;
    const Number sum = ((x.x0 + x.x4) << fraction_bits) + half;
    const Number rest = ((x.x0 - x.x4) << fraction_bits) + half;
    const Number s0 = sum + far, s1 = rest + near, s2 = rest - near, s3 = sum - far;
    const HalfLine odd = odd_half({x.x1, x.x3, x.x5, x.x7}, 0);
    return {(s0 + odd.a) >> bits, (s1 + odd.b) >> bits, (s2 + odd.c) >> bits, (s3 + odd.d) >> bits,
            (s3 - odd.d) >> bits, (s2 - odd.c) >> bits, (s1 - odd.b) >> bits, (s0 - odd.a) >> bits};
}

UNSPLICE_INLINE Line load(const Number* x, Index step) {
    return {x[0],        x[step],     x[2 * step], x[3 * step],
            x[4 * step], x[5 * step], x[6 * step], x[7 * step]};
}

UNSPLICE_INLINE void store(const Line& line, Number* x, Index step) {
    x[0] = line.x0, x[step] = line.x1, x[2 * step] = line.x2, x[3 * step] = line.x3;
    x[4 * step] = line.x4, x[5 * step] = line.x5, x[6 * step] = line.x6, x[7 * step] = line.x7;
}

// For a magnitude that is not negative.
UNSPLICE_INLINE float with_sign_of(float x, float magnitude) {
    const std::uint32_t sign = std::bit_cast<std::uint32_t>(x) & 0x80000000u;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
}

// Samples 0 to 3 and 4 to 7 of a row of a block lie in two words of memory.
constexpr int byte_shift(int n) {
    return 8 * (std::endian::native == std::endian::little ? n % 4 : 3 - n % 4);
}

UNSPLICE_INLINE Line unpacked(std::uint32_t first, std::uint32_t second) {
    const auto at = [](std::uint32_t word, int n) {
        return static_cast<Number>((word >> byte_shift(n)) & 255);
    };
    return {at(first, 0),  at(first, 1),  at(first, 2),  at(first, 3),
            at(second, 4), at(second, 5), at(second, 6), at(second, 7)};
}

UNSPLICE_INLINE std::uint32_t packed(Number a, Number b, Number c, Number d) {
    const auto byte = [](Number x, int n) {
        return static_cast<std::uint32_t>(x < 0 ? 0 : x > 255 ? 255 : x) << byte_shift(n);
    };
    return byte(a, 0) | byte(b, 1) | byte(c, 2) | byte(d, 3);
}

}  // namespace

Quantizers::Quantizers(const QuantizationTable& table) {
    for (std::size_t k = 0; k < 64; ++k) {
        Steps& steps = columns[k % 8];
        const float divisor = 8.0f * table[k];
        for (std::size_t i = 0; i < lanes; ++i) {
            steps.offset[k / 8][i] = divisor / 2 + 0.5f;
            steps.reciprocal[k / 8][i] = 1 / divisor;
            steps.step[k / 8][i] = table[k];
        }
    }
}

UNSPLICE_VECTORIZED void quantize_blocks(std::uint32_t* strip, Index stride, Index words_in_row,
                                         const Quantizers& quantizers) {
    static_assert(4 * word_group == block * lanes);
    for (Index c = 0; c < words_in_row; c += word_group) {
        Blocks x;
        for (Index y = 0; y < block; ++y) {
            Number* row = x + y * along_columns;
            const std::uint32_t* words = strip + y * stride + c;
            UNSPLICE_INDEPENDENT
            for (Index i = 0; i < lanes; ++i) {
                const Line samples = unpacked(words[2 * i], words[2 * i + 1]);
                store(forward_dct<Pass::first>(samples), row + i, along_rows);
            }
        }
        for (Index k = 0; k < block; ++k) {
            Number* column = x + k * along_rows;
            const Quantizers::Steps& steps = quantizers.columns[static_cast<std::size_t>(k)];
            UNSPLICE_INDEPENDENT
            for (Index i = 0; i < lanes; ++i) {
                // Every number below is exact but the reciprocal and the product with it, which is
                // off by less than 2^-22 of itself; and no n + 1/2 divided by a divisor, n < 2^14,
                // lies that near to a whole number.
                const auto quantized = [&](int j, Number coefficient) {
                    const float value = static_cast<float>(coefficient);
                    const float shifted = value + with_sign_of(value, steps.offset[j][i]);
                    return static_cast<Number>(shifted * steps.reciprocal[j][i]) * steps.step[j][i];
                };
                Line line = forward_dct<Pass::second>(load(column + i, along_columns));
                line = {quantized(0, line.x0), quantized(1, line.x1), quantized(2, line.x2),
                        quantized(3, line.x3), quantized(4, line.x4), quantized(5, line.x5),
                        quantized(6, line.x6), quantized(7, line.x7)};
                store(inverse_dct<Pass::first>(line), column + i, along_columns);
            }
        }
        for (Index y = 0; y < block; ++y) {
            const Number* row = x + y * along_columns;
            std::uint32_t* words = strip + y * stride + c;
            UNSPLICE_INDEPENDENT
            for (Index i = 0; i < lanes; ++i) {
                const Line line = inverse_dct<Pass::second>(load(row + i, along_rows));
                words[2 * i] = packed(line.x0, line.x1, line.x2, line.x3);
                words[2 * i + 1] = packed(line.x4, line.x5, line.x6, line.x7);
            }
        }
    }
}

}  // namespace unsplice
