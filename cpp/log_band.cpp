#include "log_band.hpp"

#include "vectorized.hpp"

namespace unsplice {
namespace {

// A `Sum` holds 8 times an exact value: no sum of fewer summands is wider. Results are the sums
// themselves, wider numbers, or clipped to 0..255.
template <class Sum, bool clipped, class Value, class Result>
UNSPLICE_INLINE void filter_band(const Value* before, const Value* after, Index cols,
                                 Result* target, Index target_stride) {
    constexpr Index rows = log_band_rows + 2 * log_radius;
    const auto sum = [](auto value) { return static_cast<Sum>(value); };
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        Sum here[rows], beside[rows], wide[rows], binomial[rows];
        Result results[log_band_rows];
        for (Index i = 0; i < rows; ++i) {
            const Value* row = i < log_band_rows ? before + i * log_band_stride
                                                 : after + (i - log_band_rows) * log_band_stride;
            row += c;
            here[i] = sum(row[2]);
            if (0 < i && i < rows - 1) {
                beside[i] = sum(sum(row[1]) + sum(row[3]));
                binomial[i] = sum(beside[i] + sum(here[i] + here[i]));
            }
            if (1 < i && i < rows - 2) wide[i] = sum(sum(row[0]) + sum(row[4]));
        }
        for (Index r = 0; r < log_band_rows; ++r) {
            const Index i = r + log_radius;
            const Sum far = sum(sum(here[i - 2] + here[i + 2]) + wide[i]);
            const Sum near = sum(beside[i] + beside[i]);
            const Sum beyond = sum(binomial[i - 1] + binomial[i + 1]);
            if constexpr (clipped) {
                const Sum value = sum(sum(sum(16 * here[i]) - near) - sum(far + beyond));
                const Sum low = value < 0 ? Sum{0} : value;
                results[r] = static_cast<Result>(low < 255 ? low : Sum{255});
            } else if constexpr (sizeof(Result) > sizeof(Sum)) {
                results[r] = 16 * static_cast<Result>(here[i]) -
                             static_cast<Result>(sum(near + far)) - static_cast<Result>(beyond);
            } else {
                results[r] = sum(sum(sum(16 * here[i]) - near) - sum(far + beyond));
            }
        }
        // All at the end: a compiler that sees a row stored loads the others again.
        for (Index r = 0; r < log_band_rows; ++r) target[r * target_stride + c] = results[r];
    }
}

template <class Pixel, class Value>
UNSPLICE_INLINE void convert(const Pixel* row, Index cols, Value* target) {
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) target[c] = row[c];
}

}  // namespace

UNSPLICE_VECTORIZED void log_band(const std::int16_t* before, const std::int16_t* after, Index cols,
                                  std::int16_t* target, Index target_stride) {
    filter_band<std::int16_t, false>(before, after, cols, target, target_stride);
}
UNSPLICE_VECTORIZED void log_band(const std::int16_t* before, const std::int16_t* after, Index cols,
                                  std::int32_t* target, Index target_stride) {
    filter_band<std::int16_t, false>(before, after, cols, target, target_stride);
}
UNSPLICE_VECTORIZED void log_band(const std::int32_t* before, const std::int32_t* after, Index cols,
                                  std::int32_t* target, Index target_stride) {
    filter_band<std::int32_t, false>(before, after, cols, target, target_stride);
}
UNSPLICE_VECTORIZED void log_band(const float* before, const float* after, Index cols,
                                  float* target, Index target_stride) {
    filter_band<float, false>(before, after, cols, target, target_stride);
}
UNSPLICE_VECTORIZED void log_band(const std::uint16_t* before, const std::uint16_t* after,
                                  Index cols, std::uint16_t* target, Index target_stride) {
    filter_band<std::int16_t, true>(before, after, cols, target, target_stride);
}
UNSPLICE_VECTORIZED void log_band(const std::uint16_t* before, const std::uint16_t* after,
                                  Index cols, std::uint8_t* target, Index target_stride) {
    filter_band<std::int16_t, true>(before, after, cols, target, target_stride);
}

UNSPLICE_VECTORIZED void take_columns(const std::uint8_t* row, Index cols, std::int16_t* target) {
    convert(row, cols, target);
}
UNSPLICE_VECTORIZED void take_columns(const std::uint8_t* row, Index cols, std::uint16_t* target) {
    convert(row, cols, target);
}
UNSPLICE_VECTORIZED void take_columns(const std::uint16_t* row, Index cols, std::int32_t* target) {
    convert(row, cols, target);
}
void take_columns(const float* row, Index cols, float* target) { std::copy_n(row, cols, target); }

}  // namespace unsplice
