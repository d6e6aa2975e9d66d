// One source, several instruction sets: the ABI floor of the platform, x86-64-v3 (AVX2) and, for
// loops that gain by it, x86-64-v4 (AVX-512), chosen by the dynamic loader. Only integer or
// strictly ordered floating-point loops are marked, so all versions give the same bits.
#pragma once

#include "image_view.hpp"

// Whether vectors are types of the language, functions can be marked, and so on, as GCC and Clang
// have it. MSVC takes the other way everywhere; UNSPLICE_STANDARD_CXX takes it with any compiler,
// so that what MSVC is given can be tested without it.
#if defined(__GNUC__) && !UNSPLICE_STANDARD_CXX
#define UNSPLICE_GNU_CXX 1
#else
#define UNSPLICE_GNU_CXX 0
#endif

// Whether the processor may be asked which of several functions to call.
#if UNSPLICE_X86_64_LEVEL >= 3 && defined(__x86_64__) && defined(__gnu_linux__) && \
    UNSPLICE_GNU_CXX && !defined(__clang__)
#define UNSPLICE_CHOOSES_BY_PROCESSOR 1
#else
#define UNSPLICE_CHOOSES_BY_PROCESSOR 0
#endif

// Whether one function may be compiled several times. This needs GNU indirect functions, which
// sanitizer run times cannot stand: their resolvers run before the sanitizer is ready. Functions
// that are written for an instruction set need none, so that sanitizers see those too.
#if UNSPLICE_CHOOSES_BY_PROCESSOR && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define UNSPLICE_HAS_VERSIONS 1
#define UNSPLICE_VECTORIZED __attribute__((target_clones("default", "arch=x86-64-v3")))
#if UNSPLICE_X86_64_LEVEL >= 4
#define UNSPLICE_VECTORIZED_TO_V4 \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define UNSPLICE_VECTORIZED_TO_V4 UNSPLICE_VECTORIZED
#endif
#else
#define UNSPLICE_HAS_VERSIONS 0
#define UNSPLICE_VECTORIZED
#define UNSPLICE_VECTORIZED_TO_V4
#endif

// A template cannot be marked above, but a marked function may consist of one: this makes sure that
// the loop is compiled into it, for its instruction set, and not beside it.
#if UNSPLICE_GNU_CXX
#define UNSPLICE_INLINE inline __attribute__((always_inline))
#else
#define UNSPLICE_INLINE inline
#endif

// Before a loop that stores nothing that it loads later: compilers that cannot see this leave a
// loop over many rows scalar.
#if UNSPLICE_GNU_CXX && defined(__clang__)
#define UNSPLICE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif UNSPLICE_GNU_CXX
#define UNSPLICE_INDEPENDENT _Pragma("GCC ivdep")
#else
#define UNSPLICE_INDEPENDENT
#endif

namespace unsplice {

// Asks the memory for `count` elements that will be read soon.
template <class Element>
inline void prefetch([[maybe_unused]] const Element* elements, [[maybe_unused]] Index count) {
#if UNSPLICE_GNU_CXX
    constexpr Index cache_line = 64 / sizeof(Element);
    for (Index i = 0; i < count; i += cache_line) __builtin_prefetch(elements + i);
#endif
}

// The same for elements that will be written.
template <class Element>
inline void prefetch_for_writing([[maybe_unused]] Element* elements, [[maybe_unused]] Index count) {
#if UNSPLICE_GNU_CXX
    constexpr Index cache_line = 64 / sizeof(Element);
    for (Index i = 0; i < count; i += cache_line) __builtin_prefetch(elements + i, 1);
#endif
}

}  // namespace unsplice
