#include "paired_sums.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "vectorized.hpp"

namespace unsplice {
namespace {

// Rows that are summed at a time, and columns: so few that the sums of more rows wait in L1.
constexpr Index most_rows = 8, block_cols = 512;

// Adds some rows to the sums, or begins them. The rows are template arguments, because only a loop
// without another one in it is vectorised: the first one and those after it.
template <bool begin, class Pixel, class Number, std::size_t... before>
UNSPLICE_INLINE void add_rows(const Pixel* const* rows, Index from,
                              const PairedWeights<Number>& weights, Index cols, Number* first,
                              Number* second, std::index_sequence<before...>) {
    const Pixel* const row[] = {rows[0] + from, (rows[before + 1] + from)...};
    const Number first_weight[] = {weights.first[0], weights.first[before + 1]...};
    const Number second_weight[] = {weights.second[0], weights.second[before + 1]...};
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        Number one = first_weight[0] * static_cast<Number>(row[0][c]);
        Number two = second_weight[0] * static_cast<Number>(row[0][c]);
        if constexpr (!begin) {
            one = first[c] + one;
            two = second[c] + two;
        }
        ((one += first_weight[before + 1] * static_cast<Number>(row[before + 1][c]),
          two += second_weight[before + 1] * static_cast<Number>(row[before + 1][c])),
         ...);
        first[c] = one;
        second[c] = two;
    }
}

template <bool begin, class Pixel, class Number>
UNSPLICE_INLINE void add_pairs(const Pixel* const* rows, Index from,
                               const PairedWeights<Number>& weights, Index count, Index cols,
                               Number* first, Number* second) {
    if (count == 2) {
        add_rows<begin>(rows, from, weights, cols, first, second, std::make_index_sequence<1>());
    }
    if (count == 4) {
        add_rows<begin>(rows, from, weights, cols, first, second, std::make_index_sequence<3>());
    }
    if (count == 6) {
        add_rows<begin>(rows, from, weights, cols, first, second, std::make_index_sequence<5>());
    }
    if (count == most_rows) {
        add_rows<begin>(rows, from, weights, cols, first, second,
                        std::make_index_sequence<most_rows - 1>());
    }
}

template <class Pixel, class Number>
UNSPLICE_INLINE void sum(const Pixel* const* rows, const PairedWeights<Number>& weights,
                         Index count, Index cols, Number* first, Number* second) {
    for (Index from = 0; from < cols; from += block_cols) {
        const Index width = std::min(block_cols, cols - from);
        Index done = std::min(most_rows, count);
        add_pairs<true>(rows, from, weights, done, width, first + from, second + from);
        while (done < count) {
            const Index more = std::min(most_rows, count - done);
            const PairedWeights<Number> rest = {weights.first + done, weights.second + done};
            add_pairs<false>(rows + done, from, rest, more, width, first + from, second + from);
            done += more;
        }
    }
}

}  // namespace

UNSPLICE_VECTORIZED_TO_V4 void paired_sums(const std::uint8_t* const* rows,
                                           const PairedWeights<float>& weights, Index count,
                                           Index cols, float* first, float* second) {
    sum(rows, weights, count, cols, first, second);
}
UNSPLICE_VECTORIZED_TO_V4 void paired_sums(const std::uint16_t* const* rows,
                                           const PairedWeights<float>& weights, Index count,
                                           Index cols, float* first, float* second) {
    sum(rows, weights, count, cols, first, second);
}
UNSPLICE_VECTORIZED_TO_V4 void paired_sums(const float* const* rows,
                                           const PairedWeights<float>& weights, Index count,
                                           Index cols, float* first, float* second) {
    sum(rows, weights, count, cols, first, second);
}
UNSPLICE_VECTORIZED_TO_V4 void paired_sums(const double* const* rows,
                                           const PairedWeights<double>& weights, Index count,
                                           Index cols, double* first, double* second) {
    sum(rows, weights, count, cols, first, second);
}

}  // namespace unsplice
