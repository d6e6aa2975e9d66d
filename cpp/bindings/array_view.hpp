// The one bridge between NumPy and the kernels. Every check is here: no check after it, no `py::`
// before it.
//
// unsplice.kernels brings arrays into shape and words the messages that users read; what stands
// here guards the memory against any other caller.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "image_view.hpp"

namespace unsplice::bindings {

namespace py = pybind11;

// Arguments take `.noconvert()`: an array of another type is refused, never cast.
template <class Pixel>
using Array = py::array_t<Pixel, 0>;

[[noreturn]] inline void refuse(const std::string& what) { throw py::value_error(what); }

// (rows, cols) or (rows, cols, channels); rows may lie anywhere, the rest must be adjacent.
template <class Pixel>
ImageView<const Pixel> view_image(const Array<Pixel>& array) {
    const bool gray = array.ndim() == 2;
    if (!gray && array.ndim() != 3) {
        refuse("expected an array of 2 or 3 dimensions, got " + std::to_string(array.ndim()));
    }
    constexpr py::ssize_t size = sizeof(Pixel);
    const py::ssize_t rows = array.shape(0), cols = array.shape(1);
    const py::ssize_t channels = gray ? 1 : array.shape(2);
    const bool adjacent = (cols <= 1 || array.strides(1) == channels * size) &&
                          (gray || channels <= 1 || array.strides(2) == size);
    const bool aligned = reinterpret_cast<std::uintptr_t>(array.data()) % alignof(Pixel) == 0 &&
                         (rows <= 1 || array.strides(0) % size == 0);
    if (!adjacent || !aligned) refuse("expected adjacent, aligned pixels within each row");
    return {array.data(), rows, cols, channels, rows > 1 ? array.strides(0) / size : 0};
}

template <class Pixel>
Array<Pixel> new_array(std::initializer_list<Index> shape) {
    return Array<Pixel>(std::vector<py::ssize_t>(shape));
}

// For arrays that new_array made: dense, writable, nobody else's.
template <class Pixel>
ImageView<Pixel> view_result(Array<Pixel>& array) {
    const Index channels = array.ndim() == 3 ? array.shape(2) : 1;
    return {array.mutable_data(), array.shape(0), array.shape(1), channels,
            array.shape(1) * channels};
}

inline void require_same_size(Index rows_a, Index cols_a, Index rows_b, Index cols_b) {
    if (rows_a != rows_b || cols_a != cols_b) refuse("expected arrays of one size");
}

inline void require_threads(int num_threads) {
    if (num_threads < 1) refuse("expected num_threads >= 1, got " + std::to_string(num_threads));
}

}  // namespace unsplice::bindings
