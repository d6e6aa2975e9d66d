// A cascade of Laplacians of Gaussian over a whole picture.
#pragma once

#include <algorithm>
#include <deque>
#include <cstdlib>
#include <vector>

#include "log_band.hpp"
#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {

// A strip of `passes` filters of the image, in rows from `begin` to `end`. Pixels, First and Later
// are the types that hold the image, the first pass and those after it, up to the last but one.
//
// Band b of a pass is made of bands b and b + 1 of the pass before, so each pass begins `log_radius`
// rows below the one before, and only the image is ever continued beyond its edges: filters with a
// symmetric kernel keep a reflected picture reflected.
template <class Pixels, class First, class Later, class Pixel, class Result>
class LogStrip {
 public:
    LogStrip(ImageView<const Pixel> image, int passes, ImageView<Result> result, Index begin,
             Index end, Index first_col, Index cols)
        : image_(image),
          result_(result),
          passes_(passes),
          begin_(begin),
          end_(end),
          first_col_(first_col),
          cols_(cols),
          later_(std::max(passes - 2, 0)) {}

    // The rows before `row` that are not there yet, and perhaps a few more.
    void make_until(Index row) {
        const Index margin = passes_ * log_radius;
        for (; begin_ + (step_ - passes_) * log_band_rows < row; ++step_) {
            const Index first_row = begin_ - margin + step_ * log_band_rows;
            for (Index r = 0; r < log_band_rows; ++r) {
                const Index ahead = first_row + log_band_rows + r;
                if (ahead >= 0 && ahead < image_.rows)
                    prefetch(image_.row(ahead) + first_col_, cols_);
            }
            take_band(image_, first_row, first_col_ - margin, cols_ + 2 * margin,
                      pixels_.band(step_));
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
                finish(pixels_);
            } else if (passes_ == 2) {
                finish(first_);
            } else {
                finish(later_[passes_ - 3]);
            }
        }
    }

 private:
    template <class Source, class Target>
    void make_band(const LogBands<Source>& source, int pass, LogBands<Target>& target) {
        constexpr Index vector = 32;  // whole vectors; what is too much is never read
        const Index needed = cols_ + 2 * log_radius * (passes_ - pass);
        const Index band = step_ - pass;
        log_band(source.band(band), source.band(band + 1), (needed + vector - 1) / vector * vector,
                 target.band(band), log_band_stride);
    }

    template <class Source>
    void finish(const LogBands<Source>& source) {
        const Index band = step_ - passes_, row = begin_ + band * log_band_rows;
        const Source *before = source.band(band), *after = source.band(band + 1);
        if (end_ - row >= log_band_rows) {
            for (Index r = row + log_band_rows; r < std::min(end_, row + 2 * log_band_rows); ++r) {
                prefetch_for_writing(result_.row(r) + first_col_, cols_);
            }
            log_band(before, after, cols_, result_.row(row) + first_col_, result_.row_stride);
            return;
        }
        log_band(before, after, cols_, last_, log_band_stride);
        for (Index r = row; r < end_; ++r) {
            std::copy_n(last_ + (r - row) * log_band_stride, cols_, result_.row(r) + first_col_);
        }
    }

    ImageView<const Pixel> image_;
    ImageView<Result> result_;
    int passes_;
    Index begin_, end_, first_col_, cols_, step_ = 0;
    LogBands<Pixels> pixels_;
    LogBands<First> first_;
    std::vector<LogBands<Later>> later_;
    alignas(64) Result last_[log_band_rows * log_band_stride];
};

template <class Pixels, class First, class Later, class Pixel, class Result>
void filter_log_strips(ImageView<const Pixel> image, int passes, ImageView<Result> result,
                       int num_threads) {
    const Index cols = image.cols;
    if (cols == 0) return;
    // Equally wide, by whole vectors; the last begins where it fits, over columns made already.
    constexpr Index vector = 32;
    const Index strips = (cols + log_strip_cols - 1) / log_strip_cols;
    const Index share = (cols + strips - 1) / strips;
    const Index width = std::min(cols, (share + vector - 1) / vector * vector);
    static const Index chunk = getenv("CHUNK") ? atoi(getenv("CHUNK")) : 64;
    for_row_ranges(image.rows, cols, num_threads, [&](Index begin, Index end) {
        if (begin == end) return;
        std::deque<LogStrip<Pixels, First, Later, Pixel, Result>> all;
        for (Index first_col = 0; first_col < cols; first_col += width) {
            all.emplace_back(image, passes, result, begin, end, std::min(first_col, cols - width),
                             width);
        }
        for (Index row = begin; row < end;) {
            row = std::min(row + chunk, end);
            for (auto& strip : all) strip.make_until(row);
        }
    });
}

}  // namespace unsplice
