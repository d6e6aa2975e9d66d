#pragma once

#include <pybind11/pybind11.h>

namespace unsplice::bindings {

void bind_paper_kernels(pybind11::module_& module);

}  // namespace unsplice::bindings
