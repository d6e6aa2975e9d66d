// Walks over the coefficients of the 8x8 blocks of a picture.
#pragma once

#include <algorithm>
#include <cstdint>

#include "block_dct.hpp"
#include "parallel.hpp"

namespace unsplice {

// Calls body(r, first, count, group) for the blocks r, first .. first + count of the grid that
// begins at (row, col), `rows` x `cols` of them, with the DCT of their luma as block_dct.hpp
// defines it. Lanes from `count` on hold finite numbers that mean nothing.
template <class Body>
void for_block_groups(ImageView<const std::uint8_t> image, Index row, Index col, Index rows,
                      Index cols, int num_threads, const Body& body) {
    for_row_ranges(rows, block_side * image.row_length(), num_threads, [&](Index begin, Index end) {
        BlockGroup group = {};
        for (Index r = begin; r < end; ++r) {
            for (Index first = 0; first < cols; first += block_lanes) {
                const Index count = std::min(cols - first, block_lanes);
                load_luma_of_blocks(image, row + block_side * r, col + block_side * first, count,
                                    group);
                transform_blocks(group);
                body(r, first, count, group);
            }
        }
    });
}

}  // namespace unsplice
