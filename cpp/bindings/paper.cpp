// The kernels between the features of the paper's method.
#include "paper.hpp"

#include <pybind11/stl.h>

#include <array>

#include "array_view.hpp"
#include "feature_products.hpp"
#include "scaled_levels.hpp"
#include "weighted_levels.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;
using Bytes = Array<std::uint8_t>;

ImageView<const std::uint8_t> view_feature(const Bytes& feature) {
    if (feature.ndim() != 2) refuse("expected a feature of 2 dimensions");
    return view_image(feature);
}

Bytes weighted_levels(const Bytes& image, const std::array<float, 3>& weights, float gain,
                      int num_threads) {
    const auto source = view_rgb(image);
    for (const float weight : {weights[0], weights[1], weights[2], gain}) {
        if (!(weight >= 0 && weight <= 1 << 24)) refuse("expected weights and a gain in 0 to 2^24");
    }
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({source.rows, source.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::weighted_levels(source, weights, gain, target, num_threads); });
    return result;
}

Array<std::int64_t> product_counts(const Bytes& first, const Bytes& second, int num_threads) {
    const auto a = view_feature(first), b = view_feature(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    require_threads(num_threads);
    auto result = new_array<std::int64_t>({1 << 16});
    std::int64_t* counts = result.mutable_data();
    without_gil([&] { unsplice::product_counts(a, b, counts, num_threads); });
    return result;
}

Array<bool> product_above(const Bytes& first, const Bytes& second, std::uint16_t level,
                          int num_threads) {
    const auto a = view_feature(first), b = view_feature(second);
    require_same_size(a.rows, a.cols, b.rows, b.cols);
    require_threads(num_threads);
    auto result = new_array<bool>({a.rows, a.cols});
    const auto target = view_mask_result(result);
    without_gil([&] { unsplice::product_above(a, b, level, target, num_threads); });
    return result;
}

Array<float> scaled_levels(const Bytes& levels, float factor, int num_threads) {
    const auto source = view_feature(levels);
    require_threads(num_threads);
    auto result = new_array<float>({source.rows, source.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::scaled_levels(source, factor, target, num_threads); });
    return result;
}

}  // namespace

void bind_paper_kernels(py::module_& module) {
    const auto first = arg("first").noconvert(), second = arg("second").noconvert(),
               levels = arg("levels").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("weighted_levels", &weighted_levels, arg("image").noconvert(), arg("weights"),
               arg("gain"), num_threads);
    module.def("product_counts", &product_counts, first, second, num_threads);
    module.def("product_above", &product_above, first, second, arg("level"), num_threads);
    module.def("scaled_levels", &scaled_levels, levels, arg("factor"), num_threads);
}

}  // namespace unsplice::bindings
