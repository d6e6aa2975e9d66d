// The median of the 3x3 neighborhood, one or two rows at a time.
//
// Templates, which the caller compiles into a marked function of its own: see vectorized.hpp.
#pragma once

#include <algorithm>
#include <type_traits>

#include "image_view.hpp"
#include "vectorized.hpp"

namespace unsplice {

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

// Two or three pixels of a column in ascending order.
template <class Pixel>
struct SortedPair {
    Pixel low, high;
};
template <class Pixel>
struct SortedColumn {
    Pixel low, middle, high;
};

template <class Pixel>
UNSPLICE_INLINE SortedPair<Pixel> sorted(Pixel a, Pixel b) {
    return {least(a, b), greatest(a, b)};
}

template <class Pixel>
UNSPLICE_INLINE SortedColumn<Pixel> sorted(const SortedPair<Pixel>& pair, Pixel c) {
    const Pixel middle = least(pair.high, c);
    return {least(pair.low, middle), greatest(pair.low, middle), greatest(pair.high, c)};
}

template <class Pixel>
UNSPLICE_INLINE Pixel median_of(const SortedColumn<Pixel>& a, const SortedColumn<Pixel>& b,
                                const SortedColumn<Pixel>& c) {
    const Pixel median =
        middle_of(greatest(greatest(a.low, b.low), c.low), middle_of(a.middle, b.middle, c.middle),
                  least(least(a.high, b.high), c.high));
    // Adding zero turns -0 into +0 and changes no other value.
    return static_cast<Pixel>(median + Pixel{0});
}

template <class Pixel>
UNSPLICE_INLINE unsigned is_nan(Pixel value) {
    if constexpr (std::is_floating_point_v<Pixel>) return value != value ? 1u : 0u;
    return 0;
}

// One row of the result, and the rows that it is made of.
template <class Element>
struct MedianRow {
    using Pixel = Element;
    const Pixel *above, *here, *below;
    Pixel* result;

    // The median of three columns, the middle one at c, and whether this has a NaN.
    UNSPLICE_INLINE unsigned filter(Index left, Index c, Index right) const {
        result[c] = median_of(sorted(sorted(above[left], here[left]), below[left]),
                              sorted(sorted(above[c], here[c]), below[c]),
                              sorted(sorted(above[right], here[right]), below[right]));
        return is_nan(here[c]);
    }
    UNSPLICE_INLINE void prefetch_ahead(Index, Index) const {}
};

// Two neighboring rows of the result: what they have in common is sorted once.
template <class Element>
struct MedianRowPair {
    using Pixel = Element;
    const Pixel *above, *upper, *lower, *below;
    const Pixel* ahead[2];  // the rows that will be read next
    Pixel *upper_result, *lower_result;

    UNSPLICE_INLINE unsigned filter(Index left, Index c, Index right) const {
        const SortedPair<Pixel> a = sorted(upper[left], lower[left]),
                                b = sorted(upper[c], lower[c]),
                                d = sorted(upper[right], lower[right]);
        upper_result[c] =
            median_of(sorted(a, above[left]), sorted(b, above[c]), sorted(d, above[right]));
        lower_result[c] =
            median_of(sorted(a, below[left]), sorted(b, below[c]), sorted(d, below[right]));
        return is_nan(upper[c]) | is_nan(lower[c]);
    }
    UNSPLICE_INLINE void prefetch_ahead(Index begin, Index count) const {
        for (const Pixel* row : ahead) prefetch(row + begin, count);
    }
};

template <Index count, class Rows>
UNSPLICE_INLINE unsigned filter_block(Rows rows, Index begin) {
    unsigned nans = 0;
    UNSPLICE_INDEPENDENT
    for (Index c = begin; c < begin + count; ++c) nans |= rows.filter(c - 1, c, c + 1);
    return nans;
}

template <Index count, class Pixel>
UNSPLICE_INLINE void merge_columns(const Pixel (&columns)[3][count + 2], Pixel* result) {
    const Pixel *low = columns[0], *middle = columns[1], *high = columns[2];
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < count; ++i) {
        const SortedColumn<Pixel> a = {low[i], middle[i], high[i]},
                                  b = {low[i + 1], middle[i + 1], high[i + 1]},
                                  d = {low[i + 2], middle[i + 2], high[i + 2]};
        result[i] = median_of(a, b, d);
    }
}

// The same for two rows of floats, whose columns are sorted once for all their neighbors. Integers
// are sorted anew faster than they come back from memory, where they lie unaligned; floats, of
// which the processor compares half as many at a time, are not.
template <Index count, class Pixel>
UNSPLICE_INLINE unsigned filter_block_of_sorted(MedianRowPair<Pixel> rows, Index begin) {
    alignas(64) Pixel upper[3][count + 2];
    alignas(64) Pixel lower[3][count + 2];
    unsigned nans = 0;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < count + 2; ++i) {
        const Index c = begin - 1 + i;
        const SortedPair<Pixel> pair = sorted(rows.upper[c], rows.lower[c]);
        const SortedColumn<Pixel> with_above = sorted(pair, rows.above[c]),
                                  with_below = sorted(pair, rows.below[c]);
        upper[0][i] = with_above.low;
        upper[1][i] = with_above.middle;
        upper[2][i] = with_above.high;
        lower[0][i] = with_below.low;
        lower[1][i] = with_below.middle;
        lower[2][i] = with_below.high;
        nans |= is_nan(rows.upper[c]) | is_nan(rows.lower[c]);
    }
    merge_columns<count>(upper, rows.upper_result + begin);
    merge_columns<count>(lower, rows.lower_result + begin);
    return nans;
}

// Blocks of a fixed size compile to whole vectors; the last one overlaps the one before.
template <Index count, class Rows>
UNSPLICE_INLINE unsigned filter_blocks(Rows rows, Index begin, Index end) {
    unsigned nans = 0;
    for (; begin + count <= end; begin += count) {
        rows.prefetch_ahead(begin, count);
        nans |= filter_block<count>(rows, begin);
    }
    if (begin < end) nans |= filter_block<count>(rows, end - count);
    return nans;
}
template <Index count, class Pixel>
UNSPLICE_INLINE unsigned filter_blocks_of_sorted(MedianRowPair<Pixel> rows, Index begin,
                                                 Index end) {
    unsigned nans = 0;
    for (; begin + count <= end; begin += count) {
        rows.prefetch_ahead(begin, count);
        nans |= filter_block_of_sorted<count>(rows, begin);
    }
    if (begin < end) nans |= filter_block_of_sorted<count>(rows, end - count);
    return nans;
}

// Filters a MedianRow or a MedianRowPair of `cols` columns, whose edge pixels repeat themselves,
// and says whether there is a NaN.
template <class Rows>
UNSPLICE_INLINE bool filter_rows(Rows rows, Index cols) {
    constexpr Index size = sizeof(typename Rows::Pixel), wide = 64 / size, narrow = 16 / size;
    const Index last = cols - 1, inner = cols - 2;
    unsigned nans = rows.filter(0, 0, std::min<Index>(1, last));
    nans |= rows.filter(std::max<Index>(last - 1, 0), last, last);
    if constexpr (std::is_same_v<Rows, MedianRowPair<float>> ||
                  std::is_same_v<Rows, MedianRowPair<double>>) {
        if (inner >= 4 * wide)
            return (nans | filter_blocks_of_sorted<4 * wide>(rows, 1, last)) != 0;
    }
    if (inner >= wide) {
        nans |= filter_blocks<wide>(rows, 1, last);
    } else if (inner >= narrow) {
        nans |= filter_blocks<narrow>(rows, 1, last);
    } else {
        nans |= filter_blocks<1>(rows, 1, last);
    }
    return nans != 0;
}

}  // namespace unsplice
