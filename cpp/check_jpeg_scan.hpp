#pragma once

#include <cstdint>

#include "image_view.hpp"

namespace unsplice {

struct JpegScanReport {
    enum class State { complete, truncated, corrupt };
    State state;
    const char* reason;   // empty when complete
    Index scan;           // the scan in question, from 1; for complete data the number of scans
    Index rows;           // picture rows of that scan that lie before the damage
    Index position;       // byte at which the damage showed, or the end of the last scan
    bool full_precision;  // every coefficient was sent down to its last bit
};

// Whether the scans of a JPEG hold every block of the picture and nothing else. The entropy-coded
// data is decoded by the rules of ITU-T T.81 (annexes B, F.2 and G.2: Huffman coding, sequential
// and progressive, 8 bits), but no coefficient is computed: codes are followed and bits skipped.
//
// Decoders do not tell. They take what does not decode for zeros, and zeros are flat gray blocks.
//
// JPEG has no checksum. Damage shows where codes, runs, ranges or the number of blocks no longer
// fit; a decoder that falls into step again after exactly as many blocks as were lost cannot be
// caught by anybody (of 60 bytes cut out of a scan, about one case in ten).
//
// The data may be hostile: every table, count and position is checked before use; memory is at
// most 64 bytes for each byte of data (one bit a coefficient, for progressive data only).
JpegScanReport check_jpeg_scan(const std::uint8_t* data, Index size);

}  // namespace unsplice
