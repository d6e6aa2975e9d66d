#include "median_filter.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Columns that are filtered at a time: so few that the processor begins to sort the next block
// while it still merges this one.
template <class Pixel>
constexpr Index block_cols = 512 / sizeof(Pixel);

// The columns of a block, the first of which begins a cache line, and one more on either side.
template <class Pixel>
struct SortedColumns {
    static constexpr Index first = 64 / sizeof(Pixel);
    alignas(64) Pixel low[first + block_cols<Pixel> + 1];
    alignas(64) Pixel middle[first + block_cols<Pixel> + 1];
    alignas(64) Pixel high[first + block_cols<Pixel> + 1];
};

// The rows that make one row of the result, and those whose turn is next.
template <class Pixel>
struct Rows {
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
UNSPLICE_INLINE bool sort_columns(const Rows<Pixel>& rows, Index begin, Index count, Index slot,
                                  SortedColumns<Pixel>& columns) {
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
UNSPLICE_INLINE bool filter_row(const Rows<Pixel>& rows, Index cols,
                                SortedColumns<Pixel>& columns) {
    constexpr Index first = SortedColumns<Pixel>::first, block = block_cols<Pixel>;
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

// One function a pixel type, because only a plain function can be compiled for two instruction
// sets.
UNSPLICE_VECTORIZED bool filter(const Rows<std::uint8_t>& rows, Index cols,
                                SortedColumns<std::uint8_t>& columns) {
    return filter_row(rows, cols, columns);
}
UNSPLICE_VECTORIZED bool filter(const Rows<std::uint16_t>& rows, Index cols,
                                SortedColumns<std::uint16_t>& columns) {
    return filter_row(rows, cols, columns);
}
UNSPLICE_VECTORIZED bool filter(const Rows<float>& rows, Index cols,
                                SortedColumns<float>& columns) {
    return filter_row(rows, cols, columns);
}
UNSPLICE_VECTORIZED bool filter(const Rows<double>& rows, Index cols,
                                SortedColumns<double>& columns) {
    return filter_row(rows, cols, columns);
}

template <class Pixel>
[[noreturn]] void refuse_nan(StackView<const Pixel> images) {
    for (Index i = 0; i < images.count; ++i) {
        for (Index r = 0; r < images.rows; ++r) {
            const Pixel* row = images.image(i).row(r);
            for (Index c = 0; c < images.cols; ++c) {
                if (row[c] == row[c]) continue;
                const std::string where =
                    images.count > 1 ? "image " + std::to_string(i) + ", " : "";
                throw std::domain_error("image must not contain NaN, got one at " + where + "row " +
                                        std::to_string(r) + ", column " + std::to_string(c));
            }
        }
    }
    throw std::domain_error("image must not contain NaN");
}

}  // namespace

template <class Pixel>
void median_filter(StackView<const Pixel> images, StackView<Pixel> result, int num_threads) {
    const Index rows = images.rows, cols = images.cols;
    if (cols == 0) return;
    std::atomic<bool> nan_found = false;
    for_row_ranges(images.count * rows, cols, num_threads, [&](Index begin, Index end) {
        const auto columns = std::make_unique<SortedColumns<Pixel>>();
        for (Index i = begin; i < end; ++i) {
            const ImageView<const Pixel> image = images.image(i / rows);
            const Index r = i % rows;
            const ImageView<Pixel> target = result.image(i / rows);
            const Index above = std::max<Index>(r - 1, 0), below = std::min(r + 1, rows - 1),
                        next = std::min(r + 2, rows - 1);
            const Rows<Pixel> window = {image.row(above), image.row(r),  image.row(below),
                                        image.row(next),  target.row(r), target.row(below)};
            const bool nan = filter(window, cols, *columns);
            if (nan) nan_found = true;
        }
    });
    if (nan_found) refuse_nan(images);
}

template void median_filter(StackView<const std::uint8_t>, StackView<std::uint8_t>, int);
template void median_filter(StackView<const std::uint16_t>, StackView<std::uint16_t>, int);
template void median_filter(StackView<const float>, StackView<float>, int);
template void median_filter(StackView<const double>, StackView<double>, int);

}  // namespace unsplice
