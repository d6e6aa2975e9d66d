// The numbers of the integer DCT, forward and inverse, that quantize_blocks has in two forms.
#pragma once

#include <cstdint>

namespace unsplice::integer_dct {

constexpr int fraction_bits = 13;
constexpr int kept_bits = 2;  // of fraction, from the first pass of a transform to the second

constexpr std::int32_t fixed(double x) {
    return static_cast<std::int32_t>(x * (1 << fraction_bits) + 0.5);
}

// The factors of the flow graph by Loeffler, Ligtenberg and Moschytz in its variant with twelve
// multiplications, no two of them in a row; c(k) = cos(k pi / 16).
//
// No sum leaves 32 bits: a block less 128 has a norm of at most 8 * 128, and what quantisation adds
// to its coefficients one of at most 8 * 255 / 2, so that the norm of a line between the passes of
// the inverse is below 2044 and its numbers, which carry a factor of 4 sqrt(8), are below 2^15.
constexpr std::int32_t shared_even = fixed(0.541196100);  // sqrt(2) c6
constexpr std::int32_t even_2 = fixed(0.765366865);       // sqrt(2) (c2 - c6)
constexpr std::int32_t even_6 = fixed(1.847759065);       // sqrt(2) (c2 + c6)
constexpr std::int32_t shared_odd = fixed(1.175875602);   // sqrt(2) c3
constexpr std::int32_t odd_1 = fixed(1.501321110);        // sqrt(2) (c1 + c3 - c5 - c7)
constexpr std::int32_t odd_3 = fixed(3.072711026);        // sqrt(2) (c1 + c3 + c5 - c7)
constexpr std::int32_t odd_5 = fixed(2.053119869);        // sqrt(2) (c1 + c3 - c5 + c7)
constexpr std::int32_t odd_7 = fixed(0.298631336);        // sqrt(2) (-c1 + c3 + c5 - c7)
constexpr std::int32_t pair_17 = fixed(0.899976223);      // sqrt(2) (c3 - c7)
constexpr std::int32_t pair_35 = fixed(2.562915447);      // sqrt(2) (c1 + c3)
constexpr std::int32_t pair_37 = fixed(1.961570560);      // sqrt(2) (c3 + c5)
constexpr std::int32_t pair_15 = fixed(0.390180644);      // sqrt(2) (c3 - c5)

enum class Pass { first, second };

// Of fraction that the products have more than the result, which is rounded to nearest, halves up.
constexpr int forward_bits(Pass pass) {
    return pass == Pass::first ? fraction_bits - kept_bits : fraction_bits + kept_bits;
}
// The forward transforms have left a factor of 8, and the inverse ones leave another.
constexpr int inverse_bits(Pass pass) {
    return pass == Pass::first ? fraction_bits - kept_bits : fraction_bits + kept_bits + 3;
}

}  // namespace unsplice::integer_dct
