// The kernels that blind mode adds.
#include "blind.hpp"

#include <algorithm>
#include <limits>

#include "array_view.hpp"
#include "component_tables.hpp"
#include "density_levels.hpp"
#include "equalize_clahe.hpp"
#include "error_levels.hpp"
#include "haar_noise_residual.hpp"
#include "level_counts.hpp"
#include "log_cascade_saturating.hpp"
#include "measure_components.hpp"
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

Bytes error_levels(const Bytes& image, const Bytes& tables, bool halve_chroma, int num_threads) {
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
    without_gil([&] { unsplice::error_levels(source, steps, halve_chroma, target, num_threads); });
    return result;
}

template <class Pixel>
Array<std::int64_t> level_counts(const Array<Pixel>& image, int num_threads) {
    if (image.ndim() != 2) refuse("expected an image of 2 dimensions");
    const auto source = view_image(image);
    require_threads(num_threads);
    auto result = new_array<std::int64_t>({Index{std::numeric_limits<Pixel>::max()} + 1});
    std::int64_t* target = result.mutable_data();
    without_gil([&] { unsplice::level_counts(source, target, num_threads); });
    return result;
}

py::tuple measure_components(const Array<bool>& mask, const Bytes& values, int num_threads) {
    const auto source = view_mask(mask);
    if (values.ndim() != 2) refuse("expected values of 2 dimensions");
    const auto measured = view_image(values);
    require_same_size(source.rows, source.cols, measured.rows, measured.cols);
    require_threads(num_threads);
    const MeasuredComponents components =
        without_gil([&] { return unsplice::measure_components(source, measured, num_threads); });
    const ComponentTables tables = component_tables(components.statistics);
    auto maxima = new_array<std::uint8_t>({static_cast<Index>(components.maxima.size())});
    std::copy(components.maxima.begin(), components.maxima.end(), maxima.mutable_data());
    return py::make_tuple(tables.areas, tables.bounding_boxes, tables.centroids, maxima);
}

Bytes equalize_clahe(const Bytes& image, double clip_limit, Index tiles_down, Index tiles_across,
                     int num_threads) {
    if (image.ndim() != 2) refuse("expected an image of 2 dimensions");
    const auto source = view_image(image);
    if (!(clip_limit > 0)) refuse("expected clip_limit > 0");
    constexpr Index most = equalize_clahe_max_tiles;
    for (const Index tiles : {tiles_down, tiles_across}) {
        if (tiles < 1 || tiles > most) refuse("expected tiles in 1 to " + std::to_string(most));
    }
    require_threads(num_threads);
    auto result = new_array_like<std::uint8_t>(image);
    const auto target = view_result(result);
    const TileGrid grid{tiles_down, tiles_across};
    without_gil([&] { unsplice::equalize_clahe(source, clip_limit, grid, target, num_threads); });
    return result;
}

Bytes density_levels(const Array<bool>& points, Index reach, int num_threads) {
    const auto source = view_mask(points);
    if (reach < 0) refuse("expected reach >= 0, got " + std::to_string(reach));
    require_threads(num_threads);
    auto result = new_array_like<std::uint8_t>(points);
    const auto target = view_result(result);
    without_gil([&] { unsplice::density_levels(source, reach, target, num_threads); });
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
    module.def("error_levels", &error_levels, image, arg("tables").noconvert(), arg("halve_chroma"),
               num_threads);
    module.def("density_levels", &density_levels, arg("points").noconvert(), arg("reach"),
               num_threads);
    module.def("equalize_clahe", &equalize_clahe, image, arg("clip_limit"), arg("tiles_down"),
               arg("tiles_across"), num_threads);
    module.def("level_counts", &level_counts<std::uint8_t>, image, num_threads);
    module.def("level_counts", &level_counts<std::uint16_t>, image, num_threads);
    module.def("measure_components", &measure_components, arg("mask").noconvert(),
               arg("values").noconvert(), num_threads);
}

}  // namespace unsplice::bindings
