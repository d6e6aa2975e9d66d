// Rows over threads; the only file that knows threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

struct RowRange {
    Index begin;
    Index end;
};

// Disjoint ranges that cover [0, rows), one a thread. Below `work_per_thread` elements a thread
// does not pay for itself.
inline std::vector<RowRange> split_rows(Index rows, Index row_length, int num_threads) {
    constexpr Index work_per_thread = Index{1} << 18;
    // By division: the product of two sizes may not fit.
    const Index rows_per_thread = work_per_thread / std::max<Index>(row_length, 1) + 1;
    const Index count = std::clamp<Index>(rows / rows_per_thread, 1, num_threads);
    const Index share = rows / count, rest = rows % count;
    std::vector<RowRange> ranges;
    ranges.reserve(static_cast<std::size_t>(count));
    for (Index t = 0; t < count; ++t) {
        ranges.push_back({share * t + std::min(t, rest), share * (t + 1) + std::min(t + 1, rest)});
    }
    return ranges;
}

// Calls body(range) once for each range, each on its own thread, and throws the first range's
// exception where any range throws.
//
// Threads are started for each call: that costs microseconds, and nothing is left behind that a
// fork could find half-dead. Where the system refuses a thread, its range runs on this one.
template <class Body>
void for_ranges(const std::vector<RowRange>& ranges, const Body& body) {
    if (ranges.size() == 1) {
        body(ranges[0]);
        return;
    }
    std::vector<std::exception_ptr> failures(ranges.size());
    std::vector<std::thread> threads;
    threads.reserve(ranges.size());
    const auto run = [&](std::size_t t) {
        try {
            body(ranges[t]);
        } catch (...) {  // an exception that leaves a thread would end the process
            failures[t] = std::current_exception();
        }
    };
    std::size_t next = 1;
    try {
        for (; next < ranges.size(); ++next) threads.emplace_back(run, next);
    } catch (const std::exception&) {  // no more threads, or no memory for one
    }
    for (run(0); next < ranges.size(); ++next) run(next);
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

// Calls body(begin, end) on disjoint ranges that cover [0, rows). Every kernel computes a row from
// its input alone, so the split cannot change a bit of the result.
template <class Body>
void for_row_ranges(Index rows, Index row_length, int num_threads, const Body& body) {
    for_ranges(split_rows(rows, row_length, num_threads),
               [&body](const RowRange& range) { body(range.begin, range.end); });
}

}  // namespace unsplice
