#include "neighborhood_threshold.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "aligned_array.hpp"
#include "instruction_set.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Columns that are done at a time, so that their flags stay in the L1 cache.
constexpr Index block_cols = 512;

constexpr Index whole_lines(Index elements) {
    return (elements + cache_line - 1) / cache_line * cache_line;
}

// Three rows that take turns, each within whole lines of the cache and with a margin of one pixel.
template <class Pixel>
class KeptRows {
 public:
    KeptRows(Index cols, Index channels)
        : margin_(whole_lines(channels)),
          stride_(margin_ + whole_lines(cols * channels) + margin_),
          pixels_(3 * stride_) {}

    Pixel* row(Index r) { return pixels_.data() + r % 3 * stride_ + margin_; }

 private:
    Index margin_, stride_;
    AlignedArray<Pixel> pixels_;
};

// 5 * 255 = 1275 fits 16 bits and 5 * 65535 fits 32: a sum cannot wrap.
template <class Pixel>
struct SumOf;
template <>
struct SumOf<std::uint8_t> {
    using Type = std::uint16_t;
};
template <>
struct SumOf<std::uint16_t> {
    using Type = std::uint32_t;
};

// A pixel above the limit decides alone, so it may be cut at limit + 1. Up to this limit five such
// pixels fit their own type: twice as many at a time.
template <class Pixel>
constexpr Index highest_low_limit = std::numeric_limits<Pixel>::max() / 5 - 1;

template <class Pixel>
UNSPLICE_INLINE void cut(const Pixel* pixels, Pixel most, Index count, Pixel* __restrict result) {
    for (Index i = 0; i < count; ++i) result[i] = std::min(pixels[i], most);
}

template <class Pixel>
UNSPLICE_INLINE void cut_difference(const Pixel* first, const Pixel* second, Pixel most,
                                    Index count, Pixel* __restrict result) {
    for (Index i = 0; i < count; ++i) {
        const Pixel a = first[i], b = second[i];
        result[i] = std::min(static_cast<Pixel>(std::max(a, b) - std::min(a, b)), most);
    }
}

// flags[i] = 255 where the sum of five is within the limit.
template <class Sum, class Pixel>
UNSPLICE_INLINE void flag(const Pixel* above, const Pixel* here, const Pixel* below, Index channels,
                          Index count, Sum limit, std::uint8_t* __restrict flags) {
    const Pixel* left = here - channels;
    const Pixel* right = here + channels;
    for (Index i = 0; i < count; ++i) {
        const Sum sum = static_cast<Sum>(above[i] + below[i] + here[i] + left[i] + right[i]);
        flags[i] = sum <= limit ? 255 : 0;
    }
}

// One function a type, because only a plain function can be compiled for several instruction sets.
UNSPLICE_VECTORIZED_TO_V4 void cut_row(const std::uint8_t* pixels, std::uint8_t most, Index count,
                                       std::uint8_t* __restrict result) {
    cut(pixels, most, count, result);
}
UNSPLICE_VECTORIZED_TO_V4 void cut_row(const std::uint16_t* pixels, std::uint16_t most, Index count,
                                       std::uint16_t* __restrict result) {
    cut(pixels, most, count, result);
}
UNSPLICE_VECTORIZED_TO_V4 void cut_difference_row(const std::uint8_t* first,
                                                  const std::uint8_t* second, std::uint8_t most,
                                                  Index count, std::uint8_t* __restrict result) {
    cut_difference(first, second, most, count, result);
}
UNSPLICE_VECTORIZED_TO_V4 void cut_difference_row(const std::uint16_t* first,
                                                  const std::uint16_t* second, std::uint16_t most,
                                                  Index count, std::uint16_t* __restrict result) {
    cut_difference(first, second, most, count, result);
}
UNSPLICE_VECTORIZED_TO_V4 void flag_low(const std::uint8_t* above, const std::uint8_t* here,
                                        const std::uint8_t* below, Index channels, Index count,
                                        std::uint8_t limit, std::uint8_t* __restrict flags) {
    flag(above, here, below, channels, count, limit, flags);
}
UNSPLICE_VECTORIZED_TO_V4 void flag_low(const std::uint16_t* above, const std::uint16_t* here,
                                        const std::uint16_t* below, Index channels, Index count,
                                        std::uint16_t limit, std::uint8_t* __restrict flags) {
    flag(above, here, below, channels, count, limit, flags);
}
UNSPLICE_VECTORIZED_TO_V4 void flag_any(const std::uint8_t* above, const std::uint8_t* here,
                                        const std::uint8_t* below, Index channels, Index count,
                                        std::uint16_t limit, std::uint8_t* __restrict flags) {
    flag(above, here, below, channels, count, limit, flags);
}
UNSPLICE_VECTORIZED_TO_V4 void flag_any(const std::uint16_t* above, const std::uint16_t* here,
                                        const std::uint16_t* below, Index channels, Index count,
                                        std::uint32_t limit, std::uint8_t* __restrict flags) {
    flag(above, here, below, channels, count, limit, flags);
}

void any_of_three_plainly(const std::uint8_t* flags, Index cols, std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = static_cast<std::uint8_t>(flags[3 * c] | flags[3 * c + 1] | flags[3 * c + 2]);
    }
}

#if UNSPLICE_CHOOSES_BY_PROCESSOR

using Bytes = std::uint8_t __attribute__((vector_size(16)));

UNSPLICE_INLINE Bytes load(const std::uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return bytes;
}

// Byte j from `first`, `second`, `third`, `first`, ... in turn.
UNSPLICE_INLINE Bytes in_turn(Bytes first, Bytes second, Bytes third) {
    constexpr Bytes two = {0, 17, 2, 3, 20, 5, 6, 23, 8, 9, 26, 11, 12, 29, 14, 15};
    constexpr Bytes three = {0, 1, 18, 3, 4, 21, 6, 7, 24, 9, 10, 27, 12, 13, 30, 15};
    return __builtin_shuffle(__builtin_shuffle(first, second, two), third, three);
}

// The same for 16 columns and more where 16 bytes are shuffled in one instruction. Of three times
// 16 bytes, byte i is channel i % 3 of pixel i / 3. Those of one channel lie at different places
// modulo 16, so two choices bring them together; then they are put in order. The last 16 columns
// overlap those before.
UNSPLICE_VECTORIZED void any_of_three_by_shuffles(const std::uint8_t* flags, Index cols,
                                                  std::uint8_t* result) {
    constexpr Bytes of_red = {0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13};
    constexpr Bytes of_green = {1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14};
    constexpr Bytes of_blue = {2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15};
    for (Index next = 0; next < cols; next += 16) {
        const Index c = std::min(next, cols - 16);
        const std::uint8_t* from = flags + 3 * c;
        const Bytes x = load(from), y = load(from + 16), z = load(from + 32);
        const Bytes any = __builtin_shuffle(in_turn(x, z, y), of_red) |
                          __builtin_shuffle(in_turn(y, x, z), of_green) |
                          __builtin_shuffle(in_turn(z, y, x), of_blue);
        std::memcpy(result + c, &any, sizeof(any));
    }
}

#endif

void any_of_three(const std::uint8_t* flags, Index cols, std::uint8_t* result) {
#if UNSPLICE_CHOOSES_BY_PROCESSOR
    if (cols >= 16 && has_avx2()) return any_of_three_by_shuffles(flags, cols, result);
#endif
    any_of_three_plainly(flags, cols, result);
}

void any_channel(const std::uint8_t* flags, Index channels, Index cols, std::uint8_t* result) {
    if (channels == 1) {
        std::memcpy(result, flags, static_cast<std::size_t>(cols));
    } else if (channels == 3) {
        any_of_three(flags, cols, result);
    } else {
        for (Index c = 0; c < cols; ++c) {
            std::uint8_t any = 0;
            for (Index k = 0; k < channels; ++k) any |= flags[c * channels + k];
            result[c] = any;
        }
    }
}

// `get_row(r, most, target)` writes row r of the picture, cut at `most`.
template <class Pixel, class GetRow>
void threshold_sums(const GetRow& get_row, Index channels, std::int64_t wide_limit,
                    ImageView<std::uint8_t> result, int num_threads) {
    using Sum = typename SumOf<Pixel>::Type;
    const Index rows = result.rows, cols = result.cols, row_length = cols * channels;
    if (rows < 3 || cols < 3 || wide_limit < 0) {  // no interior, or no sum small enough
        for (Index r = 0; r < rows; ++r) {
            std::memset(result.row(r), 0, static_cast<std::size_t>(cols));
        }
        return;
    }
    const Sum limit =
        static_cast<Sum>(std::min<std::int64_t>(wide_limit, std::numeric_limits<Sum>::max()));
    const bool low = wide_limit <= highest_low_limit<Pixel>;
    const Pixel most = low ? static_cast<Pixel>(limit + 1) : std::numeric_limits<Pixel>::max();

    for_row_ranges(rows - 2, row_length, num_threads, [&](Index begin, Index end) {
        AlignedArray<std::uint8_t> flags(whole_lines(std::min(block_cols, cols) * channels));
        KeptRows<Pixel> kept(cols, channels);
        for (Index r = begin; r < begin + 2; ++r) get_row(r, most, kept.row(r));
        for (Index r = begin + 1; r < end + 1; ++r) {
            get_row(r + 1, most, kept.row(r + 1));
            std::uint8_t* out = result.row(r);
            for (Index first = 0; first < cols; first += block_cols) {
                const Index width = std::min(block_cols, cols - first);
                const Index at = first * channels, count = whole_lines(width * channels);
                const Pixel* above = kept.row(r - 1) + at;
                const Pixel* here = kept.row(r) + at;
                const Pixel* below = kept.row(r + 1) + at;
                if (low) {
                    flag_low(above, here, below, channels, count, static_cast<Pixel>(limit),
                             flags.data());
                } else {
                    flag_any(above, here, below, channels, count, limit, flags.data());
                }
                any_channel(flags.data(), channels, width, out + first);
            }
            // Reflection over the first column with all its neighbours; where it is the only one,
            // it repeats itself.
            out[0] = out[cols > 3 ? 2 : 1];
            out[cols - 1] = out[cols > 3 ? cols - 3 : 1];
        }
    });
    const std::size_t row_bytes = static_cast<std::size_t>(cols);
    std::memcpy(result.row(0), result.row(rows > 3 ? 2 : 1), row_bytes);
    std::memcpy(result.row(rows - 1), result.row(rows > 3 ? rows - 3 : 1), row_bytes);
}

}  // namespace

template <class Pixel>
void neighborhood_threshold(ImageView<const Pixel> image, std::int64_t limit,
                            ImageView<std::uint8_t> result, int num_threads) {
    const auto get_row = [&](Index r, Pixel most, Pixel* target) {
        cut_row(image.row(r), most, image.row_length(), target);
    };
    threshold_sums<Pixel>(get_row, image.channels, limit, result, num_threads);
}

template <class Pixel>
void neighborhood_threshold_of_pair(ImageView<const Pixel> first, ImageView<const Pixel> second,
                                    std::int64_t limit, ImageView<std::uint8_t> result,
                                    int num_threads) {
    const auto get_row = [&](Index r, Pixel most, Pixel* target) {
        cut_difference_row(first.row(r), second.row(r), most, first.row_length(), target);
    };
    threshold_sums<Pixel>(get_row, first.channels, limit, result, num_threads);
}

#define UNSPLICE_FOR_PIXEL(Pixel)                                                                \
    template void neighborhood_threshold(ImageView<const Pixel>, std::int64_t,                   \
                                         ImageView<std::uint8_t>, int);                          \
    template void neighborhood_threshold_of_pair(ImageView<const Pixel>, ImageView<const Pixel>, \
                                                 std::int64_t, ImageView<std::uint8_t>, int);

UNSPLICE_FOR_PIXEL(std::uint8_t)
UNSPLICE_FOR_PIXEL(std::uint16_t)

}  // namespace unsplice
