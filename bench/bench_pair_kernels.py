"""The kernels of pair mode against OpenCV, SciPy and NumPy.

Nobody else gives the same bits here, so answers are compared with a tolerance: what contenders
return is replaced by the first answer where it is close to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import contest
import pictures
from unsplice.jpeg import standard_tables
from unsplice.kernels import gaussian_blur, gaussian_weights
from unsplice.pair.kernels import (
    activity_level,
    color_difference,
    jpeg_round_trip,
    luma,
    normalized_energy,
)

Show = Callable[[str, list[contest.Timing]], None]
Array = NDArray[Any]


def rgb(size: str, *, shift: int = 0) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same."""
    gray = pictures.gray(pictures.SIZES[size])
    return np.dstack([np.roll(gray, (channel + shift, shift), (0, 1)) for channel in range(3)])


def close_to(expected: Array, tolerance: float) -> Callable[[Array], Array]:
    def answer(raw: Array) -> Array:
        assert cv2.norm(raw, expected, cv2.NORM_INF) <= tolerance
        return expected

    return answer


def compare_closely(
    title: str, contenders: dict[str, Callable[[], Array]], tolerance: float, show: Show
) -> None:
    expected = next(iter(contenders.values()))()
    answers = dict.fromkeys(contenders, close_to(expected, tolerance))
    show(title, contest.contest(contenders, answers))


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_luma(size: str, show: Show) -> None:
    image = rgb(size)
    floats = image.astype(np.float32)
    compare_closely(
        f"luma, {size}",
        {
            "unsplice": lambda: luma(image, num_threads=1),
            "cv2 astype + cvtColor": lambda: cv2.cvtColor(
                image.astype(np.float32), cv2.COLOR_RGB2GRAY
            ),
            "cv2 cvtColor of floats": lambda: cv2.cvtColor(floats, cv2.COLOR_RGB2GRAY),
        },
        1e-4,
        show,
    )


YCC = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
        [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
    ],
    np.float32,
)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_color_difference(size: str, show: Show) -> None:
    first, second = rgb(size), rgb(size, shift=5)

    def numpy() -> Array:
        red, green, blue = np.moveaxis(first.astype(np.float32) - second, -1, 0)
        y = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
        return np.stack([y, (blue - y) / np.float32(1.772), (red - y) / np.float32(1.402)])

    def opencv() -> Array:
        difference: Any = cv2.subtract(first, second, dtype=cv2.CV_32F)
        return np.array(cv2.split(cv2.transform(difference, YCC)))

    compare_closely(
        f"color_difference, {size}",
        {
            "unsplice": lambda: color_difference(first, second, num_threads=1),
            "cv2 subtract + transform + split": opencv,
            "NumPy": numpy,
        },
        1e-3,
        show,
    )


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def bench_gaussian_blur(sigma: float, size: str, show: Show) -> None:
    plane = pictures.gray(pictures.SIZES[size], "float32")
    radius = len(gaussian_weights(sigma)) - 1

    def opencv() -> Array:
        side = 2 * radius + 1
        return np.asarray(
            cv2.GaussianBlur(plane, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)
        )

    compare_closely(
        f"gaussian_blur, sigma {sigma:g}, {size}",
        {
            "unsplice": lambda: gaussian_blur(plane[np.newaxis], sigma, num_threads=1)[0],
            "cv2 GaussianBlur": opencv,
            "SciPy": lambda: ndimage.gaussian_filter(plane, sigma, mode="mirror", radius=radius),
        },
        255e-6,
        show,
    )


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_activity_level(size: str, show: Show) -> None:
    image = rgb(size)

    def opencv() -> Array:
        weights = np.array([[77, 150, 29]], np.float32) / 256
        gray = cv2.transform(image, weights)
        x = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
        y = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
        energy = cv2.boxFilter(x * x + y * y, -1, (9, 9))
        levels: Any = cv2.log(energy / 4 + 1) * np.float32(8 / np.log(2))
        return np.asarray(levels.astype(np.uint8))  # rounds down

    # Between the powers of two, 8 log2 is approached linearly, at most 0.69 steps below; and a luma
    # between two levels is rounded otherwise.
    compare_closely(
        f"activity_level, {size}",
        {
            "unsplice": lambda: activity_level(image, num_threads=1),
            "cv2 Sobel + boxFilter + log": opencv,
        },
        2,
        show,
    )


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_normalized_energy(size: str, show: Show) -> None:
    random = np.random.default_rng(3)
    planes = random.standard_normal((3, *pictures.SIZES[size]), np.float32)
    levels = pictures.gray(pictures.SIZES[size])
    precision = random.uniform(0.1, 2, (3, 256)).astype(np.float32)

    def numpy() -> Array:
        total = sum(x * x * weights[levels] for x, weights in zip(planes, precision, strict=True))
        return np.sqrt(total / np.float32(3))

    def opencv() -> Array:
        x: Any = [cv2.multiply(plane, plane) for plane in planes]
        total = x[0] * cv2.LUT(levels, precision[0])
        for square, weights in zip(x[1:], precision[1:], strict=True):
            total += square * cv2.LUT(levels, weights)
        return np.asarray(cv2.sqrt(total / 3))

    compare_closely(
        f"normalized_energy, {size}",
        {
            "unsplice": lambda: normalized_energy(planes, levels, precision, num_threads=1),
            "cv2 LUT": opencv,
            "NumPy": numpy,
        },
        1e-4,
        show,
    )


SAMPLING = {
    "4:4:4": ((1, 1), cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    "4:2:0": ((2, 2), cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420),
}


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize("sampling", SAMPLING)
def bench_jpeg_round_trip(sampling: str, size: str, show: Show) -> None:
    image = rgb(size)
    bgr = np.ascontiguousarray(image[..., ::-1])
    subsampling, factor = SAMPLING[sampling]
    luma_table, chroma_table = standard_tables(85)
    tables = np.array([luma_table, chroma_table, chroma_table], np.float32)
    settings = [cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]

    def opencv() -> Array:
        return np.asarray(cv2.imdecode(cv2.imencode(".jpg", bgr, settings)[1], cv2.IMREAD_COLOR))

    expected = jpeg_round_trip(image, tables, subsampling)

    def close_on_average(raw: Array) -> Array:
        difference = cv2.absdiff(np.ascontiguousarray(raw[..., ::-1]), expected)
        assert difference.mean() < 0.7  # noise everywhere: many coefficients lie between two steps
        return expected

    contenders = {
        "unsplice": lambda: jpeg_round_trip(image, tables, subsampling, num_threads=1),
        "cv2 imencode + imdecode": opencv,
    }
    show(
        f"jpeg_round_trip, quality 85, {sampling}, {size}",
        contest.contest(contenders, {"cv2 imencode + imdecode": close_on_average}),
    )
