// A run of neighboring 8x8 blocks of an RGB picture, laid out for vectors: a lane a block.
#pragma once

#include <algorithm>
#include <cstdint>

#include "block_dct.hpp"
#include "image_view.hpp"

namespace unsplice {

// The blocks of a run, and the pixels that touch it: of the picture, whose edge is repeated.
struct BlockTile {
    static constexpr Index lanes = block_lanes;

    // A block finds the columns -1 and 8 at its neighbors': hence a lane on either side.
    std::int16_t samples[3][block_side + 2][block_side][1 + lanes + 1] = {};

    // Of every block the sample of a channel at a row and a column from -1 to 8.
    const std::int16_t* at(Index channel, Index y, Index x) const {
        const Index block = x < 0 ? -1 : x / block_side;
        return samples[channel][1 + y][x - block_side * block] + 1 + block;
    }

    // Takes `count` blocks, the first of which begins at (top, left).
    void load(ImageView<const std::uint8_t> image, Index top, Index left, Index count) {
        for (Index k = 0; k < 3; ++k) load_channel(image, top, left, count, k);
    }

    void load_channel(ImageView<const std::uint8_t> image, Index top, Index left, Index count,
                      Index channel) {
        const Index right = left + block_side * count;
        for (Index y = 0; y < block_side + 2; ++y) {
            const std::uint8_t* pixels =
                image.row(std::clamp<Index>(top + y - 1, 0, image.rows - 1)) + channel;
            auto& of_row = samples[channel][y];
            of_row[block_side - 1][0] = pixels[3 * std::max<Index>(left - 1, 0)];
            of_row[0][1 + count] = pixels[3 * std::min(right, image.cols - 1)];
            for (Index i = 0; i < count; ++i) {
                const std::uint8_t* pixel = pixels + 3 * (left + block_side * i);
                for (Index x = 0; x < block_side; ++x) of_row[x][1 + i] = pixel[3 * x];
            }
        }
    }
};

}  // namespace unsplice
