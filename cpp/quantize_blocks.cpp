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

// With c(k) = cos(k pi / 16), the factors of the flow graph by Loeffler, Ligtenberg and Moschytz
// in its form with the fewest multiplications in a row. A rotation by three products shares one.
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

// The odd half of the transform, which is its own inverse but for the order: of x(n) - x(7 - n),
// n = 0 to 3, coefficients 1, 3, 5, 7, and of these coefficients half the differences.
struct Four {
    Number a, b, c, d;
};
UNSPLICE_INLINE Four odd_part(Four x) {
    const Number shared = (x.a + x.b + x.c + x.d) * shared_odd;
    const Number outer = (x.a + x.d) * pair_17, inner = (x.b + x.c) * pair_35;
    const Number first = shared - (x.a + x.c) * pair_15, second = shared - (x.b + x.d) * pair_37;
    return {x.a * odd_1 - outer + first, x.b * odd_3 - inner + second, x.c * odd_5 - inner + first,
            x.d * odd_7 - outer + second};
}

// Right shift that rounds to nearest, halves up.
template <int bits>
UNSPLICE_INLINE Number descale(Number x) {
    return (x + (1 << (bits - 1))) >> bits;
}

enum class Pass { first, second };

template <Pass pass>
UNSPLICE_INLINE void forward_dct(Number* x, Index step) {
    constexpr int bits =
        pass == Pass::first ? fraction_bits - kept_bits : fraction_bits + kept_bits;
    const auto whole = [](Number sum) {
        return pass == Pass::first ? sum << kept_bits : descale<kept_bits>(sum);
    };
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < lanes; ++i) {
        const auto at = [&](Index n) -> Number& { return x[n * step + i]; };
        const Number x0 = at(0), x1 = at(1), x2 = at(2), x3 = at(3);
        const Number x4 = at(4), x5 = at(5), x6 = at(6), x7 = at(7);
        const Number s0 = x0 + x7, s1 = x1 + x6, s2 = x2 + x5, s3 = x3 + x4;
        const Number far = s0 - s3, near = s1 - s2;
        const Number shared = (far + near) * shared_even;
        const Four odd = odd_part({x0 - x7, x1 - x6, x2 - x5, x3 - x4});
        at(0) = whole(s0 + s3 + s1 + s2);
        at(1) = descale<bits>(odd.a);
        at(2) = descale<bits>(shared + far * even_2);
        at(3) = descale<bits>(odd.b);
        at(4) = whole(s0 + s3 - s1 - s2);
        at(5) = descale<bits>(odd.c);
        at(6) = descale<bits>(shared - near * even_6);
        at(7) = descale<bits>(odd.d);
    }
}

template <Pass pass>
UNSPLICE_INLINE void inverse_dct(Number* x, Index step) {
    // Each pass of both transforms leaves a factor of sqrt(8): 3 bits in all.
    constexpr int bits =
        pass == Pass::first ? fraction_bits - kept_bits : fraction_bits + kept_bits + 3;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < lanes; ++i) {
        const auto at = [&](Index n) -> Number& { return x[n * step + i]; };
        const Number x0 = at(0) << fraction_bits, x4 = at(4) << fraction_bits;
        const Number x2 = at(2), x6 = at(6);
        const Number shared = (x2 + x6) * shared_even;
        const Number far = shared + x2 * even_2, near = shared - x6 * even_6;
        const Number s0 = x0 + x4 + far, s3 = x0 + x4 - far;
        const Number s1 = x0 - x4 + near, s2 = x0 - x4 - near;
        const Four odd = odd_part({at(1), at(3), at(5), at(7)});
        at(0) = descale<bits>(s0 + odd.a);
        at(7) = descale<bits>(s0 - odd.a);
        at(1) = descale<bits>(s1 + odd.b);
        at(6) = descale<bits>(s1 - odd.b);
        at(2) = descale<bits>(s2 + odd.c);
        at(5) = descale<bits>(s2 - odd.c);
        at(3) = descale<bits>(s3 + odd.d);
        at(4) = descale<bits>(s3 - odd.d);
    }
}

UNSPLICE_INLINE void quantize(Number* x, const Quantizer& q) {
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < lanes; ++i) {
        const Number sign = x[i] >> 31;
        const Number magnitude = (x[i] ^ sign) - sign;
        const Number level = ((magnitude + q.half) * q.factor) >> q.shift;
        x[i] = ((level ^ sign) - sign) * q.step;
    }
}

// Interleaves the halves of 64 bytes. Three times, an array [8][8] is turned.
UNSPLICE_INLINE void interleave(const std::uint8_t* x, std::uint8_t* __restrict result) {
    for (Index i = 0; i < 32; ++i) {
        result[2 * i] = x[i];
        result[2 * i + 1] = x[32 + i];
    }
}

UNSPLICE_INLINE void turn(const std::uint8_t* x, std::uint8_t* __restrict result) {
    std::uint8_t a[64], b[64];
    interleave(x, a);
    interleave(a, b);
    interleave(b, result);
}

}  // namespace

Quantizers make_quantizers(const QuantizationTable& table) {
    // No |x| + half reaches 2^14: 64 samples of at most 128, and 4 times a step. With 2^(n - 1) < d
    // <= 2^n and factor = 2^(14 + n) / d rounded up, the product exceeds 2^(14 + n) times the
    // quotient by less than 2^14 / d, too little to reach the next whole number.
    Quantizers result;
    for (std::size_t k = 0; k < table.size(); ++k) {
        const int divisor = 8 * table[k];
        const int shift = 14 + std::bit_width(static_cast<unsigned>(divisor - 1));
        result[k] = {table[k], divisor / 2, ((1 << shift) + divisor - 1) / divisor, shift};
    }
    return result;
}

UNSPLICE_VECTORIZED void quantize_blocks(std::uint8_t* strip, Index stride, Index cols,
                                         const Quantizers& quantizers) {
    static_assert(block_group == block * lanes);
    for (Index c = 0; c < cols; c += block_group) {
        Blocks x;
        std::uint8_t turned[block_group];
        for (Index y = 0; y < block; ++y) {
            Number* row = x + y * along_columns;
            turn(strip + y * stride + c, turned);
            for (Index i = 0; i < block_group; ++i) row[i] = turned[i] - 128;
            forward_dct<Pass::first>(row, along_rows);
        }
        for (Index k = 0; k < block; ++k) {
            Number* column = x + k * along_rows;
            forward_dct<Pass::second>(column, along_columns);
            for (Index y = 0; y < block; ++y) {
                quantize(column + y * along_columns,
                         quantizers[static_cast<std::size_t>(y * block + k)]);
            }
            inverse_dct<Pass::first>(column, along_columns);
        }
        for (Index y = 0; y < block; ++y) {
            Number* row = x + y * along_columns;
            inverse_dct<Pass::second>(row, along_rows);
            for (Index i = 0; i < block_group; ++i) {
                const Number sample = row[i] + 128;
                turned[i] = static_cast<std::uint8_t>(sample < 0 ? 0 : sample > 255 ? 255 : sample);
            }
            turn(turned, strip + y * stride + c);
        }
    }
}

}  // namespace unsplice
