#include "plane_moments.hpp"

#include <cstring>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index lanes = 8;

// GCC takes loops over an array of so few numbers apart, into one instruction a number.
#if UNSPLICE_GNU_CXX
using Singles = float __attribute__((vector_size(lanes * sizeof(float))));
using Doubles = double __attribute__((vector_size(lanes * sizeof(double))));
#else
struct Doubles {
    double values[lanes];

    double& operator[](Index i) { return values[i]; }
    double operator[](Index i) const { return values[i]; }
};
#endif

struct Moments {
    Doubles sum = {};
    Doubles squares = {};
};

UNSPLICE_VECTORIZED_TO_V4 void add_row(const float* row, Index cols, Moments& moments) {
    Doubles sum = moments.sum, squares = moments.squares;
    Index c = 0;
#if UNSPLICE_GNU_CXX
    for (; c + lanes <= cols; c += lanes) {
        Singles numbers;
        std::memcpy(&numbers, row + c, sizeof numbers);
        const Doubles values = __builtin_convertvector(numbers, Doubles);
        sum += values;
        squares += values * values;
    }
#endif
    for (; c < cols; ++c) {
        const double value = row[c];
        sum[c % lanes] += value;
        squares[c % lanes] += value * value;
    }
    moments.sum = sum;
    moments.squares = squares;
}

double mean(const Doubles& of_lane, Index rows, Index cols) {
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
