"""The kernels of the evidence maps against OpenCV and NumPy, and what each family costs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import contest
import pictures
from unsplice.blind.evidence.cooccurrences import cooccurrence_maps
from unsplice.blind.evidence.kernels import count_cooccurrences

Show = Callable[..., None]
Array = NDArray[Any]
LARGE = "12 megapixels"


def rgb(size: str) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same."""
    gray = pictures.gray(pictures.SIZES[size])
    return np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])


def pattern_classes() -> NDArray[np.uint8]:
    """Return the class of each of 81 patterns."""
    classes: dict[tuple[int, ...], int] = {}
    for pattern in product((0, 1, 2), repeat=4):
        negative = tuple(2 - t for t in pattern)
        same = (pattern, pattern[::-1], negative, negative[::-1])
        number = classes.get(pattern, len(set(classes.values())))
        classes.update(dict.fromkeys(same, number))
    return np.array([classes[pattern] for pattern in product((0, 1, 2), repeat=4)], np.uint8)


CLASSES = pattern_classes()


def cooccurrences_of_opencv(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Filter by OpenCV, count by NumPy."""
    red, green, blue = (channel.astype(np.uint16) for channel in cv2.split(image))
    luma = np.pad(((77 * red + 150 * green + 29 * blue + 128) >> 8).astype(np.uint8), 3, "edge")
    rows, cols = image.shape[0] // 8, image.shape[1] // 8
    blocks = np.repeat(np.arange(rows)[:, None] * cols + np.arange(cols), 8, axis=1)
    places = 25 * np.repeat(blocks, 8, axis=0)
    counts: Array = np.zeros((2, 25 * rows * cols), np.int64)
    for transposed in (False, True):
        kernel = np.float32([[1, -3, 3, -1]])
        anchor = (0, 1) if transposed else (1, 0)
        d = cv2.filter2D(luma, cv2.CV_16S, kernel.T if transposed else kernel, anchor=anchor)
        t = (1 + (d >= 2) - (d <= -2).astype(np.int8)).astype(np.uint8)
        for across in (False, True):
            weights = np.float32([[27, 9, 3, 1]])
            downwards = transposed != across
            anchor = (0, 2) if downwards else (2, 0)
            codes = cv2.filter2D(t, -1, weights.T if downwards else weights, anchor=anchor)
            classes = cv2.LUT(codes, np.pad(CLASSES, (0, 256 - 81)))
            inner = classes[3 : 3 + 8 * rows, 3 : 3 + 8 * cols]
            counts[int(across)] += np.bincount((places + inner).ravel(), minlength=counts.shape[1])
    planes = counts.reshape(2, rows, cols, 25).transpose(0, 3, 1, 2)
    return planes.reshape(50, rows, cols).astype(np.uint8)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_count_cooccurrences(size: str, show: Show) -> None:
    image = rgb(size)
    timings = contest.contest(
        {
            "unsplice": lambda: count_cooccurrences(image, num_threads=1),
            "cv2 filter2D + NumPy bincount": lambda: cooccurrences_of_opencv(image),
        }
    )
    show(f"count_cooccurrences, {size}", timings)


def cooccurrence_maps_of_opencv(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    shares = cooccurrences_of_opencv(image) / np.float32(128)
    return np.sqrt([cv2.GaussianBlur(plane, (7, 7), 1) for plane in shares])


def bench_cooccurrence_maps(show: Show) -> None:
    image = rgb(LARGE)
    # OpenCV rounds in another order: the answers are compared here, and only timed below.
    maps, expected = cooccurrence_maps(image), cooccurrence_maps_of_opencv(image)
    np.testing.assert_allclose(maps**2, expected**2, atol=1e-5)
    del maps, expected
    contenders = {
        "unsplice": lambda: cooccurrence_maps(image, num_threads=1),
        "cv2 + NumPy": lambda: cooccurrence_maps_of_opencv(image),
    }
    timings = contest.contest(contenders, dict.fromkeys(contenders, lambda maps: maps.shape))
    seconds = timings[0].median
    goal = contest.goal("0.35 s", seconds <= 0.35, f"{seconds:.3f} s")
    show(f"cooccurrence_maps, {LARGE}", timings, goal)
