#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

// The number of bytes that a compressed strip of a TIFF expands to; counting stops at `limit`. -1
// where the strip breaks the rules of its coding or has a run across the limit. Decoders fill what
// they cannot decode with zeros and do not tell, so the strips are counted first.
Index lzw_size(const std::uint8_t* data, Index size, Index limit);       // TIFF 6.0, section 13
Index packbits_size(const std::uint8_t* data, Index size, Index limit);  // TIFF 6.0, section 9

}  // namespace unsplice
