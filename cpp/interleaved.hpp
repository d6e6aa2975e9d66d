// RGB as three planes and back, and as one.
//
// Compilers find slow vector code for steps of three bytes, or none: where 16 bytes can be shuffled
// in one instruction, the shuffles are written out.
#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

void split_channels(const std::uint8_t* rgb, Index cols, std::uint8_t* red, std::uint8_t* green,
                    std::uint8_t* blue);

void join_channels(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                   Index cols, std::uint8_t* rgb);

// result = red | green | blue
void any_of_three(const std::uint8_t* rgb, Index cols, std::uint8_t* result);

}  // namespace unsplice
