// The kernels that make clean regions out of evidence.
#include "regions.hpp"

#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "close_mask.hpp"
#include "component_tables.hpp"
#include "weigh_components.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

void require_half_widths(const HalfWidths& half_widths) {
    if (half_widths.empty() || half_widths.size() > most_reach + 1) {
        refuse("expected 1 to 65 half widths, got " + std::to_string(half_widths.size()));
    }
    const int most = *std::max_element(half_widths.begin(), half_widths.end());
    if (most > most_reach) refuse("expected half widths up to 64, got " + std::to_string(most));
}

Array<bool> close_mask(const Array<bool>& mask, const HalfWidths& half_widths, int num_threads) {
    const auto source = view_mask(mask);
    require_half_widths(half_widths);
    require_threads(num_threads);
    auto result = new_array_like<bool>(mask);
    const auto target = view_mask_result(result);
    without_gil([&] { unsplice::close_mask(source, half_widths, target, num_threads); });
    return result;
}

template <class Number>
Array<Number> as_array(const std::vector<Number>& values) {
    return Array<Number>(static_cast<py::ssize_t>(values.size()), values.data());
}

py::tuple weigh_components(const Array<bool>& mask, const Array<float>& values,
                           const Array<bool>& marked, double floor, double ceiling,
                           int num_threads) {
    const auto source = view_mask(mask), marks = view_mask(marked);
    if (values.ndim() != 2) refuse("expected values of 2 dimensions");
    const auto value = view_image(values);
    require_same_size(source.rows, source.cols, value.rows, value.cols);
    require_same_size(source.rows, source.cols, marks.rows, marks.cols);
    if (!(floor <= ceiling)) refuse("expected floor <= ceiling");
    require_threads(num_threads);
    const auto found = without_gil([&] {
        return unsplice::weigh_components(source, value, marks, floor, ceiling, num_threads);
    });
    const ComponentTables tables = component_tables(found.components);
    return py::make_tuple(tables.areas, tables.bounding_boxes, tables.centroids,
                          as_array(found.weights), as_array(found.marks));
}

Array<bool> keep_components(const Array<bool>& mask, const Array<bool>& kept, bool diagonal,
                            int num_threads) {
    const auto source = view_mask(mask);
    if (kept.ndim() != 1) refuse("expected kept of 1 dimension");
    require_threads(num_threads);
    // A copy: its elements may lie anywhere.
    std::vector<std::uint8_t> chosen;
    for (Index i = 0; i < kept.shape(0); ++i) {
        chosen.push_back(*reinterpret_cast<const std::uint8_t*>(kept.data(i)));
    }
    auto result = new_array_like<bool>(mask);
    const auto target = view_mask_result(result);
    without_gil([&] {
        unsplice::keep_components(source, chosen.data(), static_cast<Index>(chosen.size()),
                                  diagonal, target, num_threads);
    });
    return result;
}

}  // namespace

void bind_region_kernels(py::module_& module) {
    const auto mask = arg("mask").noconvert();
    const auto num_threads = arg("num_threads");
    module.def("close_mask", &close_mask, mask, arg("half_widths"), num_threads);
    module.def("weigh_components", &weigh_components, mask, arg("values").noconvert(),
               arg("marked").noconvert(), arg("floor"), arg("ceiling"), num_threads);
    module.def("keep_components", &keep_components, mask, arg("kept").noconvert(), arg("diagonal"),
               num_threads);
}

}  // namespace unsplice::bindings
