#include "wavelets.hpp"

#include "array_view.hpp"
#include "dwt2.hpp"
#include "idwt2.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

constexpr Index band_count = 4;
// Far beyond any filter in use; it bounds the sums of sizes below.
constexpr Index most_taps = Index{1} << 20;

template <class Number>
Filters<Number> filters_of(const Array<double>& taps) {
    if (taps.ndim() != 2 || taps.shape(0) != 2 || taps.shape(1) < 2 || taps.shape(1) % 2 != 0 ||
        taps.shape(1) > most_taps) {
        refuse("expected taps of shape (2, length), the length even");
    }
    Filters<Number> filters;
    for (Index j = 0; j < taps.shape(1); ++j) {
        filters.low.push_back(static_cast<Number>(element(taps, 0, j)));
        filters.high.push_back(static_cast<Number>(element(taps, 1, j)));
    }
    return filters;
}

template <class Pixel>
ImageView<const Pixel> view_gray(const Array<Pixel>& image) {
    if (image.ndim() != 2) refuse("expected an image of 2 dimensions");
    if (image.size() == 0) refuse("expected an image with pixels");
    return view_image(image);
}

template <class Number>
Array<Number> new_bands(Index rows, Index cols, Index length) {
    return new_array<Number>(
        {band_count, transformed_size(rows, length), transformed_size(cols, length)});
}

template <class Pixel>
Array<Coefficient<Pixel>> dwt2(const Array<Pixel>& image, const Array<double>& taps,
                               int num_threads) {
    const auto source = view_gray(image);
    const auto filters = filters_of<Coefficient<Pixel>>(taps);
    require_threads(num_threads);
    auto result = new_bands<Coefficient<Pixel>>(source.rows, source.cols, filters.length());
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::dwt2(source, filters, target, num_threads); });
    return result;
}

template <class Pixel>
Array<Coefficient<Pixel>> haar_dwt2(const Array<Pixel>& image, int num_threads) {
    const auto source = view_gray(image);
    require_threads(num_threads);
    auto result = new_bands<Coefficient<Pixel>>(source.rows, source.cols, 2);
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::haar_dwt2(source, target, num_threads); });
    return result;
}

template <class Number>
StackView<const Number> view_bands(const Array<Number>& bands, Index rows, Index cols,
                                   Index length) {
    const auto view = view_planes(bands);
    if (view.count != band_count) refuse("expected 4 bands");
    // One row more or less first: the sum of two sizes may not fit.
    const bool fits = rows >= 1 && cols >= 1 && rows / 2 <= view.rows && cols / 2 <= view.cols &&
                      transformed_size(rows, length) == view.rows &&
                      transformed_size(cols, length) == view.cols;
    if (!fits) refuse("expected rows and columns whose transform has the size of the bands");
    return view;
}

template <class Number>
Array<Number> idwt2(const Array<Number>& bands, const Array<double>& taps, Index rows, Index cols,
                    int num_threads) {
    const auto filters = filters_of<Number>(taps);
    const auto source = view_bands(bands, rows, cols, filters.length());
    require_threads(num_threads);
    auto result = new_array<Number>({rows, cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::idwt2(source, filters, target, num_threads); });
    return result;
}

template <class Number>
Array<Number> haar_idwt2(const Array<Number>& bands, Index rows, Index cols, int num_threads) {
    const auto source = view_bands(bands, rows, cols, 2);
    require_threads(num_threads);
    auto result = new_array<Number>({rows, cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::haar_idwt2(source, target, num_threads); });
    return result;
}

template <class Pixel>
void bind_forward(py::module_& module) {
    module.def("dwt2", &dwt2<Pixel>, arg("image").noconvert(), arg("taps").noconvert(),
               arg("num_threads"));
    module.def("haar_dwt2", &haar_dwt2<Pixel>, arg("image").noconvert(), arg("num_threads"));
}

template <class Number>
void bind_inverse(py::module_& module) {
    module.def("idwt2", &idwt2<Number>, arg("bands").noconvert(), arg("taps").noconvert(),
               arg("rows"), arg("cols"), arg("num_threads"));
    module.def("haar_idwt2", &haar_idwt2<Number>, arg("bands").noconvert(), arg("rows"),
               arg("cols"), arg("num_threads"));
}

}  // namespace

void bind_wavelet_kernels(py::module_& module) {
    bind_forward<std::uint8_t>(module);
    bind_forward<std::uint16_t>(module);
    bind_forward<float>(module);
    bind_forward<double>(module);
    bind_inverse<float>(module);
    bind_inverse<double>(module);
}

}  // namespace unsplice::bindings
