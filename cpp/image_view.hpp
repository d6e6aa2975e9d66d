// A window on somebody else's pixels: kernels take views and own nothing.
#pragma once

#include <cstddef>

namespace unsplice {

using Index = std::ptrdiff_t;  // signed, so that neighbours may be computed before they are checked

// Rows may lie anywhere (crops and flips are views without a copy); within a row the pixels, and
// within a pixel the channels, are adjacent. `const Pixel` means read-only.
template <class Pixel>
struct ImageView {
    Pixel* data;
    Index rows;
    Index cols;
    Index channels;
    Index row_stride;  // in elements, may be negative

    Pixel* row(Index r) const { return data + r * row_stride; }
    Index row_length() const { return cols * channels; }  // elements in a row
};

// Pictures of one size, one after the other.
template <class Pixel>
struct StackView {
    Pixel* data;
    Index count;
    Index rows;
    Index cols;
    Index image_stride;  // in elements, may be negative
    Index row_stride;

    ImageView<Pixel> image(Index i) const {
        return {data + i * image_stride, rows, cols, 1, row_stride};
    }
};

}  // namespace unsplice
