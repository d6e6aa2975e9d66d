"""remove_small_components against OpenCV's labels and a look-up table, and SciPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage

import contest
import pictures
from unsplice import remove_small_components

MIN_AREA = 30

Show = Callable[[str, list[contest.Timing]], None]


def opencv(mask: Any) -> Any:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
    large = statistics[:, cv2.CC_STAT_AREA] >= MIN_AREA
    large[0] = False
    return large[labels]


def scipy(mask: Any) -> Any:
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= MIN_AREA
    large[0] = False
    return large[labels]


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("kind", pictures.MASKS)
def bench_remove_small_components(kind: str, size: str, show: Show) -> None:
    mask = pictures.mask(kind, pictures.SIZES[size])
    timings = contest.contest(
        {
            "unsplice": lambda: remove_small_components(mask, MIN_AREA, num_threads=1),
            "cv2 labels, look-up table": lambda: opencv(mask),
            "SciPy labels, look-up table": lambda: scipy(mask),
        }
    )
    show(f"remove_small_components, {kind}, {size}", timings)
