#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// What an RGB picture looks like after it was saved as a baseline JPEG and opened again (ITU-T
// T.81, JFIF 1.02), without the entropy coding, which is lossless.
struct JpegSettings {
    std::array<std::array<float, 64>, 3> tables;  // quantisation steps of Y, Cb, Cr; row, column
    Index horizontal;  // chroma has 1 / horizontal of the columns, 1 or 2
    Index vertical;    // and 1 / vertical of the rows, 1 or 2
};

// Y, Cb, Cr by the JFIF equations, rounded; chroma averaged over boxes, rounded; 8x8 blocks, the
// last column and row repeated to fill them; orthonormal DCT; each coefficient rounded (half to
// even) to a multiple of its step; back; rounded and clipped to 0..255; chroma doubled by the
// triangle filter (3/4 near, 1/4 far sample), rounded; RGB by the JFIF equations, rounded.
//
// Codecs differ in rounding, so a decoded file can differ from this by a level here and there.
// Single precision in fixed order: the same bits on every processor.
void jpeg_round_trip(ImageView<const std::uint8_t> image, const JpegSettings& settings,
                     ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
