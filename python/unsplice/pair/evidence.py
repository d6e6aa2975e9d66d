"""How far the spliced picture is from its prediction, measured in the noise of the pair itself.

The difference is averaged signed: compression errors have mean zero and cancel, a pasted pixel does
not. What the averages amount to where nothing happened is learnt from the pair, as a function of
how busy the surroundings are, because compression errs most where most is going on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import gaussian_blur
from unsplice.pair.kernels import (
    activity_level,
    color_difference,
    normalized_energy,
)
from unsplice.pair.matching import Prediction
from unsplice.pair.parameters import EvidenceParameters
from unsplice.pair.tone import spread_indices

__all__ = ["Evidence", "measure_evidence", "noise_variance"]

_BINS = 16
_SAMPLES = 40_000
# The 0.4-quantile of the square of a standard normal variable: a quantile below the median lets
# more than half of the sample be something else than noise.
_QUANTILE, _CHI_SQUARE = 0.4, 0.275


@dataclass(frozen=True, eq=False)
class Evidence:
    """What speaks for each pixel having been pasted.

    Attributes
    ----------
    ratio : (rows, cols) array of float32
        Above 1 a pixel may belong to a region: the smaller of its energy over the bound for growing
        and its difference over the share of the difference nearby that a rim stays below.
    seeds : (rows, cols) array of bool
        Pixels that prove a region.
    energy : (rows, cols) array of float32
        Fine-scale energy, in standard deviations of the noise.
    amplitude : (rows, cols) array of float32
        Magnitude of the YCbCr difference, averaged at the fine scale, in gray levels.
    """

    ratio: NDArray[np.float32]
    seeds: NDArray[np.bool_]
    energy: NDArray[np.float32]
    amplitude: NDArray[np.float32]


def measure_evidence(
    prediction: Prediction,
    spliced: NDArray[np.uint8],
    background: NDArray[np.bool_],
    *,
    lossless: bool,
    parameters: EvidenceParameters,
    num_threads: int | None = None,
) -> Evidence:
    """Measure what speaks for each pixel having been pasted.

    Parameters
    ----------
    prediction : Prediction
        What the picture would look like had nothing been pasted; outside its valid area there is no
        evidence.
    spliced : (rows, cols, 3) array of uint8
        RGB, on the same grid.
    background : (rows, cols) array of bool
        Pixels to learn the noise from.
    lossless : bool
        Whether the background is the same bit for bit.
    parameters : EvidenceParameters
        Bounds.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.
    """
    # A pasted part can be calmer or busier than what it covers. Proof is measured against the noise
    # of the background there, membership against the noisier of the two: the blocks around a
    # pasted part carry its noise.
    level = activity_level(prediction.image, num_threads=num_threads)
    higher_level = np.maximum(level, activity_level(spliced, num_threads=num_threads))
    samples = spread_indices(np.flatnonzero(background), _SAMPLES)
    factor = parameters.toned_factor if prediction.toned else 1.0
    valid = prediction.valid
    difference = color_difference(spliced, prediction.image, num_threads=num_threads)
    floors = parameters.lossless_noise_floors if lossless else parameters.noise_floors

    seeds = np.zeros(valid.shape, np.bool_)
    ratio = energy = amplitude = np.zeros(valid.shape, np.float32)
    for scale, (sigma, floor) in enumerate(zip(parameters.scales, floors, strict=True)):
        averaged = gaussian_blur(difference, sigma, num_threads=num_threads)
        variance = noise_variance(averaged, level, samples, floor)
        # In a calm block nothing moves but its mean, rarely and by a whole step: too rarely to be
        # learnt.
        variance += (parameters.step_share * np.array([prediction.block_steps]).T) ** 2
        precision = (1 / variance).astype(np.float32)
        at_background = normalized_energy(averaged, level, precision, num_threads=num_threads)
        seeds |= at_background > np.float32(parameters.seed_energy[scale] / factor)
        del at_background
        bound = np.float32(parameters.grow_energy[scale] / factor)
        at_higher = normalized_energy(averaged, higher_level, precision, num_threads=num_threads)
        if scale == 0:
            amplitude = _magnitude(averaged)
            energy = at_higher * np.float32(factor)
            ratio = at_higher / bound
        else:
            np.maximum(ratio, at_higher / bound, out=ratio)
        del averaged, at_higher  # before the next are made: four planes less at the peak
    seeds &= valid
    np.minimum(ratio, _rim_ratio(amplitude, parameters.rim_share), out=ratio)
    ratio[~valid] = 0
    return Evidence(ratio, seeds, energy, amplitude)


def noise_variance(
    averaged: NDArray[np.float32],
    level: NDArray[np.uint8],
    samples: NDArray[np.int64],
    floor: float,
) -> NDArray[np.float64]:
    """Learn the variance of the averaged difference at each activity level.

    Samples are split by level into 16 bins of equal count; in each the variance is the 0.4-quantile
    of the square over that of a normal variable. From bin to bin noise does not fall with activity,
    which caps calm bins that a pasted part has got into, and grows at most fivefold, which caps
    busy ones.

    Parameters
    ----------
    averaged : (3, rows, cols) array of float32
        Difference planes at one scale.
    level : (rows, cols) array of uint8
        Activity level of the background.
    samples : (n,) array of int64
        Flat indices of background pixels.
    floor : float
        Variance added to all, in squared gray levels; > 0.

    Returns
    -------
    (3, 256) array of float64
        Variance per plane and level, in squared gray levels.
    """
    if samples.size < _BINS:
        return np.full((3, 256), floor)
    sampled_level = level.ravel()[samples]
    order = np.argsort(sampled_level, kind="stable")
    edges = np.linspace(0, samples.size, _BINS + 1).astype(np.int64)
    bins = [order[start:end] for start, end in pairwise(edges)]
    centers = np.array([np.median(sampled_level[chosen]) for chosen in bins])
    result = np.empty((3, 256))
    for plane, variance in zip(averaged, result, strict=True):
        squares = plane.ravel()[samples].astype(np.float64) ** 2
        found = np.array([_quantile(squares[chosen]) for chosen in bins])
        found /= _CHI_SQUARE
        found = np.minimum.accumulate(found[::-1])[::-1]
        for k in range(1, _BINS):
            found[k] = min(found[k], 5 * found[k - 1] + floor)
        variance[:] = np.interp(np.arange(256), centers, found) + floor
    return result


def _quantile(values: NDArray[np.float64]) -> float:
    """Return the 0.4-quantile as one of the values: a partition is all it takes."""
    rank = int(_QUANTILE * (values.size - 1))
    return float(np.partition(values, rank)[rank])


def _magnitude(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    total: NDArray[np.float32] = planes[0] * planes[0]
    for plane in planes[1:]:
        total += plane * plane
    np.sqrt(total, out=total)
    return total


def _rim_ratio(amplitude: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return each difference over `share` of the largest one within some six pixels.

    Where a pasted part ends softly, or rings, its difference falls off over a few pixels: those
    with little of it lie outside.
    """
    levels = np.minimum(amplitude, 255).astype(np.uint8)
    nearby: Any = cv2.medianBlur(levels, 5)  # one odd pixel is no part
    nearby = cv2.dilate(nearby, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13)))
    nearby = cv2.blur(nearby, (5, 5), borderType=cv2.BORDER_REFLECT_101)
    bound: NDArray[np.float32] = nearby.astype(np.float32)
    bound *= np.float32(share)
    bound += np.float32(0.5)
    np.divide(amplitude + np.float32(0.5), bound, out=bound)
    return bound
