// The kernels of the evidence maps: numbers a block.
#include "evidence.hpp"

#include "blocks.hpp"
#include "count_cooccurrences.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

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

}  // namespace

void bind_evidence_kernels(py::module_& module) {
    const auto image = arg("image").noconvert();
    const auto row = arg("row"), col = arg("col"), num_threads = arg("num_threads");
    module.def("count_cooccurrences", &count_cooccurrences, image, row, col, num_threads);
}

}  // namespace unsplice::bindings
