// Connected components by runs: what label_components and remove_small_components share.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "image_view.hpp"
#include "parallel.hpp"

namespace unsplice {

// The runs of true pixels of a mask in raster order, and the component that each belongs to.
struct RunTable {
    // Run i covers the columns [edges[2 * i], edges[2 * i + 1]) of its row.
    std::unique_ptr<std::int32_t[]> edges;
    // Row r has the runs [row_begin[r], row_begin[r + 1]).
    std::vector<Index> row_begin;
    // Components count from 0 in raster order of their first pixels.
    std::unique_ptr<std::int32_t[]> component;
    Index num_components;
    // The split of the rows that the table was made with; any other serves as well.
    std::vector<RowRange> ranges;
};

// Any byte but 0 in `mask` is true. `diagonal` joins pixels that touch at a corner (connectivity
// 8). std::length_error where 32 bits cannot count the columns or the runs.
//
// Method: 64 pixels become a word of bits, whose changes are the ends of the runs; runs that
// overlap one in the row above are joined by union-find, in which the earliest run is the root.
// Cost: the mask is read twice, the rest is by run and not by pixel. Where another thread changes
// the mask in between, the table is that of no mask, but its edges rise within a row and stay in
// [0, cols], so whoever follows them stays within the picture.
RunTable connected_runs(ImageView<const std::uint8_t> mask, bool diagonal, int num_threads);

}  // namespace unsplice
