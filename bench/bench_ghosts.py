"""The evidence maps against formulations in NumPy and SciPy, which agree to single precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft

import contest
import pictures
from unsplice.blind.evidence.ghosts import GHOST_NAMES, ghost_maps
from unsplice.jpeg import standard_tables

Show = Callable[..., None]
Array = NDArray[Any]


def rgb(size: str) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same."""
    gray = pictures.gray(pictures.SIZES[size])
    return np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])


def luma_blocks(image: Array) -> Array:
    luma = image @ np.array([0.299, 0.587, 0.114], np.float32) - np.float32(128)
    rows, cols = luma.shape[0] // 8, luma.shape[1] // 8
    return luma[: 8 * rows, : 8 * cols].reshape(rows, 8, cols, 8).swapaxes(1, 2)


def by_scipy(blocks: Array) -> Array:
    return np.asarray(fft.dctn(blocks, axes=(2, 3), norm="ortho", workers=1))


def by_matrices(blocks: Array) -> Array:
    matrix = fft.dct(np.eye(8, dtype=np.float32), axis=0, norm="ortho")
    return np.asarray(matrix @ np.ascontiguousarray(blocks) @ matrix.T)


def ghosts_of_numpy(image: Array, transform: Callable[[Array], Array]) -> Array:
    found = transform(luma_blocks(image))
    found = found.reshape(*found.shape[:2], 64)[..., 1:]
    errors = []
    for name in GHOST_NAMES:
        steps = standard_tables(int(name[6:]))[0].ravel()[1:].astype(np.float32)
        levels = found / steps
        np.rint(levels, levels)
        levels *= steps
        np.subtract(found, levels, levels)
        errors.append(np.log(np.einsum("rck,rck->rc", levels, levels) / 63 + 0.02))
    return np.stack(errors)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_ghosts(size: str, show: Show) -> None:
    image = rgb(size)
    # A coefficient at half a step may be rounded the other way, which hardly moves its error.
    np.testing.assert_allclose(ghost_maps(image), ghosts_of_numpy(image, by_scipy), atol=5e-3)
    contenders = {
        "unsplice": lambda: ghost_maps(image, num_threads=1),
        "SciPy dctn + NumPy": lambda: ghosts_of_numpy(image, by_scipy),
        "NumPy matmul": lambda: ghosts_of_numpy(image, by_matrices),
    }
    timings = contest.contest(contenders, dict.fromkeys(contenders, np.shape))
    goals = []
    if size == "12 megapixels":
        taken = timings[0].minimum
        goals = [contest.goal("below 0.25 s", taken < 0.25, f"{taken:.3f} s")]
    show(f"ghost_maps, {size}", timings, *goals)
