// The kernels that pair mode brought in.
#include "pair.hpp"

#include <pybind11/stl.h>

#include <cmath>

#include "activity_level.hpp"
#include "array_view.hpp"
#include "color_difference.hpp"
#include "difference_amplitude.hpp"
#include "difference_evidence.hpp"
#include "difference_quantiles.hpp"
#include "gaussian_blur.hpp"
#include "jpeg_round_trip.hpp"
#include "warp_cubic.hpp"
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

using Scales = std::vector<std::vector<float>>;

void require_scales(const Scales& scales) {
    for (const auto& weights : scales) {
        if (weights.empty()) refuse("expected at least one weight");
    }
}

Floats difference_quantiles(const Bytes& first, const Bytes& second,
                            const Array<std::int64_t>& indices, const Bytes& kinds, Index num_kinds,
                            const Scales& scales, double share, int num_threads) {
    const auto a = view_rgb(first), b = view_rgb(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    if (indices.ndim() != 1 || kinds.ndim() != 1) refuse("expected samples of 1 dimension");
    require_same_size(indices.shape(0), 1, kinds.shape(0), 1);
    if (num_kinds < 1 || num_kinds > 256) refuse("expected 1 to 256 kinds");
    require_scales(scales);
    if (!(share >= 0 && share <= 1)) refuse("expected a share in 0 to 1");
    require_threads(num_threads);
    // Copies, because all are checked before one is followed, and another thread may change the
    // arrays in between.
    Samples samples{{}, {}, num_kinds};
    const Index size = a.rows * a.cols;
    for (Index i = 0; i < indices.shape(0); ++i) {
        const std::int64_t least = i == 0 ? 0 : samples.indices.back() + 1;
        samples.indices.push_back(element(indices, i));
        samples.kinds.push_back(element(kinds, i));
        if (samples.indices.back() < least || samples.indices.back() >= size) {
            refuse("expected indices of pixels, ascending");
        }
        if (samples.kinds.back() >= num_kinds) refuse("expected kinds below num_kinds");
    }
    auto result = new_array<float>({static_cast<Index>(scales.size()), 3, num_kinds});
    const auto found = without_gil(
        [&] { return unsplice::difference_quantiles(a, b, samples, scales, share, num_threads); });
    std::copy(found.begin(), found.end(), result.mutable_data());
    return result;
}

template <class Number, auto measure>
Array<Number> amplitude(const Bytes& first, const Bytes& second, const GaussianWeights& weights,
                        int num_threads) {
    const auto a = view_rgb(first), b = view_rgb(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    require_scales({weights});
    require_threads(num_threads);
    auto result = new_array<Number>({a.rows, a.cols});
    const auto target = view_result(result);
    without_gil([&] { measure(a, b, weights, target, num_threads); });
    return result;
}

py::tuple difference_evidence(const Bytes& first, const Bytes& second, const Bytes& level,
                              const Bytes& other_level, const Bytes& nearby,
                              const Array<bool>& valid, float rim_share, const Scales& scales,
                              const Floats& precision, const std::vector<float>& seed_bounds,
                              const std::vector<float>& grow_bounds, float factor,
                              int num_threads) {
    const auto a = view_rgb(first), b = view_rgb(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    const Surroundings surroundings{view_image(level), view_image(other_level), view_image(nearby),
                                    view_mask(valid), rim_share};
    for (const auto& view :
         {surroundings.level, surroundings.other_level, surroundings.nearby, surroundings.valid}) {
        if (view.channels != 1) refuse("expected levels of 2 dimensions");
        require_same_size(a.rows, a.cols, view.rows, view.cols);
    }
    require_scales(scales);
    const auto tables = view_planes(precision);
    const Index count = static_cast<Index>(scales.size());
    require_same_size(tables.rows, tables.cols, 3, 256);
    require_same_size(tables.count, count, static_cast<Index>(seed_bounds.size()),
                      static_cast<Index>(grow_bounds.size()));
    require_same_size(tables.count, 1, count, 1);
    if (count < 1) refuse("expected at least one scale");
    require_threads(num_threads);
    std::vector<EvidenceScale> weighing;
    for (Index s = 0; s < count; ++s) {
        weighing.push_back({{}, seed_bounds[s], grow_bounds[s]});
        for (Index p = 0; p < 3; ++p) {
            const float* row = tables.image(s).row(p);
            weighing.back().precision.insert(weighing.back().precision.end(), row, row + 256);
        }
    }
    auto heat = new_array<float>({a.rows, a.cols}), energy = new_array<float>({a.rows, a.cols});
    auto candidates = new_array<bool>({a.rows, a.cols}), seeds = new_array<bool>({a.rows, a.cols});
    const EvidencePlanes target{view_result(heat), view_result(energy),
                                view_mask_result(candidates), view_mask_result(seeds)};
    without_gil([&] {
        unsplice::difference_evidence(a, b, surroundings, scales, weighing, factor, target,
                                      num_threads);
    });
    return py::make_tuple(heat, candidates, seeds, energy);
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

void require_map(Index image_rows, Index image_cols, const AffineMap& map, Index rows, Index cols) {
    if (image_rows < 1 || image_cols < 1) refuse("expected an image of at least one pixel");
    if (rows < 0 || cols < 0) refuse("expected a result of no negative size");
    for (const double number : map) {
        if (!std::isfinite(number)) refuse("expected a map of finite numbers");
    }
}

Bytes warp_rgb(const Bytes& image, const AffineMap& map, Index rows, Index cols, int num_threads) {
    const auto source = view_rgb(image);
    require_map(source.rows, source.cols, map, rows, cols);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({rows, cols, 3});
    const auto target = view_result(result);
    without_gil([&] { unsplice::warp_cubic(source, map, target, num_threads); });
    return result;
}

Floats warp_plane(const Floats& image, const AffineMap& map, Index rows, Index cols,
                  int num_threads) {
    if (image.ndim() != 2) refuse("expected a plane of 2 dimensions");
    const auto source = view_image(image);
    require_map(source.rows, source.cols, map, rows, cols);
    require_threads(num_threads);
    auto result = new_array<float>({rows, cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::warp_cubic(source, map, target, num_threads); });
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
    module.def("difference_quantiles", &difference_quantiles, arg("first").noconvert(),
               arg("second").noconvert(), arg("indices").noconvert(), arg("kinds").noconvert(),
               arg("num_kinds"), arg("scales"), arg("share"), num_threads);
    module.def("difference_amplitude", &amplitude<float, &unsplice::difference_amplitude>,
               arg("first").noconvert(), arg("second").noconvert(), arg("weights"), num_threads);
    module.def("amplitude_levels", &amplitude<std::uint8_t, &unsplice::amplitude_levels>,
               arg("first").noconvert(), arg("second").noconvert(), arg("weights"), num_threads);
    module.def("difference_evidence", &difference_evidence, arg("first").noconvert(),
               arg("second").noconvert(), arg("level").noconvert(), arg("other_level").noconvert(),
               arg("nearby").noconvert(), arg("valid").noconvert(), arg("rim_share"), arg("scales"),
               arg("precision").noconvert(), arg("seed_bounds"), arg("grow_bounds"), arg("factor"),
               num_threads);
    module.def("jpeg_round_trip", &jpeg_round_trip, image, arg("tables").noconvert(),
               arg("horizontal"), arg("vertical"), num_threads);
    module.def("warp_cubic", &warp_rgb, image, arg("map"), arg("rows"), arg("cols"), num_threads);
    module.def("warp_cubic", &warp_plane, image, arg("map"), arg("rows"), arg("cols"), num_threads);
}

}  // namespace unsplice::bindings
