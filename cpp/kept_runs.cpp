#include "kept_runs.hpp"

#include <cstring>

#include "vectorized.hpp"

namespace unsplice {
namespace {

// One byte, 0 or 1, for each bit.
UNSPLICE_INLINE void unpack_word(std::uint64_t word, std::uint8_t* pixels) {
    for (int i = 0; i < 64; i += 8) {
        // Byte k of the product has bit k alone; the sum carries it to the top of its byte.
        const std::uint64_t bits = (word >> i & 0xff) * 0x0101010101010101 & 0x8040201008040201;
        const std::uint64_t bytes = (bits + 0x7f7f7f7f7f7f7f7f) >> 7 & 0x0101010101010101;
        std::memcpy(pixels + i, &bytes, sizeof bytes);
    }
}

// Writes the pixels of those runs whose piece is kept; keep has 1 for these, else 0.
UNSPLICE_VECTORIZED void write_row(const std::uint64_t* words, Index cols,
                                   const std::int32_t* pieces, const std::uint8_t* keep,
                                   std::uint8_t* pixels) {
    std::uint64_t previous = 0;     // the pixel before the word, as bit 0
    std::uint64_t kept_before = 0;  // the same of the result
    for (Index begin = 0; begin < cols; begin += 64, ++words) {
        const std::uint64_t word = *words;
        std::uint64_t kept_begins = word & kept_before;
        for (std::uint64_t begins = word & ~(word << 1 | previous); begins != 0;
             begins &= begins - 1) {
            kept_begins |= begins & -begins & -std::uint64_t{keep[*pieces++]};
        }
        // The sum carries each of these bits through its run and out of it.
        const std::uint64_t kept = word & ~(word + kept_begins);
        previous = word >> 63;
        kept_before = kept >> 63;
        if (begin + 64 <= cols) {
            unpack_word(kept, pixels + begin);
        } else {
            std::uint8_t rest[64];
            unpack_word(kept, rest);
            std::memcpy(pixels + begin, rest, static_cast<std::size_t>(cols - begin));
        }
    }
}

}  // namespace

void write_kept_runs(const RunTable& table, const std::vector<std::uint8_t>& keep,
                     ImageView<std::uint8_t> result) {
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            write_row(table.row_words(r), table.cols, table.row_pieces(r), keep.data(),
                      result.row(r));
        }
    });
}

}  // namespace unsplice
