#include "fit_lines.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "cells.hpp"
#include "parallel.hpp"
#include "sum_cells.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr double line_unit = 4294967296.0;  // 2^32
constexpr double heat_unit = 65536.0;

template <class Number>
UNSPLICE_INLINE void add_row_of(const Number* row, Index cols, std::int64_t sign,
                                std::int64_t* __restrict sums) {
    for (Index c = 0; c < cols; ++c) sums[c] += sign * static_cast<std::int64_t>(row[c]);
}

UNSPLICE_VECTORIZED void add_row(const std::int32_t* row, Index cols, std::int64_t sign,
                                 std::int64_t* __restrict sums) {
    sign > 0 ? add_row_of(row, cols, 1, sums) : add_row_of(row, cols, -1, sums);
}

UNSPLICE_VECTORIZED void add_row(const std::int64_t* row, Index cols, std::int64_t sign,
                                 std::int64_t* __restrict sums) {
    sign > 0 ? add_row_of(row, cols, 1, sums) : add_row_of(row, cols, -1, sums);
}

// Sums over the windows around the cells of one row after another, of `planes` planes.
template <class Number, Index planes>
class WindowSums {
 public:
    WindowSums(StackView<const Number> values, Index reach, Index row)
        : values_(values),
          reach_(reach),
          row_(row),
          columns_(static_cast<std::size_t>(planes * values.cols)),
          before_(static_cast<std::size_t>(values.cols + 1)),
          windows_(columns_.size()) {
        const Index last = std::min(row + reach, values.rows - 1);
        for (Index r = std::max<Index>(row - reach, 0); r <= last; ++r) add(r, 1);
    }

    void move_down() {
        if (row_ - reach_ >= 0) add(row_ - reach_, -1);
        ++row_;
        if (row_ + reach_ < values_.rows) add(row_ + reach_, 1);
    }

    // The sums of plane k, one a column.
    const std::int64_t* of_plane(Index k) {
        const Index cols = values_.cols;
        const std::int64_t* columns = columns_.data() + k * cols;
        for (Index c = 0; c < cols; ++c) before_[c + 1] = before_[c] + columns[c];
        std::int64_t* windows = windows_.data() + k * cols;
        for (Index c = 0; c < cols; ++c) {
            windows[c] =
                before_[std::min(c + reach_ + 1, cols)] - before_[std::max<Index>(c - reach_, 0)];
        }
        return windows;
    }

 private:
    void add(Index r, std::int64_t sign) {
        for (Index k = 0; k < planes; ++k) {
            add_row(values_.image(k).row(r), values_.cols, sign,
                    columns_.data() + k * values_.cols);
        }
    }

    StackView<const Number> values_;
    Index reach_, row_;
    std::vector<std::int64_t> columns_, before_, windows_;
};

// How many of `size` elements lie within reach of each place, where a place has `each` of them and
// the last one what is left.
std::vector<double> elements_around(Index places, Index reach, Index each, Index size) {
    std::vector<double> counts(static_cast<std::size_t>(places));
    for (Index i = 0; i < places; ++i) {
        const Index end = std::min(each * (i + reach + 1), size);
        counts[static_cast<std::size_t>(i)] =
            static_cast<double>(end - each * std::max<Index>(i - reach, 0));
    }
    return counts;
}

// Multiples of 2^-32.
UNSPLICE_INLINE std::int64_t rounded(double number) { return std::llrint(number * line_unit); }

UNSPLICE_VECTORIZED_TO_V4 void fit_row(const std::int64_t* const (&sums)[cell_sums],
                                       const double* counts, double rows, double least, Index cols,
                                       std::int64_t* __restrict slopes,
                                       std::int64_t* __restrict offsets) {
    for (Index c = 0; c < cols; ++c) {
        const double count = rows * counts[c];
        const double mean = static_cast<double>(sums[0][c]) / count;
        const double square = static_cast<double>(sums[1][c]) / count;
        const double heat = static_cast<double>(sums[2][c]) / count;
        const double product = static_cast<double>(sums[3][c]) / count;
        const double variance = square - mean * mean;
        const double slope = (product - mean * heat) / (variance + least) / heat_unit;
        slopes[c] = rounded(slope);
        offsets[c] = rounded(-slope * mean);
    }
}

UNSPLICE_VECTORIZED_TO_V4 void average_row(const std::int64_t* sums, const double* counts,
                                           double rows, Index cols, float* __restrict result) {
    for (Index c = 0; c < cols; ++c) {
        const double mean = static_cast<double>(sums[c]) / (rows * counts[c]);
        result[c] = static_cast<float>(mean / line_unit);
    }
}

}  // namespace

void fit_lines(StackView<const std::int32_t> sums, Index rows, Index cols, Index reach,
               double epsilon, StackView<float> result, int num_threads) {
    constexpr Index work = 16;  // of a cell, in elements of a simpler kernel
    constexpr Index lines = 2;  // planes: slopes and offsets
    const Index cell_rows = sums.rows, cell_cols = sums.cols;
    if (cell_cols == 0 || cell_rows == 0) return;
    const double least = 255.0 * 255.0 * epsilon;
    const Index cells = cell_rows * cell_cols;
    // Not cleared first: that would be all on one thread.
    const auto fitted =
        std::make_unique_for_overwrite<std::int64_t[]>(static_cast<std::size_t>(lines * cells));
    const StackView<std::int64_t> of_cells{fitted.get(), lines, cell_rows,
                                           cell_cols,    cells, cell_cols};
    auto down = elements_around(cell_rows, reach, cell_side, rows);
    auto across = elements_around(cell_cols, reach, cell_side, cols);
    for_row_ranges(cell_rows, work * cell_cols, num_threads, [&](Index begin, Index end) {
        WindowSums<std::int32_t, cell_sums> windows(sums, reach, begin);
        for (Index r = begin; r < end; ++r) {
            if (r > begin) windows.move_down();
            const std::int64_t* const of_planes[] = {windows.of_plane(0), windows.of_plane(1),
                                                     windows.of_plane(2), windows.of_plane(3)};
            fit_row(of_planes, across.data(), down[static_cast<std::size_t>(r)], least, cell_cols,
                    of_cells.image(0).row(r), of_cells.image(1).row(r));
        }
    });
    down = elements_around(cell_rows, reach, 1, cell_rows);
    across = elements_around(cell_cols, reach, 1, cell_cols);
    const StackView<const std::int64_t> read{fitted.get(), lines, cell_rows,
                                             cell_cols,    cells, cell_cols};
    for_row_ranges(cell_rows, work * cell_cols, num_threads, [&](Index begin, Index end) {
        WindowSums<std::int64_t, lines> windows(read, reach, begin);
        for (Index r = begin; r < end; ++r) {
            if (r > begin) windows.move_down();
            for (Index k = 0; k < lines; ++k) {
                average_row(windows.of_plane(k), across.data(), down[static_cast<std::size_t>(r)],
                            cell_cols, result.image(k).row(r));
            }
        }
    });
}

}  // namespace unsplice
