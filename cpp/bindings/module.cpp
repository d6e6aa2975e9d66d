// The native surface of unsplice: one binding a kernel, under the kernel's name.
#include "array_view.hpp"
#include "neighborhood_threshold.hpp"
#include "pair.hpp"

namespace unsplice::bindings {
namespace {

using py::arg;

template <class Pixel>
Array<std::uint8_t> neighborhood_threshold(const Array<Pixel>& image, std::int64_t limit,
                                           int num_threads) {
    const ImageView<const Pixel> source = view_image(image);
    require_threads(num_threads);
    auto result = new_array<std::uint8_t>({source.rows, source.cols});
    const ImageView<std::uint8_t> target = view_result(result);
    {
        const py::gil_scoped_release release;
        unsplice::neighborhood_threshold(source, limit, target, num_threads);
    }
    return result;
}

PYBIND11_MODULE(_core, module, py::mod_gil_not_used()) {
    module.doc() = "Kernels of unsplice; call them through unsplice.kernels.";

    const auto image = arg("image").noconvert();
    const auto num_threads = arg("num_threads");

    module.def("neighborhood_threshold", &neighborhood_threshold<std::uint8_t>, image, arg("limit"),
               num_threads);
    module.def("neighborhood_threshold", &neighborhood_threshold<std::uint16_t>, image,
               arg("limit"), num_threads);

    bind_pair_kernels(module);
}

}  // namespace
}  // namespace unsplice::bindings
