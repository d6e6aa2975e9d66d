"""The maps of noise and of the color filter array against OpenCV and NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import contest
import pictures
from unsplice.blind.evidence.color_filter import color_filter_maps
from unsplice.blind.evidence.noise import noise_maps

Show = Callable[..., None]
Array = NDArray[Any]
WEIGHTS = np.array([[77, 150, 29], [-43, -85, 128], [128, -107, -21]], np.float32) / 256
LAPLACIAN = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]], np.float32)
DIAGONAL = np.array([[1, -1], [-1, 1]], np.float32)


def rgb(size: str) -> NDArray[np.uint8]:
    """Return a picture whose channels are alike but not the same."""
    gray = pictures.gray(pictures.SIZES[size])
    return np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])


def filtered(image: Array, kernel: Array, anchor: tuple[int, int] = (-1, -1)) -> Array:
    return np.asarray(
        cv2.filter2D(image, cv2.CV_32F, kernel, anchor=anchor, borderType=cv2.BORDER_REPLICATE)
    )


def means(plane: Array) -> Array:
    """Return the mean of each block."""
    size = plane.shape[1] // 8, plane.shape[0] // 8
    plane = plane[: 8 * size[1], : 8 * size[0]]
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA))


def medians(plane: Array) -> Array:
    rows, cols = plane.shape[0] // 8, plane.shape[1] // 8
    blocks = plane[: 8 * rows, : 8 * cols].reshape(rows, 8, cols, 8).swapaxes(1, 2)
    return np.asarray(np.median(blocks.reshape(rows, cols, 64), axis=2))


def log_ratio(share: Array, axis: int) -> Array:
    """Compare the odd columns (rows) of the blocks with the even ones."""
    odd, even = (np.where(np.indices(share.shape)[axis] % 2 == k, share, 0) for k in (1, 0))
    return np.asarray(np.log((2 * means(odd) + 0.05) / (2 * means(even) + 0.05)))


def correlations(a: Array, b: Array) -> Array:
    covariance = means(a * b) - means(a) * means(b)
    variances = (means(a * a) - means(a) ** 2) * (means(b * b) - means(b) ** 2)
    flat = variances < 1e-4
    return np.asarray(np.where(flat, 0, covariance / np.sqrt(np.where(flat, 1, variances))))


def noise_of_opencv(image: NDArray[np.uint8]) -> Array:
    planes = cv2.split(cv2.transform(image.astype(np.float32), WEIGHTS))
    laplacians = [filtered(plane, LAPLACIAN) for plane in planes]
    found = [np.log(means(abs(plane)) + 0.05) for plane in laplacians]
    for plane in planes:
        steps = np.floor(64 * abs(filtered(plane, DIAGONAL, (0, 0)))) / 64
        found.append(np.log(medians(steps) + 0.05))
    for axis, kernel in ((1, np.float32([[-1, 1]])), (0, np.float32([[-1], [1]]))):
        share = abs(filtered(planes[1], kernel, (0, 0))) + abs(filtered(planes[2], kernel, (0, 0)))
        found.append(log_ratio(share, axis))
    found += [means(plane) for plane in planes]
    right = np.pad(image[:, 1:], ((0, 0), (0, 1), (0, 0)), "edge")
    found.append(means((image == right).all(axis=2).astype(np.float32)))
    red, green, blue = (filtered(channel, LAPLACIAN) for channel in cv2.split(image))
    found += [correlations(red, green), correlations(blue, green)]
    squares = (np.floor(16 * abs(laplacians[0]) + 0.5) / 16) ** 2
    found.append(np.log((means(squares * squares) + 1 / 16) / (means(squares) + 1 / 4) ** 2))
    clipped = ((image == 0) | (image == 255)).any(axis=2)
    return np.stack([*found, means(clipped.astype(np.float32))])


def lattice_of_opencv(image: NDArray[np.uint8]) -> Array:
    squares = (filtered(np.ascontiguousarray(image[..., 1]), LAPLACIAN) / 4) ** 2
    even = np.add.outer(np.arange(image.shape[0]), np.arange(image.shape[1])) % 2 == 0
    of_even, of_odd = (2 * means(np.where(of, squares, 0)) + 1 / 16 for of in (even, ~even))
    return np.asarray(np.log(of_even / of_odd))[np.newaxis]


@pytest.mark.parametrize("size", pictures.SIZES)
@pytest.mark.parametrize(
    ("family", "maps", "formulation", "seconds"),
    [
        ("noise_maps", noise_maps, noise_of_opencv, 0.5),
        ("color_filter_maps", color_filter_maps, lattice_of_opencv, 0.1),
    ],
)
def bench_noise_maps(
    family: str, maps: Any, formulation: Any, seconds: float, size: str, show: Show
) -> None:
    image = rgb(size)
    np.testing.assert_allclose(maps(image), formulation(image), rtol=2e-3, atol=2e-2)
    contenders = {
        "unsplice": lambda: maps(image, num_threads=1),
        "OpenCV + NumPy": lambda: formulation(image),
    }
    timings = contest.contest(contenders, dict.fromkeys(contenders, np.shape))
    goals = []
    if size == "12 megapixels":
        taken = timings[0].minimum
        goals = [contest.goal(f"below {seconds:g} s", taken < seconds, f"{taken:.3f} s")]
    show(f"{family}, {size}", timings, *goals)
