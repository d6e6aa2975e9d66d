#include "neighborhood_threshold.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Columns that are done at a time, so that their flags stay in the L1 cache.
constexpr Index block_cols = 512;

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

// flags[i] = 255 where the five-element sum is within the limit. Pointers are at the first
// interior element.
template <class Pixel, class Sum>
inline void flag_row(const Pixel* above, const Pixel* here, const Pixel* below, Index channels,
                     Index count, Sum limit, std::uint8_t* __restrict flags) {
    const Pixel* left = here - channels;
    const Pixel* right = here + channels;
    for (Index i = 0; i < count; ++i) {
        const Sum sum = static_cast<Sum>(above[i] + below[i] + here[i] + left[i] + right[i]);
        flags[i] = sum <= limit ? 255 : 0;
    }
}

// The same for a limit up to 50, in bytes, twice as many at a time: a pixel above the limit decides
// alone, so it may be cut at limit + 1, and five pixels of at most 51 fit a byte.
UNSPLICE_VECTORIZED void flag_row_low(const std::uint8_t* above, const std::uint8_t* here,
                                      const std::uint8_t* below, Index channels, Index count,
                                      std::uint8_t limit, std::uint8_t* __restrict flags) {
    const std::uint8_t* left = here - channels;
    const std::uint8_t* right = here + channels;
    const std::uint8_t most = static_cast<std::uint8_t>(limit + 1);
    for (Index i = 0; i < count; ++i) {
        const std::uint8_t sum = static_cast<std::uint8_t>(
            std::min(above[i], most) + std::min(below[i], most) + std::min(here[i], most) +
            std::min(left[i], most) + std::min(right[i], most));
        flags[i] = sum <= limit ? 255 : 0;
    }
}

UNSPLICE_VECTORIZED void flag_row_8(const std::uint8_t* above, const std::uint8_t* here,
                                    const std::uint8_t* below, Index channels, Index count,
                                    std::uint16_t limit, std::uint8_t* __restrict flags) {
    flag_row(above, here, below, channels, count, limit, flags);
}

UNSPLICE_VECTORIZED void flag_row_16(const std::uint16_t* above, const std::uint16_t* here,
                                     const std::uint16_t* below, Index channels, Index count,
                                     std::uint32_t limit, std::uint8_t* __restrict flags) {
    flag_row(above, here, below, channels, count, limit, flags);
}

// One function a pixel type, because only a plain function can be compiled for two instruction
// sets.
void flag_interior(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                   Index channels, Index count, std::uint16_t limit, std::uint8_t* flags) {
    if (limit <= 50) {
        flag_row_low(above, here, below, channels, count, static_cast<std::uint8_t>(limit), flags);
    } else {
        flag_row_8(above, here, below, channels, count, limit, flags);
    }
}
void flag_interior(const std::uint16_t* above, const std::uint16_t* here,
                   const std::uint16_t* below, Index channels, Index count, std::uint32_t limit,
                   std::uint8_t* flags) {
    flag_row_16(above, here, below, channels, count, limit, flags);
}

// Joins the flags in place first, which needs no shuffle: only one of three is picked afterwards.
UNSPLICE_VECTORIZED void any_of_three(std::uint8_t* flags, Index cols,
                                      std::uint8_t* __restrict result) {
    for (Index i = 0; i < 3 * cols - 2; ++i) flags[i] |= flags[i + 1] | flags[i + 2];
    for (Index c = 0; c < cols; ++c) result[c] = flags[3 * c];
}

void any_channel(std::uint8_t* flags, Index channels, Index cols, std::uint8_t* result) {
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

}  // namespace

template <class Pixel>
void neighborhood_threshold(ImageView<const Pixel> image, std::int64_t limit,
                            ImageView<std::uint8_t> result, int num_threads) {
    using Sum = typename SumOf<Pixel>::Type;
    const Index rows = image.rows, cols = image.cols;
    if (rows < 3 || cols < 3 || limit < 0) {  // no interior, or no sum small enough
        for (Index r = 0; r < rows; ++r) {
            std::memset(result.row(r), 0, static_cast<std::size_t>(cols));
        }
        return;
    }
    const Sum narrow_limit =
        static_cast<Sum>(std::min<std::int64_t>(limit, std::numeric_limits<Sum>::max()));

    for_row_ranges(rows - 2, image.row_length(), num_threads, [&](Index begin, Index end) {
        std::vector<std::uint8_t> flags(static_cast<std::size_t>(block_cols * image.channels));
        for (Index r = begin + 1; r < end + 1; ++r) {
            std::uint8_t* out = result.row(r);
            for (Index first = 1; first < cols - 1; first += block_cols) {
                const Index count = std::min(block_cols, cols - 1 - first);
                const Index at = first * image.channels;
                // The row after the next: the loop is faster than the memory's own foresight.
                if (r + 2 < rows) prefetch(image.row(r + 2) + at, count * image.channels);
                flag_interior(image.row(r - 1) + at, image.row(r) + at, image.row(r + 1) + at,
                              image.channels, count * image.channels, narrow_limit, flags.data());
                any_channel(flags.data(), image.channels, count, out + first);
            }
            // Reflection over the first decided column; a single column can only repeat itself.
            out[0] = out[cols > 3 ? 2 : 1];
            out[cols - 1] = out[cols > 3 ? cols - 3 : 1];
        }
    });
    const std::size_t row_bytes = static_cast<std::size_t>(cols);
    std::memcpy(result.row(0), result.row(rows > 3 ? 2 : 1), row_bytes);
    std::memcpy(result.row(rows - 1), result.row(rows > 3 ? rows - 3 : 1), row_bytes);
}

template void neighborhood_threshold(ImageView<const std::uint8_t>, std::int64_t,
                                     ImageView<std::uint8_t>, int);
template void neighborhood_threshold(ImageView<const std::uint16_t>, std::int64_t,
                                     ImageView<std::uint8_t>, int);

}  // namespace unsplice
