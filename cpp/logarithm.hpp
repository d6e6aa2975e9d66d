// The natural logarithm by operations that every processor rounds alike: those of C libraries
// differ in the last bit.
#pragma once

#include <bit>
#include <cstdint>

#include "vectorized.hpp"

namespace unsplice {

// x = m 2^e with m from sqrt(1/2) to sqrt(2), t = (m - 1) / (m + 1): log x = e log 2 + 2 artanh t,
// by the terms of its series up to t^15: good to 1e-12. For normal x > 0. Without a branch or a
// loop, so that loops over it are vectorised.
UNSPLICE_INLINE double logarithm(double x) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto exponent = static_cast<std::int32_t>(bits >> 52) - 1022;
    const double half_to_1 =
        std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3fe0000000000000u);
    const bool low = half_to_1 < 0.70710678118654752;
    const double m = low ? 2.0 * half_to_1 : half_to_1;
    const double e = static_cast<double>(exponent) - (low ? 1.0 : 0.0);
    const double t = (m - 1.0) / (m + 1.0), s = t * t;
    double sum = s * (1.0 / 15.0) + 1.0 / 13.0;
    sum = sum * s + 1.0 / 11.0;
    sum = sum * s + 1.0 / 9.0;
    sum = sum * s + 1.0 / 7.0;
    sum = sum * s + 1.0 / 5.0;
    sum = sum * s + 1.0 / 3.0;
    sum = sum * s + 1.0;
    return e * 0.69314718055994531 + 2.0 * t * sum;
}

}  // namespace unsplice
