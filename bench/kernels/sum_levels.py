"""sum_levels against the tables of OpenCV and NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.history_kernels import LEVELS, block_levels, sum_levels
from unsplice.jpeg import standard_tables


def by_opencv(levels: Any, values: Any) -> Any:
    tables = np.pad(values, ((0, 0), (0, 256 - LEVELS)), "edge")
    total = cv2.LUT(levels[0], tables[0])
    for plane, table in zip(levels[1:], tables[1:], strict=True):
        cv2.add(total, cv2.LUT(plane, table), total)
    return total


def by_numpy(levels: Any, values: Any) -> Any:
    total = np.zeros(levels.shape[1:], np.float32)
    for plane, of_plane in zip(levels, values, strict=True):
        total += of_plane.take(plane, mode="clip")
    return total


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the levels of a picture at quality 90."""
    levels = block_levels(pictures.rgb(size), standard_tables(90)[0])
    values = np.random.default_rng(0).normal(0, 3, (64, LEVELS)).astype(np.float32)
    yield Contest(
        "sum_levels",
        "64 frequencies",
        lambda: sum_levels(levels, values, num_threads=1),
        {
            "OpenCV LUT": lambda: by_opencv(levels, values),
            "NumPy take": lambda: by_numpy(levels, values),
        },
        crop=Crop(
            lambda: sum_levels(levels, values),
            lambda: pure_python.sum_levels(levels, values),
            1.0,
        ),
    )
