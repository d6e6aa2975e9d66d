// Rows over threads; the only file that knows threads.
#pragma once

#include <algorithm>
#include <thread>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

// Calls body(begin, end) on disjoint ranges that cover [0, rows). Every kernel computes a row from
// its input alone, so the split cannot change a bit of the result.
//
// Threads are started for each call: that costs microseconds, and nothing is left behind that a
// fork could find half-dead. Below `work_per_thread` elements a thread does not pay for itself.
template <class Body>
void for_row_ranges(Index rows, Index row_length, int num_threads, const Body& body) {
    constexpr Index work_per_thread = Index{1} << 18;
    const Index useful = std::max<Index>(1, rows * row_length / work_per_thread);
    const Index count =
        std::min({static_cast<Index>(num_threads), useful, std::max<Index>(rows, 1)});
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(count));
    for (Index t = 1; t < count; ++t) {
        threads.emplace_back(
            [&body, rows, count, t] { body(rows * t / count, rows * (t + 1) / count); });
    }
    body(Index{0}, rows / count);
    for (std::thread& thread : threads) thread.join();
}

}  // namespace unsplice
