#include "quantize_blocks.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "instruction_set.hpp"
#include "integer_dct.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

using namespace integer_dct;

constexpr Index block = 8;
constexpr Index lanes = 8;  // blocks that are transformed together
using Number = std::int32_t;

// [row][column][block]: neighbours in memory belong to different blocks, so that the transforms
// along the rows are as easily vectorised as those along the columns, and nothing is transposed.
using Blocks = Number[block * block * lanes];

constexpr Index along_rows = lanes, along_columns = block * lanes;

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

// The first pass takes 128 from every sample, which only their sum notices. Half a unit is added
// where a sum starts that several results share.
template <Pass pass>
UNSPLICE_INLINE Line forward_dct(const Line& x) {
    constexpr int bits = forward_bits(pass);
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
    // The last pass adds the 128 that were taken from the samples.
    constexpr int bits = inverse_bits(pass);
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

// The definition, and what runs where there are no registers for the other form.
void quantize_blocks_plainly(std::uint8_t* samples, Index stride, const Quantizers& quantizers) {
    static_assert(group_cols % (block * lanes) == 0);
    for (Index c = 0; c < group_cols; c += block * lanes) {
        Blocks x;
        std::uint32_t words[2 * lanes];
        for (Index y = 0; y < block; ++y) {
            Number* row = x + y * along_columns;
            std::memcpy(words, samples + y * stride + c, sizeof(words));
            UNSPLICE_INDEPENDENT
            for (Index i = 0; i < lanes; ++i) {
                const Line line = unpacked(words[2 * i], words[2 * i + 1]);
                store(forward_dct<Pass::first>(line), row + i, along_rows);
            }
        }
        for (Index k = 0; k < block; ++k) {
            Number* column = x + k * along_rows;
            UNSPLICE_INDEPENDENT
            for (Index i = 0; i < lanes; ++i) {
                const auto quantized = [&](int j, Number coefficient) {
                    const Index at = block * j + k;
                    const Number shifted = std::abs(coefficient) + quantizers.halves[at][i];
                    const Number scaled = shifted * quantizers.reciprocals[at][i] >> 16;
                    const Number level = scaled * quantizers.scales[at][i] >> 16;
                    const Number magnitude = level * quantizers.steps[at][i];
                    return coefficient < 0 ? -magnitude : magnitude;
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
            UNSPLICE_INDEPENDENT
            for (Index i = 0; i < lanes; ++i) {
                const Line line = inverse_dct<Pass::second>(load(row + i, along_rows));
                words[2 * i] = packed(line.x0, line.x1, line.x2, line.x3);
                words[2 * i + 1] = packed(line.x4, line.x5, line.x6, line.x7);
            }
            std::memcpy(samples + y * stride + c, words, sizeof(words));
        }
    }
}

}  // namespace

Quantizers::Quantizers(const QuantizationTable& table) {
    const auto fill = [](std::uint16_t (&lanes)[group_blocks], unsigned value) {
        std::fill(std::begin(lanes), std::end(lanes), static_cast<std::uint16_t>(value));
    };
    for (std::size_t k = 0; k < 64; ++k) {
        const unsigned step = table[k], divisor = 8 * step;
        const int bits = std::bit_width(divisor - 1);
        fill(halves[k], divisor / 2);
        fill(reciprocals[k], ((1u << (15 + bits)) + divisor - 1) / divisor);
        fill(scales[k], 1u << (17 - bits));
        fill(steps[k], step);
    }
}

void quantize_blocks(std::uint8_t* samples, Index stride, const Quantizers& quantizers) {
#if UNSPLICE_CHOOSES_BY_PROCESSOR
    if (has_avx2()) return quantize_blocks_avx2(samples, stride, quantizers);
#endif
    quantize_blocks_plainly(samples, stride, quantizers);
}

}  // namespace unsplice
