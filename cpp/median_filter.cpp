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

// Columns that are filtered at a time, so that the buffers stay in the L1 cache.
constexpr Index block_cols = 1024;

// The columns of a block and one more on either side.
template <class Pixel>
struct SortedColumns {
    Pixel low[block_cols + 2];
    Pixel middle[block_cols + 2];
    Pixel high[block_cols + 2];
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

// Sorts `count` columns of three rows into the slots from `slot` on.
template <class Pixel>
UNSPLICE_INLINE void sort_columns(const Pixel* above, const Pixel* here, const Pixel* below,
                                  Index count, Index slot, SortedColumns<Pixel>& columns) {
    Pixel *lows = columns.low + slot, *middles = columns.middle + slot,
          *highs = columns.high + slot;
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < count; ++c) {
        const Pixel low = least(above[c], here[c]), high = greatest(above[c], here[c]);
        const Pixel middle = least(high, below[c]);
        lows[c] = least(low, middle);
        middles[c] = greatest(low, middle);
        highs[c] = greatest(high, below[c]);
    }
}

template <class Pixel>
UNSPLICE_INLINE void merge_columns(const SortedColumns<Pixel>& columns, Index count,
                                   Pixel* result) {
    const Pixel *low = columns.low, *middle = columns.middle, *high = columns.high;
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

template <class Pixel>
UNSPLICE_INLINE bool any_nan(const Pixel* row, Index cols) {
    unsigned found = 0;
    for (Index c = 0; c < cols; ++c) found |= row[c] != row[c] ? 1u : 0u;
    return found != 0;
}

// Filters one row and says whether it has a NaN.
template <class Pixel>
UNSPLICE_INLINE bool filter_row(const Pixel* above, const Pixel* here, const Pixel* below,
                                Index cols, SortedColumns<Pixel>& columns, Pixel* result) {
    for (Index begin = 0; begin < cols; begin += block_cols) {
        const Index end = std::min(begin + block_cols, cols);
        // Column c has slot c - begin + 1; the columns beside the block take part.
        const Index first = std::max<Index>(begin - 1, 0), last = std::min(end + 1, cols);
        sort_columns(above + first, here + first, below + first, last - first, first - begin + 1,
                     columns);
        if (begin == 0) copy_slot(columns, 1, 0);
        if (end == cols) copy_slot(columns, end - begin, end - begin + 1);
        merge_columns(columns, end - begin, result + begin);
    }
    if constexpr (std::is_floating_point_v<Pixel>) {
        return any_nan(here, cols);
    } else {
        return false;
    }
}

// One function a pixel type, because only a plain function can be compiled for two instruction
// sets.
UNSPLICE_VECTORIZED bool filter(const std::uint8_t* above, const std::uint8_t* here,
                                const std::uint8_t* below, Index cols,
                                SortedColumns<std::uint8_t>& columns, std::uint8_t* result) {
    return filter_row(above, here, below, cols, columns, result);
}
UNSPLICE_VECTORIZED bool filter(const std::uint16_t* above, const std::uint16_t* here,
                                const std::uint16_t* below, Index cols,
                                SortedColumns<std::uint16_t>& columns, std::uint16_t* result) {
    return filter_row(above, here, below, cols, columns, result);
}
UNSPLICE_VECTORIZED bool filter(const float* above, const float* here, const float* below,
                                Index cols, SortedColumns<float>& columns, float* result) {
    return filter_row(above, here, below, cols, columns, result);
}
UNSPLICE_VECTORIZED bool filter(const double* above, const double* here, const double* below,
                                Index cols, SortedColumns<double>& columns, double* result) {
    return filter_row(above, here, below, cols, columns, result);
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
            const bool nan = filter(image.row(std::max<Index>(r - 1, 0)), image.row(r),
                                    image.row(std::min(r + 1, rows - 1)), cols, *columns,
                                    result.image(i / rows).row(r));
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
