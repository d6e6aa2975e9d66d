"""Checked calls into the core that the evidence maps need.

As in `unsplice.kernels`: the definition of each is the function of the same name in
`unsplice.pure_python`, and the same input gives the same bits for every number of threads and every
processor.
"""

from __future__ import annotations

__all__: list[str] = []
