#include "dwt2.hpp"

#include <algorithm>

#include "borders.hpp"
#include "paired_sums.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

template <class Number>
UNSPLICE_INLINE void split(const Number* row, Index pairs, Number* even, Number* odd) {
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < pairs; ++i) {
        even[i] = row[2 * i];
        odd[i] = row[2 * i + 1];
    }
}
UNSPLICE_VECTORIZED void split_row(const float* row, Index pairs, float* even, float* odd) {
    split(row, pairs, even, odd);
}
UNSPLICE_VECTORIZED void split_row(const double* row, Index pairs, double* even, double* odd) {
    split(row, pairs, even, odd);
}

// Filters rows and keeps every second result.
template <class Number>
class RowFilter {
 public:
    RowFilter(Index cols, const Filters<Number>& filters)
        : cols_(cols),
          half_(filters.length() / 2),
          weights_{filters.low.data(), filters.high.data()},
          even_(static_cast<std::size_t>(transformed_size(cols, filters.length()) + half_ - 1)),
          odd_(even_.size()),
          shifted_(filters.low.size()) {
        for (std::size_t j = 0; j < shifted_.size(); ++j) {
            const std::vector<Number>& samples = j % 2 == 0 ? odd_ : even_;
            shifted_[j] = samples.data() + half_ - 1 - static_cast<Index>(j / 2);
        }
    }

    void apply(const Number* row, Number* low, Number* high) {
        // Slot 0 is for column 2 - length.
        const Index before = half_ - 1, pairs = cols_ / 2, slots = static_cast<Index>(even_.size());
        const auto mirror = [&](Index slot) {
            const auto i = static_cast<std::size_t>(slot);
            even_[i] = row[reflect(2 * (slot - before), cols_)];
            odd_[i] = row[reflect(2 * (slot - before) + 1, cols_)];
        };
        for (Index slot = 0; slot < before; ++slot) mirror(slot);
        split_row(row, pairs, even_.data() + before, odd_.data() + before);
        for (Index slot = before + pairs; slot < slots; ++slot) mirror(slot);
        paired_sums(shifted_.data(), weights_, static_cast<Index>(shifted_.size()), slots - before,
                    low, high);
    }

 private:
    Index cols_, half_;
    PairedWeights<Number> weights_;
    std::vector<Number> even_, odd_;
    std::vector<const Number*> shifted_;
};

template <class Pixel, class Number>
UNSPLICE_INLINE void haar(const Pixel* top, const Pixel* bottom, Index cols, Number* approximation,
                          Number* horizontal, Number* vertical, Number* diagonal) {
    const auto put = [&](Index i, Number a, Number b, Number c, Number d) {
        const Number half = static_cast<Number>(0.5);
        approximation[i] = half * ((a + b) + (c + d));
        horizontal[i] = half * ((a + b) - (c + d));
        vertical[i] = half * ((a - b) + (c - d));
        diagonal[i] = half * ((a - b) - (c - d));
    };
    const Index pairs = cols / 2;
    UNSPLICE_INDEPENDENT
    for (Index i = 0; i < pairs; ++i) {
        put(i, top[2 * i], top[2 * i + 1], bottom[2 * i], bottom[2 * i + 1]);
    }
    if (cols % 2 != 0) put(pairs, top[cols - 1], top[cols - 1], bottom[cols - 1], bottom[cols - 1]);
}

template <class Number>
struct BandRows {
    Number *approximation, *horizontal, *vertical, *diagonal;
};

UNSPLICE_VECTORIZED void haar_row(const std::uint8_t* top, const std::uint8_t* bottom, Index cols,
                                  const BandRows<float>& to) {
    haar(top, bottom, cols, to.approximation, to.horizontal, to.vertical, to.diagonal);
}
UNSPLICE_VECTORIZED void haar_row(const std::uint16_t* top, const std::uint16_t* bottom, Index cols,
                                  const BandRows<float>& to) {
    haar(top, bottom, cols, to.approximation, to.horizontal, to.vertical, to.diagonal);
}
UNSPLICE_VECTORIZED void haar_row(const float* top, const float* bottom, Index cols,
                                  const BandRows<float>& to) {
    haar(top, bottom, cols, to.approximation, to.horizontal, to.vertical, to.diagonal);
}
UNSPLICE_VECTORIZED void haar_row(const double* top, const double* bottom, Index cols,
                                  const BandRows<double>& to) {
    haar(top, bottom, cols, to.approximation, to.horizontal, to.vertical, to.diagonal);
}

}  // namespace

template <class Pixel>
void dwt2(ImageView<const Pixel> image, const Filters<Coefficient<Pixel>>& filters,
          StackView<Coefficient<Pixel>> bands, int num_threads) {
    using Number = Coefficient<Pixel>;
    const Index rows = image.rows, cols = image.cols, length = filters.length();
    for_row_ranges(bands.rows, 2 * cols, num_threads, [&](Index begin, Index end) {
        RowFilter<Number> across(cols, filters);
        std::vector<const Pixel*> window(filters.low.size());
        std::vector<Number> low(static_cast<std::size_t>(cols)), high(low.size());
        for (Index k = begin; k < end; ++k) {
            for (Index j = 0; j < length; ++j) {
                window[static_cast<std::size_t>(j)] = image.row(reflect(2 * k + 1 - j, rows));
            }
            paired_sums(window.data(), {filters.low.data(), filters.high.data()}, length, cols,
                        low.data(), high.data());
            across.apply(low.data(), bands.image(0).row(k), bands.image(2).row(k));
            across.apply(high.data(), bands.image(1).row(k), bands.image(3).row(k));
        }
    });
}

template <class Pixel>
void haar_dwt2(ImageView<const Pixel> image, StackView<Coefficient<Pixel>> bands, int num_threads) {
    for_row_ranges(bands.rows, 2 * image.cols, num_threads, [&](Index begin, Index end) {
        for (Index k = begin; k < end; ++k) {
            haar_row(image.row(2 * k), image.row(std::min(2 * k + 1, image.rows - 1)), image.cols,
                     {bands.image(0).row(k), bands.image(1).row(k), bands.image(2).row(k),
                      bands.image(3).row(k)});
        }
    });
}

template void dwt2(ImageView<const std::uint8_t>, const Filters<float>&, StackView<float>, int);
template void dwt2(ImageView<const std::uint16_t>, const Filters<float>&, StackView<float>, int);
template void dwt2(ImageView<const float>, const Filters<float>&, StackView<float>, int);
template void dwt2(ImageView<const double>, const Filters<double>&, StackView<double>, int);

template void haar_dwt2(ImageView<const std::uint8_t>, StackView<float>, int);
template void haar_dwt2(ImageView<const std::uint16_t>, StackView<float>, int);
template void haar_dwt2(ImageView<const float>, StackView<float>, int);
template void haar_dwt2(ImageView<const double>, StackView<double>, int);

}  // namespace unsplice
