"""How far the spliced picture is from its prediction, measured in the noise of the pair itself.

The difference is averaged signed: compression errors have mean zero and cancel, a pasted pixel does
not. What the averages amount to where nothing happened is learnt from the pair, as a function of
how busy the surroundings are, because compression errs most where most is going on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.pair.kernels import (
    activity_level,
    amplitude_levels,
    difference_amplitude,
    difference_evidence,
    difference_quantiles,
)
from unsplice.pair.matching import Prediction
from unsplice.pair.parameters import EvidenceParameters
from unsplice.pair.residual import Window
from unsplice.pair.tone import spread_indices

__all__ = ["Evidence", "level_bins", "measure_evidence", "noise_variance"]

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
    heat : (rows, cols) array of float32
        ``r / (r + 1)``, r being the smaller of a pixel's energy over the bound for growing and its
        difference over the share of the difference nearby that a rim stays below.
    candidates : (rows, cols) array of bool
        Pixels that may belong to a region: r is above 1, `heat` above 0.5.
    seeds : (rows, cols) array of bool
        Pixels that prove a region.
    energy : (rows, cols) array of float32
        Fine-scale energy, in standard deviations of the noise.
    amplitude : callable
        Of a part of the picture, the magnitude of the YCbCr difference, averaged at the fine scale,
        in gray levels: a (rows, cols) array of float32. It is wanted around regions alone, and made
        in less time than it takes to keep.
    """

    heat: NDArray[np.float32]
    candidates: NDArray[np.bool_]
    seeds: NDArray[np.bool_]
    energy: NDArray[np.float32]
    amplitude: Callable[[Window], NDArray[np.float32]]


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
    samples = spread_indices(background, _SAMPLES)
    floors = parameters.lossless_noise_floors if lossless else parameters.noise_floors
    variance = _learnt_variance(
        prediction.image, spliced, level, samples, parameters.scales, floors, num_threads
    )
    # In a calm block nothing moves but its mean, rarely and by a whole step: too rarely to be
    # learnt.
    variance += (parameters.step_share * np.array([prediction.block_steps]).T) ** 2
    factor = parameters.toned_factor if prediction.toned else 1.0
    fine = parameters.scales[0]
    found = difference_evidence(
        spliced,
        prediction.image,
        level,
        activity_level(spliced, num_threads=num_threads),
        _largest_nearby(amplitude_levels(spliced, prediction.image, fine, num_threads=num_threads)),
        prediction.valid,
        parameters.scales,
        (1 / variance).astype(np.float32),
        seed_bounds=[energy / factor for energy in parameters.seed_energy],
        grow_bounds=[energy / factor for energy in parameters.grow_energy],
        rim_share=parameters.rim_share,
        factor=factor,
        num_threads=num_threads,
    )

    def amplitude(box: Window) -> NDArray[np.float32]:
        return _amplitude_within(spliced, prediction.image, fine, box, num_threads)

    return Evidence(*found, amplitude)


def _amplitude_within(
    spliced: NDArray[np.uint8],
    authentic: NDArray[np.uint8],
    sigma: float,
    box: Window,
    num_threads: int | None,
) -> NDArray[np.float32]:
    """Return `difference_amplitude` of a part of the pictures as it is in the whole."""
    reach = ceil(3 * sigma)  # of the Gaussian
    tops = tuple(max(part.start - reach, 0) for part in box)
    wide = tuple(slice(top, part.stop + reach) for top, part in zip(tops, box, strict=True))
    inner = tuple(
        slice(part.start - top, part.stop - top) for top, part in zip(tops, box, strict=True)
    )
    amplitude = difference_amplitude(spliced[wide], authentic[wide], sigma, num_threads=num_threads)
    return amplitude[inner]


def _learnt_variance(
    authentic: NDArray[np.uint8],
    spliced: NDArray[np.uint8],
    level: NDArray[np.uint8],
    samples: NDArray[np.int64],
    scales: tuple[float, ...],
    floors: tuple[float, ...],
    num_threads: int | None,
) -> NDArray[np.float64]:
    """Return the variance of the averaged difference: (scales, 3, 256)."""
    if samples.size < _BINS:
        return np.array([np.full((3, 256), floor) for floor in floors])
    bins, centers = level_bins(level.ravel()[samples])
    magnitudes = difference_quantiles(
        spliced,
        authentic,
        samples,
        bins,
        scales,
        num_kinds=_BINS,
        share=_QUANTILE,
        num_threads=num_threads,
    )
    return np.array(
        [noise_variance(*pair, centers) for pair in zip(magnitudes, floors, strict=True)]
    )


def level_bins(levels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Split samples by activity level into 16 bins of equal count.

    Parameters
    ----------
    levels : (n,) array of uint8
        Activity level of each sample; at least 16 of them.

    Returns
    -------
    bins : (n,) array of uint8
        The bin of each, calm ones first.
    centers : (16,) array of float64
        Median level of each bin.
    """
    order = np.argsort(levels, kind="stable")
    edges = np.linspace(0, levels.size, _BINS + 1).astype(np.int64)
    bins = np.empty(levels.size, np.uint8)
    bins[order] = np.repeat(np.arange(_BINS, dtype=np.uint8), np.diff(edges))
    ascending = levels[order].astype(np.float64)
    lower, upper = (edges[:-1] + edges[1:] - 1) // 2, (edges[:-1] + edges[1:]) // 2
    return bins, (ascending[lower] + ascending[upper]) / 2


def noise_variance(
    magnitudes: NDArray[np.float32], floor: float, centers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Learn the variance of the averaged difference at each activity level.

    In each bin the variance is the 0.4-quantile of the square over that of a normal variable. From
    bin to bin noise does not fall with activity, which caps calm bins that a pasted part has got
    into, and grows at most fivefold, which caps busy ones.

    Parameters
    ----------
    magnitudes : (3, bins) array of float32
        0.4-quantile of the magnitude of each plane in each bin.
    floor : float
        Variance added to all, in squared gray levels; > 0.
    centers : (bins,) array of float64
        Activity level of each bin.

    Returns
    -------
    (3, 256) array of float64
        Variance per plane and level, in squared gray levels.
    """
    result = np.empty((3, 256))
    for quantiles, variance in zip(magnitudes.astype(np.float64), result, strict=True):
        found = quantiles**2 / _CHI_SQUARE
        found = np.minimum.accumulate(found[::-1])[::-1]
        for k in range(1, found.size):
            found[k] = min(found[k], 5 * found[k - 1] + floor)
        variance[:] = np.interp(np.arange(256), centers, found) + floor
    return result


def _largest_nearby(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest level within some six pixels; `levels` does not survive it.

    Where a pasted part ends softly, or rings, its difference falls off over a few pixels: those
    with little of it lie outside.
    """
    nearby = cv2.medianBlur(levels, 5)  # one odd pixel is no part
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    # Back and forth between two planes: fresh memory is dear.
    cv2.dilate(nearby, ellipse, dst=levels)
    cv2.blur(levels, (5, 5), dst=nearby, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(nearby, np.uint8)
