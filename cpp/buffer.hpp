// Memory that is written before it is read: std::vector would clear it first.
#pragma once

#include <memory>

#include "image_view.hpp"

namespace unsplice {

template <class Element>
using Buffer = std::unique_ptr<Element[]>;

template <class Element>
Buffer<Element> new_buffer(Index count) {
    return std::make_unique_for_overwrite<Element[]>(static_cast<std::size_t>(count));
}

}  // namespace unsplice
