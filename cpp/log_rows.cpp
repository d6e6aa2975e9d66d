#include "log_rows.hpp"

#include "vectorized.hpp"

namespace unsplice {
namespace {

template <class Number>
UNSPLICE_INLINE Number clip(Number value, Number low, Number high) {
    value = value < low ? low : value;
    return high < value ? high : value;
}

// The order of the sums is part of the definition: with floats another order gives other bits.
// Every sum is a `Number`, so that vectors are as short as they can be.
template <class Number, class Value, class Result>
UNSPLICE_INLINE void apply_log(const typename RowStream<Value>::Neighborhood& around, Index cols,
                               Result* result) {
    const Value *top = around.rows[0], *above = around.rows[1], *here = around.rows[2],
                *below = around.rows[3], *bottom = around.rows[4];
    const auto number = [](auto value) { return static_cast<Number>(value); };
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        const Number near = number(number(above[c] + below[c]) + number(here[c - 1] + here[c + 1]));
        const Number far = number(number(top[c] + bottom[c]) + number(here[c - 2] + here[c + 2]));
        const Number corners =
            number(number(above[c - 1] + above[c + 1]) + number(below[c - 1] + below[c + 1]));
        const Number sum =
            number(number(number(16 * number(here[c])) - number(2 * near)) - number(far + corners));
        if constexpr (sizeof(Result) < sizeof(Number)) {
            result[c] = static_cast<Result>(clip<Number>(sum, 0, 255));
        } else {
            result[c] = sum;
        }
    }
}

}  // namespace

UNSPLICE_VECTORIZED void log_row(const RowStream<std::uint8_t>::Neighborhood& around, Index cols,
                                 std::int16_t* result) {
    apply_log<std::int16_t, std::uint8_t>(around, cols, result);
}
UNSPLICE_VECTORIZED void log_row(const RowStream<std::int16_t>::Neighborhood& around, Index cols,
                                 std::int32_t* result) {
    apply_log<std::int32_t, std::int16_t>(around, cols, result);
}
UNSPLICE_VECTORIZED void log_row(const RowStream<std::int32_t>::Neighborhood& around, Index cols,
                                 std::int32_t* result) {
    apply_log<std::int32_t, std::int32_t>(around, cols, result);
}
UNSPLICE_VECTORIZED void log_row(const RowStream<float>::Neighborhood& around, Index cols,
                                 float* result) {
    apply_log<float, float>(around, cols, result);
}
UNSPLICE_VECTORIZED void log_row(const RowStream<std::uint8_t>::Neighborhood& around, Index cols,
                                 std::uint8_t* result) {
    apply_log<std::int16_t, std::uint8_t>(around, cols, result);
}

}  // namespace unsplice
