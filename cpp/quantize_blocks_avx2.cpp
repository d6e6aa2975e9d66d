#include "integer_dct.hpp"
#include "quantize_blocks.hpp"
#include "vectorized.hpp"

#if UNSPLICE_CHOOSES_BY_PROCESSOR

#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("avx2")

namespace unsplice {
namespace {

using namespace integer_dct;

// Sixteen numbers of 16 bits, one of each block of a group.
using Lanes = __m256i;
// The same of 32 bits: those of the lower and upper halves of both halves of the register, as the
// instructions that widen and narrow have them.
struct WideLanes {
    Lanes low, high;
};

UNSPLICE_INLINE WideLanes sum(WideLanes a, WideLanes b) {
    return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}
UNSPLICE_INLINE WideLanes difference(WideLanes a, WideLanes b) {
    return {_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)};
}

// Two numbers of each block, side by side.
UNSPLICE_INLINE WideLanes paired(Lanes a, Lanes b) {
    return {_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)};
}

// a * factor_a + b * factor_b
template <int factor_a, int factor_b>
UNSPLICE_INLINE WideLanes combination(WideLanes pairs) {
    static_assert(-32768 <= factor_a && factor_a < 32768 && -32768 <= factor_b && factor_b < 32768);
    const Lanes factors = _mm256_set1_epi32(
        static_cast<int>(static_cast<unsigned>(factor_b) << 16 | (factor_a & 0xffff)));
    return {_mm256_madd_epi16(pairs.low, factors), _mm256_madd_epi16(pairs.high, factors)};
}

UNSPLICE_INLINE WideLanes plus(WideLanes a, int number) {
    const Lanes numbers = _mm256_set1_epi32(number);
    return sum(a, {numbers, numbers});
}

template <int bits>
UNSPLICE_INLINE Lanes shifted(WideLanes a) {
    return _mm256_packs_epi32(_mm256_srai_epi32(a.low, bits), _mm256_srai_epi32(a.high, bits));
}

struct WideHalfLine {
    WideLanes a, b, c, d;
};

// The flow graph multiplied out, which changes no bit: its sums are exact.
UNSPLICE_INLINE WideHalfLine odd_half(Lanes a, Lanes b, Lanes c, Lanes d) {
    constexpr int s = shared_odd;
    const WideLanes ab = paired(a, b), cd = paired(c, d);
    return {sum(combination<odd_1 - pair_17 + s - pair_15, s>(ab),
                combination<s - pair_15, s - pair_17>(cd)),
            sum(combination<s, odd_3 - pair_35 + s - pair_37>(ab),
                combination<s - pair_35, s - pair_37>(cd)),
            sum(combination<s - pair_15, s - pair_35>(ab),
                combination<odd_5 - pair_35 + s - pair_15, s>(cd)),
            sum(combination<s - pair_17, s - pair_37>(ab),
                combination<s, odd_7 - pair_17 + s - pair_37>(cd))};
}

UNSPLICE_INLINE Lanes add(Lanes a, Lanes b) { return _mm256_add_epi16(a, b); }
UNSPLICE_INLINE Lanes subtract(Lanes a, Lanes b) { return _mm256_sub_epi16(a, b); }

template <Pass pass>
UNSPLICE_INLINE Lanes whole(Lanes sum) {
    if constexpr (pass == Pass::first) return _mm256_slli_epi16(sum, kept_bits);
    return _mm256_srai_epi16(add(sum, _mm256_set1_epi16(1 << (kept_bits - 1))), kept_bits);
}

// Every `step`-th of eight numbers of each block.
template <Pass pass>
UNSPLICE_INLINE void forward_dct(Lanes* x, Index step) {
    constexpr int bits = forward_bits(pass), half = 1 << (bits - 1);
    const Lanes s0 = add(x[0], x[7 * step]), s1 = add(x[step], x[6 * step]);
    const Lanes s2 = add(x[2 * step], x[5 * step]), s3 = add(x[3 * step], x[4 * step]);
    const WideHalfLine odd =
        odd_half(subtract(x[0], x[7 * step]), subtract(x[step], x[6 * step]),
                 subtract(x[2 * step], x[5 * step]), subtract(x[3 * step], x[4 * step]));
    const Lanes outer = add(s0, s3), inner = add(s1, s2);
    const WideLanes even = paired(subtract(s0, s3), subtract(s1, s2));
    Lanes total = add(outer, inner);
    if constexpr (pass == Pass::first) total = subtract(total, _mm256_set1_epi16(8 * 128));
    x[0] = whole<pass>(total);
    x[step] = shifted<bits>(plus(odd.a, half));
    x[2 * step] = shifted<bits>(plus(combination<shared_even + even_2, shared_even>(even), half));
    x[3 * step] = shifted<bits>(plus(odd.b, half));
    x[4 * step] = whole<pass>(subtract(outer, inner));
    x[5 * step] = shifted<bits>(plus(odd.c, half));
    x[6 * step] = shifted<bits>(plus(combination<shared_even, shared_even - even_6>(even), half));
    x[7 * step] = shifted<bits>(plus(odd.d, half));
}

template <Pass pass>
UNSPLICE_INLINE void inverse_dct(Lanes* x, Index step) {
    constexpr int bits = inverse_bits(pass), one = 1 << fraction_bits;
    constexpr int half = (pass == Pass::first ? 0 : 128 << bits) + (1 << (bits - 1));
    const WideLanes ends = paired(x[0], x[4 * step]), even = paired(x[2 * step], x[6 * step]);
    const WideLanes far = combination<shared_even + even_2, shared_even>(even);
    const WideLanes near = combination<shared_even, shared_even - even_6>(even);
    const WideLanes total = plus(combination<one, one>(ends), half);
    const WideLanes rest = plus(combination<one, -one>(ends), half);
    const WideLanes s0 = sum(total, far), s1 = sum(rest, near);
    const WideLanes s2 = difference(rest, near), s3 = difference(total, far);
    const WideHalfLine odd = odd_half(x[step], x[3 * step], x[5 * step], x[7 * step]);
    x[0] = shifted<bits>(sum(s0, odd.a)), x[7 * step] = shifted<bits>(difference(s0, odd.a));
    x[step] = shifted<bits>(sum(s1, odd.b)), x[6 * step] = shifted<bits>(difference(s1, odd.b));
    x[2 * step] = shifted<bits>(sum(s2, odd.c)), x[5 * step] = shifted<bits>(difference(s2, odd.c));
    x[3 * step] = shifted<bits>(sum(s3, odd.d)), x[4 * step] = shifted<bits>(difference(s3, odd.d));
}

UNSPLICE_INLINE Lanes load(const void* from) {
    return _mm256_loadu_si256(static_cast<const Lanes*>(from));
}

UNSPLICE_INLINE void store(Lanes x, std::uint8_t* to) {
    _mm256_storeu_si256(reinterpret_cast<Lanes*>(to), x);
}

// A row of sixteen blocks, eight samples each, to x[sample]. Samples go in pairs of 16 bits, four a
// block and sixteen a register: transposed, each register holds one pair of every block. The blocks
// come in the order of the instructions, which store_row undoes.
UNSPLICE_INLINE void load_row(const std::uint8_t* row, Lanes* x) {
    const Lanes a = load(row), b = load(row + 32), c = load(row + 64), d = load(row + 96);
    const Lanes ab0 = _mm256_unpacklo_epi16(a, b), ab1 = _mm256_unpackhi_epi16(a, b);
    const Lanes cd0 = _mm256_unpacklo_epi16(c, d), cd1 = _mm256_unpackhi_epi16(c, d);
    const Lanes p01_0 = _mm256_unpacklo_epi32(ab0, cd0), p23_0 = _mm256_unpackhi_epi32(ab0, cd0);
    const Lanes p01_1 = _mm256_unpacklo_epi32(ab1, cd1), p23_1 = _mm256_unpackhi_epi32(ab1, cd1);
    const Lanes pairs[4] = {
        _mm256_unpacklo_epi64(p01_0, p01_1), _mm256_unpackhi_epi64(p01_0, p01_1),
        _mm256_unpacklo_epi64(p23_0, p23_1), _mm256_unpackhi_epi64(p23_0, p23_1)};
    for (int p = 0; p < 4; ++p) {
        x[2 * p] = _mm256_and_si256(pairs[p], _mm256_set1_epi16(255));
        x[2 * p + 1] = _mm256_srli_epi16(pairs[p], 8);
    }
}

// The way back, clipped to 0..255.
UNSPLICE_INLINE void store_row(const Lanes* x, std::uint8_t* row) {
    const Lanes in_turn = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15));
    Lanes pairs[4];
    for (int p = 0; p < 4; ++p) {
        pairs[p] = _mm256_shuffle_epi8(_mm256_packus_epi16(x[2 * p], x[2 * p + 1]), in_turn);
    }
    const Lanes p01_0 = _mm256_unpacklo_epi16(pairs[0], pairs[1]);
    const Lanes p01_1 = _mm256_unpackhi_epi16(pairs[0], pairs[1]);
    const Lanes p23_0 = _mm256_unpacklo_epi16(pairs[2], pairs[3]);
    const Lanes p23_1 = _mm256_unpackhi_epi16(pairs[2], pairs[3]);
    const Lanes ab0 = _mm256_unpacklo_epi32(p01_0, p23_0);
    const Lanes cd0 = _mm256_unpackhi_epi32(p01_0, p23_0);
    const Lanes ab1 = _mm256_unpacklo_epi32(p01_1, p23_1);
    const Lanes cd1 = _mm256_unpackhi_epi32(p01_1, p23_1);
    store(_mm256_unpacklo_epi64(ab0, ab1), row);
    store(_mm256_unpackhi_epi64(ab0, ab1), row + 32);
    store(_mm256_unpacklo_epi64(cd0, cd1), row + 64);
    store(_mm256_unpackhi_epi64(cd0, cd1), row + 96);
}

UNSPLICE_INLINE Lanes quantized(Lanes x, const Quantizers& quantizers, Index k) {
    const Lanes shifted = _mm256_add_epi16(_mm256_abs_epi16(x), load(quantizers.halves[k]));
    const Lanes scaled = _mm256_mulhi_epu16(shifted, load(quantizers.reciprocals[k]));
    const Lanes level = _mm256_mulhi_epu16(scaled, load(quantizers.scales[k]));
    return _mm256_sign_epi16(_mm256_mullo_epi16(level, load(quantizers.steps[k])), x);
}

}  // namespace

void quantize_blocks_avx2(std::uint8_t* samples, Index stride, const Quantizers& quantizers) {
    Lanes x[64];
    for (Index y = 0; y < 8; ++y) {
        load_row(samples + y * stride, x + 8 * y);
        forward_dct<Pass::first>(x + 8 * y, 1);
    }
    for (Index k = 0; k < 8; ++k) {
        forward_dct<Pass::second>(x + k, 8);
        for (Index y = k; y < 64; y += 8) x[y] = quantized(x[y], quantizers, y);
        // Of zeros, which high frequencies often are, the inverse is zeros.
        Lanes any = x[k];
        for (Index y = k + 8; y < 64; y += 8) any = _mm256_or_si256(any, x[y]);
        if (!_mm256_testz_si256(any, any)) inverse_dct<Pass::first>(x + k, 8);
    }
    for (Index y = 0; y < 8; ++y) {
        inverse_dct<Pass::second>(x + 8 * y, 1);
        store_row(x + 8 * y, samples + y * stride);
    }
}

}  // namespace unsplice

#pragma GCC pop_options

#endif
