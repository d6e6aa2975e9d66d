#include "log_rows.hpp"

#include "vectorized.hpp"

namespace unsplice {
namespace {

// Columns that are filtered at a time.
constexpr Index block = 256;

template <class Number>
UNSPLICE_INLINE Number clip(Number value, Number low, Number high) {
    value = value < low ? low : value;
    return high < value ? high : value;
}

// For integers, whose sums may be taken in any order: with near(c) = the four neighbors of pixel c,
// near(c - 1) + 2 near(c) + near(c + 1) has every -1 and -2 of the kernel but those two rows away,
// and the pixel itself twice more.
//
// Every sum is a `Number`, so that vectors are as short as they can be. None exceeds 18 times
// the largest value of the pass before, which is 881 million where log_cascade has most passes.
template <class Number, class Value, class Result>
UNSPLICE_INLINE void apply_log(const typename RowStream<Value>::Neighborhood& around, Index cols,
                               Result* result) {
    const auto number = [](auto value) { return static_cast<Number>(value); };
    alignas(64) Number sums[32 + block + 32];
    Number* near = sums + 32;
    for (Index begin = 0; begin < cols; begin += block) {
        const Value *top = around.rows[0] + begin, *above = around.rows[1] + begin,
                    *here = around.rows[2] + begin, *below = around.rows[3] + begin,
                    *bottom = around.rows[4] + begin;
        const Index count = std::min(block, cols - begin);
        const auto add_near = [&](Index c) {
            near[c] = number(number(above[c] + below[c]) + number(here[c - 1] + here[c + 1]));
        };
        add_near(-1);
        UNSPLICE_INDEPENDENT
        for (Index c = 0; c < count; ++c) add_near(c);
        add_near(count);
        Result* target = result + begin;
        UNSPLICE_INDEPENDENT
        for (Index c = 0; c < count; ++c) {
            const Number ring = number(number(2 * near[c]) + number(near[c - 1] + near[c + 1]));
            const Number negative = number(ring + number(top[c] + bottom[c]));
            const Number sum = number(number(18 * number(here[c])) - negative);
            if constexpr (sizeof(Result) < sizeof(Number)) {
                target[c] = static_cast<Result>(clip<Number>(sum, 0, 255));
            } else {
                target[c] = sum;
            }
        }
    }
}

// The order of the sums is part of the definition: with floats another order gives other bits.
UNSPLICE_INLINE void apply_log_in_order(const RowStream<float>::Neighborhood& around, Index cols,
                                        float* result) {
    const float *top = around.rows[0], *above = around.rows[1], *here = around.rows[2],
                *below = around.rows[3], *bottom = around.rows[4];
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        const float near = (above[c] + below[c]) + (here[c - 1] + here[c + 1]);
        const float far = (top[c] + bottom[c]) + (here[c - 2] + here[c + 2]);
        const float corners = (above[c - 1] + above[c + 1]) + (below[c - 1] + below[c + 1]);
        result[c] = (16 * here[c] - 2 * near) - (far + corners);
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
    apply_log_in_order(around, cols, result);
}
UNSPLICE_VECTORIZED void log_row(const RowStream<std::uint8_t>::Neighborhood& around, Index cols,
                                 std::uint8_t* result) {
    apply_log<std::int16_t, std::uint8_t>(around, cols, result);
}

}  // namespace unsplice
