"""Zeros of a DCT at every pixel, against separable filters of OpenCV and shifted blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft

import contest
import pictures
from unsplice.blind.evidence.grid_votes import grid_vote_maps
from unsplice.blind.evidence.kernels import count_zeros, grid_contrasts

Show = Callable[..., None]
Array = NDArray[Any]
SECONDS = 0.6  # for all maps, at 12 megapixels
BASIS = fft.dct(np.eye(8, dtype=np.float32), axis=0, norm="ortho")


def rgb(size: str) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same, with many zeros."""
    gray = pictures.gray(pictures.SIZES[size]) // 4 * 2 + 60
    return np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])


def luma_of(image: Array) -> Array:
    return np.asarray(image @ np.array([0.299, 0.587, 0.114], np.float32) - np.float32(128))


def by_opencv(image: Array) -> Array:
    luma = luma_of(image)
    zeros = np.zeros(luma.shape, np.uint8)
    for vertical in BASIS:
        for horizontal in BASIS:
            found = cv2.sepFilter2D(luma, cv2.CV_32F, horizontal, vertical, anchor=(0, 0))
            zeros += abs(found) < 0.5
    return zeros


def by_numpy(image: Array) -> Array:
    luma = luma_of(image)
    zeros = np.zeros(luma.shape, np.uint8)
    for y in range(8):
        for x in range(8):
            rows, cols = (luma.shape[0] - y) // 8, (luma.shape[1] - x) // 8
            shifted = luma[y : y + 8 * rows, x : x + 8 * cols]
            blocks = np.ascontiguousarray(shifted.reshape(rows, 8, cols, 8).swapaxes(1, 2))
            found = np.count_nonzero(abs(BASIS @ blocks @ BASIS.T) < 0.5, axis=(2, 3))
            zeros[y::8, x::8][:rows, :cols] = found
    return zeros


def boxes_of_opencv(counts: Array) -> Array:
    rows, cols = counts.shape[0] // 8, counts.shape[1] // 8
    size = {"ksize": (5, 5), "normalize": False, "borderType": cv2.BORDER_CONSTANT}
    share = cv2.boxFilter(np.ones((rows, cols), np.float32), cv2.CV_32F, **size)
    means = np.empty((64, rows, cols), np.float32)
    for place, plane in enumerate(means):
        counted = np.ascontiguousarray(counts[place // 8 :: 8, place % 8 :: 8])
        np.divide(cv2.boxFilter(counted, cv2.CV_32F, **size), share, out=plane)
    own, other, mean = means[0], means[1:].max(axis=0), means.mean(axis=0)
    return np.stack([own - mean, other - mean, own - other])


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_grid_contrasts(size: str, show: Show) -> None:
    counts = count_zeros(rgb(size))
    np.testing.assert_allclose(grid_contrasts(counts), boxes_of_opencv(counts), atol=1e-4)
    contenders = {
        "unsplice": lambda: grid_contrasts(counts, num_threads=1),
        "OpenCV boxFilter + NumPy": lambda: boxes_of_opencv(counts),
    }
    timings = contest.contest(contenders, dict.fromkeys(contenders, np.shape))
    show(f"grid_contrasts, {size}", timings)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_grid_vote_maps(size: str, show: Show) -> None:
    image = rgb(size)
    contenders: dict[str, Callable[[], Any]] = {
        "unsplice": lambda: grid_vote_maps(image, num_threads=1),
        "OpenCV sepFilter2D, boxFilter": lambda: boxes_of_opencv(by_opencv(image)),
    }
    goals = []
    if size != "12 megapixels":  # where it takes a minute
        contenders["NumPy matmul, OpenCV boxFilter"] = lambda: boxes_of_opencv(by_numpy(image))
    maps, *others = (call() for call in contenders.values())
    assert maps[0].std() > 0.1
    for other in others:
        # Beyond the picture each continues it in its own way, and a coefficient at the border may
        # fall on the other side.
        np.testing.assert_allclose(maps[:, :-3, :-3], other[:, :-3, :-3], atol=0.3)
    timings = contest.contest(contenders, dict.fromkeys(contenders, np.shape))
    if size == "12 megapixels":
        taken = timings[0].minimum
        goals = [contest.goal(f"below {SECONDS:g} s", taken < SECONDS, f"{taken:.3f} s")]
    show(f"grid_vote_maps, {size}", timings, *goals)
