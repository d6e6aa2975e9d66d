"""pixels_of_blocks and sum_blocks against OpenCV's resize and NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.fusion.kernels import sum_blocks
from unsplice.blind.kernels import pixels_of_blocks

SIDE = 96  # of the crop


def sums_by_numpy(levels: Any) -> Any:
    rows, cols = (side // 8 for side in levels.shape)
    whole = levels[: 8 * rows, : 8 * cols].reshape(rows, 8, 8 * cols)
    return whole.sum(axis=1, dtype=np.int32).reshape(rows, cols, 8).sum(axis=2, dtype=np.int32)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the way from blocks to pixels, and back."""
    shape = 8 * (size[0] // 8), 8 * (size[1] // 8)
    blocks = np.random.default_rng(0).random((shape[0] // 8, shape[1] // 8), np.float32)
    few = blocks[: SIDE // 8, : SIDE // 8].copy()
    yield Contest(
        "pixels_of_blocks",
        "float32",
        lambda: pixels_of_blocks(blocks, shape, num_threads=1),
        {"OpenCV resize": lambda: cv2.resize(blocks, shape[::-1])},
        tolerance=1e-6,
        crop=Crop(
            lambda: pixels_of_blocks(few, (SIDE, SIDE)),
            lambda: pure_python.pixels_of_blocks(few, (SIDE, SIDE)),
            pictures.share(size, SIDE),
        ),
    )
    levels = pictures.gray(size)
    part = pictures.crop(levels, SIDE)
    yield Contest(
        "sum_blocks",
        "uint8",
        lambda: sum_blocks(levels, num_threads=1),
        {"NumPy": lambda: sums_by_numpy(levels)},
        crop=Crop(
            lambda: sum_blocks(part),
            lambda: pure_python.sum_blocks(part),
            pictures.share(size, SIDE),
        ),
    )
