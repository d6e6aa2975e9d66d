#include "color_rows.hpp"
#include "vectorized.hpp"

#if UNSPLICE_CHOOSES_BY_PROCESSOR

#include <immintrin.h>

#include <algorithm>

#pragma GCC push_options
#pragma GCC target("avx2")

namespace unsplice {
namespace {

using Register = __m256i;

// Two runs of 16 bytes.
UNSPLICE_INLINE Register load_two(const std::uint8_t* first, const std::uint8_t* second) {
    return _mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(second),
                               reinterpret_cast<const __m128i*>(first));
}

// Of sixteen pixels, each pair as one number of 16 bits.
struct Pairs {
    Register red_green, blue_green;
};

// Four pixels are in 12 bytes; the last four come from the end of 16, so that nothing beyond the
// sixteen pixels is read.
UNSPLICE_INLINE Pairs load_pairs(const std::uint8_t* rgb) {
    const Register order = _mm256_setr_epi8(0, 1, 3, 4, 6, 7, 9, 10, 2, 1, 5, 4, 8, 7, 11, 10,  //
                                            0, 1, 3, 4, 6, 7, 9, 10, 2, 1, 5, 4, 8, 7, 11, 10);
    const Register later = _mm256_setr_epi8(0, 1, 3, 4, 6, 7, 9, 10, 2, 1, 5, 4, 8, 7, 11, 10,  //
                                            4, 5, 7, 8, 10, 11, 13, 14, 6, 5, 9, 8, 12, 11, 15, 14);
    const Register even = _mm256_shuffle_epi8(load_two(rgb, rgb + 24), order);
    const Register odd = _mm256_shuffle_epi8(load_two(rgb + 12, rgb + 32), later);
    return {_mm256_unpacklo_epi64(even, odd), _mm256_unpackhi_epi64(even, odd)};
}

// first * factor + second * other_factor; no sum below leaves 16 bits, in which it would saturate.
template <int factor, int other_factor>
UNSPLICE_INLINE Register combination(Register pairs) {
    static_assert(-128 <= factor && factor < 128 && -128 <= other_factor && other_factor < 128);
    return _mm256_maddubs_epi16(
        pairs, _mm256_set1_epi16(static_cast<short>(other_factor * 256 + (factor & 255))));
}

UNSPLICE_INLINE Register add(Register a, Register b) { return _mm256_add_epi16(a, b); }
UNSPLICE_INLINE Register subtract(Register a, Register b) { return _mm256_sub_epi16(a, b); }
UNSPLICE_INLINE Register plus(Register a, int number) {
    return add(a, _mm256_set1_epi16(static_cast<short>(number)));
}

// (256 high + low + 256 constant) >> 16, for a result in 0..255 before the low bits are cut.
UNSPLICE_INLINE Register joined(Register high, Register low, int constant) {
    return _mm256_srli_epi16(plus(add(high, _mm256_srai_epi16(low, 8)), constant), 8);
}

// The bytes of 32 numbers in order.
UNSPLICE_INLINE Register narrowed(Register first, Register second) {
    return _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0b11011000);
}

UNSPLICE_INLINE void store(Register x, std::uint8_t* to) {
    _mm256_storeu_si256(reinterpret_cast<Register*>(to), x);
}

// Of sixteen pixels.
struct Ycc {
    Register y, cb, cr;
};

UNSPLICE_INLINE Ycc to_ycc(const std::uint8_t* rgb) {
    const auto [rg, bg] = load_pairs(rgb);
    return {
        // 19595 = 256 * 77 - 117, 38470 = 256 * (51 + 99) + 35 + 35, 7471 = 256 * 29 + 47
        joined(add(combination<77, 51>(rg), combination<29, 99>(bg)),
               add(combination<-117, 35>(rg), combination<47, 35>(bg)), 128),
        // 11059 = 256 * 43 + 51, 21709 = 256 * 85 - 51; 32768 = 256 * 128, which only fits with a
        // minus. The constants are 2^23 + 2^15 - 1 = 256 * (2^15 + 127) + 255.
        joined(subtract(combination<-43, -85>(rg), combination<-128, 0>(bg)),
               plus(combination<-51, 51>(rg), 255), 32768 + 127),
        // 27439 = 256 * 107 + 47, 5329 = 256 * 21 - 47
        joined(subtract(combination<-21, 0>(bg), combination<-128, 107>(rg)),
               plus(combination<47, -47>(bg), 255), 32768 + 127)};
}

// Of sixteen pixels.
struct Colors {
    Register red, green, blue;
};

UNSPLICE_INLINE Register load_widened(const std::uint8_t* from) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}

UNSPLICE_INLINE Colors to_rgb(const std::uint8_t* y, const std::uint8_t* cb,
                              const std::uint8_t* cr) {
    const Register luma = load_widened(y), wide_b = load_widened(cb), wide_r = load_widened(cr);
    const Register b = plus(wide_b, -128), r = plus(wide_r, -128);
    // 91881 = 2^16 + 26345, 116130 = 2 * 2^16 - 14942. These factors are half as large; that of the
    // first is no whole number, but for |r| <= 128 this one gives the same.
    const Register r_part = _mm256_mulhrs_epi16(r, _mm256_set1_epi16(13173));
    const Register b_part = _mm256_mulhrs_epi16(b, _mm256_set1_epi16(-7471));
    // -22554 = -(256 * 88 + 26), -46802 = -2^16 + 256 * 73 + 46; the constant is one half and what
    // the 128 make that are not subtracted here.
    const Register pairs = _mm256_or_si256(wide_b, _mm256_slli_epi16(wide_r, 8));
    const Register low = combination<-26, 46>(pairs), high = combination<-88, 73>(pairs);
    constexpr int constant = 128 + 128 * (88 - 73) + 128 * (26 - 46) / 256;
    const Register g_part =
        _mm256_srai_epi16(plus(add(high, _mm256_srai_epi16(low, 8)), constant), 8);
    return {add(add(luma, r), r_part), add(subtract(luma, r), g_part),
            add(add(luma, add(b, b)), b_part)};
}

// Byte j of each half from `first`, `second`, `third`, `first`, ... in turn.
UNSPLICE_INLINE Register in_turn(Register first, Register second, Register third) {
    const Register two = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0));
    const Register three = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0, 0, -1, 0));
    return _mm256_blendv_epi8(_mm256_blendv_epi8(first, second, two), third, three);
}

// Puts the distances of 16 bytes from those of `rgb`, and of 16 that lie 16 pixels on.
UNSPLICE_INLINE void store_distances(Register x, const std::uint8_t* rgb, std::uint8_t* result) {
    const Register image = load_two(rgb, rgb + 48);
    const Register distances =
        _mm256_or_si256(_mm256_subs_epu8(image, x), _mm256_subs_epu8(x, image));
    _mm256_storeu2_m128i(reinterpret_cast<__m128i*>(result + 48),
                         reinterpret_cast<__m128i*>(result), distances);
}

}  // namespace

void rgb_to_ycc_avx2(const std::uint8_t* rgb, Index cols, std::uint8_t* y, std::uint8_t* cb,
                     std::uint8_t* cr) {
    for (Index next = 0; next < cols; next += 32) {
        const Index c = std::min(next, cols - 32);  // the last ones overlap those before
        const Ycc first = to_ycc(rgb + 3 * c), second = to_ycc(rgb + 3 * c + 48);
        store(narrowed(first.y, second.y), y + c);
        store(narrowed(first.cb, second.cb), cb + c);
        store(narrowed(first.cr, second.cr), cr + c);
    }
}

void color_distances_avx2(const std::uint8_t* rgb, const std::uint8_t* y, const std::uint8_t* cb,
                          const std::uint8_t* cr, Index cols, std::uint8_t* result) {
    // Where in 16 bytes of each channel those are that 48 bytes of RGB have at the same place
    // modulo 16.
    const Register of_red = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5));
    const Register of_green = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10));
    const Register of_blue = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(10, 5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15));
    for (Index next = 0; next < cols; next += 32) {
        const Index c = std::min(next, cols - 32);
        const Colors first = to_rgb(y + c, cb + c, cr + c);
        const Colors second = to_rgb(y + c + 16, cb + c + 16, cr + c + 16);
        const Register r = _mm256_shuffle_epi8(narrowed(first.red, second.red), of_red);
        const Register g = _mm256_shuffle_epi8(narrowed(first.green, second.green), of_green);
        const Register b = _mm256_shuffle_epi8(narrowed(first.blue, second.blue), of_blue);
        const std::uint8_t* image = rgb + 3 * c;
        std::uint8_t* target = result + 3 * c;
        store_distances(in_turn(r, g, b), image, target);
        store_distances(in_turn(g, b, r), image + 16, target + 16);
        store_distances(in_turn(b, r, g), image + 32, target + 32);
    }
}

}  // namespace unsplice

#pragma GCC pop_options

#endif
