"""block_levels against one product of matrices, and the DCT of SciPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from unsplice import pure_python
from unsplice.bench import blocks, pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.readings import rarely_off
from unsplice.blind.history_kernels import block_levels
from unsplice.jpeg import standard_tables


def composed(transform: Callable[[Any], Any], image: Any, steps: Any) -> Any:
    levels = np.abs(transform(image))
    levels *= 1 / steps.astype(np.float32).reshape(64, 1, 1)
    levels += np.float32(0.5)
    return np.minimum(levels, 24, out=levels).astype(np.uint8)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the steps of quality 90."""
    image, steps = pictures.rgb(size), standard_tables(90)[0]
    part = pictures.crop(image)
    peers = {"NumPy matmul": lambda: composed(blocks.coefficients, image, steps)}
    if blocks.fft:
        peers["SciPy dctn"] = lambda: composed(blocks.coefficients_by_scipy, image, steps)
    yield Contest(
        "block_levels",
        "quality 90",
        lambda: block_levels(image, steps, num_threads=1),
        peers,
        dict.fromkeys(peers, rarely_off(lambda: block_levels(image, steps), share=1e-4)),
        crop=Crop(
            lambda: block_levels(part, steps),
            lambda: pure_python.block_levels(part, steps),
            pictures.share(size),
        ),
    )
