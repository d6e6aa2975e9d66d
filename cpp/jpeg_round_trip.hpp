#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// What an RGB picture looks like after it was saved as a baseline JPEG and opened again (ITU-T
// T.81, JFIF 1.02), without the entropy coding, which is lossless.
struct JpegSettings {
    // Quantisation steps of Y, Cb, Cr: 1 to 65535, row by row; rows are vertical frequencies.
    std::array<std::array<float, 64>, 3> tables;
    Index horizontal;  // chroma has 1 / horizontal of the columns, 1 or 2
    Index vertical;    // and 1 / vertical of the rows, 1 or 2
};

// 1. Y  = (0.299 R + 0.587 G) + 0.114 B
//    Cb = ((128 - 0.168735892 R) - 0.331264108 G) + 0.5 B
//    Cr = ((128 + 0.5 R) - 0.418687589 G) - 0.081312411 B        rounded and clipped to 0..255
// 2. The last column is repeated to the next whole block of chroma, the last row to the next whole
//    box. Boxes of chroma are averaged: (sum + bias) / samples, rounded down, with bias 1 for two
//    rows; 0 and 1 in turn along the row for two columns; 1 and 2 in turn for two rows of two. The
//    turns keep the mean of the plane.
// 3. The last column and row of each component are repeated to whole blocks of 8x8. With x the
//    samples - 128 and the DCT matrix T(k, n) = c(k) cos((2 n + 1) k pi / 16), c(0) = sqrt(1 / 8),
//    c(k) = 1 / 2: first along the columns, then along the rows,
//      p(k) = ((T(k, 0) x'(0) + T(k, 1) x'(1)) + T(k, 2) x'(2)) + T(k, 3) x'(3)
//    with x'(n) = x(n) + x(7 - n) for even k, x(n) - x(7 - n) for odd k; each coefficient becomes
//    round(coefficient / step) * step; back first along the rows, then along the columns, by
//      e(n) = ((T(0, n) q(0) + T(2, n) q(2)) + T(4, n) q(4)) + T(6, n) q(6),  o(n) of the odd k,
//      x(n) = e(n) + o(n),  x(7 - n) = e(n) - o(n)
//    for n < 4; + 128; rounded and clipped.
// 4. Chroma is enlarged by the triangle filter, 3/4 of the nearer and 1/4 of the farther sample in
//    each direction that was reduced; beyond the edge the last sample repeats itself. First down
//    the columns, m = 3 near + far; then along the row, (3 m + m_far + bias) / 16 rounded down,
//    with bias 8 in even and 7 in odd columns; 4 and 8 where only columns were reduced; where only
//    rows were, (m + bias) / 4 with bias 1 in even and 2 in odd rows.
// 5. With b = Cb - 128 and r = Cr - 128: R = Y + 1.402 r, G = (Y - 0.344136286 b) - 0.714136286 r,
//    B = Y + 1.772 b, rounded and clipped.
//
// Rounded means to the nearest whole number, halves to even. Single precision in this order: the
// same bits on every processor. Steps 2 and 4 are what the codecs of the Independent JPEG Group's
// line do; the rest they do in integers, so a decoded file can differ from this by a level here and
// there, and by more in a block in which a coefficient lay between two multiples of its step.
void jpeg_round_trip(ImageView<const std::uint8_t> image, const JpegSettings& settings,
                     ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
