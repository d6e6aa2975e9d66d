// The one bridge between NumPy and the kernels. Every check is here: no check after it, no `py::`
// before it.
//
// unsplice.kernels brings arrays into shape and words the messages that users read; what stands
// here guards the memory against any other caller.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "buffer.hpp"
#include "image_view.hpp"

namespace unsplice::bindings {

namespace py = pybind11;

// Arguments take `.noconvert()`: an array of another type is refused, never cast.
template <class Pixel>
using Array = py::array_t<Pixel, 0>;

[[noreturn]] inline void refuse(const std::string& what) { throw py::value_error(what); }

template <class Pixel>
bool is_aligned(const Array<Pixel>& array) {
    return reinterpret_cast<std::uintptr_t>(array.data()) % alignof(Pixel) == 0;
}

// One element of any array, at any stride and not aligned: pybind11's own `at` needs both.
template <class Number, class... Indices>
Number element(const Array<Number>& array, Indices... indices) {
    Number value;
    std::memcpy(&value, static_cast<const py::array&>(array).data(indices...), sizeof value);
    return value;
}

// Kernels go through all rows, also where these hold nothing, and make room for a row, also where
// there is none: 2^40 of the former last for ever, and 2^31 pixels of the latter fill the memory.
inline void require_small_if_empty(const py::array& array) {
    constexpr Index most = Index{1} << 20;
    if (array.size() != 0) return;
    Index others = 1;
    for (Index i = 0; i < array.ndim(); ++i) {
        const Index side = std::max<Index>(array.shape(i), 1);
        if (side > most / others) {
            refuse("expected elements, or fewer rows and columns without any");
        }
        others *= side;
    }
}

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
    require_small_if_empty(array);
    const bool adjacent = (cols <= 1 || array.strides(1) == channels * size) &&
                          (gray || channels <= 1 || array.strides(2) == size);
    const bool aligned = is_aligned(array) && (rows <= 1 || array.strides(0) % size == 0);
    // The strides of an array without pixels mean nothing.
    if (array.size() != 0 && !(adjacent && aligned)) {
        refuse("expected adjacent, aligned pixels within each row");
    }
    return {array.data(), rows, cols, channels, rows > 1 ? array.strides(0) / size : 0};
}

// (rows, cols, 3) of bytes.
inline ImageView<const std::uint8_t> view_rgb(const Array<std::uint8_t>& image) {
    if (image.ndim() != 3 || image.shape(2) != 3) {
        refuse("expected an RGB image, of 3 dimensions and 3 channels");
    }
    return view_image(image);
}

// (rows, cols) of bool, read as the bytes that hold it: NumPy takes any byte but 0 for true, C++
// only 1.
inline ImageView<const std::uint8_t> view_mask(const Array<bool>& mask) {
    if (mask.ndim() != 2) refuse("expected a mask of 2 dimensions");
    const ImageView<const bool> view = view_image(mask);
    return {reinterpret_cast<const std::uint8_t*>(view.data), view.rows, view.cols, 1,
            view.row_stride};
}

// (rows, cols) or (n, rows, cols); the pixels of a row must be adjacent.
template <class Pixel>
StackView<const Pixel> view_stack(const Array<Pixel>& array) {
    const py::ssize_t last = array.ndim() - 1;
    if (last != 1 && last != 2) refuse("expected an array of 2 or 3 dimensions");
    constexpr py::ssize_t size = sizeof(Pixel);
    const py::ssize_t count = last == 2 ? array.shape(0) : 1;
    const py::ssize_t rows = array.shape(last - 1), cols = array.shape(last);
    require_small_if_empty(array);
    const py::ssize_t image_stride = count > 1 ? array.strides(0) : 0;
    const py::ssize_t row_stride = rows > 1 ? array.strides(last - 1) : 0;
    const bool adjacent = cols <= 1 || array.strides(last) == size;
    const bool aligned = is_aligned(array) && image_stride % size == 0 && row_stride % size == 0;
    if (array.size() != 0 && !(adjacent && aligned)) {
        refuse("expected adjacent, aligned pixels within each row");
    }
    return {array.data(), count, rows, cols, image_stride / size, row_stride / size};
}

// (n, rows, cols): a stack and nothing else.
template <class Pixel>
StackView<const Pixel> view_planes(const Array<Pixel>& planes) {
    if (planes.ndim() != 3) refuse("expected planes in an array of 3 dimensions");
    return view_stack(planes);
}

// Of a shape that may be the caller's own: pybind11 multiplies the sides without looking.
template <class Pixel>
Array<Pixel> new_array(std::initializer_list<Index> shape) {
    Index bytes = sizeof(Pixel);
    for (const Index side : shape) {
        if (side > std::numeric_limits<Index>::max() / bytes) throw std::bad_alloc();
        bytes *= std::max<Index>(side, 1);
    }
    return Array<Pixel>(std::vector<py::ssize_t>(shape));
}

template <class Pixel, class Other>
Array<Pixel> new_array_like(const Array<Other>& array) {
    return Array<Pixel>(std::vector<py::ssize_t>(array.shape(), array.shape() + array.ndim()));
}

// An array that takes over what a kernel wrote.
template <class Element>
Array<Element> adopt(Buffer<Element> elements, std::initializer_list<Index> shape) {
    const py::capsule owner(elements.get(), [](void* memory) noexcept {
        Buffer<Element>(static_cast<Element*>(memory));  // ends with this line, and frees
    });
    Element* data = elements.release();
    return Array<Element>(std::vector<py::ssize_t>(shape), data, owner);
}

// For arrays that new_array made: dense, writable, nobody else's.
template <class Pixel>
ImageView<Pixel> view_result(Array<Pixel>& array) {
    const Index channels = array.ndim() == 3 ? array.shape(2) : 1;
    return {array.mutable_data(), array.shape(0), array.shape(1), channels,
            array.shape(1) * channels};
}

template <class Pixel>
StackView<Pixel> view_stack_result(Array<Pixel>& array) {
    const py::ssize_t last = array.ndim() - 1;
    const Index count = last == 2 ? array.shape(0) : 1;
    const Index rows = array.shape(last - 1), cols = array.shape(last);
    return {array.mutable_data(), count, rows, cols, rows * cols, cols};
}

inline ImageView<std::uint8_t> view_mask_result(Array<bool>& mask) {
    const ImageView<bool> view = view_result(mask);
    return {reinterpret_cast<std::uint8_t*>(view.data), view.rows, view.cols, 1, view.row_stride};
}

inline void require_same_size(Index rows_a, Index cols_a, Index rows_b, Index cols_b) {
    if (rows_a != rows_b || cols_a != cols_b) refuse("expected arrays of one size");
}

inline void require_threads(int num_threads) {
    if (num_threads < 1) refuse("expected num_threads >= 1, got " + std::to_string(num_threads));
}

// The computation itself: everything else needs the interpreter.
template <class Body>
auto without_gil(const Body& body) {
    const py::gil_scoped_release release;
    return body();
}

}  // namespace unsplice::bindings
