// The kernels of the evidence maps: numbers a block.
#include "evidence.hpp"

#include "blocks.hpp"

namespace unsplice::bindings {

void bind_evidence_kernels([[maybe_unused]] py::module_& module) {}

}  // namespace unsplice::bindings
