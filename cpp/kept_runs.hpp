// The mask of some of the components of another.
#pragma once

#include <cstdint>
#include <vector>

#include "runs.hpp"

namespace unsplice {

// Writes the runs of those pieces for which keep has 1; it has 0 for the others.
void write_kept_runs(const RunTable& table, const std::vector<std::uint8_t>& keep,
                     ImageView<std::uint8_t> result);

}  // namespace unsplice
