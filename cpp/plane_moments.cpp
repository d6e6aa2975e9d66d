#include "plane_moments.hpp"

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index lanes = 8;

struct Moments {
    double sum[lanes] = {};
    double squares[lanes] = {};
};

UNSPLICE_VECTORIZED void add_row(const float* row, Index cols, Moments& moments) {
    double sum[lanes], squares[lanes];
    for (Index i = 0; i < lanes; ++i) sum[i] = moments.sum[i];
    for (Index i = 0; i < lanes; ++i) squares[i] = moments.squares[i];
    Index c = 0;
    for (; c + lanes <= cols; c += lanes) {
        for (Index i = 0; i < lanes; ++i) {
            const double value = row[c + i];
            sum[i] += value;
            squares[i] += value * value;
        }
    }
    for (Index i = 0; i < lanes; ++i) moments.sum[i] = sum[i];
    for (Index i = 0; i < lanes; ++i) moments.squares[i] = squares[i];
    for (Index i = 0; c < cols; ++i, ++c) {
        const double value = row[c];
        moments.sum[i] += value;
        moments.squares[i] += value * value;
    }
}

double mean(const double* of_lane, Index rows, Index cols) {
    double sum = of_lane[0];
    for (Index i = 1; i < lanes; ++i) sum += of_lane[i];
    return sum / (static_cast<double>(rows) * static_cast<double>(cols));
}

}  // namespace

void plane_moments(StackView<const float> planes, double* result, int num_threads) {
    const Index rows = planes.rows, cols = planes.cols;
    for_row_ranges(planes.count, rows * cols, num_threads, [&](Index begin, Index end) {
        for (Index i = begin; i < end; ++i) {
            Moments moments;
            for (Index r = 0; r < rows; ++r) add_row(planes.image(i).row(r), cols, moments);
            result[2 * i] = mean(moments.sum, rows, cols);
            result[2 * i + 1] = mean(moments.squares, rows, cols);
        }
    });
}

}  // namespace unsplice
