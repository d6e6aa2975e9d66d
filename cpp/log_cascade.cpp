#include "log_cascade.hpp"

#include <algorithm>
#include <vector>

#include "borders.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

constexpr Index radius = 2;
constexpr Index window = 2 * radius + 1;

// The last five rows of one pass, with the two reflected columns on either side.
template <class Value>
class RowRing {
 public:
    explicit RowRing(Index cols)
        : cols_(cols), values_(static_cast<std::size_t>(window * (cols + 2 * radius))) {}

    Value* row(Index r) { return values_.data() + r % window * (cols_ + 2 * radius) + radius; }

    void reflect_columns(Index r) {
        Value* values = row(r);
        for (Index i = 1; i <= radius; ++i) {
            values[-i] = values[reflect_101(-i, cols_)];
            values[cols_ - 1 + i] = values[reflect_101(cols_ - 1 + i, cols_)];
        }
    }

 private:
    Index cols_;
    std::vector<Value> values_;
};

// Five neighboring rows, the middle one at [2].
template <class Value>
struct Neighborhood {
    const Value* rows[window];
};

// The order of the sums is part of the definition: with floats another order gives other bits.
template <class Value>
UNSPLICE_INLINE void apply_log(const Neighborhood<Value>& around, Index cols, Value* result) {
    const Value *top = around.rows[0], *above = around.rows[1], *here = around.rows[2],
                *below = around.rows[3], *bottom = around.rows[4];
    UNSPLICE_INDEPENDENT
    for (Index c = 0; c < cols; ++c) {
        const Value near = (above[c] + below[c]) + (here[c - 1] + here[c + 1]);
        const Value far = (top[c] + bottom[c]) + (here[c - 2] + here[c + 2]);
        const Value corners = (above[c - 1] + above[c + 1]) + (below[c - 1] + below[c + 1]);
        result[c] = (16 * here[c] - 2 * near) - (far + corners);
    }
}

UNSPLICE_VECTORIZED void log_row(const Neighborhood<std::int32_t>& around, Index cols,
                                 std::int32_t* result) {
    apply_log(around, cols, result);
}
UNSPLICE_VECTORIZED void log_row(const Neighborhood<float>& around, Index cols, float* result) {
    apply_log(around, cols, result);
}

// Makes the rows of the last pass one by one, and of each pass before it the rows that it needs.
template <class Pixel, class Value>
class Cascade {
 public:
    Cascade(ImageView<const Pixel> image, int passes, Index first_row)
        : image_(image), passes_(passes) {
        for (int pass = 0; pass < passes; ++pass) {
            rings_.emplace_back(image.cols);
            next_.push_back(std::max<Index>(0, first_row - radius * (passes - pass)));
        }
    }

    void last_pass(Index r, Value* result) { apply(passes_, r, result); }

 private:
    // Pass 0 is the image itself.
    void make_rows_until(int pass, Index last) {
        for (Index& r = next_[pass]; r <= last; ++r) {
            Value* target = rings_[pass].row(r);
            if (pass == 0) {
                std::copy_n(image_.row(r), image_.cols, target);
            } else {
                apply(pass, r, target);
            }
            rings_[pass].reflect_columns(r);
        }
    }

    void apply(int pass, Index r, Value* target) {
        make_rows_until(pass - 1, std::min(r + radius, image_.rows - 1));
        Neighborhood<Value> around;
        for (Index i = 0; i < window; ++i) {
            around.rows[i] = rings_[pass - 1].row(reflect_101(r - radius + i, image_.rows));
        }
        log_row(around, image_.cols, target);
    }

    ImageView<const Pixel> image_;
    int passes_;
    std::vector<RowRing<Value>> rings_;  // by pass
    std::vector<Index> next_;            // by pass: the row to be made next
};

}  // namespace

template <class Pixel, class Value>
void log_cascade(ImageView<const Pixel> image, int passes, ImageView<Value> result,
                 int num_threads) {
    if (image.cols == 0) return;
    for_row_ranges(image.rows, image.cols, num_threads, [&](Index begin, Index end) {
        if (begin == end) return;
        Cascade<Pixel, Value> cascade(image, passes, begin);
        for (Index r = begin; r < end; ++r) cascade.last_pass(r, result.row(r));
    });
}

template void log_cascade(ImageView<const std::uint8_t>, int, ImageView<std::int32_t>, int);
template void log_cascade(ImageView<const std::uint16_t>, int, ImageView<std::int32_t>, int);
template void log_cascade(ImageView<const float>, int, ImageView<float>, int);

}  // namespace unsplice
