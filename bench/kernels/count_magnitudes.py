"""count_magnitudes against products of matrices and NumPy's bincount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from unsplice import pure_python
from unsplice.bench import blocks, pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.readings import rarely_off
from unsplice.blind.history_kernels import MAGNITUDE_CLASSES, count_magnitudes

MOST_BLOCKS = 16_000  # as the method "jpeg-history" has them
OF_CROP = 500
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def corners_in(image: Any, most: int) -> Any:
    """Return corners of blocks off the grid, evenly spread."""
    rows, cols = (np.arange(4, side - 7, 8) for side in image.shape[:2])
    corners = np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=2).reshape(-1, 2)
    count = min(len(corners), most)
    return corners[np.arange(count) * len(corners) // count]


def by_numpy(image: Any, corners: Any) -> Any:
    chosen = sliding_window_view(image, (8, 8), axis=(0, 1))[corners[:, 0], corners[:, 1]]
    luma = LUMA @ chosen.reshape(len(corners), 3, 64) - np.float32(128)
    doubled = np.abs(luma @ (2 * blocks.TRANSFORM.T)).astype(np.int64)
    doubled += MAGNITUDE_CLASSES * np.arange(64)
    counts = np.bincount(doubled.ravel(), minlength=64 * MAGNITUDE_CLASSES)
    return counts.reshape(64, MAGNITUDE_CLASSES)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield as many blocks as the method "jpeg-history" counts."""
    image = pictures.rgb(size)
    corners = corners_in(image, MOST_BLOCKS)
    few = corners_in(image, OF_CROP)
    yield Contest(
        "count_magnitudes",
        f"{len(corners):,} blocks",
        lambda: count_magnitudes(image, corners, num_threads=1),
        {"NumPy matmul, bincount": lambda: by_numpy(image, corners)},
        {
            "NumPy matmul, bincount": rarely_off(
                lambda: count_magnitudes(image, corners), share=1e-3
            )
        },
        crop=Crop(
            lambda: count_magnitudes(image, few),
            lambda: pure_python.count_magnitudes(image, few),
            len(corners) / len(few),
        ),
    )
