"""grid_votes against products of matrices by NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from unsplice import pure_python
from unsplice.bench import blocks, pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.readings import rarely_off
from unsplice.blind.history_kernels import grid_votes

MOST_VOTERS = 4096  # as the method "jpeg-history" has them
OF_CROP = 40
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def corners_in(image: Any, most: int) -> Any:
    """Return corners of voters, evenly spread."""
    rows, cols = ((side - 15) // 8 + 1 for side in image.shape[:2])
    count = min(rows * cols, most)
    chosen = np.arange(count) * (rows * cols) // count
    return 8 * np.stack([chosen // cols, chosen % cols], axis=1)


def by_numpy(image: Any, corners: Any) -> Any:
    chosen = sliding_window_view(image, (15, 15), axis=(0, 1))[corners[:, 0], corners[:, 1]]
    luma = (LUMA @ chosen.reshape(len(corners), 3, 225) - np.float32(128)).reshape(-1, 15, 15)
    vertical = blocks.BASIS @ sliding_window_view(luma, 8, axis=1).swapaxes(2, 3)
    windows = sliding_window_view(vertical, 8, axis=3)
    zeros = np.count_nonzero(np.abs(windows @ blocks.BASIS.T) < 0.5, axis=(2, 4)).reshape(-1, 64)
    one = np.count_nonzero(zeros == zeros.max(axis=1, keepdims=True), axis=1) == 1
    return np.bincount(zeros[one].argmax(axis=1), minlength=64).reshape(8, 8)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield as many voters as the method "jpeg-history" asks."""
    image = pictures.rgb_of_few_levels(size)
    corners, few = corners_in(image, MOST_VOTERS), corners_in(image, OF_CROP)
    yield Contest(
        "grid_votes",
        f"{len(corners):,} voters",
        lambda: grid_votes(image, corners, num_threads=1),
        {"NumPy matmul": lambda: by_numpy(image, corners)},
        {"NumPy matmul": rarely_off(lambda: grid_votes(image, corners), share=0.2, most=2)},
        crop=Crop(
            lambda: grid_votes(image, few),
            lambda: pure_python.grid_votes(image, few),
            len(corners) / len(few),
        ),
    )
