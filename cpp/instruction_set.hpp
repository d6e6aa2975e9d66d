// Which of the versions of the hot loops run on this processor.
#pragma once

namespace unsplice {

// The level of x86-64 ("x86-64", "x86-64-v3" or "x86-64-v4"), or "baseline" where the loops are
// compiled once, for the floor of the platform.
const char* instruction_set();

// Whether loops written for AVX2, which is in x86-64-v3, run as such.
bool has_avx2();

// Whether loops written for the 512-bit registers of x86-64-v4 run as such.
bool has_wide_registers();

}  // namespace unsplice
