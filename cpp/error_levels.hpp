#pragma once

#include <array>
#include <cstdint>

#include "image_view.hpp"
#include "quantize_blocks.hpp"

namespace unsplice {

// |image - JPEG(image)| for an RGB picture saved as a baseline JPEG, or for a gray one, in the
// integer arithmetic of the Independent JPEG Group's line of codecs, to the bit. The entropy coding
// is left out: it is lossless. `tables` are those of luma and chroma.
//
// 1. Y  = (19595 R + 38470 G + 7471 B + 2^15) >> 16
//    Cb = (-11059 R - 21709 G + 32768 B + 2^23 + 2^15 - 1) >> 16
//    Cr = (32768 R - 27439 G - 5329 B + 2^23 + 2^15 - 1) >> 16
//    the equations of JFIF with 16 bits of fraction. (x >> n rounds down.)
// 2. With halved chroma (4:2:0), the last column is repeated to a multiple of 16, the last row of
// an odd number of rows once;
//    a sample of chroma is the sum of two by two, + 1 in even and + 2 in odd columns, >> 2. Then
//    the last row and column of each component are repeated to whole blocks of 8 x 8.
// 3. The samples - 128 are transformed along the rows, (sum + 2^10) >> 11, and along the columns,
//    (sum + 2^14) >> 15, by the DCT of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with 13 bits
//    of fraction: `forward_dct` has the sums. The coefficients are 8 times those of the standard.
// 4. Each is divided by 8 times its step, to the nearest whole number, halves away from zero, and
//    multiplied with its step.
// 5. The inverse DCT along the columns, (sum + 2^10) >> 11, and along the rows,
//    (sum + 2^17) >> 18; + 128; clipped to 0..255.
// 6. Halved chroma is enlarged by the triangle filter, 3/4 of the nearer and 1/4 of the farther
// sample in
//    either direction; beyond the edge the last sample that carries the picture repeats itself.
//    With m = 3 near + far down the columns, (3 m + m_far + 8) >> 4 in even and + 7 in odd columns.
//    With two columns of chroma or one, each sample is just repeated.
// 7. With b = Cb - 128 and r = Cr - 128, clipped to 0..255:
//    R = Y + ((91881 r + 2^15) >> 16)
//    G = Y + ((-22554 b - 46802 r + 2^15) >> 16)
//    B = Y + ((116130 b + 2^15) >> 16)
//
// Rows are taken in strips of 16, so that everything in between stays in the cache.
void error_levels(ImageView<const std::uint8_t> image,
                  const std::array<QuantizationTable, 2>& tables, bool halve_chroma,
                  ImageView<std::uint8_t> result, int num_threads);

}  // namespace unsplice
