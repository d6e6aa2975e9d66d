// The kernels of the network and the edges: the method "fusion".
#include "fusion.hpp"

#include "apply_lines.hpp"
#include "blocks.hpp"
#include "convolve_blocks.hpp"
#include "plane_moments.hpp"
#include "sum_cells.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

Floats convolve_blocks(const Floats& maps, const Floats& weights, const Floats& bias,
                       Index dilation, int num_threads) {
    const auto source = view_planes(maps);
    require_dense(weights, 4);
    require_dense(bias, 1);
    const Index outputs = weights.shape(0), side = weights.shape(2);
    if ((side != 1 && side != 3) || weights.shape(3) != side) {
        refuse("expected filters of 1 x 1 or 3 x 3 taps");
    }
    if (weights.shape(1) != source.count) refuse("expected one filter for each map");
    if (bias.shape(0) != outputs) refuse("expected one bias for each output");
    if (dilation < 1 || dilation > 1024) refuse("expected a dilation from 1 to 1024");
    require_threads(num_threads);
    const Convolution filter{weights.data(), bias.data(), side, dilation};
    auto result = new_array<float>({outputs, source.rows, source.cols});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::convolve_blocks(source, filter, target, num_threads); });
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

}  // namespace

void bind_fusion_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto heatmap = arg("heatmap").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("convolve_blocks", &convolve_blocks, arg("maps").noconvert(),
               arg("weights").noconvert(), arg("bias").noconvert(), arg("dilation"), num_threads);
    module.def("sum_cells", &sum_cells, image, heatmap, num_threads);
    module.def("apply_lines", &apply_lines, image, heatmap, arg("slopes").noconvert(),
               arg("offsets").noconvert(), num_threads);
    module.def("plane_moments", &plane_moments, arg("planes").noconvert(), num_threads);
}

}  // namespace unsplice::bindings
