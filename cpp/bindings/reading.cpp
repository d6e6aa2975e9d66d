#include "reading.hpp"

#include <cstdint>
#include <string_view>

#include "check_jpeg_scan.hpp"
#include "expanded_size.hpp"

namespace unsplice::bindings {
namespace {

namespace py = pybind11;
using py::arg;

// Arguments are `bytes`: they never change, so that they may be read without the GIL.
const std::uint8_t* start_of(std::string_view view) {
    return reinterpret_cast<const std::uint8_t*>(view.data());
}

template <Index count(const std::uint8_t*, Index, Index)>
Index expanded_size(const py::bytes& data, Index limit) {
    const std::string_view view = data;
    const py::gil_scoped_release release;
    return count(start_of(view), static_cast<Index>(view.size()), limit);
}

py::tuple check_jpeg_scan(const py::bytes& data) {
    const std::string_view view = data;
    JpegScanReport report;
    {
        const py::gil_scoped_release release;
        report = unsplice::check_jpeg_scan(start_of(view), static_cast<Index>(view.size()));
    }
    using State = JpegScanReport::State;
    const char* state = report.state == State::complete    ? "complete"
                        : report.state == State::truncated ? "truncated"
                                                           : "corrupt";
    return py::make_tuple(state, report.reason, report.scan, report.rows, report.position,
                          report.full_precision);
}

}  // namespace

void bind_reading_checks(py::module_& module) {
    module.def("check_jpeg_scan", &check_jpeg_scan, arg("data"));
    module.def("lzw_size", &expanded_size<lzw_size>, arg("data"), arg("limit"));
    module.def("packbits_size", &expanded_size<packbits_size>, arg("data"), arg("limit"));
}

}  // namespace unsplice::bindings
