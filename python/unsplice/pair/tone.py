"""How the tones of the authentic picture became those of the spliced one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import gaussian_blur

__all__ = ["fit_tone_curves", "spread_indices", "trimmed_error"]

_SAMPLES = 20_000
_PART = 1 << 18
_LEVEL_SAMPLES = 200_000
_KEPT = 0.65  # share of the samples that a curve is fitted to; the rest may be pasted
_ROUNDS = 6
_LEVELS = np.arange(256) / 255
_LEAST_COUNT = 10  # pixels of a level for their median to count
_LEAST_GAIN = 0.25  # of a curve, from end to end of the levels that occur
_REACH = 8 / 255  # how far a level may be from the fitted curve

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def trimmed_error(errors: NDArray[np.float64], share: float) -> float:
    """Return the mean of the smallest `share` of ``|errors|``."""
    values = np.sort(np.abs(errors))
    return float(values[: max(1, int(share * values.size))].mean())


def spread_indices(mask: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """Return about `count` flat indices of true pixels, an odd step apart: no JPEG grid is hit."""
    total = int(np.count_nonzero(mask))
    step = max(1, total // count) | 1
    if total == mask.size:
        return np.arange(0, total, step)
    # In parts, because all indices would take eight bytes a pixel.
    flat = mask.reshape(-1)
    chosen, offset = [np.empty(0, np.int64)], 0
    for start in range(0, flat.size, _PART):
        found = np.flatnonzero(flat[start : start + _PART])
        chosen.append(found[offset::step] + start)
        offset = (offset - found.size) % step
    return np.concatenate(chosen)


def fit_tone_curves(
    authentic: NDArray[np.uint8],
    spliced: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    *,
    num_threads: int | None = None,
) -> list[NDArray[np.uint8]] | None:
    """Fit ``spliced = f(authentic)`` per channel; None where the identity does about as well.

    Three kinds of curves are fitted to blurred pixels, robustly and without clipped values: gain
    and offset, a cubic, gain and gamma. The best is then improved level by level, by the median of
    what became of the pixels of that level.

    Parameters
    ----------
    authentic, spliced : (rows, cols, 3) arrays of uint8
        RGB, on one grid.
    valid : (rows, cols) array of bool
        Where `authentic` has a source.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    list of three (256,) arrays of uint8, or None
        The curves as lookup tables, none of them falling.
    """
    chosen = spread_indices(valid, _SAMPLES)
    if chosen.size < 100:
        return None
    smooth = [
        gaussian_blur(
            np.ascontiguousarray(image.transpose(2, 0, 1), np.float32), 1.5, num_threads=num_threads
        ).reshape(3, -1)[:, chosen]
        / 255.0
        for image in (authentic, spliced)
    ]
    plain = spread_indices(valid, _LEVEL_SAMPLES)
    before = after = 0.0
    curves = []
    for channel, (x, y) in enumerate(
        zip(*(planes.astype(np.float64) for planes in smooth), strict=True)
    ):
        error, curve = _best_curve(x, y)
        before += trimmed_error(y - x, _KEPT)
        after += error
        sources, targets = (
            image[..., channel].reshape(-1)[plain] for image in (authentic, spliced)
        )
        curves.append(_to_table(_improved_by_level(curve, sources, targets)))
    least_gain = 0.1 * 3 / 255
    return curves if after < 0.6 * before - least_gain else None


def _best_curve(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the trimmed error of the best curve, and its values at the 256 levels."""
    best_error, best = trimmed_error(y - x, _KEPT), _LEVELS
    # A clipped value says only that the curve lies beyond it.
    inside = (y > 2 / 255) & (y < 253 / 255) & (x > 2 / 255)
    if np.count_nonzero(inside) < 100:
        return best_error, best
    a, b = x[inside], y[inside]
    occurring = np.linspace(np.quantile(a, 0.005), np.quantile(a, 0.995), 64)
    fits = [
        (1.0, _polynomial(a, b, 1)),
        (1.0, _power(a, b)),
        (0.95, _polynomial(a, b, 3)),  # has to be clearly better for its two more parameters
    ]
    for factor, curve in fits:
        course = curve(occurring)
        # A curve that is nearly flat predicts a flat picture from any other.
        least_rise = _LEAST_GAIN * (occurring[-1] - occurring[0])
        if (np.diff(course) < 0).any() or course[-1] - course[0] < least_rise:
            continue
        error = trimmed_error(y - np.clip(curve(x), 0, 1), _KEPT)
        if error < factor * best_error:
            best_error, best = error, np.clip(curve(_LEVELS), 0, 1)
    return best_error, best


def _polynomial(x: NDArray[np.float64], y: NDArray[np.float64], degree: int) -> Curve:
    weights = _robust_fit(np.vander(x, degree + 1), y, np.abs(y - x))
    return lambda values: np.asarray(np.polyval(weights, values), np.float64)


def _power(x: NDArray[np.float64], y: NDArray[np.float64]) -> Curve:
    """Fit ``y = gain * x^gamma``, a straight line in logarithms."""
    basis = np.stack([np.log(x), np.ones_like(x)], axis=1)
    gamma, log_gain = _robust_fit(basis, np.log(y), np.abs(y - x))
    # Beyond what anybody grades with, a power overflows rather than fits.
    gamma, gain = np.clip(gamma, 0.1, 10), np.exp(np.clip(log_gain, -3, 3))
    return lambda values: np.asarray(gain * np.maximum(values, 1e-9) ** gamma, np.float64)


def _robust_fit(
    basis: NDArray[np.float64], target: NDArray[np.float64], errors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fit by least squares, each time to the samples that the last fit left least of."""
    weights: NDArray[Any] = np.zeros(basis.shape[1])
    for _ in range(_ROUNDS):
        kept = errors <= np.quantile(errors, _KEPT)
        weights = np.linalg.lstsq(basis[kept], target[kept], rcond=None)[0]
        errors = np.abs(target - basis @ weights)
    return weights


def _improved_by_level(
    curve: NDArray[np.float64], sources: NDArray[np.uint8], targets: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Move the curve to the median of the pixels of each level, where that is near and better.

    Levels with few pixels move with their neighbors. A level whose pixels were mostly pasted over
    has its median far off, and stays.
    """
    offset = targets / 255 - curve[sources]
    order = np.argsort(sources, kind="stable")
    ends = np.cumsum(np.bincount(sources, minlength=256))
    known, moves = [], []
    for level, values in enumerate(np.split(offset[order], ends[:-1])):
        near = values[np.abs(values) <= _REACH]
        if near.size >= max(_LEAST_COUNT, values.size // 2):
            known.append(level)
            moves.append(float(np.median(near)))
    if not known:
        return curve
    moved = np.maximum.accumulate(curve + np.interp(np.arange(256), known, moves))
    better = trimmed_error(targets / 255 - moved[sources], _KEPT) < 0.98 * trimmed_error(
        offset, _KEPT
    )
    return moved if better else curve


def _to_table(curve: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(255 * curve), 0, 255).astype(np.uint8)
