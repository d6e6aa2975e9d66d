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

// Writes the keys of a row, and returns the largest magnitude as bits: above those of infinity
// only NaN has any.
UNSPLICE_VECTORIZED std::int32_t make_keys(const float* row, Index cols,
                                           std::int32_t* __restrict keys) {
    std::int32_t most = 0;
    for (Index c = 0; c < cols; ++c) {
        const auto bits = std::bit_cast<std::int32_t>(row[c]);
        keys[c] = ordered(bits);
        most = std::max(most, bits & 0x7fffffff);
    }
    return most;
}

// `count` fits a lane.
UNSPLICE_VECTORIZED std::int32_t count_below(const std::int32_t* keys, std::int32_t count,
                                             std::int32_t limit) {
    std::int32_t below = 0;
    for (std::int32_t i = 0; i < count; ++i) below += keys[i] < limit;
    return below;
}

// The largest number that has at most `middle` keys below it.
float element_at(const std::vector<std::int32_t>& keys, Index middle) {
    constexpr Index most_counted = Index{1} << 30;
    const auto size = static_cast<Index>(keys.size());
    std::uint32_t found = 0;  // from the lowest key on
    for (std::uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        const auto limit = static_cast<std::int32_t>((found | bit) ^ (1u << 31));
        Index below = 0;
        for (Index first = 0; first < size; first += most_counted) {
            const Index count = std::min(size - first, most_counted);
            below += count_below(keys.data() + first, static_cast<std::int32_t>(count), limit);
        }
        if (below <= middle) found |= bit;
    }
    const float element =
        std::bit_cast<float>(ordered(static_cast<std::int32_t>(found ^ (1u << 31))));
    return element + 0.0f;  // one of the two zeros
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
        std::vector<std::int32_t> keys(static_cast<std::size_t>(rows * cols));
        for (Index m = begin; m < end; ++m) {
            std::int32_t most = 0;
            for (Index r = 0; r < rows; ++r) {
                most =
                    std::max(most, make_keys(maps.image(m).row(r), cols, keys.data() + r * cols));
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
