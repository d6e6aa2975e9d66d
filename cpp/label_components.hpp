#pragma once

#include <cstdint>
#include <vector>

#include "component_statistics.hpp"
#include "image_view.hpp"
#include "runs.hpp"

namespace unsplice {

// Connected components, numbered from 1 on in raster order of their first pixels. The labels are
// not painted, but what they are painted from is kept.
struct LabelledComponents {
    std::vector<ComponentStatistics> statistics;  // element i describes component i + 1
    Buffer<std::uint64_t> words;                  // the mask as bits, see RunTable
    Buffer<std::int32_t> run_components;          // of each run, from 0 on
    Index words_per_row, num_runs;
};

// Cost: that of connected_runs, and once more by run.
LabelledComponents label_components(ImageView<const std::uint8_t> mask, bool diagonal,
                                    int num_threads);

// Writes the number of its component (0 in the background) into each pixel of `labels`, from the
// words and the components of runs that label_components found: std::invalid_argument where there
// is another number of runs in the words.
//
// Cost: 4 bytes a pixel written once.
void paint_labels(ImageView<const std::uint64_t> words, const std::int32_t* run_components,
                  Index num_runs, ImageView<std::int32_t> labels, int num_threads);

}  // namespace unsplice
