#include "interleaved.hpp"

#include <cstring>

#include "instruction_set.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

void split_plainly(const std::uint8_t* rgb, Index cols, std::uint8_t* __restrict red,
                   std::uint8_t* __restrict green, std::uint8_t* __restrict blue) {
    for (Index c = 0; c < cols; ++c) {
        red[c] = rgb[3 * c];
        green[c] = rgb[3 * c + 1];
        blue[c] = rgb[3 * c + 2];
    }
}

void join_plainly(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                  Index cols, std::uint8_t* __restrict rgb) {
    for (Index c = 0; c < cols; ++c) {
        rgb[3 * c] = red[c];
        rgb[3 * c + 1] = green[c];
        rgb[3 * c + 2] = blue[c];
    }
}

void any_plainly(const std::uint8_t* rgb, Index cols, std::uint8_t* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        result[c] = static_cast<std::uint8_t>(rgb[3 * c] | rgb[3 * c + 1] | rgb[3 * c + 2]);
    }
}

#if defined(__GNUC__) && !defined(__clang__)

using Bytes = std::uint8_t __attribute__((vector_size(16)));

UNSPLICE_INLINE Bytes load(const std::uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return bytes;
}

UNSPLICE_INLINE void store(Bytes bytes, std::uint8_t* to) {
    std::memcpy(to, &bytes, sizeof(bytes));
}

// Where the next 16 pixels begin: the last ones overlap those before.
UNSPLICE_INLINE Index next(Index c, Index cols) {
    return c + 32 <= cols || c + 16 == cols ? c + 16 : cols - 16;
}

// Byte j from `first`, `second`, `third`, `first`, ... in turn.
UNSPLICE_INLINE Bytes in_turn(Bytes first, Bytes second, Bytes third) {
    constexpr Bytes two = {0, 17, 2, 3, 20, 5, 6, 23, 8, 9, 26, 11, 12, 29, 14, 15};
    constexpr Bytes three = {0, 1, 18, 3, 4, 21, 6, 7, 24, 9, 10, 27, 12, 13, 30, 15};
    return __builtin_shuffle(__builtin_shuffle(first, second, two), third, three);
}

struct Channels {
    Bytes red, green, blue;
};

// Of three times 16 bytes, byte i is channel i % 3 of pixel i / 3. Those of one channel lie at
// different places modulo 16, so two choices bring them together; then they are put in order.
UNSPLICE_INLINE Channels load_channels(const std::uint8_t* rgb) {
    constexpr Bytes of_red = {0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13};
    constexpr Bytes of_green = {1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15, 2, 5, 8, 11, 14};
    constexpr Bytes of_blue = {2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0, 3, 6, 9, 12, 15};
    const Bytes x = load(rgb), y = load(rgb + 16), z = load(rgb + 32);
    return {__builtin_shuffle(in_turn(x, z, y), of_red),
            __builtin_shuffle(in_turn(y, x, z), of_green),
            __builtin_shuffle(in_turn(z, y, x), of_blue)};
}

UNSPLICE_VECTORIZED void split_by_shuffles(const std::uint8_t* rgb, Index cols, std::uint8_t* red,
                                           std::uint8_t* green, std::uint8_t* blue) {
    for (Index c = 0; c < cols; c = next(c, cols)) {
        const Channels channels = load_channels(rgb + 3 * c);
        store(channels.red, red + c);
        store(channels.green, green + c);
        store(channels.blue, blue + c);
    }
}

UNSPLICE_VECTORIZED void any_by_shuffles(const std::uint8_t* rgb, Index cols,
                                         std::uint8_t* result) {
    for (Index c = 0; c < cols; c = next(c, cols)) {
        const Channels channels = load_channels(rgb + 3 * c);
        store(channels.red | channels.green | channels.blue, result + c);
    }
}

UNSPLICE_VECTORIZED void join_by_shuffles(const std::uint8_t* red, const std::uint8_t* green,
                                          const std::uint8_t* blue, Index cols, std::uint8_t* rgb) {
    constexpr Bytes of_red = {0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5};
    constexpr Bytes of_green = {5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10};
    constexpr Bytes of_blue = {10, 5, 0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15};
    for (Index c = 0; c < cols; c = next(c, cols)) {
        const Bytes r = __builtin_shuffle(load(red + c), of_red);
        const Bytes g = __builtin_shuffle(load(green + c), of_green);
        const Bytes b = __builtin_shuffle(load(blue + c), of_blue);
        store(in_turn(r, g, b), rgb + 3 * c);
        store(in_turn(g, b, r), rgb + 3 * c + 16);
        store(in_turn(b, r, g), rgb + 3 * c + 32);
    }
}

bool shuffles(Index cols) { return cols >= 16 && has_wide_registers(); }

#else

bool shuffles(Index) { return false; }
void split_by_shuffles(const std::uint8_t*, Index, std::uint8_t*, std::uint8_t*, std::uint8_t*) {}
void join_by_shuffles(const std::uint8_t*, const std::uint8_t*, const std::uint8_t*, Index,
                      std::uint8_t*) {}
void any_by_shuffles(const std::uint8_t*, Index, std::uint8_t*) {}

#endif

}  // namespace

void split_channels(const std::uint8_t* rgb, Index cols, std::uint8_t* red, std::uint8_t* green,
                    std::uint8_t* blue) {
    if (shuffles(cols)) {
        split_by_shuffles(rgb, cols, red, green, blue);
    } else {
        split_plainly(rgb, cols, red, green, blue);
    }
}

void join_channels(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                   Index cols, std::uint8_t* rgb) {
    if (shuffles(cols)) {
        join_by_shuffles(red, green, blue, cols, rgb);
    } else {
        join_plainly(red, green, blue, cols, rgb);
    }
}

void any_of_three(const std::uint8_t* rgb, Index cols, std::uint8_t* result) {
    if (shuffles(cols)) {
        any_by_shuffles(rgb, cols, result);
    } else {
        any_plainly(rgb, cols, result);
    }
}

}  // namespace unsplice
