"""extract_patches against a Python loop of slices and NumPy's fancy indexing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from unsplice import extract_patches, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop

SIDE, COUNT = 128, 1000


def by_loop(image: Any, corners: Any) -> Any:
    patches = np.empty((len(corners), SIDE, SIDE, 3), np.uint8)
    for index, (row, col) in enumerate(corners.tolist()):
        patches[index] = image[row : row + SIDE, col : col + SIDE]
    return patches


def by_fancy_indexing(image: Any, corners: Any) -> Any:
    windows = sliding_window_view(image, (SIDE, SIDE, 3))[:, :, 0]
    return windows[corners[:, 0], corners[:, 1]]


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield patches of the size of training sets, from random places."""
    rows, cols = size
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (rows, cols, 3), np.uint8)
    corners = random.integers(0, (rows - SIDE + 1, cols - SIDE + 1), (COUNT, 2))
    yield Contest(
        "extract_patches",
        f"{COUNT} of {SIDE}x{SIDE}x3",
        lambda: extract_patches(image, corners, SIDE, num_threads=1),
        {
            "Python loop of slices": lambda: by_loop(image, corners),
            "NumPy fancy indexing": lambda: by_fancy_indexing(image, corners),
        },
        crop=Crop(
            lambda: extract_patches(image, corners[:5], SIDE),
            lambda: pure_python.extract_patches(image, corners[:5], SIDE),
            COUNT / 5,
        ),
    )
