// The native surface of unsplice: one binding a kernel, under the kernel's name.
#include <algorithm>
#include <limits>
#include <vector>

#include "array_view.hpp"
#include "blind.hpp"
#include "components.hpp"
#include "evidence.hpp"
#include "extract_patches.hpp"
#include "find_boundary.hpp"
#include "fusion.hpp"
#include "history.hpp"
#include "instruction_set.hpp"
#include "log_cascade.hpp"
#include "median_filter.hpp"
#include "neighborhood_threshold.hpp"
#include "pair.hpp"
#include "paper.hpp"
#include "reading.hpp"
#include "regions.hpp"
#include "wavelets.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

template <class Pixel>
Array<std::uint8_t> neighborhood_threshold(const Array<Pixel>& image, std::int64_t limit,
                                           int num_threads) {
    const auto source = view_image(image);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({source.rows, source.cols});
    const auto target = view_result(result);
    without_gil([&] { unsplice::neighborhood_threshold(source, limit, target, num_threads); });
    return result;
}

template <class Pixel>
Array<std::uint8_t> neighborhood_threshold_of_pair(const Array<Pixel>& authentic,
                                                   const Array<Pixel>& spliced, std::int64_t limit,
                                                   int num_threads) {
    const auto first = view_image(authentic), second = view_image(spliced);
    require_same_size(first.rows, first.cols, second.rows, second.cols);
    if (first.channels != second.channels) refuse("expected images of one number of channels");
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({first.rows, first.cols});
    const auto target = view_result(result);
    without_gil([&] {
        unsplice::neighborhood_threshold_of_pair(first, second, limit, target, num_threads);
    });
    return result;
}

template <class Pixel>
Array<Pixel> median_filter(const Array<Pixel>& image, int num_threads) {
    const auto source = view_stack(image);
    require_threads(num_threads);
    auto result = new_array_like<Pixel>(image);
    const auto target = view_stack_result(result);
    without_gil([&] { unsplice::median_filter(source, target, num_threads); });
    return result;
}

template <class Pixel, class Value>
Array<Value> log_cascade(const Array<Pixel>& image, int passes, int num_threads) {
    if (image.ndim() != 2) refuse("expected an image of 2 dimensions");
    const auto source = view_image(image);
    constexpr int most = log_cascade_max_passes<Pixel>;
    if (passes < 1 || passes > most) refuse("expected passes in 1 to " + std::to_string(most));
    require_threads(num_threads);
    auto result = new_array_like<Value>(image);
    const auto target = view_result(result);
    without_gil([&] { unsplice::log_cascade(source, passes, target, num_threads); });
    return result;
}

Array<bool> find_boundary(const Array<bool>& mask, bool inner, bool outer, int num_threads) {
    const auto source = view_mask(mask);
    require_threads(num_threads);
    auto result = new_array_like<bool>(mask);
    const auto target = view_mask_result(result);
    without_gil([&] { unsplice::find_boundary(source, inner, outer, target, num_threads); });
    return result;
}

template <class Pixel>
Array<Pixel> extract_patches(const Array<Pixel>& image, const Array<std::int64_t>& corners,
                             Index size, int num_threads) {
    const auto source = view_image(image);
    const auto windows = view_image(corners);
    if (corners.ndim() != 2 || windows.cols != 2) refuse("expected corners of shape (n, 2)");
    if (size < 1) refuse("expected size >= 1");
    Index room = std::numeric_limits<Index>::max() / static_cast<Index>(sizeof(Pixel));
    for (const Index factor : {size, size, source.channels, windows.rows}) {
        room /= std::max<Index>(factor, 1);
    }
    if (room == 0) refuse("expected patches that an address can reach");
    require_threads(num_threads);
    // A copy, because all corners are checked before one is followed, and another thread may change
    // the array in between.
    std::vector<std::int64_t> checked;
    checked.reserve(static_cast<std::size_t>(2 * windows.rows));
    for (Index i = 0; i < windows.rows; ++i) {
        checked.insert(checked.end(), windows.row(i), windows.row(i) + 2);
    }
    const ImageView<const std::int64_t> own{checked.data(), windows.rows, 2, 1, 2};
    unsplice::require_inside(source.rows, source.cols, own, size);
    auto result = image.ndim() == 2 ? new_array<Pixel>({windows.rows, size, size})
                                    : new_array<Pixel>({windows.rows, size, size, source.channels});
    Pixel* target = result.mutable_data();
    without_gil([&] { unsplice::extract_patches(source, own, size, target, num_threads); });
    return result;
}

PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
    module.doc() = "Kernels of unsplice; call them through unsplice.kernels.";

    using u8 = std::uint8_t;
    using u16 = std::uint16_t;
    using i32 = std::int32_t;
    const auto image = arg("image").noconvert();
    const auto mask = arg("mask").noconvert();
    const auto corners = arg("corners").noconvert();
    const auto limit = arg("limit"), passes = arg("passes"), diagonal = arg("diagonal"),
               min_area = arg("min_area"), inner = arg("inner"), outer = arg("outer"),
               size = arg("size"), num_threads = arg("num_threads");

    module.def("neighborhood_threshold", &neighborhood_threshold<u8>, image, limit, num_threads);
    module.def("neighborhood_threshold", &neighborhood_threshold<u16>, image, limit, num_threads);

    const auto authentic = arg("authentic").noconvert(), spliced = arg("spliced").noconvert();
    module.def("neighborhood_threshold_of_pair", &neighborhood_threshold_of_pair<u8>, authentic,
               spliced, limit, num_threads);
    module.def("neighborhood_threshold_of_pair", &neighborhood_threshold_of_pair<u16>, authentic,
               spliced, limit, num_threads);

    module.def("median_filter", &median_filter<u8>, image, num_threads);
    module.def("median_filter", &median_filter<u16>, image, num_threads);
    module.def("median_filter", &median_filter<float>, image, num_threads);
    module.def("median_filter", &median_filter<double>, image, num_threads);

    module.def("log_cascade", &log_cascade<u8, i32>, image, passes, num_threads);
    module.def("log_cascade", &log_cascade<u16, i32>, image, passes, num_threads);
    module.def("log_cascade", &log_cascade<float, float>, image, passes, num_threads);

    bind_component_kernels(module);
    module.def("find_boundary", &find_boundary, mask, inner, outer, num_threads);

    module.def("extract_patches", &extract_patches<bool>, image, corners, size, num_threads);
    module.def("extract_patches", &extract_patches<u8>, image, corners, size, num_threads);
    module.def("extract_patches", &extract_patches<u16>, image, corners, size, num_threads);
    module.def("extract_patches", &extract_patches<float>, image, corners, size, num_threads);

    module.def("instruction_set", &instruction_set);

    bind_blind_kernels(module);
    bind_history_kernels(module);
    bind_evidence_kernels(module);
    bind_fusion_kernels(module);
    bind_pair_kernels(module);
    bind_paper_kernels(module);
    bind_region_kernels(module);
    bind_reading_checks(module);
    bind_wavelet_kernels(module);
}

}  // namespace
}  // namespace unsplice::bindings
