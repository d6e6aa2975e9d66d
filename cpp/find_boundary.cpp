#include "find_boundary.hpp"

#include <algorithm>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

UNSPLICE_INLINE std::uint8_t truth(std::uint8_t byte) { return byte != 0 ? 1 : 0; }

// Column c with its neighbors in the columns `left` and `right`.
UNSPLICE_INLINE std::uint8_t boundary_at(const std::uint8_t* above, const std::uint8_t* here,
                                         const std::uint8_t* below, Index left, Index c,
                                         Index right, std::uint8_t inner, std::uint8_t outer) {
    const std::uint8_t own = truth(here[c]);
    const std::uint8_t any =
        truth(above[c]) | truth(below[c]) | truth(here[left]) | truth(here[right]);
    const std::uint8_t all =
        truth(above[c]) & truth(below[c]) & truth(here[left]) & truth(here[right]);
    return (own & (all ^ 1) & inner) | ((own ^ 1) & any & outer);
}

UNSPLICE_VECTORIZED void find_row(const std::uint8_t* above, const std::uint8_t* here,
                                  const std::uint8_t* below, Index cols, std::uint8_t inner,
                                  std::uint8_t outer, std::uint8_t* __restrict result) {
    const Index last = cols - 1;
    for (Index c = 1; c < last; ++c) {
        result[c] = boundary_at(above, here, below, c - 1, c, c + 1, inner, outer);
    }
    result[0] = boundary_at(above, here, below, 0, 0, std::min<Index>(1, last), inner, outer);
    result[last] =
        boundary_at(above, here, below, std::max<Index>(last - 1, 0), last, last, inner, outer);
}

}  // namespace

void find_boundary(ImageView<const std::uint8_t> mask, bool inner, bool outer,
                   ImageView<std::uint8_t> result, int num_threads) {
    if (mask.cols == 0) return;
    for_row_ranges(mask.rows, mask.cols, num_threads, [&](Index begin, Index end) {
        for (Index r = begin; r < end; ++r) {
            find_row(mask.row(std::max<Index>(r - 1, 0)), mask.row(r),
                     mask.row(std::min(r + 1, mask.rows - 1)), mask.cols, inner, outer,
                     result.row(r));
        }
    });
}

}  // namespace unsplice
