"""requantization_errors against one product of matrices and the DCT of SciPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from unsplice import pure_python
from unsplice.bench import blocks, pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.evidence.kernels import requantization_errors
from unsplice.jpeg import standard_tables

QUALITIES = (50, 60, 65, 70, 75, 80, 84, 88, 91, 94, 97)  # as the ghosts have them
SIDE = 48  # of the crop


def composed(transform: Callable[[Any], Any], image: Any, tables: Any) -> Any:
    found = transform(image)
    size = found.shape[1:]
    found = np.ascontiguousarray(found).reshape(64, -1)[1:]
    levels = np.empty_like(found)
    errors = np.empty((len(tables), found.shape[1]), np.float32)
    for table, error in zip(tables, errors, strict=True):
        steps = table.reshape(64, 1)[1:].astype(np.float32)
        np.divide(found, steps, levels)
        np.rint(levels, levels)
        levels *= steps
        np.subtract(found, levels, levels)
        np.einsum("kn,kn->n", levels, levels, out=error)
    return np.log(errors / 63 + np.float32(0.02)).reshape(len(tables), *size)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the eleven tables of the ghosts."""
    image = pictures.rgb(size)
    part = pictures.crop(image, SIDE)
    tables = np.stack([standard_tables(quality)[0] for quality in QUALITIES])
    peers = {"NumPy matmul": lambda: composed(blocks.coefficients, image, tables)}
    if blocks.fft:
        peers["SciPy dctn"] = lambda: composed(blocks.coefficients_by_scipy, image, tables)
    yield Contest(
        "requantization_errors",
        f"{len(tables)} tables",
        lambda: requantization_errors(image, tables, num_threads=1),
        peers,
        # A coefficient at half a step may be rounded the other way, which hardly moves its error.
        tolerance=5e-3,
        crop=Crop(
            lambda: requantization_errors(part, tables),
            lambda: pure_python.requantization_errors(part, tables),
            pictures.share(size, SIDE),
        ),
    )
