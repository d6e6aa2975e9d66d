// Cascades of Laplacians of Gaussian, one strip of columns at a time.
#pragma once

#include <algorithm>
#include <deque>
#include <type_traits>
#include <vector>

#include "log_band.hpp"
#include "parallel.hpp"

namespace unsplice {

// Splits `cols` columns into strips that are equally wide, by whole vectors, and calls
// body(first_col, width) for each; the last begins where it fits, over columns of the one before.
template <class Body>
void for_strips(Index cols, const Body& body) {
    const Index strips = (cols + log_strip_cols - 1) / log_strip_cols;
    const Index width = std::min(cols, whole_vectors((cols + strips - 1) / strips));
    for (Index first_col = 0; first_col < cols; first_col += width) {
        body(std::min(first_col, cols - width), width);
    }
}

// One strip of a cascade, in rows from `begin` to `end`. Pixels, First and Later are the types
// that hold the image, the first pass, and those after it, up to the last but one.
//
// Band b of a pass is made of bands b and b + 1 of the pass before, so each pass begins
// `log_radius` rows below the one before, and only the image is ever continued beyond its edges:
// filters with a symmetric kernel keep a reflected picture reflected.
template <class Pixels, class First, class Later, class Result>
class LogStrip {
 public:
    LogStrip(int passes, Index begin, Index end, Index cols)
        : passes_(passes),
          begin_(begin),
          end_(end),
          cols_(cols),
          later_(static_cast<std::size_t>(std::max(passes - 2, 0))) {}

    // Makes the rows before `row` that are not there yet; `row` is `end`, or as many rows from
    // `begin` as whole bands have.
    //
    // take(r, target) puts rows r to r + log_band_rows of the image into a band, `margin()` columns
    // wider than the strip on either side; place(r) is where row r of the result belongs, and
    // `stride` the way from there to the next.
    template <class Take, class Place>
    void make_until(Index row, const Take& take, const Place& place, Index stride) {
        for (; begin_ + (step_ - passes_) * log_band_rows < row; ++step_) {
            take(begin_ - margin() + step_ * log_band_rows, pixels_.band(step_));
            if (passes_ > 1 && step_ >= 1) make_band(pixels_, 1, first_);
            for (int pass = 2; pass < passes_ && step_ >= pass; ++pass) {
                if (pass == 2) {
                    make_band(first_, pass, later_[0]);
                } else {
                    make_band(later_[pass - 3], pass, later_[pass - 2]);
                }
            }
            if (step_ < passes_) continue;
            if (passes_ == 1) {
                finish(pixels_, place, stride);
            } else if (passes_ == 2) {
                finish(first_, place, stride);
            } else {
                finish(later_[passes_ - 3], place, stride);
            }
        }
    }

    Index margin() const { return passes_ * log_radius; }

 private:
    template <class Source, class Target>
    void make_band(const LogBands<Source>& source, int pass, LogBands<Target>& target) {
        const Index band = step_ - pass, needed = cols_ + 2 * log_radius * (passes_ - pass);
        // What is too much is never read.
        log_band(source.band(band), source.band(band + 1), whole_vectors(needed), target.band(band),
                 log_band_stride);
    }

    template <class Source, class Place>
    void finish(const LogBands<Source>& source, const Place& place, Index stride) {
        const Index band = step_ - passes_, row = begin_ + band * log_band_rows;
        const Source *before = source.band(band), *after = source.band(band + 1);
        if (end_ - row >= log_band_rows) {
            log_band(before, after, cols_, place(row), stride);
            return;
        }
        log_band(before, after, cols_, last_, log_band_stride);
        for (Index r = row; r < end_; ++r) {
            std::copy_n(last_ + (r - row) * log_band_stride, cols_, place(r));
        }
    }

    int passes_;
    Index begin_, end_, cols_, step_ = 0;
    LogBands<Pixels> pixels_;
    LogBands<First> first_;
    std::vector<LogBands<Later>> later_;
    alignas(64) Result last_[log_band_rows * log_band_stride];
};

// Asks the memory for a band of an image, as far as there are such rows.
template <class Pixel>
void prefetch_band(ImageView<Pixel> image, Index first_row, Index first_col, Index cols) {
    const Index end = std::min(first_row + log_band_rows, image.rows);
    for (Index r = std::max<Index>(first_row, 0); r < end; ++r) {
        if constexpr (std::is_const_v<Pixel>) {
            prefetch(image.row(r) + first_col, cols);
        } else {
            prefetch_for_writing(image.row(r) + first_col, cols);
        }
    }
}

// A cascade over a whole picture.
template <class Pixels, class First, class Later, class Pixel, class Result>
void filter_log_strips(ImageView<const Pixel> image, int passes, ImageView<Result> result,
                       int num_threads) {
    using Strip = LogStrip<Pixels, First, Later, Result>;
    // So many rows of every strip after each other that its bands are worth fetching, and so few
    // that the pages of the result, which the system clears when they are first written, are still
    // in a cache.
    constexpr Index rows_at_once = 16 * log_band_rows;
    if (image.cols == 0) return;
    for_row_ranges(image.rows, image.cols, num_threads, [&](Index begin, Index end) {
        std::deque<Strip> strips;
        for_strips(image.cols,
                   [&](Index, Index cols) { strips.emplace_back(passes, begin, end, cols); });
        for (Index row = begin; row < end; row += rows_at_once) {
            auto strip = strips.begin();
            for_strips(image.cols, [&](Index first_col, Index cols) {
                const auto take = [&](Index r, Pixels* target) {
                    prefetch_band(image, r + log_band_rows, first_col, cols);
                    take_band(image, r, first_col - strip->margin(), cols + 2 * strip->margin(),
                              target);
                };
                const auto place = [&](Index r) {
                    prefetch_band(result, r + log_band_rows, first_col, cols);
                    return result.row(r) + first_col;
                };
                strip->make_until(std::min(row + rows_at_once, end), take, place,
                                  result.row_stride);
                ++strip;
            });
        }
    });
}

}  // namespace unsplice
