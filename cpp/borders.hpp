// How a filter continues a picture beyond its edge.
#pragma once

#include "image_view.hpp"

namespace unsplice {

// Mirror without repeating the edge pixel, as often as it takes (BORDER_REFLECT_101):
// ... 2 1 | 0 1 2 ... n-1 | n-2 n-3 ...  A single row or column can only repeat itself.
inline Index reflect_101(Index i, Index n) {
    if (i >= 0 && i < n) return i;
    if (n == 1) return 0;
    const Index period = 2 * (n - 1);
    i %= period;
    if (i < 0) i += period;
    return i < n ? i : period - i;
}

// Mirror with the edge pixel repeated, as often as it takes (BORDER_REFLECT):
// ... 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
inline Index reflect(Index i, Index n) {
    while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}

}  // namespace unsplice
