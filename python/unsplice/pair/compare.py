"""Two pictures in, one localization out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice
from unsplice.image import SourceImage, as_image, read_image
from unsplice.kernels import (
    Components,
    label_components,
    neighborhood_threshold,
    remove_small_components,
)
from unsplice.pair.evidence import Evidence, measure_evidence
from unsplice.pair.matching import (
    Prediction,
    SavedAs,
    match_compression,
    match_tone_and_filter,
)
from unsplice.pair.parameters import EvidenceParameters, NeighborhoodThresholdParameters
from unsplice.pair.regions import Accepted, dilated, find_regions
from unsplice.pair.registration import Registration, register, warp
from unsplice.result import Finding, Localization, Region

__all__ = ["Picture", "compare"]

Picture = str | os.PathLike[str] | SourceImage | NDArray[Any]
Method = Literal["evidence", "neighborhood-threshold"]


def compare(
    authentic: Picture,
    spliced: Picture,
    *,
    method: Method = "evidence",
    parameters: EvidenceParameters | NeighborhoodThresholdParameters | None = None,
    num_threads: int | None = None,
) -> Localization:
    """Find what was pasted into a picture, given its authentic background.

    Parameters
    ----------
    authentic, spliced : path, SourceImage, or (rows, cols, 3) or (rows, cols) array
        The background and the picture that was made from it; uint8 or uint16, RGB or gray. Files
        (as path or `SourceImage`) serve better than arrays: the quantisation tables of a JPEG tell
        how the spliced picture was saved.
    method : {"evidence", "neighborhood-threshold"}
        "evidence" registers the two, saves the authentic one the way the spliced one was saved,
        learns the noise of the pair, and accepts regions by significance. "neighborhood-threshold"
        thresholds the absolute difference by `neighborhood_threshold` and removes small components.
    parameters : EvidenceParameters or NeighborhoodThresholdParameters, optional
        Parameters of the method; None means its defaults.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Localization
        On the pixel grid of `spliced`. `finding` and `statement` say what was found, also where the
        two do not belong together; `details` holds the geometry, the steps that made the authentic
        picture match, and the residuals.

    Raises
    ------
    UnspliceError
        If a file cannot be read, or (PairError E150) the sizes differ and the method needs them
        equal.
    TypeError, ValueError
        For a wrong argument.

    Examples
    --------
    >>> import numpy as np
    >>> from unsplice.evaluation.synthetic import make_scene
    >>> authentic = make_scene(96, 128, seed=1)
    >>> spliced = authentic.copy()
    >>> spliced[30:60, 40:80] = authentic[60:90, 20:60][::-1]
    >>> result = compare(authentic, spliced)
    >>> result.finding, len(result.regions)
    ('spliced', 1)
    """
    first, second = _pixels(authentic, "authentic"), _pixels(spliced, "spliced")
    if method == "evidence":
        chosen = _chosen(parameters, EvidenceParameters)
        return _by_evidence(first, second, _saved_as(spliced), chosen, num_threads)
    if method == "neighborhood-threshold":
        return _by_neighborhood_threshold(
            first, second, _chosen(parameters, NeighborhoodThresholdParameters), num_threads
        )
    raise ValueError(f'method must be "evidence" or "neighborhood-threshold", got {method!r}')
