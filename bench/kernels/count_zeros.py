"""count_zeros against products of matrices by NumPy, and separable filters of OpenCV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from unsplice import pure_python
from unsplice.bench import blocks, pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.readings import rarely_off
from unsplice.blind.evidence.kernels import count_zeros

ROWS = 16  # at a time, so that what is in between stays in the cache
SIDE = 40  # of the crop


def by_opencv(luma: Any) -> Any:
    zeros = np.zeros(luma.shape, np.uint8)
    for vertical in blocks.BASIS:
        for horizontal in blocks.BASIS:
            found = cv2.sepFilter2D(luma, cv2.CV_32F, horizontal, vertical, anchor=(0, 0))
            zeros += abs(found) < 0.5
    return zeros


def by_numpy(luma: Any) -> Any:
    zeros = np.zeros(luma.shape, np.uint8)
    for top in range(0, len(luma) - 7, ROWS):
        windows = sliding_window_view(luma[top : top + ROWS + 7], 8, axis=0)
        part = zeros[top : top + len(windows), :-7]
        for vertical in np.tensordot(blocks.BASIS, windows, (1, 2)):
            found = np.tensordot(blocks.BASIS, sliding_window_view(vertical, 8, axis=1), (1, 2))
            part += (np.abs(found, out=found) < 0.5).sum(axis=0, dtype=np.uint8)
    return zeros


def composed(count: Callable[[Any], Any], image: Any) -> Any:
    zeros = count(blocks.luma(image))
    # Windows that leave the picture take the count of the block before.
    zeros[-7:] = zeros[-15:-8]
    zeros[:, -7:] = zeros[:, -15:-8]
    return zeros


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield a picture with many zeros."""
    image = pictures.rgb_of_few_levels(size)
    part = pictures.crop(image, SIDE)
    peers = {"NumPy matmul": lambda: composed(by_numpy, image)}
    if image.size < 10**7:
        peers["OpenCV sepFilter2D"] = lambda: composed(by_opencv, image)
    yield Contest(
        "count_zeros",
        "uint8",
        lambda: count_zeros(image, num_threads=1),
        peers,
        dict.fromkeys(peers, rarely_off(lambda: count_zeros(image), share=2e-3, most=2)),
        crop=Crop(
            lambda: count_zeros(part),
            lambda: pure_python.count_zeros(part),
            pictures.share(size, SIDE),
        ),
    )
