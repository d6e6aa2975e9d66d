// Checks that kernels on 8x8 blocks share.
#pragma once

#include <algorithm>
#include <string>

#include "array_view.hpp"
#include "block_dct.hpp"

namespace unsplice::bindings {

using Bytes = Array<std::uint8_t>;
using Floats = Array<float>;
using Wholes = Array<std::int64_t>;

template <class Number>
void require_dense(const Array<Number>& array, int dimensions) {
    if (array.ndim() != dimensions) {
        refuse("expected an array of " + std::to_string(dimensions) + " dimensions");
    }
    py::ssize_t adjacent = sizeof(Number);
    for (int axis = dimensions - 1; axis >= 0; --axis) {
        if (array.size() != 0 && array.shape(axis) > 1 && array.strides(axis) != adjacent) {
            refuse("expected adjacent elements");
        }
        adjacent *= array.shape(axis);
    }
    if (array.size() != 0 && !is_aligned(array)) refuse("expected aligned elements");
}

inline void require_grid(Index row, Index col) {
    if (row < 0 || row >= block_side || col < 0 || col >= block_side) {
        refuse("expected a grid that begins at row and column 0 to 7");
    }
}

// At least 1, and small enough that no product overflows.
inline void require_steps(const Wholes& steps) {
    const auto* begin = steps.data();
    const auto* end = begin + steps.size();
    if (std::any_of(begin, end, [](std::int64_t step) { return step < 1 || step > 65535; })) {
        refuse("expected steps from 1 to 65535");
    }
}

inline Index blocks_from(Index first, Index samples) {
    return std::max<Index>(samples - first, 0) / block_side;
}

}  // namespace unsplice::bindings
