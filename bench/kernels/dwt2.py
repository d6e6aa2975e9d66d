"""One level of the wavelet transform and back, against PyWavelets, in single precision.

PyWavelets sums in another order: answers are compared to a hundred-thousandth of the largest value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pywt

from unsplice import dwt2, idwt2, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop

WAVELETS = ("haar", "db4")


def by_pywavelets(image: Any, wavelet: str) -> Any:
    return pywt.dwt2(image, wavelet, mode="symmetric")


def as_stack(raw: Any) -> Any:
    approximation, details = raw
    return np.stack([approximation, *details])


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield Haar and a longer wavelet, forward and inverse."""
    for wavelet in WAVELETS:
        yield from _contests_of(wavelet, size)


def _contests_of(wavelet: str, size: pictures.Size) -> Iterator[Contest]:
    image = pictures.gray(size, "float32")
    part = pictures.crop(image, 64)
    bands, part_of_bands = dwt2(image, wavelet), dwt2(part, wavelet)
    share = pictures.share(size, 64)
    tolerance = 1e-5 * float(np.abs(bands).max())
    peer = "PyWavelets"
    yield Contest(
        "dwt2",
        f"float32, {wavelet}",
        lambda: dwt2(image, wavelet, num_threads=1),
        {peer: lambda: by_pywavelets(image, wavelet)},
        {peer: as_stack},
        tolerance,
        Crop(lambda: dwt2(part, wavelet), lambda: pure_python.dwt2(part, wavelet), share),
    )
    approximation, *details = bands
    yield Contest(
        "idwt2",
        f"float32, {wavelet}",
        lambda: idwt2(bands, wavelet, num_threads=1),
        {peer: lambda: pywt.idwt2((approximation, tuple(details)), wavelet, mode="symmetric")},
        tolerance=tolerance,
        crop=Crop(
            lambda: idwt2(part_of_bands, wavelet),
            lambda: pure_python.idwt2(part_of_bands, wavelet),
            share,
        ),
    )
