// The kernels that pair mode brought in.
#include "pair.hpp"

#include <pybind11/stl.h>

#include "activity_level.hpp"
#include "array_view.hpp"
#include "color_difference.hpp"
#include "gaussian_blur.hpp"
#include "jpeg_round_trip.hpp"
#include "normalized_energy.hpp"
#include "weighted_sum.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;
using Bytes = Array<std::uint8_t>;
using Floats = Array<float>;

Floats weighted_sum(const Bytes& image, const std::array<float, 3>& weights, int num_threads) {
    const auto source = view_rgb(image);
    require_threads(num_threads);
    auto result = new_array<float>({source.rows, source.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::weighted_sum(source, weights, target, num_threads); });
    return result;
}

Floats color_difference(const Bytes& first, const Bytes& second, int num_threads) {
    const auto a = view_rgb(first), b = view_rgb(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    require_threads(num_threads);
    auto result = new_array<float>({3, a.rows, a.cols});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::color_difference(a, b, target, num_threads); });
    return result;
}

Floats gaussian_blur(const Floats& planes, const std::vector<float>& weights, int num_threads) {
    const auto source = view_planes(planes);
    if (weights.empty()) refuse("expected at least one weight");
    require_threads(num_threads);
    auto result = new_array_like<float>(planes);
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::gaussian_blur(source, weights, target, num_threads); });
    return result;
}

Bytes activity_level(const Bytes& image, int num_threads) {
    const auto source = view_rgb(image);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({source.rows, source.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::activity_level(source, target, num_threads); });
    return result;
}

Floats normalized_energy(const Floats& planes, const Bytes& levels, const Floats& precision,
                         int num_threads) {
    const auto source = view_planes(planes);
    const auto level = view_image(levels);
    const auto weight = view_image(precision);
    if (levels.ndim() != 2 || precision.ndim() != 2) refuse("expected arrays of 2 dimensions");
    if (source.count != 3) refuse("expected 3 planes, got " + std::to_string(source.count));
    require_same_size(source.rows, source.cols, level.rows, level.cols);
    require_same_size(weight.rows, weight.cols, 3, 256);
    require_threads(num_threads);
    auto result = new_array<float>({level.rows, level.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::normalized_energy(source, level, weight, target, num_threads); });
    return result;
}

JpegSettings jpeg_settings(const Floats& tables, int horizontal, int vertical) {
    const auto steps = view_planes(tables);
    if (steps.count != 3) refuse("expected 3 tables, got " + std::to_string(steps.count));
    require_same_size(steps.rows, steps.cols, 8, 8);
    if (horizontal < 1 || horizontal > 2 || vertical < 1 || vertical > 2) {
        refuse("expected chroma sampled by 1 or 2");
    }
    JpegSettings settings{{}, horizontal, vertical};
    for (Index k = 0; k < 3; ++k) {
        for (Index i = 0; i < 64; ++i) {
            const float step = steps.image(k).row(i / 8)[i % 8];
            // Outside of this a coefficient could leave the range in which it can be rounded.
            if (!(step >= 1 && step <= 65535)) refuse("expected steps in 1 to 65535");
            settings.tables[k][i] = step;
        }
    }
    return settings;
}

Bytes jpeg_round_trip(const Bytes& image, const Floats& tables, int horizontal, int vertical,
                      int num_threads) {
    const auto source = view_rgb(image);
    const auto settings = jpeg_settings(tables, horizontal, vertical);
    require_threads(num_threads);
    auto result = new_array_like<std::uint8_t>(image);
    const auto target = view_result(result);
    without_gil([&] { unsplice::jpeg_round_trip(source, settings, target, num_threads); });
    return result;
}

}  // namespace

void bind_pair_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto planes = arg("planes").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("weighted_sum", &weighted_sum, image, arg("weights"), num_threads);
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
