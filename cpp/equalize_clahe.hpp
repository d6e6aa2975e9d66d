#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

constexpr Index equalize_clahe_max_tiles = 256;

struct TileGrid {
    Index down, across;  // tiles: 1 to equalize_clahe_max_tiles each
};

// Contrast limited adaptive histogram equalisation (K. Zuiderveld, Graphics Gems IV, 1994, pp.
// 474-485), with the conventions of OpenCV's CLAHE:
//
// 1. Unless the tiles divide both sides, each side is continued by reflection without its edge
//    pixel, to the next multiple of its tiles - by a whole pixel a tile where it is one already.
// 2. In each tile of `area` pixels, a level counts at most max(1, clip_limit * area / 256, rounded
//    down) times. Of what is above, each level gets one 256th, rounded down, and the rest is given
//    out singly from level 0 on, max(256 / rest, 1) levels apart.
// 3. A tile maps level k to 255 * (counts of levels 0..k) / area, to the nearest whole number,
//    halves to the even one: with one tile and no limit, equalisation as it is defined.
// 4. A pixel of row r lies y = (2 r - n) / (2 n) tiles of n rows down, with whole part i and the
//    rest w, which is rounded to single precision. In single precision, for the two nearest columns
//    of tiles, a = map(i) + w (map(i + 1) - map(i)), and across alike, a + w' (a' - a), rounded to
//    the nearest whole number, halves to the even one. There is no tile beyond the outermost.
//
// std::length_error where a tile has 2^31 pixels or more.
// Cost: the image is read twice and the result written; the blend down is done once a row for all
// levels, which leaves two look-ups and the blend across for each pixel.
void equalize_clahe(ImageView<const std::uint8_t> image, double clip_limit, TileGrid grid,
                    ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
