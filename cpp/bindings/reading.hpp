// Checks of files before they are decoded; called by unsplice.formats.
#pragma once

#include <pybind11/pybind11.h>

namespace unsplice::bindings {

void bind_reading_checks(pybind11::module_& module);

}  // namespace unsplice::bindings
