#include "haar_rows.hpp"

#include "vectorized.hpp"

namespace unsplice {
namespace {

template <class Pixel, class Number>
UNSPLICE_INLINE void transform(const Pixel* top, const Pixel* bottom, Index cols,
                               const HaarRow<Number>& result) {
    const auto number = [](auto value) { return static_cast<Number>(value); };
    Number *mean = result[approximation], *across = result[horizontal], *down = result[vertical],
           *cross = result[diagonal];
    const auto put = [&](Index i, Number a, Number b, Number c, Number d) {
        const Number upper = number(a + b), upper_step = number(a - b);
        const Number lower = number(c + d), lower_step = number(c - d);
        mean[i] = number(upper + lower);
        across[i] = number(upper - lower);
        down[i] = number(upper_step + lower_step);
        cross[i] = number(upper_step - lower_step);
    };
    const Index pairs = cols / 2;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < pairs; ++i) {
        put(i, top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1]);
    }
    if (cols % 2 != 0) {
        const Number upper = top[cols - 1], lower = bottom[cols - 1];
        put(pairs, upper, upper, lower, lower);
    }
}

template <class Pixel, class Number>
UNSPLICE_INLINE void residual(const Pixel* pixels, const ConstHaarRow<Number>& bands, bool lower,
                              Index cols, Number* result) {
    const auto number = [](auto value) { return static_cast<Number>(value); };
    const Number *mean = bands[approximation], *across = bands[horizontal], *down = bands[vertical],
                 *cross = bands[diagonal];
    const Number sign = lower ? -1 : 1;
    const Index pairs = cols / 2;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < pairs; ++i) {
        const Number level = number(mean[i] + number(sign * across[i]));
        const Number step = number(down[i] + number(sign * cross[i]));
        result[2 * i] = number(number(4 * pixels[2 * i]) - number(level + step));
        result[2 * i + 1] = number(number(4 * pixels[2 * i + 1]) - number(level - step));
    }
    if (cols % 2 != 0) {
        const Index i = pairs, last = cols - 1;
        const Number level = number(mean[i] + number(sign * across[i]));
        const Number step = number(down[i] + number(sign * cross[i]));
        result[last] = number(number(4 * pixels[last]) - number(level + step));
    }
}

template <class Number>
UNSPLICE_INLINE void quarter(const Number* quarters, Index cols, float* result) {
    for (Index c = 0; c < cols; ++c) result[c] = 0.25f * static_cast<float>(quarters[c]);
}

}  // namespace

UNSPLICE_VECTORIZED void haar_row(const std::uint8_t* top, const std::uint8_t* bottom, Index cols,
                                  const HaarRow<std::int16_t>& result) {
    transform(top, bottom, cols, result);
}
UNSPLICE_VECTORIZED void haar_row(const std::uint16_t* top, const std::uint16_t* bottom, Index cols,
                                  const HaarRow<std::int32_t>& result) {
    transform(top, bottom, cols, result);
}

UNSPLICE_VECTORIZED void haar_median(const MedianRow<std::int16_t>& rows, Index cols) {
    filter_rows(rows, cols);
}
UNSPLICE_VECTORIZED void haar_median(const MedianRow<std::int32_t>& rows, Index cols) {
    filter_rows(rows, cols);
}

UNSPLICE_VECTORIZED void haar_residual(const std::uint8_t* pixels,
                                       const ConstHaarRow<std::int16_t>& bands, bool lower,
                                       Index cols, std::int16_t* result) {
    residual(pixels, bands, lower, cols, result);
}
UNSPLICE_VECTORIZED void haar_residual(const std::uint16_t* pixels,
                                       const ConstHaarRow<std::int32_t>& bands, bool lower,
                                       Index cols, std::int32_t* result) {
    residual(pixels, bands, lower, cols, result);
}

UNSPLICE_VECTORIZED void quarter_row(const std::int16_t* quarters, Index cols, float* result) {
    quarter(quarters, cols, result);
}
UNSPLICE_VECTORIZED void quarter_row(const std::int32_t* quarters, Index cols, float* result) {
    quarter(quarters, cols, result);
}

}  // namespace unsplice
