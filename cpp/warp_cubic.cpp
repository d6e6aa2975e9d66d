#include "warp_cubic.hpp"

#include <algorithm>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr int steps = 256;     // between two pixels
constexpr int unit = 1 << 14;  // a weight of 1

template <class Weight>
struct Weights {
    Weight of[steps][4];
};

// A weight times 2^26 is a whole number: d is t/256, and the polynomials have quarters.
constexpr std::int64_t near_weight(std::int64_t t) {
    return 5 * t * t * t - 9 * steps * t * t + 4LL * steps * steps * steps;
}

constexpr std::int64_t far_weight(std::int64_t t) {
    return -3 *
           (t * t * t - 5 * steps * t * t + 8LL * steps * steps * t - 4LL * steps * steps * steps);
}

template <class Weight>
constexpr Weights<Weight> make_weights(Weight scale) {
    Weights<Weight> found{};
    for (std::int64_t t = 0; t < steps; ++t) {
        const std::int64_t exact[4] = {far_weight(steps + t), near_weight(t),
                                       near_weight(steps - t), far_weight(2 * steps - t)};
        std::int32_t rounded[4] = {}, sum = 0;
        int largest = 0;
        for (int k = 0; k < 4; ++k) {
            rounded[k] = static_cast<std::int32_t>((exact[k] + (1 << 11)) >> 12);
            sum += rounded[k];
            if (rounded[k] > rounded[largest]) largest = k;
        }
        rounded[largest] += unit - sum;
        for (int k = 0; k < 4; ++k) found.of[t][k] = scale * static_cast<Weight>(rounded[k]);
    }
    return found;
}

constexpr Weights<std::int32_t> whole_weights = make_weights<std::int32_t>(1);
constexpr Weights<float> float_weights = make_weights<float>(1.0f / unit);

// The first of the four pixels along one axis, and the place between the middle two.
struct Place {
    Index first;
    Index fraction;
};

UNSPLICE_INLINE Place place_of(double at, double size) {
    const double above = at > -2.0 ? at : -2.0;
    const double within = above < size + 1.0 ? above : size + 1.0;
    const std::int64_t whole = static_cast<std::int64_t>(within * steps + 512.5) - 512;
    return {static_cast<Index>(whole >> 8) - 1, static_cast<Index>(whole & (steps - 1))};
}

// Four numbers of a column.
UNSPLICE_INLINE std::int32_t mix_down(const std::uint8_t* const rows[4], const std::int32_t* down,
                                      Index j) {
    const std::int32_t sum =
        down[0] * rows[0][j] + down[1] * rows[1][j] + down[2] * rows[2][j] + down[3] * rows[3][j];
    return (sum + 64) >> 7;
}

UNSPLICE_INLINE float mix_down(const float* const rows[4], const float* down, Index j) {
    return down[0] * rows[0][j] + down[1] * rows[1][j] + down[2] * rows[2][j] +
           down[3] * rows[3][j];
}

// What became of four columns.
UNSPLICE_INLINE void mix_across(const std::int32_t* columns, const std::int32_t* across,
                                std::uint8_t* target) {
    for (int c = 0; c < 3; ++c) {
        const std::int32_t sum = across[0] * columns[c] + across[1] * columns[3 + c] +
                                 across[2] * columns[6 + c] + across[3] * columns[9 + c];
        target[c] = static_cast<std::uint8_t>(std::clamp((sum + (1 << 20)) >> 21, 0, 255));
    }
}

UNSPLICE_INLINE void mix_across(const float* columns, const float* across, float* target) {
    *target = across[0] * columns[0] + across[1] * columns[1] + across[2] * columns[2] +
              across[3] * columns[3];
}

template <Index channels, class Pixel, class Weight>
UNSPLICE_INLINE void warp_row(ImageView<const Pixel> image, const AffineMap& map, Index r,
                              const Weights<Weight>& weights, Index cols,
                              Pixel* __restrict target) {
    const auto row = static_cast<double>(r);
    const double x_of_row = map[1] * row + map[2], y_of_row = map[4] * row + map[5];
    const auto width = static_cast<double>(image.cols), height = static_cast<double>(image.rows);
    for (Index c = 0; c < cols; ++c) {
        const auto col = static_cast<double>(c);
        const Place x = place_of(map[0] * col + x_of_row, width);
        const Place y = place_of(map[3] * col + y_of_row, height);
        const Pixel* rows[4];
        Pixel gathered[4][4 * channels];
        if (x.first >= 0 && y.first >= 0 && x.first + 4 <= image.cols &&
            y.first + 4 <= image.rows) {
            for (Index k = 0; k < 4; ++k) rows[k] = image.row(y.first + k) + channels * x.first;
        } else {
            for (Index k = 0; k < 4; ++k) {
                const Pixel* source = image.row(std::clamp<Index>(y.first + k, 0, image.rows - 1));
                for (Index j = 0; j < 4; ++j) {
                    const Index at = std::clamp<Index>(x.first + j, 0, image.cols - 1);
                    for (Index i = 0; i < channels; ++i) {
                        gathered[k][channels * j + i] = source[channels * at + i];
                    }
                }
                rows[k] = gathered[k];
            }
        }
        Weight columns[4 * channels];
        for (Index j = 0; j < 4 * channels; ++j) {
            columns[j] = mix_down(rows, weights.of[y.fraction], j);
        }
        mix_across(columns, weights.of[x.fraction], target + channels * c);
    }
}

UNSPLICE_VECTORIZED void warp_row_rgb(ImageView<const std::uint8_t> image, const AffineMap& map,
                                      Index r, Index cols, std::uint8_t* __restrict target) {
    warp_row<3>(image, map, r, whole_weights, cols, target);
}

UNSPLICE_VECTORIZED void warp_row_float(ImageView<const float> image, const AffineMap& map, Index r,
                                        Index cols, float* __restrict target) {
    warp_row<1>(image, map, r, float_weights, cols, target);
}

// A map that only scales and shifts takes the same rows for a whole row of the result: they are
// mixed once, where any place needs them, and continued by the outermost pixels beyond the edge.
bool is_straight(const AffineMap& map) { return map[1] == 0.0 && map[3] == 0.0; }

template <class Pixel, class Weight>
UNSPLICE_INLINE void mix_row(const Pixel* const rows[4], const Weight* down, Index length,
                             Weight* __restrict mixed) {
    for (Index j = 0; j < length; ++j) mixed[j] = mix_down(rows, down, j);
}

template <Index channels, class Pixel, class Weight>
UNSPLICE_INLINE void take_row(const Weight* mixed, const Place* places,
                              const Weights<Weight>& weights, Index cols,
                              Pixel* __restrict target) {
    for (Index c = 0; c < cols; ++c) {
        mix_across(mixed + channels * places[c].first, weights.of[places[c].fraction],
                   target + channels * c);
    }
}

UNSPLICE_VECTORIZED void mix_bytes(const std::uint8_t* const rows[4], const std::int32_t* down,
                                   Index length, std::int32_t* __restrict mixed) {
    mix_row(rows, down, length, mixed);
}

UNSPLICE_VECTORIZED void mix_floats(const float* const rows[4], const float* down, Index length,
                                    float* __restrict mixed) {
    mix_row(rows, down, length, mixed);
}

UNSPLICE_VECTORIZED void take_rgb(const std::int32_t* mixed, const Place* places, Index cols,
                                  std::uint8_t* __restrict target) {
    take_row<3>(mixed, places, whole_weights, cols, target);
}

UNSPLICE_VECTORIZED void take_floats(const float* mixed, const Place* places, Index cols,
                                     float* __restrict target) {
    take_row<1>(mixed, places, float_weights, cols, target);
}

template <Index channels, class Pixel, class Weight, class Mix, class Take>
void warp_straight(ImageView<const Pixel> image, const AffineMap& map, ImageView<Pixel> result,
                   Index begin, Index end, const Weights<Weight>& weights, Mix mix, Take take) {
    std::vector<Place> places(static_cast<std::size_t>(result.cols));
    Index low = image.cols - 1, high = 1;  // the columns that are needed, one of the picture too
    for (Index c = 0; c < result.cols; ++c) {
        const double x = map[0] * static_cast<double>(c) + map[2];
        const Place place = place_of(x, static_cast<double>(image.cols));
        places[static_cast<std::size_t>(c)] = place;
        low = std::min(low, place.first);
        high = std::max(high, place.first + 4);
    }
    for (Place& place : places) place.first -= low;
    const Index inner = std::max<Index>(low, 0), outer = std::min(high, image.cols);
    const Index before = channels * (inner - low), length = channels * (outer - inner);
    std::vector<Weight> mixed(static_cast<std::size_t>(channels * (high - low)));
    for (Index r = begin; r < end; ++r) {
        const Place y =
            place_of(map[4] * static_cast<double>(r) + map[5], static_cast<double>(image.rows));
        const Pixel* rows[4];
        for (Index k = 0; k < 4; ++k) {
            const Index row = std::clamp<Index>(y.first + k, 0, image.rows - 1);
            rows[k] = image.row(row) + channels * inner;
        }
        Weight* within = mixed.data() + before;
        mix(rows, weights.of[y.fraction], length, within);
        for (Index j = 1; j <= before; ++j) within[-j] = within[-j + channels];
        for (Index j = length; j < channels * (high - inner); ++j) within[j] = within[j - channels];
        take(mixed.data(), places.data(), result.cols, result.row(r));
    }
}

constexpr Index work = 16;  // of a pixel, in what a thread is measured by

}  // namespace

void warp_cubic(ImageView<const std::uint8_t> image, const AffineMap& map,
                ImageView<std::uint8_t> result, int num_threads) {
    if (result.rows == 0 || result.cols == 0) return;  // the other may be very large
    for_row_ranges(result.rows, work * result.cols, num_threads, [&](Index begin, Index end) {
        if (is_straight(map)) {
            warp_straight<3>(image, map, result, begin, end, whole_weights, mix_bytes, take_rgb);
            return;
        }
        for (Index r = begin; r < end; ++r) warp_row_rgb(image, map, r, result.cols, result.row(r));
    });
}

void warp_cubic(ImageView<const float> image, const AffineMap& map, ImageView<float> result,
                int num_threads) {
    if (result.rows == 0 || result.cols == 0) return;  // the other may be very large
    for_row_ranges(result.rows, work * result.cols, num_threads, [&](Index begin, Index end) {
        if (is_straight(map)) {
            warp_straight<1>(image, map, result, begin, end, float_weights, mix_floats,
                             take_floats);
            return;
        }
        for (Index r = begin; r < end; ++r) {
            warp_row_float(image, map, r, result.cols, result.row(r));
        }
    });
}

}  // namespace unsplice
