// The natural logarithm by operations that every processor rounds alike: those of C libraries
// differ in the last bit.
#pragma once

#include <bit>
#include <cstdint>

namespace unsplice {

// x = m 2^e with m from sqrt(1/2) to sqrt(2), t = (m - 1) / (m + 1): log x = e log 2 + 2 artanh t,
// by the terms of its series up to t^15: good to 1e-12. For normal x > 0.
inline double logarithm(double x) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    auto exponent = static_cast<std::int64_t>(bits >> 52) - 1022;
    double m = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3fe0000000000000u);
    if (m < 0.70710678118654752) {
        m = 2.0 * m;
        --exponent;
    }
    const double t = (m - 1.0) / (m + 1.0), s = t * t;
    double sum = 1.0 / 15.0;
    for (const double term :
         {1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0}) {
        sum = sum * s + term;
    }
    return static_cast<double>(exponent) * 0.69314718055994531 + 2.0 * t * sum;
}

}  // namespace unsplice
