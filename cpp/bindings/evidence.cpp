// The kernels of the evidence maps: numbers a block.
#include "evidence.hpp"

#include <pybind11/stl.h>

#include <vector>

#include "block_noise.hpp"
#include "blocks.hpp"
#include "blur_shares.hpp"
#include "count_cooccurrences.hpp"
#include "count_zeros.hpp"
#include "green_lattice.hpp"
#include "grid_contrasts.hpp"
#include "requantization_errors.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

Floats requantization_errors(const Bytes& image, const Wholes& steps, Index row, Index col,
                             int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_dense(steps, 3);
    if (steps.shape(1) != 8 || steps.shape(2) != 8) refuse("expected steps of shape (n, 8, 8)");
    require_steps(steps);
    require_threads(num_threads);
    const std::vector<float> tables(steps.data(), steps.data() + steps.size());
    auto result = new_array<float>(
        {steps.shape(0), blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_stack_result(result);
    without_gil([&] {
        unsplice::requantization_errors(source, row, col, tables.data(), target, num_threads);
    });
    return result;
}

Floats blur_shares(const Bytes& counts, float unit, const std::vector<float>& weights,
                   int num_threads) {
    const auto source = view_planes(counts);
    if (weights.empty()) refuse("expected at least one weight");
    require_threads(num_threads);
    auto result = new_array<float>({source.count, source.rows, source.cols});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::blur_shares(source, unit, weights, target, num_threads); });
    return result;
}

Bytes count_cooccurrences(const Bytes& image, Index row, Index col, int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>(
        {2 * pattern_classes, blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::count_cooccurrences(source, row, col, target, num_threads); });
    return result;
}

Bytes count_zeros(const Bytes& image, Index row, Index col, int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>(
        {block_side * blocks_from(row, source.rows), block_side * blocks_from(col, source.cols)});
    const auto target = view_result(result);
    without_gil([&] { unsplice::count_zeros(source, row, col, target, num_threads); });
    return result;
}

Floats grid_contrasts(const Bytes& counts, int num_threads) {
    if (counts.ndim() != 2) refuse("expected counts of 2 dimensions");
    const auto source = view_image(counts);
    if (source.rows % block_side != 0 || source.cols % block_side != 0) {
        refuse("expected counts of whole blocks");
    }
    require_threads(num_threads);
    auto result = new_array<float>({3, source.rows / block_side, source.cols / block_side});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::grid_contrasts(source, target, num_threads); });
    return result;
}

Floats block_noise(const Bytes& image, Index row, Index col, int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_threads(num_threads);
    auto result = new_array<float>(
        {block_noise_planes, blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::block_noise(source, row, col, target, num_threads); });
    return result;
}

Floats green_lattice(const Bytes& image, Index row, Index col, int num_threads) {
    const auto source = view_rgb(image);
    require_grid(row, col);
    require_threads(num_threads);
    auto result = new_array<float>({blocks_from(row, source.rows), blocks_from(col, source.cols)});
    const auto target = view_result(result);
    without_gil([&] { unsplice::green_lattice(source, row, col, target, num_threads); });
    return result;
}

}  // namespace

void bind_evidence_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto row = arg("row"), col = arg("col"), num_threads = arg("num_threads");
    module.def("requantization_errors", &requantization_errors, image, arg("steps").noconvert(),
               row, col, num_threads);
    module.def("blur_shares", &blur_shares, arg("counts").noconvert(), arg("unit"), arg("weights"),
               num_threads);
    module.def("count_cooccurrences", &count_cooccurrences, image, row, col, num_threads);
    module.def("count_zeros", &count_zeros, image, row, col, num_threads);
    module.def("grid_contrasts", &grid_contrasts, arg("counts").noconvert(), num_threads);
    module.def("block_noise", &block_noise, image, row, col, num_threads);
    module.def("green_lattice", &green_lattice, image, row, col, num_threads);
}

}  // namespace unsplice::bindings
