"""count_cooccurrences against the filters of OpenCV and NumPy's bincount."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.evidence.kernels import blur_shares, count_cooccurrences
from unsplice.kernels import gaussian_weights

# The last number is added: halves are rounded up.
LUMA = np.array([[77, 150, 29, 0.25]], np.float32) / 256
SIDE = 64  # of the crop


def pattern_classes() -> Any:
    """Return the class of each of 81 patterns."""
    classes: dict[tuple[int, ...], int] = {}
    for pattern in product((0, 1, 2), repeat=4):
        negative = tuple(2 - t for t in pattern)
        same = (pattern, pattern[::-1], negative, negative[::-1])
        number = classes.get(pattern, len(set(classes.values())))
        classes.update(dict.fromkeys(same, number))
    return np.array([classes[pattern] for pattern in product((0, 1, 2), repeat=4)], np.uint8)


CLASSES = np.pad(pattern_classes(), (0, 256 - 81))

COUNTED, SIGMA = 128, 1.0  # as the maps have them


def by_opencv(image: Any) -> Any:
    luma = np.pad(cv2.transform(image, LUMA), 3, "edge")
    rows, cols = image.shape[0] // 8, image.shape[1] // 8
    blocks = np.repeat(np.arange(rows)[:, None] * cols + np.arange(cols), 8, axis=1)
    places = 25 * np.repeat(blocks, 8, axis=0)
    counts = np.zeros((2, 25 * rows * cols), np.int64)
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
            inner = cv2.LUT(codes, CLASSES)[3 : 3 + 8 * rows, 3 : 3 + 8 * cols]
            counts[int(across)] += np.bincount((places + inner).ravel(), minlength=counts.shape[1])
    planes = counts.reshape(2, rows, cols, 25).transpose(0, 3, 1, 2)
    return planes.reshape(50, rows, cols).astype(np.uint8)


def shares_by_opencv(counts: Any) -> Any:
    result = np.empty(counts.shape, np.float32)
    for plane, target in zip(counts, result, strict=True):
        shares = plane * np.float32(1 / COUNTED)
        cv2.GaussianBlur(shares, (7, 7), SIGMA, dst=target, borderType=cv2.BORDER_REFLECT_101)
        np.sqrt(target, out=target)
    return result


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield one picture, and what becomes of its counts."""
    image = pictures.rgb(size)
    part = pictures.crop(image, SIDE)
    yield Contest(
        "count_cooccurrences",
        "uint8",
        lambda: count_cooccurrences(image, num_threads=1),
        {"OpenCV filter2D, NumPy bincount": lambda: by_opencv(image)},
        crop=Crop(
            lambda: count_cooccurrences(part),
            lambda: pure_python.count_cooccurrences(part),
            pictures.share(size, SIDE),
        ),
    )
    counts = count_cooccurrences(image)
    few = counts[:2, :24, :24].copy()
    yield Contest(
        "blur_shares",
        f"{len(counts)} planes",
        lambda: blur_shares(counts, COUNTED, SIGMA, num_threads=1),
        {"OpenCV GaussianBlur, NumPy": lambda: shares_by_opencv(counts)},
        tolerance=1e-5,
        crop=Crop(
            lambda: blur_shares(few, COUNTED, SIGMA),
            lambda: pure_python.blur_shares(few, COUNTED, gaussian_weights(SIGMA)),
            counts.size / few.size,
        ),
    )
