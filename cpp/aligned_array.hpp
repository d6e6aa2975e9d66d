// Memory that begins with a line of the cache: a register loaded from two lines takes two loads.
#pragma once

#include <cstddef>
#include <vector>

#include "image_view.hpp"

namespace unsplice {

constexpr Index cache_line = 64;  // bytes

// `count` elements, all 0.
template <class Element>
class AlignedArray {
 public:
    explicit AlignedArray(Index count)
        : lines_(static_cast<std::size_t>(
              (count * static_cast<Index>(sizeof(Element)) + cache_line - 1) / cache_line)) {}

    Element* data() { return reinterpret_cast<Element*>(lines_.data()); }

 private:
    struct alignas(cache_line) Line {
        std::byte bytes[cache_line];
    };
    std::vector<Line> lines_;
};

}  // namespace unsplice
