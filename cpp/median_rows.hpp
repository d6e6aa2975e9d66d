// The median of the 3x3 neighborhood, row by row.
//
// Templates, which the caller compiles into a marked function of its own: see vectorized.hpp.
#pragma once

#include <type_traits>

#include "image_view.hpp"
#include "vectorized.hpp"

namespace unsplice {

// Columns that are filtered at a time: so few that the processor begins to sort the next block
// while it still merges this one.
template <class Pixel>
inline constexpr Index median_block_cols = 512 / sizeof(Pixel);

// The columns of a block, the first of which begins a cache line, and one more on either side.
template <class Pixel>
struct SortedColumns {
    static constexpr Index first = 64 / sizeof(Pixel);
    alignas(64) Pixel low[first + median_block_cols<Pixel> + 1];
    alignas(64) Pixel middle[first + median_block_cols<Pixel> + 1];
    alignas(64) Pixel high[first + median_block_cols<Pixel> + 1];
};

// The rows that make one row of the result, and those whose turn is next.
template <class Pixel>
struct MedianRows {
    const Pixel *above, *here, *below, *next;
    Pixel *result, *next_result;
};

template <class Pixel>
UNSPLICE_INLINE Pixel least(Pixel a, Pixel b) {
    return b < a ? b : a;
}

template <class Pixel>
UNSPLICE_INLINE Pixel greatest(Pixel a, Pixel b) {
    return a < b ? b : a;
}

template <class Pixel>
UNSPLICE_INLINE Pixel middle_of(Pixel a, Pixel b, Pixel c) {
    return greatest(least(a, b), least(greatest(a, b), c));
}

// Sorts `count` columns of three rows from column `begin` on into the slots from `slot` on, and
// says whether there is a NaN in the middle row.
template <class Pixel>
UNSPLICE_INLINE bool sort_columns(const MedianRows<Pixel>& rows, Index begin, Index count,
                                  Index slot, SortedColumns<Pixel>& columns) {
    const Pixel *above = rows.above + begin, *here = rows.here + begin, *below = rows.below + begin;
    Pixel *lows = columns.low + slot, *middles = columns.middle + slot,
          *highs = columns.high + slot;
    unsigned nans = 0;
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < count; ++c) {
        const Pixel low = least(above[c], here[c]), high = greatest(above[c], here[c]);
        const Pixel middle = least(high, below[c]);
        lows[c] = least(low, middle);
        middles[c] = greatest(low, middle);
        highs[c] = greatest(high, below[c]);
        if constexpr (std::is_floating_point_v<Pixel>) nans |= here[c] != here[c] ? 1u : 0u;
    }
    return nans != 0;
}

template <class Pixel>
UNSPLICE_INLINE void merge_columns(const SortedColumns<Pixel>& columns, Index count,
                                   Pixel* result) {
    constexpr Index left = SortedColumns<Pixel>::first - 1;
    const Pixel *low = columns.low + left, *middle = columns.middle + left,
                *high = columns.high + left;
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < count; ++c) {
        const Pixel median = middle_of(greatest(greatest(low[c], low[c + 1]), low[c + 2]),
                                       middle_of(middle[c], middle[c + 1], middle[c + 2]),
                                       least(least(high[c], high[c + 1]), high[c + 2]));
        // Adding zero turns -0 into +0 and changes no other value.
        result[c] = static_cast<Pixel>(median + Pixel{0});
    }
}

template <class Pixel>
UNSPLICE_INLINE void copy_slot(SortedColumns<Pixel>& columns, Index from, Index to) {
    columns.low[to] = columns.low[from];
    columns.middle[to] = columns.middle[from];
    columns.high[to] = columns.high[from];
}

// Filters one row and says whether it has a NaN.
template <class Pixel>
UNSPLICE_INLINE bool median_row(const MedianRows<Pixel>& rows, Index cols,
                                SortedColumns<Pixel>& columns) {
    constexpr Index first = SortedColumns<Pixel>::first, block = median_block_cols<Pixel>;
    // Slot `first` is for column `begin`. Each block finds this column and the one to its left
    // sorted already; the edge repeats itself.
    bool nan = sort_columns(rows, 0, 1, first, columns);
    copy_slot(columns, first, first - 1);
    Index begin = 0;
    for (; begin + block < cols; begin += block) {
        prefetch(rows.next + begin, block);
        prefetch_for_writing(rows.next_result + begin, block);
        nan |= sort_columns(rows, begin + 1, block, first + 1, columns);
        merge_columns(columns, block, rows.result + begin);
        copy_slot(columns, first + block - 1, first - 1);
        copy_slot(columns, first + block, first);
    }
    const Index rest = cols - begin;
    // The first column once more: rows are often whole vectors long, and then this loop is, too.
    nan |= sort_columns(rows, begin, rest, first, columns);
    copy_slot(columns, first + rest - 1, first + rest);
    merge_columns(columns, rest, rows.result + begin);
    return nan;
}

}  // namespace unsplice
