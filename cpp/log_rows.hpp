// The 5x5 Laplacian of Gaussian row by row, for every type that a cascade of them meets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "parallel.hpp"
#include "row_stream.hpp"

namespace unsplice {

// Integers are exact: 16 bits hold what uint8 gives (at most 4080), 32 bits what int16 gives.
void log_row(const RowStream<std::uint8_t>::Neighborhood& around, Index cols, std::int16_t* result);
void log_row(const RowStream<std::int16_t>::Neighborhood& around, Index cols, std::int32_t* result);
void log_row(const RowStream<std::int32_t>::Neighborhood& around, Index cols, std::int32_t* result);
void log_row(const RowStream<float>::Neighborhood& around, Index cols, float* result);

// The same, clipped to 0..255.
void log_row(const RowStream<std::uint8_t>::Neighborhood& around, Index cols, std::uint8_t* result);

// The rows of the image, filtered `passes` times; every pass has the type of the result.
template <class Pixel, class Value>
void filter_log_rows(ImageView<const Pixel> image, int passes, ImageView<Value> result,
                     int num_threads) {
    using Stream = RowStream<Value>;
    const Index rows = image.rows, cols = image.cols;
    if (cols == 0) return;
    for_row_ranges(rows, cols, num_threads, [&](Index begin, Index end) {
        if (begin == end) return;
        std::deque<Stream> streams;  // by pass, of which 0 is the image; the last is the result
        for (int pass = 0; pass < passes; ++pass) {
            const auto make_row = [&, pass](Index r, Value* target) {
                if (pass == 0) {
                    std::copy_n(image.row(r), cols, target);
                } else {
                    log_row(streams[pass - 1].around(r), cols, target);
                }
            };
            const Index first_row = begin - Stream::radius * (passes - pass);
            streams.emplace_back(rows, cols, first_row, Stream::window, make_row);
        }
        for (Index r = begin; r < end; ++r) {
            log_row(streams.back().around(r), cols, result.row(r));
        }
    });
}

}  // namespace unsplice
