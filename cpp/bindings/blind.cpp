// The kernels that blind mode adds.
#include "blind.hpp"

#include "array_view.hpp"
#include "error_levels.hpp"
#include "haar_noise_residual.hpp"
#include "log_cascade_saturating.hpp"
#include "noise_artifact.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;
using Bytes = Array<std::uint8_t>;
using Floats = Array<float>;

Bytes log_cascade_saturating(const Bytes& image, int passes, int num_threads) {
    if (image.ndim() != 2) refuse("expected an image of 2 dimensions");
    const auto source = view_image(image);
    constexpr int most = log_cascade_saturating_max_passes;
    if (passes < 1 || passes > most) refuse("expected passes in 1 to " + std::to_string(most));
    require_threads(num_threads);
    auto result = new_array_like<std::uint8_t>(image);
    const auto target = view_result(result);
    without_gil([&] { unsplice::log_cascade_saturating(source, passes, target, num_threads); });
    return result;
}

template <class Pixel>
Floats haar_noise_residual(const Array<Pixel>& image, bool smooth_approximation, int num_threads) {
    if (image.ndim() != 2) refuse("expected an image of 2 dimensions");
    const auto source = view_image(image);
    require_threads(num_threads);
    auto result = new_array_like<float>(image);
    const auto target = view_result(result);
    without_gil(
        [&] { unsplice::haar_noise_residual(source, smooth_approximation, target, num_threads); });
    return result;
}

Floats noise_artifact(const Bytes& image, bool smooth_approximation, bool saturating, bool absolute,
                      int num_threads) {
    const auto source = view_rgb(image);
    require_threads(num_threads);
    auto result = new_array<float>({source.rows, source.cols});
    const auto target = view_result(result);
    const NoiseArtifactOptions options{smooth_approximation, saturating, absolute};
    without_gil([&] { unsplice::noise_artifact(source, options, target, num_threads); });
    return result;
}

Bytes error_levels(const Bytes& image, const Bytes& tables, int num_threads) {
    const auto source = view_image(image);
    if (source.channels != 1 && source.channels != 3) refuse("expected 1 or 3 channels");
    if (tables.ndim() != 3 || tables.shape(0) != 2 || tables.shape(1) != 8 ||
        tables.shape(2) != 8) {
        refuse("expected tables of shape (2, 8, 8)");
    }
    std::array<QuantizationTable, 2> steps;
    for (Index i = 0; i < 128; ++i) {
        const std::uint8_t step = tables.at(i / 64, i / 8 % 8, i % 8);
        if (step == 0) refuse("expected steps from 1 to 255, got 0");
        steps[static_cast<std::size_t>(i / 64)][static_cast<std::size_t>(i % 64)] = step;
    }
    require_threads(num_threads);
    auto result = new_array_like<std::uint8_t>(image);
    const auto target = view_result(result);
    without_gil([&] { unsplice::error_levels(source, steps, target, num_threads); });
    return result;
}

}  // namespace

void bind_blind_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto smooth_approximation = arg("smooth_approximation");
    const auto num_threads = arg("num_threads");
    module.def("log_cascade_saturating", &log_cascade_saturating, image, arg("passes"),
               num_threads);
    module.def("haar_noise_residual", &haar_noise_residual<std::uint8_t>, image,
               smooth_approximation, num_threads);
    module.def("haar_noise_residual", &haar_noise_residual<std::uint16_t>, image,
               smooth_approximation, num_threads);
    module.def("noise_artifact", &noise_artifact, image, smooth_approximation, arg("saturating"),
               arg("absolute"), num_threads);
    module.def("error_levels", &error_levels, image, arg("tables").noconvert(), num_threads);
}

}  // namespace unsplice::bindings
