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
// without another one in it is vectorised.
template <bool begin, class Pixel, class Number, std::size_t... i>
UNSPLICE_INLINE void add_rows(const Pixel* const* rows, Index from,
                              const PairedWeights<Number>& weights, Index cols, Number* first,
                              Number* second, std::index_sequence<i...>) {
    const Pixel* const row[] = {(rows[i] + from)...};
    const Number first_weight[] = {weights.first[i]...};
    const Number second_weight[] = {weights.second[i]...};
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        Number one = begin ? Number{0} : first[c], two = begin ? Number{0} : second[c];
        ((one += first_weight[i] * static_cast<Number>(row[i][c]),
          two += second_weight[i] * static_cast<Number>(row[i][c])),
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
        add_rows<begin>(rows, from, weights, cols, first, second, std::make_index_sequence<2>());
    }
    if (count == 4) {
        add_rows<begin>(rows, from, weights, cols, first, second, std::make_index_sequence<4>());
    }
    if (count == 6) {
        add_rows<begin>(rows, from, weights, cols, first, second, std::make_index_sequence<6>());
    }
    if (count == most_rows) {
        add_rows<begin>(rows, from, weights, cols, first, second,
                        std::make_index_sequence<most_rows>());
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
