"""normalize_maps against NumPy, which selects the median."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.fusion.kernels import normalize_maps

COUNT, LIMIT = 16, 6.0


def by_numpy(maps: Any, scale: Any) -> Any:
    middle = (maps[0].size - 1) // 2
    medians = np.partition(maps.reshape(len(maps), -1), middle)[:, middle]
    result = maps - medians[:, np.newaxis, np.newaxis]
    result /= scale[:, np.newaxis, np.newaxis]
    return np.clip(result, -LIMIT, LIMIT, out=result)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield maps as the method "fusion" has them."""
    random = np.random.default_rng(0)
    maps = random.standard_normal((COUNT, size[0] // 8, size[1] // 8), np.float32)
    part = maps[:, :24, :24].copy()
    centered, scale = np.ones(COUNT, bool), np.full(COUNT, 0.3, np.float32)
    yield Contest(
        "normalize_maps",
        f"{COUNT} maps",
        lambda: normalize_maps(maps, centered, scale, LIMIT, num_threads=1),
        {"NumPy partition": lambda: by_numpy(maps, scale)},
        crop=Crop(
            lambda: normalize_maps(part, centered, scale, LIMIT),
            lambda: pure_python.normalize_maps(part, centered, scale, LIMIT),
            maps.size / part.size,
        ),
    )
