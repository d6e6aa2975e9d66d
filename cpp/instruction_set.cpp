#include "instruction_set.hpp"

#include "vectorized.hpp"

namespace unsplice {

#if UNSPLICE_HAS_VERSIONS

const char* instruction_set() {
#if UNSPLICE_X86_64_LEVEL >= 4
    if (__builtin_cpu_supports("x86-64-v4")) return "x86-64-v4";
#endif
    return __builtin_cpu_supports("x86-64-v3") ? "x86-64-v3" : "x86-64";
}

#else

const char* instruction_set() { return "baseline"; }

#endif

#if UNSPLICE_CHOOSES_BY_PROCESSOR

bool has_avx2() { return __builtin_cpu_supports("x86-64-v3"); }

bool has_wide_registers() {
    return UNSPLICE_X86_64_LEVEL >= 4 && __builtin_cpu_supports("x86-64-v4");
}

#else

bool has_avx2() { return false; }

bool has_wide_registers() { return false; }

#endif

}  // namespace unsplice
