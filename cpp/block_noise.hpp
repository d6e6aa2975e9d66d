#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

constexpr Index block_noise_planes = 15;

// What the noise of a picture is like in each whole block of the 8x8 grid that begins at (row,
// col); beyond the picture, its edge is repeated. `result` has block_noise_planes planes.
//
// With  Y = 77 R + 150 G + 29 B,  Cb = -43 R - 85 G + 128 B,  Cr = 128 R - 107 G - 21 B  (256 to a
// gray level),  L = 4 x - its neighbors above, below, left and right,
// H = x(r, c) - x(r, c + 1) - x(r + 1, c) + x(r + 1, c + 1):
//
//    0..2   log(mean |L| / 256 + 0.05)                 of Y, Cb, Cr
//    3..5   log(median |H| / 256 + 0.05)               in steps of 1/64 gray level: floor(|H| / 4),
//                                                      up to 511; the mean of the middle two of 64
//    6      log((odd + 0.05) / (even + 0.05))          the mean of |Cb(c + 1) - Cb(c)| / 256 + the
//                                                      same of Cr over the odd and even columns c
//    7                                                 the same downwards, over rows
//    8..10  mean / 256                                 of Y, Cb, Cr
//    11     share of the pixels that equal their right neighbors
//    12     correlation of L(R) and L(G); 0 where one does not vary
//    13     the same of L(B) and L(G)
//    14     log((mean d^4 + 1/16) / (mean d^2 + 1/4)^2)  d = floor(|L(Y)| / 16 + 1/2) / 16
//
// Sums are whole numbers, below 2^31 unless they are kept in 64 bits, so their order does not
// matter; what follows is in double precision. The same bits on every processor and for any number
// of threads. Cost: some 25 sums a pixel on 16 blocks at a time, and a sorting network of
// 2 x 191 exchanges for each median, which takes a third of the time.
void block_noise(ImageView<const std::uint8_t> image, Index row, Index col, StackView<float> result,
                 int num_threads);

}  // namespace unsplice
