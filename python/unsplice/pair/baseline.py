"""The method that pair mode is measured against: a fixed threshold on neighborhoods."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import PairError
from unsplice.kernels import neighborhood_threshold_of_pair, remove_small_components
from unsplice.pair.conclusion import regions_of, share_statement
from unsplice.pair.parameters import NeighborhoodThresholdParameters
from unsplice.pair.source import PairSource, same_pixels
from unsplice.result import Localization

__all__ = ["compare_by_neighborhood_threshold"]


def compare_by_neighborhood_threshold(
    authentic: PairSource,
    spliced: PairSource,
    parameters: NeighborhoodThresholdParameters,
    *,
    num_threads: int | None = None,
) -> Localization:
    """Threshold the absolute difference, and remove small components.

    Nothing is registered or matched: the pictures must have one size. See
    `unsplice.neighborhood_threshold` for the rule and where it comes from.
    """
    first, second = authentic.pixels, spliced.pixels
    if first.shape != second.shape:
        raise PairError(
            "E150",
            authentic=authentic.name,
            spliced=spliced.name,
            authentic_size=f"{first.shape[1]} x {first.shape[0]}",
            spliced_size=f"{second.shape[1]} x {second.shape[0]}",
        )
    unchanged = neighborhood_threshold_of_pair(
        first, second, parameters.threshold, num_threads=num_threads
    )
    changed = unchanged == 0
    if min(changed.shape) < 3:  # without an interior the rule decides nothing
        changed[:] = False
    mask = remove_small_components(changed, parameters.min_area, num_threads=num_threads)
    deciding = _deciding_mean(np.maximum(first, second) - np.minimum(first, second))
    heatmap = deciding / (deciding + np.float32(max(parameters.threshold, 1e-3)))
    regions = regions_of(mask, deciding, num_threads=num_threads)
    identical = same_pixels(authentic.original, spliced.original)
    return Localization(
        image=second,
        mask=mask,
        heatmap=heatmap,
        regions=regions,
        threshold=0.5,
        score=float(heatmap[mask].max()) if mask.any() else 0.0,
        finding="spliced" if mask.any() else "identical" if identical else "nothing-found",
        statement=share_statement(mask, len(regions)),
        method="neighborhood-threshold",
        parameters=asdict(parameters),
        details={},
        warnings=authentic.warnings + spliced.warnings,
    )


def _deciding_mean(difference: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the smallest over the channels of the mean over a pixel and its four neighbors.

    The outermost rows and columns are filled by reflection, as those of the mask are.
    """
    rows, cols = difference.shape[:2]
    if min(rows, cols) < 3:
        return np.zeros((rows, cols), np.float32)
    wide = difference.astype(np.uint16)
    total = (
        wide[1:-1, 1:-1] + wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    ).min(axis=2)
    for axis in (0, 1):  # a single row or column can only repeat itself
        ring = [(1, 1) if axis == other else (0, 0) for other in (0, 1)]
        total = np.pad(total, ring, mode="reflect" if total.shape[axis] > 1 else "edge")
    return np.asarray(total / np.float32(5), np.float32)
