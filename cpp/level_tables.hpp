// How level_counts and equalize_clahe count levels.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>

#include "image_view.hpp"

namespace unsplice {

template <class Pixel>
constexpr Index num_levels = Index{std::numeric_limits<Pixel>::max()} + 1;

// Several tables are counted in turn: neighbours are often equal, and a count that was just written
// cannot be read again at once. More than one table of 65,536 levels would only leave the cache.
template <class Pixel>
constexpr Index num_tables = sizeof(Pixel) == 1 ? 4 : 1;

template <class Pixel>
constexpr Index level_tables_size = num_tables<Pixel> * num_levels<Pixel>;

// Adds pixels to the tables, which stand one after the other.
template <class Pixel>
inline void add_to_level_tables(const Pixel* pixels, Index number,
                                std::uint32_t* __restrict tables) {
    constexpr Index in_word = sizeof(std::uint64_t) / sizeof(Pixel);
    Index i = 0;
    for (; i + in_word <= number; i += in_word) {
        std::uint64_t word;
        std::memcpy(&word, pixels + i, sizeof word);
        for (Index k = 0; k < in_word; ++k) {
            const auto level = static_cast<Pixel>(word >> (8 * sizeof(Pixel) * k));
            ++tables[k % num_tables<Pixel> * num_levels<Pixel> + level];
        }
    }
    for (; i < number; ++i) ++tables[pixels[i]];
}

// Adds what the tables hold.
template <class Pixel, class Count>
inline void add_up_level_tables(const std::uint32_t* tables, Count* counts) {
    for (Index table = 0; table < num_tables<Pixel>; ++table, tables += num_levels<Pixel>) {
        for (Index level = 0; level < num_levels<Pixel>; ++level)
            counts[level] += static_cast<Count>(tables[level]);
    }
}

}  // namespace unsplice
