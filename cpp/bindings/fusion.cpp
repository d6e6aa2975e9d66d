// The kernels of the network and the edges: the method "fusion".
#include "fusion.hpp"

#include <pybind11/stl.h>

#include <cmath>
#include <optional>

#include "apply_lines.hpp"
#include "blocks.hpp"
#include "convolve_blocks.hpp"
#include "fit_lines.hpp"
#include "normalize_maps.hpp"
#include "pixels_of_blocks.hpp"
#include "plane_moments.hpp"
#include "sum_blocks.hpp"
#include "sum_cells.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

Floats convolve_blocks(const Floats& maps, const Floats& weights, const Floats& bias,
                       const std::optional<Floats>& gain, Index dilation, int num_threads) {
    const auto source = view_planes(maps);
    require_dense(weights, 4);
    require_dense(bias, 1);
    const Index outputs = weights.shape(0), side = weights.shape(2);
    if ((side != 1 && side != 3) || weights.shape(3) != side) {
        refuse("expected filters of 1 x 1 or 3 x 3 taps");
    }
    if (weights.shape(1) != source.count) refuse("expected one filter for each map");
    if (bias.shape(0) != outputs) refuse("expected one bias for each output");
    if (gain) {
        require_dense(*gain, 1);
        if (gain->shape(0) != outputs) refuse("expected one gain for each output");
        if (source.count != outputs) refuse("expected as many maps as outputs to add to");
    }
    if (dilation < 1 || dilation > 1024) refuse("expected a dilation from 1 to 1024");
    require_threads(num_threads);
    const Convolution filter{weights.data(), bias.data(), gain ? gain->data() : nullptr, side,
                             dilation};
    auto result = new_array<float>({outputs, source.rows, source.cols});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::convolve_blocks(source, filter, target, num_threads); });
    return result;
}

Floats normalize_maps(const Floats& maps, const Array<bool>& centered, const Floats& scale,
                      float limit, int num_threads) {
    const auto source = view_planes(maps);
    if (source.rows == 0 || source.cols == 0) refuse("expected maps with elements");
    require_dense(centered, 1);
    require_dense(scale, 1);
    if (centered.shape(0) != source.count || scale.shape(0) != source.count) {
        refuse("expected one scale for each map, and whether it is centered");
    }
    require_threads(num_threads);
    const MapScales scales{reinterpret_cast<const std::uint8_t*>(centered.data()), scale.data(),
                           limit};
    auto result = new_array<float>({source.count, source.rows, source.cols});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::normalize_maps(source, scales, target, num_threads); });
    return result;
}

Array<double> plane_moments(const Floats& planes, int num_threads) {
    const auto source = view_planes(planes);
    if (source.rows == 0 || source.cols == 0) refuse("expected planes with elements");
    require_threads(num_threads);
    auto result = new_array<double>({source.count, 2});
    double* target = result.mutable_data();
    without_gil([&] { unsplice::plane_moments(source, target, num_threads); });
    return result;
}

ImageView<const float> view_heatmap(const Floats& heatmap, ImageView<const std::uint8_t> image) {
    if (heatmap.ndim() != 2) refuse("expected a heatmap of 2 dimensions");
    const auto view = view_image(heatmap);
    require_same_size(image.rows, image.cols, view.rows, view.cols);
    return view;
}

Array<std::int32_t> sum_cells(const Bytes& image, const Floats& heatmap, int num_threads) {
    const auto source = view_rgb(image);
    const auto heat = view_heatmap(heatmap, source);
    require_threads(num_threads);
    auto result = new_array<std::int32_t>(
        {unsplice::cell_sums, cells_along(source.rows), cells_along(source.cols)});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::sum_cells(source, heat, target, num_threads); });
    return result;
}

Floats fit_lines(const Array<std::int32_t>& sums, Index rows, Index cols, Index reach,
                 double epsilon, int num_threads) {
    const auto source = view_planes(sums);
    if (source.count != unsplice::cell_sums) refuse("expected four sums a cell");
    if (rows < 0 || cols < 0) refuse("expected a size of at least 0");
    require_same_size(cells_along(rows), cells_along(cols), source.rows, source.cols);
    if (reach < 1 || reach > 250) refuse("expected a reach from 1 to 250");
    if (!(epsilon >= least_epsilon && std::isfinite(epsilon))) {
        refuse("expected a finite epsilon of at least 1e-9");
    }
    require_threads(num_threads);
    auto result = new_array<float>({2, source.rows, source.cols});
    const auto target = view_stack_result(result);
    without_gil(
        [&] { unsplice::fit_lines(source, rows, cols, reach, epsilon, target, num_threads); });
    return result;
}

Floats apply_lines(const Bytes& image, const Floats& heatmap, const Floats& slopes,
                   const Floats& offsets, int num_threads) {
    const auto source = view_rgb(image);
    const auto heat = view_heatmap(heatmap, source);
    if (slopes.ndim() != 2 || offsets.ndim() != 2) refuse("expected lines of 2 dimensions");
    const auto slope = view_image(slopes), offset = view_image(offsets);
    const Index rows = cells_along(source.rows), cols = cells_along(source.cols);
    require_same_size(slope.rows, slope.cols, rows, cols);
    require_same_size(offset.rows, offset.cols, rows, cols);
    require_threads(num_threads);
    auto result = new_array<float>({source.rows, source.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::apply_lines(source, heat, slope, offset, target, num_threads); });
    return result;
}

Floats pixels_of_blocks(const Floats& blocks, Index rows, Index cols, Index row, Index col,
                        int num_threads) {
    if (blocks.ndim() != 2 || blocks.size() == 0) refuse("expected blocks of 2 dimensions");
    if (rows < 0 || cols < 0) refuse("expected a size of at least 0");
    require_grid(row, col);
    require_threads(num_threads);
    const auto source = view_image(blocks);
    auto result = new_array<float>({rows, cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::pixels_of_blocks(source, row, col, target, num_threads); });
    return result;
}

Array<std::int32_t> sum_blocks(const Bytes& image, Index row, Index col, int num_threads) {
    if (image.ndim() != 2) refuse("expected a picture of 2 dimensions");
    const auto source = view_image(image);
    require_grid(row, col);
    require_threads(num_threads);
    auto result =
        new_array<std::int32_t>({blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_result(result);
    without_gil([&] { unsplice::sum_blocks(source, row, col, target, num_threads); });
    return result;
}

}  // namespace

void bind_fusion_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto heatmap = arg("heatmap").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("convolve_blocks", &convolve_blocks, arg("maps").noconvert(),
               arg("weights").noconvert(), arg("bias").noconvert(),
               arg("gain").noconvert().none(true), arg("dilation"), num_threads);
    module.def("normalize_maps", &normalize_maps, arg("maps").noconvert(),
               arg("centered").noconvert(), arg("scale").noconvert(), arg("limit"), num_threads);
    module.def("fit_lines", &fit_lines, arg("sums").noconvert(), arg("rows"), arg("cols"),
               arg("reach"), arg("epsilon"), num_threads);
    module.def("pixels_of_blocks", &pixels_of_blocks, arg("blocks").noconvert(), arg("rows"),
               arg("cols"), arg("row"), arg("col"), num_threads);
    module.def("sum_blocks", &sum_blocks, image, arg("row"), arg("col"), num_threads);
    module.def("sum_cells", &sum_cells, image, heatmap, num_threads);
    module.def("apply_lines", &apply_lines, image, heatmap, arg("slopes").noconvert(),
               arg("offsets").noconvert(), num_threads);
    module.def("plane_moments", &plane_moments, arg("planes").noconvert(), num_threads);
}

}  // namespace unsplice::bindings
