// One source, two instruction sets: the ABI floor of the platform and x86-64-v3 (AVX2), chosen by
// the dynamic loader. Only integer or strictly ordered floating-point loops are marked, so both
// versions give the same bits.
#pragma once

// Function multiversioning needs GNU indirect functions, which sanitizer run times cannot stand:
// their resolvers run before the sanitizer is ready.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define UNSPLICE_VECTORIZED __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define UNSPLICE_VECTORIZED
#endif
