"""block_noise and green_lattice against OpenCV and NumPy in single precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.blocks import means
from unsplice.bench.contest import Contest, Crop
from unsplice.blind.evidence.kernels import block_noise, green_lattice

WEIGHTS = np.array([[77, 150, 29], [-43, -85, 128], [128, -107, -21]], np.float32) / 256
DIAGONAL = np.array([[1, -1], [-1, 1]], np.float32)
SIDE = 64  # of the crop


def laplacian(plane: Any, depth: int = cv2.CV_32F) -> Any:
    """Return the neighbors less four times a pixel."""
    return cv2.Laplacian(plane, depth, borderType=cv2.BORDER_REPLICATE)


def filtered(plane: Any, kernel: Any) -> Any:
    """Filter a plane with a kernel that begins at the pixel."""
    replicate = cv2.BORDER_REPLICATE
    return cv2.filter2D(plane, cv2.CV_32F, kernel, anchor=(0, 0), borderType=replicate)


def medians(plane: Any) -> Any:
    """Return the median of each block."""
    rows, cols = plane.shape[0] // 8, plane.shape[1] // 8
    blocks = plane.reshape(rows, 8, cols, 8).swapaxes(1, 2).reshape(rows, cols, 64)
    halves = np.partition(blocks, (31, 32), axis=2)
    return (halves[..., 31] + halves[..., 32]) / 2


def log_ratio(share: Any, axis: int) -> Any:
    """Compare the odd columns (rows) of the blocks with the even ones."""
    odd, even = share.copy(), share
    np.moveaxis(odd, axis, 0)[0::2] = 0
    np.moveaxis(even, axis, 0)[1::2] = 0
    return np.log((2 * means(odd) + 0.05) / (2 * means(even) + 0.05))


def correlations(a: Any, b: Any) -> Any:
    covariance = means(a * b) - means(a) * means(b)
    variances = (means(a * a) - means(a) ** 2) * (means(b * b) - means(b) ** 2)
    flat = variances < 1e-4
    return np.where(flat, 0, covariance / np.sqrt(np.where(flat, 1, variances)))


def noise_by_opencv(image: Any) -> Any:
    planes = cv2.split(cv2.transform(image.astype(np.float32), WEIGHTS))
    laplacians = [np.abs(laplacian(plane)) for plane in planes]
    found = [np.log(means(plane) + 0.05) for plane in laplacians]
    for plane in planes:
        steps = np.floor(64 * np.abs(filtered(plane, DIAGONAL))) / 64
        found.append(np.log(medians(steps) + 0.05))
    for axis, kernel in ((1, np.float32([[-1, 1]])), (0, np.float32([[-1], [1]]))):
        share = np.abs(filtered(planes[1], kernel)) + np.abs(filtered(planes[2], kernel))
        found.append(log_ratio(share, axis))
    found += [means(plane) for plane in planes]
    right = np.pad(image[:, 1:], ((0, 0), (0, 1), (0, 0)), "edge")
    equal = cv2.inRange(cv2.absdiff(image, right), (0, 0, 0), (0, 0, 0))
    found.append(means(equal.astype(np.float32)) / 255)
    red, green, blue = (laplacian(channel) for channel in cv2.split(image))
    found += [correlations(red, green), correlations(blue, green)]
    squares = (np.floor(16 * laplacians[0] + 0.5) / 16) ** 2
    found.append(np.log((means(squares * squares) + 1 / 16) / (means(squares) + 1 / 4) ** 2))
    return np.stack(found)


def lattice_by_opencv(image: Any, lattice: Any) -> Any:
    found = laplacian(cv2.extractChannel(image, 1))
    squares = cv2.multiply(found, found)
    both, of_even = means(squares), means(cv2.multiply(squares, lattice))
    # The sums are of whole numbers, 16 times what counts.
    return np.log((of_even + np.float32(0.5)) / (both - of_even + np.float32(0.5)))


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield the fifteen maps of noise, and the map of the color filter array."""
    image = pictures.rgb(size)
    part = pictures.crop(image, SIDE)
    lattice = np.fromfunction(lambda row, col: (row + col) % 2 == 0, size).astype(np.float32)
    yield Contest(
        "block_noise",
        "15 maps",
        lambda: block_noise(image, num_threads=1),
        {"OpenCV filters, NumPy": lambda: noise_by_opencv(image)},
        tolerance=2e-2,
        crop=Crop(
            lambda: block_noise(part),
            lambda: pure_python.block_noise(part),
            pictures.share(size, SIDE),
        ),
    )
    yield Contest(
        "green_lattice",
        "uint8",
        lambda: green_lattice(image, num_threads=1),
        {"OpenCV Laplacian, resize": lambda: lattice_by_opencv(image, lattice)},
        tolerance=1e-3,
        crop=Crop(
            lambda: green_lattice(part),
            lambda: pure_python.green_lattice(part),
            pictures.share(size, SIDE),
        ),
    )
