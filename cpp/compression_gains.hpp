#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "block_levels.hpp"
#include "count_magnitudes.hpp"
#include "image_view.hpp"

namespace unsplice {

using LevelCounts = std::array<std::int64_t, most_level + 1>;
constexpr std::int64_t count_unit = std::int64_t{1} << 24;

// What quantisation with the step `last` makes of coefficients of one frequency, in multiples of
// 1 / count_unit. `counts` holds their magnitudes before it, as count_magnitudes gives them.
//
// With `first` > 0 they were quantised with that step before, and the picture was rounded to whole
// gray levels in between: a coefficient u became m first with m = floor(u / first + 0.5), plus
// normal noise of standard deviation 0.3. All borders are multiples of a half and so are all
// multiples of a step, so the noise enters by four values of the normal distribution, rounded to
// multiples of 1 / count_unit, and the rest is whole numbers.
LevelCounts requantized_counts(const std::int64_t* counts, std::int64_t first, std::int64_t last);

// How much better a picture is explained by blocks that were compressed before, in nats.
//
// With p0 and p1 the shares of the levels of a frequency after compression with `last` alone, and
// with an earlier compression (requantized_counts, 1/2 added to each level's count), h the observed
// counts and s the share of blocks compressed before, the gain of a frequency is
//   g(s) = sum over levels of h (log((1 - s) p0 + s p1) - log p0),
// from level 0 to 24, 0 where `first` divides `last` (nothing changes), at least -30 so that no
// frequency decides alone. Double precision in this order, with a logarithm of additions,
// multiplications and divisions alone: the same bits on every processor.
//
// `observed` and `reference` have one row a frequency, of most_level + 1 and magnitude_classes
// counts; `last` has one step a frequency, `tables` one row of earlier steps a table; `gains` gets
// one number a frequency, table and share.
struct GainTask {
    Index frequencies, tables, shares;
    const std::int64_t* observed;
    const std::int64_t* reference;
    const std::int64_t* last;
    const std::int64_t* first;  // (tables, frequencies)
    const double* share;
    double* gains;  // (frequencies, tables, shares)
};
void compression_gains(const GainTask& task, int num_threads);

}  // namespace unsplice
