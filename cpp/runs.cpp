#include "runs.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "vectorized.hpp"

// MSVC does not say that it has what every x86-64 has.
#if (defined(__SSE2__) || defined(_M_X64)) && !UNSPLICE_STANDARD_CXX
#define UNSPLICE_HAS_SSE2 1
#else
#define UNSPLICE_HAS_SSE2 0
#endif

#if UNSPLICE_HAS_SSE2
#include <emmintrin.h>
#endif

namespace unsplice {
namespace {

constexpr std::int32_t max_int32 = std::numeric_limits<std::int32_t>::max();

#if UNSPLICE_HAS_SSE2
inline std::uint64_t word_of(const std::uint8_t* pixels) {
    const __m128i zero = _mm_setzero_si128();
    std::uint64_t clear = 0;
    for (int part = 0; part < 4; ++part) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels) + part);
        const auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, zero)));
        clear |= static_cast<std::uint64_t>(bits) << (16 * part);
    }
    return ~clear;
}
#else
inline std::uint64_t word_of(const std::uint8_t* pixels) {
    std::uint64_t word = 0;
    for (int i = 0; i < 64; ++i) word |= static_cast<std::uint64_t>(pixels[i] != 0) << i;
    return word;
}
#endif

// Writes the pixels as bits and returns the number of their runs.
UNSPLICE_VECTORIZED Index pack_row(const std::uint8_t* row, Index cols, std::uint64_t* words) {
    Index runs = 0;
    std::uint64_t previous = 0;  // the pixel before the word, as bit 0
    const auto write = [&](std::uint64_t word) {
        *words++ = word;
        runs += std::popcount(word & ~(word << 1 | previous));
        previous = word >> 63;
    };
    Index begin = 0;
    for (; begin + 64 <= cols; begin += 64) write(word_of(row + begin));
    if (begin < cols) {
        std::uint8_t rest[64] = {};
        std::memcpy(rest, row + begin, static_cast<std::size_t>(cols - begin));
        write(word_of(rest));
    }
    return runs;
}

// Union-find over labels in which a parent never comes after its child.
UNSPLICE_INLINE std::int32_t root_of(std::int32_t* parent, std::int32_t label) {
    while (parent[label] != label) {
        parent[label] = parent[parent[label]];
        label = parent[label];
    }
    return label;
}

// What a run has until it is found to touch another.
constexpr std::int32_t no_label = -1;

// Joins each run of `here` with those `above` that it touches: its label, if it has none yet,
// becomes a root of theirs.
//
// A run that covers the columns [begin, end) reaches over [begin, end] where a corner is enough,
// and runs touch where their reaches have a column in common. The first such column is where one
// of the two begins: a contact. The reaches of a row do not overlap, so each contact is another
// pair.
UNSPLICE_VECTORIZED void join_rows(const std::uint64_t* above, const std::uint64_t* here,
                                   Index words_per_row, bool diagonal,
                                   const std::int32_t* labels_above, std::int32_t* labels,
                                   std::int32_t* parent) {
    const std::uint64_t corners = diagonal ? ~std::uint64_t{0} : 0;
    std::uint64_t previous_above = 0, previous = 0;
    for (Index w = 0; w < words_per_row; ++w) {
        const std::uint64_t shifted_above = above[w] << 1 | previous_above;
        const std::uint64_t shifted = here[w] << 1 | previous;
        const std::uint64_t begins_above = above[w] & ~shifted_above;
        const std::uint64_t begins = here[w] & ~shifted;
        std::uint64_t contacts = (begins & (above[w] | (shifted_above & corners))) |
                                 (begins_above & (here[w] | (shifted & corners)));
        for (; contacts != 0; contacts &= contacts - 1) {
            // The bits up to the contact: those that begin there or before count the runs.
            const std::uint64_t until = contacts ^ (contacts - 1);
            std::int32_t& label = labels[std::popcount(begins & until) - 1];
            const std::int32_t other =
                root_of(parent, labels_above[std::popcount(begins_above & until) - 1]);
            const std::int32_t had = label;
            label = static_cast<std::int32_t>(std::min<std::uint32_t>(had, other));
            if (((had ^ other) & ~(had >> 31)) != 0) {
                const std::int32_t a = root_of(parent, had), b = root_of(parent, other);
                parent[std::max(a, b)] = std::min(a, b);
            }
        }
        labels_above += std::popcount(begins_above);
        labels += std::popcount(begins);
        previous_above = above[w] >> 63;
        previous = here[w] >> 63;
    }
}

// Gives new labels, from `count` on, to the runs that touch none above; returns the next count.
std::int32_t add_labels(std::int32_t* labels, Index runs, std::int32_t count,
                        std::int32_t* parent) {
    for (Index run = 0; run < runs; ++run) {
        const bool is_new = labels[run] == no_label;
        parent[count] = count;
        labels[run] = is_new ? count : labels[run];
        count += is_new;
    }
    return count;
}

// Numbers the roots of `count` labels from 0 on, in place; returns their number.
std::int32_t number_roots(std::int32_t* parent, std::int32_t count) {
    std::int32_t roots = 0;
    for (std::int32_t label = 0; label < count; ++label) {
        // A parent comes first, so its number is known before its children ask.
        const bool is_root = parent[label] == label;
        parent[label] = is_root ? roots : parent[parent[label]];
        roots += is_root;
    }
    return roots;
}

// The pieces of one range of rows.
struct Part {
    Buffer<std::int32_t> piece_of_label;
    std::int32_t num_pieces, first_piece;
};

// Labels the runs of a range as if there were no other.
Part label_range(const RunTable& table, const RowRange& range, bool diagonal) {
    // As many as there may be, of which few are touched, and one more, so that add_labels may write
    // ahead.
    auto parent =
        new_buffer<std::int32_t>(table.row_begin[range.end] - table.row_begin[range.begin] + 1);
    std::int32_t count = 0;
    for (Index r = range.begin; r < range.end; ++r) {
        const Index runs = table.row_begin[r + 1] - table.row_begin[r];
        std::int32_t* labels = table.piece.get() + table.row_begin[r];
        std::fill_n(labels, runs, no_label);
        if (r > range.begin) {
            join_rows(table.row_words(r - 1), table.row_words(r), table.words_per_row, diagonal,
                      table.row_pieces(r - 1), labels, parent.get());
        }
        count = add_labels(labels, runs, count, parent.get());
    }
    const std::int32_t num_pieces = number_roots(parent.get(), count);
    return {std::move(parent), num_pieces, 0};
}

// Puts its piece in the place of each label.
void number_pieces(std::int32_t* labels, Index runs, const std::int32_t* piece_of_label,
                   std::int32_t first_piece) {
    for (Index run = 0; run < runs; ++run) {
        labels[run] = first_piece + piece_of_label[labels[run]];
    }
}

// Joins the pieces that touch across the borders of the ranges.
void join_ranges(RunTable& table, bool diagonal) {
    std::vector<std::int32_t> labels;
    for (const RowRange& range : table.ranges) {
        if (range.begin == 0) continue;
        const Index r = range.begin;
        // A copy: the runs keep their pieces.
        labels.assign(table.row_pieces(r), table.row_pieces(r + 1));
        join_rows(table.row_words(r - 1), table.row_words(r), table.words_per_row, diagonal,
                  table.row_pieces(r - 1), labels.data(), table.component.data());
    }
    table.num_components =
        number_roots(table.component.data(), static_cast<std::int32_t>(table.num_pieces()));
}

UNSPLICE_VECTORIZED void write_edges(const std::uint64_t* words, Index words_per_row,
                                     std::int32_t* edges) {
    std::uint64_t previous = 0;
    for (Index w = 0; w < words_per_row; ++w) {
        for (std::uint64_t changes = words[w] ^ (words[w] << 1 | previous); changes != 0;
             changes &= changes - 1) {
            *edges++ = static_cast<std::int32_t>(64 * w + std::countr_zero(changes));
        }
        previous = words[w] >> 63;
    }
}

}  // namespace

UNSPLICE_VECTORIZED Index count_runs(const std::uint64_t* words, Index words_per_row) {
    Index runs = 0;
    std::uint64_t previous = 0;
    for (Index w = 0; w < words_per_row; ++w) {
        runs += std::popcount(words[w] & ~(words[w] << 1 | previous));
        previous = words[w] >> 63;
    }
    return runs;
}

RunTable connected_runs(ImageView<const std::uint8_t> mask, bool diagonal, int num_threads) {
    if (std::max(mask.rows, mask.cols) >= max_int32) {
        throw std::length_error("mask has too many rows or columns");
    }
    RunTable table;
    table.rows = mask.rows, table.cols = mask.cols;
    table.words_per_row = (mask.cols + 63) / 64;
    table.words = new_buffer<std::uint64_t>(mask.rows * table.words_per_row);
    table.ranges = split_rows(mask.rows, mask.cols, num_threads);
    table.row_begin.resize(static_cast<std::size_t>(mask.rows) + 1);
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            table.row_begin[r + 1] =
                pack_row(mask.row(r), mask.cols, table.words.get() + r * table.words_per_row);
        }
    });
    for (Index r = 0; r < mask.rows; ++r) table.row_begin[r + 1] += table.row_begin[r];
    const Index num_runs = table.row_begin[mask.rows];
    if (num_runs >= max_int32) throw std::length_error("mask has too many runs");

    table.piece = new_buffer<std::int32_t>(num_runs);
    std::vector<Part> parts(table.ranges.size());
    const auto part_of = [&](const RowRange& range) -> Part& {
        return parts[static_cast<std::size_t>(&range - table.ranges.data())];
    };
    for_ranges(table.ranges, [&](const RowRange& range) {
        part_of(range) = label_range(table, range, diagonal);
    });
    std::int32_t num_pieces = 0;
    for (Part& part : parts) {
        part.first_piece = num_pieces;
        num_pieces += part.num_pieces;
    }
    for_ranges(table.ranges, [&](const RowRange& range) {
        const Part& part = part_of(range);
        number_pieces(table.piece.get() + table.row_begin[range.begin],
                      table.row_begin[range.end] - table.row_begin[range.begin],
                      part.piece_of_label.get(), part.first_piece);
    });
    table.component.resize(static_cast<std::size_t>(num_pieces));
    std::iota(table.component.begin(), table.component.end(), 0);
    join_ranges(table, diagonal);
    return table;
}

Buffer<std::int32_t> take_components(RunTable& table) {
    if (table.ranges.size() > 1) {
        for_ranges(table.ranges, [&](const RowRange& range) {
            for (Index run = table.row_begin[range.begin]; run < table.row_begin[range.end];
                 ++run) {
                table.piece[run] = table.component[table.piece[run]];
            }
        });
    }
    return std::move(table.piece);
}

void decode_row(const RunTable& table, Index r, std::vector<std::int32_t>& edges) {
    const Index runs = table.row_begin[r + 1] - table.row_begin[r];
    edges.resize(static_cast<std::size_t>(2 * runs));
    // A run that reaches the last column of a full word has no change after it.
    if (runs > 0) edges.back() = static_cast<std::int32_t>(table.cols);
    write_edges(table.row_words(r), table.words_per_row, edges.data());
}

}  // namespace unsplice
