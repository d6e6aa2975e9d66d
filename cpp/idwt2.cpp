#include "idwt2.hpp"

#include <algorithm>
#include <array>

#include "paired_sums.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

template <class Number>
UNSPLICE_INLINE void interleave(const Number* even, const Number* odd, Index cols, Number* row) {
    const Index pairs = cols / 2;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < pairs; ++i) {
        row[2 * i] = even[i];
        row[2 * i + 1] = odd[i];
    }
    if (cols % 2 != 0) row[cols - 1] = even[pairs];
}
UNSPLICE_VECTORIZED void interleave_row(const float* even, const float* odd, Index cols,
                                        float* row) {
    interleave(even, odd, cols, row);
}
UNSPLICE_VECTORIZED void interleave_row(const double* even, const double* odd, Index cols,
                                        double* row) {
    interleave(even, odd, cols, row);
}

template <class Number>
UNSPLICE_INLINE void haar(const Number* approximation, const Number* horizontal,
                          const Number* vertical, const Number* diagonal, Index cols, Number* top,
                          Number* bottom) {
    const Number half = static_cast<Number>(0.5);
    const Index pairs = cols / 2;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < pairs; ++i) {
        const Number upper = approximation[i] + horizontal[i],
                     upper_step = vertical[i] + diagonal[i];
        const Number lower = approximation[i] - horizontal[i],
                     lower_step = vertical[i] - diagonal[i];
        top[2 * i] = half * (upper + upper_step);
        top[2 * i + 1] = half * (upper - upper_step);
        bottom[2 * i] = half * (lower + lower_step);
        bottom[2 * i + 1] = half * (lower - lower_step);
    }
    if (cols % 2 != 0) {
        const Index i = pairs;
        top[2 * i] = half * ((approximation[i] + horizontal[i]) + (vertical[i] + diagonal[i]));
        bottom[2 * i] = half * ((approximation[i] - horizontal[i]) + (vertical[i] - diagonal[i]));
    }
}

template <class Number>
using Bands = std::array<const Number*, 4>;

UNSPLICE_VECTORIZED void haar_row(const Bands<float>& from, Index cols, float* top, float* bottom) {
    haar(from[0], from[1], from[2], from[3], cols, top, bottom);
}
UNSPLICE_VECTORIZED void haar_row(const Bands<double>& from, Index cols, double* top,
                                  double* bottom) {
    haar(from[0], from[1], from[2], from[3], cols, top, bottom);
}

// Filters by twos: the taps for even and for odd places, low and high in turns.
template <class Number>
struct Taps {
    std::vector<Number> even, odd;

    explicit Taps(const Filters<Number>& filters) {
        for (std::size_t j = 0; j < filters.low.size(); j += 2) {
            even.insert(even.end(), {filters.low[j], filters.high[j]});
            odd.insert(odd.end(), {filters.low[j + 1], filters.high[j + 1]});
        }
    }
    PairedWeights<Number> weights() const { return {even.data(), odd.data()}; }
};

}  // namespace

template <class Number>
void idwt2(StackView<const Number> bands, const Filters<Number>& filters, ImageView<Number> image,
           int num_threads) {
    const Index length = filters.length(), last = length / 2 - 1;
    const Index half_rows = (image.rows + 1) / 2, half_cols = (image.cols + 1) / 2;
    const Taps<Number> taps(filters);
    for_row_ranges(half_rows, 2 * image.cols, num_threads, [&](Index begin, Index end) {
        // What is summed down, for an upper and a lower row, and across.
        const auto cols = static_cast<std::size_t>(bands.cols);
        std::vector<Number> low[2] = {std::vector<Number>(cols), std::vector<Number>(cols)};
        std::vector<Number> high[2] = {low[0], low[0]};
        std::vector<Number> even(static_cast<std::size_t>(half_cols)), odd(even.size());
        std::vector<const Number*> window(filters.low.size());
        for (Index m = begin; m < end; ++m) {
            for (const Index band : {0, 2}) {
                for (Index j = 0; j < length; ++j) {
                    window[static_cast<std::size_t>(j)] =
                        bands.image(band + j % 2).row(m + last - j / 2);
                }
                std::vector<Number>* rows = band == 0 ? low : high;
                paired_sums(window.data(), taps.weights(), length, bands.cols, rows[0].data(),
                            rows[1].data());
            }
            for (Index p = 0; p < std::min<Index>(2, image.rows - 2 * m); ++p) {
                for (Index j = 0; j < length; ++j) {
                    const std::vector<Number>& row = j % 2 == 0 ? low[p] : high[p];
                    window[static_cast<std::size_t>(j)] = row.data() + last - j / 2;
                }
                paired_sums(window.data(), taps.weights(), length, half_cols, even.data(),
                            odd.data());
                interleave_row(even.data(), odd.data(), image.cols, image.row(2 * m + p));
            }
        }
    });
}

template <class Number>
void haar_idwt2(StackView<const Number> bands, ImageView<Number> image, int num_threads) {
    for_row_ranges(bands.rows, 2 * image.cols, num_threads, [&](Index begin, Index end) {
        // For an odd last row, which the bands say twice.
        std::vector<Number> unused(image.rows % 2 != 0 ? static_cast<std::size_t>(image.cols) : 0);
        for (Index m = begin; m < end; ++m) {
            Number* bottom = 2 * m + 1 < image.rows ? image.row(2 * m + 1) : unused.data();
            haar_row({bands.image(0).row(m), bands.image(1).row(m), bands.image(2).row(m),
                      bands.image(3).row(m)},
                     image.cols, image.row(2 * m), bottom);
        }
    });
}

template void idwt2(StackView<const float>, const Filters<float>&, ImageView<float>, int);
template void idwt2(StackView<const double>, const Filters<double>&, ImageView<double>, int);

template void haar_idwt2(StackView<const float>, ImageView<float>, int);
template void haar_idwt2(StackView<const double>, ImageView<double>, int);

}  // namespace unsplice
