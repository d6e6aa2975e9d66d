// The kernels that pair mode adds.
#include "pair.hpp"

#include <pybind11/stl.h>

#include "activity_level.hpp"
#include "array_view.hpp"
#include "color_difference.hpp"
#include "gaussian_blur.hpp"
#include "jpeg_round_trip.hpp"
#include "luma.hpp"
#include "normalized_energy.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;
using Bytes = Array<std::uint8_t>;
using Floats = Array<float>;

ImageView<const std::uint8_t> view_rgb(const Bytes& array) {
    const ImageView<const std::uint8_t> view = view_image(array);
    if (view.channels != 3) refuse("expected 3 channels, got " + std::to_string(view.channels));
    return view;
}

// (planes, rows, cols), dense: as one tall image.
ImageView<const float> view_planes(const Floats& array) {
    if (array.ndim() != 3 || !(array.flags() & py::array::c_style)) {
        refuse("expected a dense array of 3 dimensions");
    }
    return {array.data(), array.shape(0) * array.shape(1), array.shape(2), 1, array.shape(2)};
}

ImageView<float> view_planes_result(Floats& array) {
    return {array.mutable_data(), array.shape(0) * array.shape(1), array.shape(2), 1,
            array.shape(2)};
}

template <class View>
View one_plane(const View& planes, Index index, Index rows) {
    return {planes.row(index * rows), rows, planes.cols, 1, planes.row_stride};
}

Floats luma(const Bytes& image, int num_threads) {
    const auto source = view_rgb(image);
    require_threads(num_threads);
    auto result = new_array<float>({source.rows, source.cols});
    const auto target = view_result(result);
    const py::gil_scoped_release release;
    unsplice::luma(source, target, num_threads);
    return result;
}

Floats color_difference(const Bytes& first, const Bytes& second, int num_threads) {
    const auto a = view_rgb(first), b = view_rgb(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    require_threads(num_threads);
    auto result = new_array<float>({3, a.rows, a.cols});
    const auto target = view_planes_result(result);
    const py::gil_scoped_release release;
    unsplice::color_difference(a, b, target, num_threads);
    return result;
}

Floats gaussian_blur(const Floats& planes, const std::vector<float>& weights, int num_threads) {
    const auto source = view_planes(planes);
    require_threads(num_threads);
    if (weights.empty()) refuse("expected at least one weight");
    const Index count = planes.shape(0), rows = planes.shape(1);
    auto result = new_array<float>({count, rows, source.cols});
    const auto target = view_planes_result(result);
    const py::gil_scoped_release release;
    if (rows == 0 || source.cols == 0) return result;
    for (Index k = 0; k < count; ++k) {
        unsplice::gaussian_blur(one_plane(source, k, rows), weights, one_plane(target, k, rows),
                                num_threads);
    }
    return result;
}

Bytes activity_level(const Bytes& image, int num_threads) {
    const auto source = view_rgb(image);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({source.rows, source.cols});
    const auto target = view_result(result);
    const py::gil_scoped_release release;
    if (source.rows == 0 || source.cols == 0) return result;
    unsplice::activity_level(source, target, num_threads);
    return result;
}

Floats normalized_energy(const Floats& planes, const Bytes& levels, const Floats& precision,
                         int num_threads) {
    const auto source = view_planes(planes);
    const auto level = view_image(levels);
    const auto weight = view_image(precision);
    require_threads(num_threads);
    require_same_size(source.rows, source.cols, 3 * level.rows, level.cols);
    require_same_size(weight.rows, weight.cols, 3, 256);
    if (level.channels != 1 || weight.channels != 1) refuse("expected one channel");
    auto result = new_array<float>({level.rows, level.cols});
    const auto target = view_result(result);
    const py::gil_scoped_release release;
    unsplice::normalized_energy(source, level, weight, target, num_threads);
    return result;
}

Bytes jpeg_round_trip(const Bytes& image, const Floats& tables, int horizontal, int vertical,
                      int num_threads) {
    const auto source = view_rgb(image);
    const auto steps = view_planes(tables);
    require_threads(num_threads);
    require_same_size(steps.rows, steps.cols, 3 * 8, 8);
    if (horizontal < 1 || horizontal > 2 || vertical < 1 || vertical > 2) {
        refuse("expected chroma sampled by 1 or 2");
    }
    JpegSettings settings{{}, horizontal, vertical};
    for (Index k = 0; k < 3 * 64; ++k) settings.tables[k / 64][k % 64] = steps.data[k];
    auto result = new_array<std::uint8_t>({source.rows, source.cols, 3});
    const auto target = view_result(result);
    const py::gil_scoped_release release;
    if (source.rows == 0 || source.cols == 0) return result;
    unsplice::jpeg_round_trip(source, settings, target, num_threads);
    return result;
}

}  // namespace

void bind_pair_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto planes = arg("planes").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("luma", &luma, image, num_threads);
    module.def("color_difference", &color_difference, arg("first").noconvert(),
               arg("second").noconvert(), num_threads);
    module.def("gaussian_blur", &gaussian_blur, planes, arg("weights"), num_threads);
    module.def("activity_level", &activity_level, image, num_threads);
    module.def("normalized_energy", &normalized_energy, planes, arg("levels").noconvert(),
               arg("precision").noconvert(), num_threads);
    module.def("jpeg_round_trip", &jpeg_round_trip, image, arg("tables").noconvert(),
               arg("horizontal"), arg("vertical"), num_threads);
}

}  // namespace unsplice::bindings
