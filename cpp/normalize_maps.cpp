#include "normalize_maps.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Whole numbers in the order of the floats whose bits they are; its own inverse.
UNSPLICE_INLINE std::int32_t ordered(std::int32_t bits) {
    return bits ^ ((bits >> 31) & 0x7fffffff);
}

// The upper and the lower halves of the keys, each in the order of signed numbers: twice as many
// fit a register, and few keys have the upper half of the median.
struct Keys {
    explicit Keys(std::size_t size) : high(size), low(size) {}

    std::vector<std::int16_t> high, low;
};

// Writes the keys of a row, and returns the largest magnitude as bits: above those of infinity
// only NaN has any.
UNSPLICE_VECTORIZED std::int32_t make_keys(const float* row, Index cols,
                                           std::int16_t* __restrict high,
                                           std::int16_t* __restrict low) {
    std::int32_t most = 0;
    for (Index c = 0; c < cols; ++c) {
        const auto bits = std::bit_cast<std::int32_t>(row[c]);
        const std::int32_t key = ordered(bits);
        high[c] = static_cast<std::int16_t>(key >> 16);
        low[c] = static_cast<std::int16_t>((key & 0xffff) - 0x8000);
        most = std::max(most, bits & 0x7fffffff);
    }
    return most;
}

constexpr Index most_counted = 0xffff;

// `count` fits a lane.
UNSPLICE_VECTORIZED std::uint16_t count_below(const std::int16_t* keys, Index count,
                                              std::int16_t limit) {
    std::uint16_t below = 0;
    for (Index i = 0; i < count; ++i) {
        below = static_cast<std::uint16_t>(below + (keys[i] < limit));
    }
    return below;
}

struct Selected {
    std::int16_t key;
    Index below;  // keys
};

// The largest number that has at most `place` keys below it: bit by bit, from the lowest on.
Selected select_key(const std::int16_t* keys, Index size, Index place) {
    Selected found{std::numeric_limits<std::int16_t>::min(), 0};
    for (std::int32_t bit = 1 << 15; bit != 0; bit >>= 1) {
        const auto limit = static_cast<std::int16_t>(found.key + bit);
        Index below = 0;
        for (Index first = 0; first < size; first += most_counted) {
            below += count_below(keys + first, std::min(size - first, most_counted), limit);
        }
        if (below <= place) found = {limit, below};
    }
    return found;
}

// The element of which `place` are smaller or equal and stand before it; `keys` is used up.
float element_at(Keys& keys, Index place) {
    const auto size = static_cast<Index>(keys.high.size());
    const Selected high = select_key(keys.high.data(), size, place);
    Index count = 0;  // of keys with that upper half, whose lower halves move to the front
    for (Index i = 0; i < size; ++i) {
        keys.low[static_cast<std::size_t>(count)] = keys.low[static_cast<std::size_t>(i)];
        count += keys.high[static_cast<std::size_t>(i)] == high.key;
    }
    const Selected low = select_key(keys.low.data(), count, place - high.below);
    const std::int32_t key = high.key * 0x10000 + (low.key + 0x8000);
    return std::bit_cast<float>(ordered(key)) + 0.0f;  // one of the two zeros
}

UNSPLICE_VECTORIZED void scale_row(const float* row, float center, float scale, float limit,
                                   Index cols, float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const float value = (row[c] - center) / scale;
        const float high = value < -limit ? -limit : value;
        result[c] = high > limit ? limit : high;
    }
}

}  // namespace

void normalize_maps(StackView<const float> maps, const MapScales& scales, StackView<float> result,
                    int num_threads) {
    constexpr std::int32_t infinite = 0x7f800000;
    constexpr Index passes = 32;
    const Index rows = maps.rows, cols = maps.cols;
    for_row_ranges(maps.count, passes * rows * cols, num_threads, [&](Index begin, Index end) {
        Keys keys(static_cast<std::size_t>(rows * cols));
        for (Index m = begin; m < end; ++m) {
            std::int32_t most = 0;
            for (Index r = 0; r < rows; ++r) {
                most = std::max(most,
                                make_keys(maps.image(m).row(r), cols, keys.high.data() + r * cols,
                                          keys.low.data() + r * cols));
            }
            const bool finite = most < infinite;
            const float center =
                finite && scales.centered[m] ? element_at(keys, (rows * cols - 1) / 2) : 0.0f;
            for (Index r = 0; r < rows; ++r) {
                float* target = result.image(m).row(r);
                if (finite) {
                    scale_row(maps.image(m).row(r), center, scales.scale[m], scales.limit, cols,
                              target);
                } else {
                    std::fill(target, target + cols, std::numeric_limits<float>::quiet_NaN());
                }
            }
        }
    });
}

}  // namespace unsplice
