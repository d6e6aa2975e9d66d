"""close_mask against OpenCV's morphology and its distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.readings import rarely_off
from unsplice.pair.region_kernels import close_mask

# Discs of distances have this much more than the radius, which comes nearest to rounded widths.
ROUNDED = 0.3


def disc(radius: int) -> tuple[int, ...]:
    """Return half widths of what OpenCV calls an ellipse."""
    return tuple(round((radius * radius - away * away) ** 0.5) for away in range(radius + 1))


def element(half_widths: tuple[int, ...]) -> Any:
    """Return the same neighborhood as an array."""
    reach = len(half_widths) - 1
    widths = np.array([half_widths[abs(row)] for row in range(-reach, reach + 1)])
    most = max(half_widths)
    return (abs(np.arange(-most, most + 1)) <= widths[:, None]).astype(np.uint8)


def closed_by_opencv(mask: Any, shape: Any) -> Any:
    frame = shape.shape[0] - 1
    padded = cv2.copyMakeBorder(mask.view(np.uint8), *4 * [frame], cv2.BORDER_CONSTANT)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, shape)
    return closed[frame:-frame, frame:-frame].view(bool)


def closed_by_distances(mask: Any, radius: int) -> Any:
    reach, frame = radius + ROUNDED, 2 * radius
    padded = cv2.copyMakeBorder(mask.view(np.uint8), *4 * [frame], cv2.BORDER_CONSTANT).view(bool)
    grown = distances(~padded) <= reach
    return (distances(grown) > reach)[frame:-frame, frame:-frame]


def distances(mask: Any) -> Any:
    return cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the smallest and largest disc that pair mode closes with."""
    mask = pictures.mask("blobs", size)
    for radius in (12, 30):
        yield _closing(mask, size, radius)


def _closing(mask: Any, size: pictures.Size, radius: int) -> Contest:
    half_widths, part = disc(radius), pictures.crop(mask)
    shape = element(half_widths)
    close = rarely_off(lambda: close_mask(mask, half_widths), share=1e-2)
    return Contest(
        "close_mask",
        f"disc of radius {radius}",
        lambda: close_mask(mask, half_widths, num_threads=1),
        {
            "OpenCV morphologyEx": lambda: closed_by_opencv(mask, shape),
            "OpenCV distanceTransform": lambda: closed_by_distances(mask, radius),
        },
        {"OpenCV distanceTransform": close},
        crop=Crop(
            lambda: close_mask(part, half_widths),
            lambda: pure_python.close_mask(part, half_widths),
            pictures.share(size),
        ),
    )
