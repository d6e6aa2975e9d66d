#include "find_boundary.hpp"

#include <algorithm>

#include "parallel.hpp"
#include "vectorized.hpp"

namespace unsplice {
namespace {

// Column c with its neighbors in the columns `left` and `right`; any byte but 0 is true. `inner`
// and `outer` are 1 or 0.
UNSPLICE_INLINE std::uint8_t boundary_at(const std::uint8_t* above, const std::uint8_t* here,
                                         const std::uint8_t* below, Index left, Index c,
                                         Index right, std::uint8_t inner, std::uint8_t outer) {
    const std::uint8_t least =
        std::min(std::min(above[c], below[c]), std::min(here[left], here[right]));
    const std::uint8_t any = above[c] | below[c] | here[left] | here[right];
    const std::uint8_t on_inner = least == 0 ? std::min(here[c], inner) : 0;
    const std::uint8_t on_outer = here[c] == 0 ? std::min(any, outer) : 0;
    return on_inner | on_outer;
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
