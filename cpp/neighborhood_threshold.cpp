#include "neighborhood_threshold.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

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
    flag_row_8(above, here, below, channels, count, limit, flags);
}
void flag_interior(const std::uint16_t* above, const std::uint16_t* here,
                   const std::uint16_t* below, Index channels, Index count, std::uint32_t limit,
                   std::uint8_t* flags) {
    flag_row_16(above, here, below, channels, count, limit, flags);
}

UNSPLICE_VECTORIZED void any_of_three(const std::uint8_t* flags, Index cols,
                                      std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = flags[3 * c] | flags[3 * c + 1] | flags[3 * c + 2];
    }
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
    const Index interior = (cols - 2) * image.channels;

    for_row_ranges(rows - 2, image.row_length(), num_threads, [&](Index begin, Index end) {
        std::vector<std::uint8_t> flags(static_cast<std::size_t>(interior));
        for (Index r = begin + 1; r < end + 1; ++r) {
            const Index first = image.channels;
            flag_interior(image.row(r - 1) + first, image.row(r) + first, image.row(r + 1) + first,
                          image.channels, interior, narrow_limit, flags.data());
            std::uint8_t* out = result.row(r);
            any_channel(flags.data(), image.channels, cols - 2, out + 1);
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
