// Memory that is written before it is read: std::vector would clear it first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "image_view.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace unsplice {

// Asks for large pages where `bytes` are many: a small page costs more when it is first touched
// than what kernels then do with it. NumPy does the same for its arrays.
inline void prefer_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
    constexpr std::size_t page = 4096, many = std::size_t{1} << 22;
    if (bytes < many) return;
    const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(memory) % page) % page;
    // Advice: whether the system takes it changes no result.
    madvise(static_cast<char*>(memory) + before, (bytes - before) / page * page, MADV_HUGEPAGE);
#endif
}

template <class Element>
using Buffer = std::unique_ptr<Element[]>;

template <class Element>
Buffer<Element> new_buffer(Index count) {
    auto buffer = std::make_unique_for_overwrite<Element[]>(static_cast<std::size_t>(count));
    prefer_large_pages(buffer.get(), static_cast<std::size_t>(count) * sizeof(Element));
    return buffer;
}

}  // namespace unsplice
