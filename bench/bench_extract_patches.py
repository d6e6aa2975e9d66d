"""extract_patches against a Python loop of slices and NumPy's fancy indexing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import contest
import pictures
from unsplice import extract_patches

SIDE, COUNT = 128, 1000

Show = Callable[[str, list[contest.Timing]], None]


def loop(image: Any, corners: Any) -> Any:
    patches = np.empty((len(corners), SIDE, SIDE, 3), np.uint8)
    for index, (row, col) in enumerate(corners.tolist()):
        patches[index] = image[row : row + SIDE, col : col + SIDE]
    return patches


def fancy(image: Any, corners: Any) -> Any:
    windows = sliding_window_view(image, (SIDE, SIDE, 3))[:, :, 0]
    return windows[corners[:, 0], corners[:, 1]]


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_extract_patches(size: str, show: Show) -> None:
    rows, cols = pictures.SIZES[size]
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (rows, cols, 3), np.uint8)
    corners = random.integers(0, (rows - SIDE + 1, cols - SIDE + 1), (COUNT, 2))
    timings = contest.contest(
        {
            "unsplice": lambda: extract_patches(image, corners, SIDE, num_threads=1),
            "Python loop of slices": lambda: loop(image, corners),
            "NumPy fancy indexing": lambda: fancy(image, corners),
        }
    )
    show(f"extract_patches, {COUNT} of {SIDE} x {SIDE} x 3, from {size}", timings)
