#pragma once

#include <array>
#include <cstdint>

#include "count_magnitudes.hpp"
#include "image_view.hpp"

namespace unsplice {

// Votes for the place of the 8x8 grid on which a picture was compressed. Each of the 15x15 pixels
// at `corners` holds 64 blocks, one a place (y, x) of the grid relative to the corner; it votes for
// the place whose block has the most DCT coefficients of luma with |C| < 0.5, and not at all if two
// share the most. C as block_dct.hpp defines it.
//
// After T. Nikoukhah, J. Anger, M. Colom, J.-M. Morel, R. Grompone von Gioi: "ZERO: a Local JPEG
// Grid Origin Detector Based on the Number of DCT Zeros and its Applications in Image Forensics",
// Image Processing On Line 11, 2021, doi:10.5201/ipol.2021.390, where every pixel votes.
std::array<std::int64_t, 64> grid_votes(ImageView<const std::uint8_t> image, const Corner* corners,
                                        Index count, int num_threads);

}  // namespace unsplice
