// Connected components: what describes them, and what their labels are painted from.
#include "components.hpp"

#include <algorithm>
#include <utility>

#include "array_view.hpp"
#include "component_tables.hpp"
#include "label_components.hpp"
#include "remove_small_components.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

py::tuple label_components(const Array<bool>& mask, bool diagonal, int num_threads) {
    const auto source = view_mask(mask);
    require_threads(num_threads);
    LabelledComponents components =
        without_gil([&] { return unsplice::label_components(source, diagonal, num_threads); });
    const ComponentTables tables = component_tables(components.statistics);
    return py::make_tuple(
        adopt(std::move(components.words), {source.rows, components.words_per_row}),
        adopt(std::move(components.run_components), {components.num_runs}), tables.areas,
        tables.bounding_boxes, tables.centroids);
}

Array<std::int32_t> paint_labels(const Array<std::uint64_t>& words,
                                 const Array<std::int32_t>& components, Index cols,
                                 int num_threads) {
    if (words.ndim() != 2) refuse("expected words of 2 dimensions");
    const auto source = view_image(words);
    const bool dense = components.ndim() == 1 && is_aligned(components) &&
                       (components.size() < 2 || components.strides(0) == sizeof(std::int32_t));
    if (!dense) refuse("expected components of 1 dimension, adjacent and aligned");
    if (cols < 0 || source.cols != cols / 64 + (cols % 64 != 0)) refuse("expected 64 cols a word");
    require_threads(num_threads);
    auto result = new_array<std::int32_t>({source.rows, cols});
    const auto target = view_result(result);
    without_gil([&] {
        unsplice::paint_labels(source, components.data(), components.size(), target, num_threads);
    });
    return result;
}

Array<bool> remove_small_components(const Array<bool>& mask, std::int64_t min_area, bool diagonal,
                                    int num_threads) {
    const auto source = view_mask(mask);
    require_threads(num_threads);
    auto result = new_array_like<bool>(mask);
    const auto target = view_mask_result(result);
    without_gil([&] {
        unsplice::remove_small_components(source, min_area, diagonal, target, num_threads);
    });
    return result;
}

}  // namespace

void bind_component_kernels(py::module_& module) {
    const auto mask = arg("mask").noconvert();
    const auto diagonal = arg("diagonal"), num_threads = arg("num_threads");
    module.def("label_components", &label_components, mask, diagonal, num_threads);
    module.def("paint_labels", &paint_labels, arg("words").noconvert(),
               arg("components").noconvert(), arg("cols"), num_threads);
    module.def("remove_small_components", &remove_small_components, mask, arg("min_area"), diagonal,
               num_threads);
}

}  // namespace unsplice::bindings
