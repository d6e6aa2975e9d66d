"""Error level analysis against the codecs that it stands for: the same bits without a file."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import contest
import pictures
from unsplice import error_level_analysis

Show = Callable[..., None]
Array = NDArray[Any]
GOAL_RATIO = 3.0
SETTINGS = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]


def by_opencv(stored: Array, quality: int) -> Array:
    data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, quality, *SETTINGS])[1]
    saved: Any = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return np.asarray(cv2.absdiff(stored, saved, dst=saved))


def by_pillow(image: Array, quality: int) -> Array:
    file = BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(file) as saved:
        return np.asarray(cv2.absdiff(image, np.asarray(saved)))


def compare(title: str, image: Array, quality: int, show: Show) -> None:
    color = image.ndim == 3
    # In the order of OpenCV already: turning the channels is not what is measured.
    stored = np.ascontiguousarray(image[..., ::-1]) if color else image
    timings = contest.contest(
        {
            "unsplice": lambda: error_level_analysis(image, quality, num_threads=1),
            "cv2 imencode + imdecode + absdiff": lambda: by_opencv(stored, quality),
            "Pillow save + open, cv2 absdiff": lambda: by_pillow(image, quality),
        },
        {"cv2 imencode + imdecode + absdiff": lambda raw: raw[..., ::-1] if color else raw},
    )
    ratio = contest.ratio_to_best(timings)
    goal = f"{GOAL_RATIO:g} times as fast as the best other"
    show(title, timings, contest.goal(goal, ratio >= GOAL_RATIO, f"{ratio:.2f}"))


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("quality", [75, 90])
def bench_error_levels(quality: int, size: str, show: Show) -> None:
    gray = pictures.gray(pictures.SIZES[size])
    image = np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])
    compare(f"error_levels, quality {quality}, {size}", image, quality, show)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_error_levels_of_gray(size: str, show: Show) -> None:
    compare(f"error_levels, gray, {size}", pictures.gray(pictures.SIZES[size]), 90, show)
