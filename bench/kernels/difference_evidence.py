"""difference_evidence and the averages it stands on against OpenCV, which rounds in another order.

These are difference_quantiles, difference_amplitude and amplitude_levels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop
from unsplice.bench.kernels.color_difference import YCC
from unsplice.bench.readings import rarely_off
from unsplice.kernels import gaussian_weights
from unsplice.pair.kernels import (
    DifferenceEvidence,
    amplitude_levels,
    difference_amplitude,
    difference_evidence,
    difference_quantiles,
)

SCALES = (0.7, 1.6, 3.2)  # as pair mode has them
WEIGHTS = [gaussian_weights(sigma) for sigma in SCALES]
KINDS, SHARE, SAMPLES = 16, 0.4, 40_000
BOUNDS: dict[str, Any] = {
    "seed_bounds": (9.0, 9.0, 10.0),
    "grow_bounds": (4.0, 4.0, 6.0),
    "rim_share": 0.15,
    "factor": 0.6,
}


def difference(first: Any, second: Any) -> Any:
    """Return luma and chroma, channels last: the blur takes them all at once."""
    return cv2.transform(cv2.subtract(first, second, dtype=cv2.CV_32F), YCC)


def averaged(planes: Any, sigma: float) -> Any:
    side = 2 * len(gaussian_weights(sigma)) - 1
    return cv2.GaussianBlur(planes, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)


def amplitude_by_opencv(first: Any, second: Any, sigma: float) -> Any:
    return length(averaged(difference(first, second), sigma))


def length(planes: Any) -> Any:
    return cv2.sqrt(cv2.transform(cv2.multiply(planes, planes), np.ones((1, 3), np.float32)))


def amplitude_by_planes(first: Any, second: Any, sigma: float) -> Any:
    y, cb, cr = cv2.split(averaged(difference(first, second), sigma))
    return cv2.magnitude(cv2.magnitude(y, cb), cr)


def levels_by_opencv(first: Any, second: Any, sigma: float) -> Any:
    return np.minimum(amplitude_by_opencv(first, second, sigma), 255).astype(np.uint8)


def quantiles_by_opencv(first: Any, second: Any, indices: Any, kinds: Any) -> Any:
    planes = difference(first, second)
    of_kinds = [indices[kinds == kind] for kind in range(KINDS)]
    result = np.zeros((len(SCALES), 3, KINDS), np.float32)
    for scale, sigma in enumerate(SCALES):
        pixels = averaged(planes, sigma).reshape(-1, 3)
        for kind, places in enumerate(of_kinds):
            magnitudes = np.abs(pixels[places].T)
            rank = int(SHARE * (len(places) - 1))
            result[scale, :, kind] = np.partition(magnitudes, rank, axis=1)[:, rank]
    return result


def evidence_by_opencv(
    first: Any, second: Any, level: Any, other: Any, nearby: Any, valid: Any, precision: Any
) -> Any:
    planes = difference(first, second)
    higher = cv2.max(level, other)
    levels, highest = cv2.merge([level] * 3), cv2.merge([higher] * 3)
    thirds = np.full((1, 3), 1 / 3, np.float32)
    ratio = seeds = energy = amplitude = None
    for scale, sigma in enumerate(SCALES):
        squares = averaged(planes, sigma)
        if amplitude is None:
            amplitude = length(squares)
        squares *= squares
        table = np.ascontiguousarray(precision[scale].T)[:, None]
        energies = [
            cv2.sqrt(cv2.transform(cv2.multiply(squares, cv2.LUT(of, table)), thirds))
            for of in (highest, levels)
        ]
        over = energies[0] / np.float32(BOUNDS["grow_bounds"][scale])
        found = cv2.compare(energies[1], BOUNDS["seed_bounds"][scale], cv2.CMP_GT)
        ratio = over if ratio is None else cv2.max(ratio, over)
        seeds = found if seeds is None else cv2.bitwise_or(seeds, found)
        energy = energies[0] if energy is None else energy
    rims = np.arange(256, dtype=np.float32) * np.float32(BOUNDS["rim_share"]) + np.float32(0.5)
    amplitude += np.float32(0.5)
    ratio = cv2.min(ratio, cv2.divide(amplitude, cv2.LUT(nearby, rims)))
    ratio *= valid
    heat = ratio / (ratio + np.float32(1))
    return heat, ratio > 1, (seeds > 0) & valid, energy * np.float32(BOUNDS["factor"])


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield two pictures that differ by noise, and a part of one of them moved."""
    random = np.random.default_rng(0)
    first = pictures.rgb(size)
    second = cv2.add(first, random.integers(0, 9, first.shape, np.uint8))
    rows, cols = (slice(side // 4, side // 2) for side in size)
    second[rows, cols] = pictures.rgb(size, shift=5)[rows, cols]
    parts = pictures.crop(first), pictures.crop(second)
    yield from _amplitudes(first, second, parts, size)
    yield _quantiles(first, second, parts, size)
    yield _evidence(first, second, parts, size)


def _amplitudes(first: Any, second: Any, parts: Any, size: pictures.Size) -> Iterator[Contest]:
    sigma = SCALES[0]
    yield Contest(
        "difference_amplitude",
        f"uint8, sigma {sigma:g}",
        lambda: difference_amplitude(first, second, sigma, num_threads=1),
        {
            "OpenCV GaussianBlur, transform": lambda: amplitude_by_opencv(first, second, sigma),
            "OpenCV GaussianBlur, magnitude": lambda: amplitude_by_planes(first, second, sigma),
        },
        tolerance=1e-3,
        crop=Crop(
            lambda: difference_amplitude(*parts, sigma),
            lambda: pure_python.difference_amplitude(*parts, WEIGHTS[0]),
            pictures.share(size),
        ),
    )
    close = rarely_off(lambda: amplitude_levels(first, second, sigma), share=1e-2)
    yield Contest(
        "amplitude_levels",
        f"uint8, sigma {sigma:g}",
        lambda: amplitude_levels(first, second, sigma, num_threads=1),
        {"OpenCV GaussianBlur, transform": lambda: levels_by_opencv(first, second, sigma)},
        {"OpenCV GaussianBlur, transform": close},
        crop=Crop(
            lambda: amplitude_levels(*parts, sigma),
            lambda: pure_python.amplitude_levels(*parts, WEIGHTS[0]),
            pictures.share(size),
        ),
    )


def _quantiles(first: Any, second: Any, parts: Any, size: pictures.Size) -> Contest:
    options = {"num_kinds": KINDS, "share": SHARE}

    def samples(image: Any) -> Any:
        pixels = image.shape[0] * image.shape[1]
        indices = np.arange(min(pixels, SAMPLES)) * pixels // min(pixels, SAMPLES)
        return indices, np.random.default_rng(0).integers(0, KINDS, indices.size, np.uint8)

    sampled, of_part = samples(first), samples(parts[0])
    return Contest(
        "difference_quantiles",
        "40 000 samples, 3 scales",
        lambda: difference_quantiles(first, second, *sampled, SCALES, **options, num_threads=1),
        {
            "OpenCV GaussianBlur, NumPy partition": lambda: quantiles_by_opencv(
                first, second, *sampled
            )
        },
        tolerance=1e-3,
        crop=Crop(
            lambda: difference_quantiles(*parts, *of_part, SCALES, **options),
            lambda: pure_python.difference_quantiles(*parts, *of_part, WEIGHTS, **options),
            pictures.share(size),
        ),
    )


def _evidence(first: Any, second: Any, parts: Any, size: pictures.Size) -> Contest:
    random = np.random.default_rng(0)
    levels = [pictures.gray(size), np.roll(pictures.gray(size), 5, 0)]
    nearby = cv2.dilate(amplitude_levels(first, second, SCALES[0]), np.ones((9, 9), np.uint8))
    planes = (*levels, nearby, random.random(size) < 0.95)
    of_part = [pictures.crop(plane) for plane in planes]
    precision = random.uniform(0.1, 2, (len(SCALES), 3, 256)).astype(np.float32)

    def ours() -> DifferenceEvidence:
        return difference_evidence(
            first, second, *planes, SCALES, precision, **BOUNDS, num_threads=1
        )

    candidates, seeds = (
        rarely_off(lambda index=index: ours()[index], share=1e-3) for index in (1, 2)
    )
    name = "OpenCV GaussianBlur, LUT"
    return Contest(
        "difference_evidence",
        "3 scales",
        ours,
        {name: lambda: evidence_by_opencv(first, second, *planes, precision)},
        {name: lambda found: (found[0], candidates(found[1]), seeds(found[2]), found[3])},
        tolerance=1e-3,
        crop=Crop(
            lambda: difference_evidence(*parts, *of_part, SCALES, precision, **BOUNDS),
            lambda: pure_python.difference_evidence(*parts, *of_part, WEIGHTS, precision, **BOUNDS),
            pictures.share(size),
        ),
    )
