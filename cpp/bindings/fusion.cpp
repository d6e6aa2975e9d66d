// The kernels of the network and the edges: the method "fusion".
#include "fusion.hpp"

#include "blocks.hpp"
#include "convolve_blocks.hpp"
#include "plane_moments.hpp"

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

}  // namespace

void bind_fusion_kernels(py::module_& module) {
    const auto num_threads = arg("num_threads");
    module.def("convolve_blocks", &convolve_blocks, arg("maps").noconvert(),
               arg("weights").noconvert(), arg("bias").noconvert(), arg("dilation"), num_threads);
    module.def("plane_moments", &plane_moments, arg("planes").noconvert(), num_threads);
}

}  // namespace unsplice::bindings
