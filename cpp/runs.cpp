#include "runs.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "vectorized.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace unsplice {
namespace {

constexpr Index max_int32 = std::numeric_limits<std::int32_t>::max();

// Bit i of the word is pixel i.
#if defined(__SSE2__)
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

// Calls body(begin, word) for the 64 pixels from column `begin` on; beyond the last column the
// pixels are false.
template <class Body>
UNSPLICE_INLINE void for_each_word(const std::uint8_t* row, Index cols, const Body& body) {
    Index begin = 0;
    for (; begin + 64 <= cols; begin += 64) body(begin, word_of(row + begin));
    if (begin < cols) {
        std::uint8_t rest[64] = {};
        std::memcpy(rest, row + begin, static_cast<std::size_t>(cols - begin));
        body(begin, word_of(rest));
    }
}

UNSPLICE_VECTORIZED Index count_runs(const std::uint8_t* row, Index cols) {
    Index count = 0;
    std::uint64_t previous = 0;  // the pixel before the word, as bit 0
    for_each_word(row, cols, [&](Index, std::uint64_t word) {
        count += std::popcount(word & ~(word << 1 | previous));
        previous = word >> 63;
    });
    return count;
}

// Fills [edges, end) with where the row changes: the beginning of a run, its end, the next
// beginning. The row may have changed since its runs were counted: what is too much is left out,
// and what is missing becomes empty runs behind the last column.
UNSPLICE_VECTORIZED void write_edges(const std::uint8_t* row, Index cols, std::int32_t* edges,
                                     std::int32_t* end) {
    std::uint64_t previous = 0;
    for_each_word(row, cols, [&](Index begin, std::uint64_t word) {
        for (std::uint64_t changes = word ^ (word << 1 | previous); changes != 0 && edges != end;
             changes &= changes - 1) {
            *edges++ = static_cast<std::int32_t>(begin + std::countr_zero(changes));
        }
        previous = word >> 63;
    });
    // A run that reaches the last column of a full word has no change after it.
    std::fill(edges, end, static_cast<std::int32_t>(cols));
}

// Union-find in which a parent never comes after its child: the root is the earliest run.
struct Forest {
    std::int32_t* parent;

    std::int32_t root(std::int32_t run) const {
        while (parent[run] != run) {
            parent[run] = parent[parent[run]];
            run = parent[run];
        }
        return run;
    }

    void join(std::int32_t a, std::int32_t b) const {
        a = root(a), b = root(b);
        if (a < b) {
            parent[b] = a;
        } else {
            parent[a] = b;
        }
    }
};

// Joins the runs of row r with those of the row above that they touch; `reach` is 1 where a corner
// is enough, else 0.
void join_rows(const RunTable& table, Index r, std::int32_t reach, const Forest& forest) {
    const std::int32_t* edges = table.edges.get();
    Index above = table.row_begin[r - 1];
    const Index above_end = table.row_begin[r], end = table.row_begin[r + 1];
    for (Index run = above_end; run < end && above < above_end; ++run) {
        const std::int32_t first = edges[2 * run] - reach, last = edges[2 * run + 1] + reach;
        while (above < above_end && edges[2 * above + 1] <= first) ++above;
        for (; above < above_end && edges[2 * above] < last; ++above) {
            forest.join(static_cast<std::int32_t>(run), static_cast<std::int32_t>(above));
        }
        // The last one joined may reach over the next run too.
        if (above > table.row_begin[r - 1]) --above;
    }
}

}  // namespace

RunTable connected_runs(ImageView<const std::uint8_t> mask, bool diagonal, int num_threads) {
    // One less than the type holds, because a reach of 1 is added.
    if (mask.cols >= max_int32) throw std::length_error("mask has too many columns");
    RunTable table;
    table.ranges = split_rows(mask.rows, mask.cols, num_threads);
    table.row_begin.resize(static_cast<std::size_t>(mask.rows) + 1);
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            table.row_begin[r + 1] = count_runs(mask.row(r), mask.cols);
        }
    });
    for (Index r = 0; r < mask.rows; ++r) table.row_begin[r + 1] += table.row_begin[r];
    const Index num_runs = table.row_begin[mask.rows];
    if (num_runs > max_int32) throw std::length_error("mask has too many runs");

    table.edges = std::make_unique_for_overwrite<std::int32_t[]>(2 * num_runs);
    table.component = std::make_unique_for_overwrite<std::int32_t[]>(num_runs);
    const Forest forest{table.component.get()};
    const std::int32_t reach = diagonal ? 1 : 0;
    for_ranges(table.ranges, [&](const RowRange& range) {
        for (Index r = range.begin; r < range.end; ++r) {
            write_edges(mask.row(r), mask.cols, table.edges.get() + 2 * table.row_begin[r],
                        table.edges.get() + 2 * table.row_begin[r + 1]);
            for (Index run = table.row_begin[r]; run < table.row_begin[r + 1]; ++run) {
                forest.parent[run] = static_cast<std::int32_t>(run);
            }
            if (r > range.begin) join_rows(table, r, reach, forest);
        }
    });
    for (const RowRange& range : table.ranges) {
        if (range.begin > 0) join_rows(table, range.begin, reach, forest);
    }

    // A parent comes first, so its component is known before its children ask.
    table.num_components = 0;
    for (Index run = 0; run < num_runs; ++run) {
        const std::int32_t parent = forest.parent[run];
        table.component[run] = parent == run ? static_cast<std::int32_t>(table.num_components++)
                                             : table.component[parent];
    }
    return table;
}

}  // namespace unsplice
