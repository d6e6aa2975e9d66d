"""Two pictures in, one localization out: the whole of pair mode, a step a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import thread_count
from unsplice.image import Picture
from unsplice.pair.baseline import compare_by_neighborhood_threshold
from unsplice.pair.conclusion import conclude
from unsplice.pair.evidence import Evidence, measure_evidence
from unsplice.pair.matching import Prediction, match_compression, match_tone_and_filter
from unsplice.pair.parameters import EvidenceParameters, NeighborhoodThresholdParameters
from unsplice.pair.regions import Accepted, dilated, find_regions
from unsplice.pair.registration import (
    Registration,
    align,
    register,
    register_on_plain_background,
)
from unsplice.pair.residual import MAJORITY, MINORITY, agreeing_pixels
from unsplice.pair.source import PairSource, comparable
from unsplice.result import Localization

__all__ = ["PairAnalysis", "PairMethod", "chosen_parameters", "compare", "compare_by_evidence"]

PairMethod = Literal["evidence", "neighborhood-threshold"]

_MAX_REFITS = 3
_LEAST_BACKGROUND = 2000  # pixels that the noise can still be learnt from

Parameters = TypeVar("Parameters", EvidenceParameters, NeighborhoodThresholdParameters)


def compare(
    authentic: Picture,
    spliced: Picture,
    *,
    method: PairMethod = "evidence",
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
    >>> from unsplice.synthetic.pairs import make_scene
    >>> authentic = make_scene(96, 128, seed=1)
    >>> spliced = authentic.copy()
    >>> spliced[30:60, 40:80] = authentic[60:90, 20:60][::-1]
    >>> result = compare(authentic, spliced)
    >>> result.finding, len(result.regions)
    ('spliced', 1)
    """
    thread_count(num_threads)
    if method == "evidence":
        chosen = chosen_parameters(parameters, EvidenceParameters)
        first, second = comparable(authentic, spliced)
        return compare_by_evidence(first, second, chosen, num_threads=num_threads)[0]
    if method == "neighborhood-threshold":
        simple = chosen_parameters(parameters, NeighborhoodThresholdParameters)
        first, second = comparable(authentic, spliced)
        return compare_by_neighborhood_threshold(first, second, simple, num_threads=num_threads)
    raise ValueError(f'method must be "evidence" or "neighborhood-threshold", got {method!r}')


def chosen_parameters(parameters: object, kind: type[Parameters]) -> Parameters:
    """Return the parameters of a method, its defaults for None; TypeError for another kind."""
    if parameters is None:
        return kind()
    if not isinstance(parameters, kind):
        raise TypeError(
            f"parameters must be {kind.__name__} or None for this method, "
            f"got {type(parameters).__name__}"
        )
    return parameters


@dataclass(frozen=True, eq=False)
class PairAnalysis:
    """What the default method computes on the way to its answer, in its order."""

    registration: Registration
    prediction: Prediction
    evidence: Evidence
    accepted: Accepted


def compare_by_evidence(
    authentic: PairSource,
    spliced: PairSource,
    parameters: EvidenceParameters,
    *,
    num_threads: int | None = None,
) -> tuple[Localization, PairAnalysis]:
    """Do what `compare` does by default, with two pictures that are comparable.

    Returns
    -------
    Localization
        As `compare` gives it.
    PairAnalysis
        What it rests on.
    """
    target = spliced.pixels
    registration = register(authentic.pixels, target, num_threads=num_threads)
    prediction = _predict(authentic, spliced, registration, parameters, num_threads)
    if prediction.residual > parameters.unrelated_residual and registration.blocks == MAJORITY:
        plain = register_on_plain_background(authentic.pixels, target, num_threads=num_threads)
        if plain is not None:
            registration = plain
            prediction = _predict(authentic, spliced, plain, parameters, num_threads)
    # Not one level off in busy blocks: no compression lies between the two.
    lossless = spliced.saved_as is None and not prediction.steps and prediction.residual == 0
    background = prediction.valid
    if registration.blocks == MINORITY:
        background = background & agreeing_pixels(
            prediction.image, target, 3 * prediction.residual + 1.5, num_threads=num_threads
        )
    evidence, accepted = _separate(
        prediction, target, background, lossless, parameters, num_threads
    )
    result = conclude(
        authentic,
        spliced,
        registration,
        prediction,
        evidence,
        accepted,
        parameters,
        num_threads=num_threads,
    )
    return result, PairAnalysis(registration, prediction, evidence, accepted)


def _predict(
    authentic: PairSource,
    spliced: PairSource,
    registration: Registration,
    parameters: EvidenceParameters,
    num_threads: int | None,
) -> Prediction:
    """Say what the spliced picture would look like had nothing been pasted."""
    target, saved_as = spliced.pixels, spliced.saved_as
    aligned, valid = align(authentic.pixels, registration, target, num_threads=num_threads)
    prediction = match_compression(
        aligned, target, valid, saved_as, blocks=registration.blocks, num_threads=num_threads
    )
    if prediction.residual > parameters.tone_residual and registration.blocks == MAJORITY:
        return match_tone_and_filter(aligned, target, prediction, saved_as, num_threads=num_threads)
    return prediction


def _separate(
    prediction: Prediction,
    target: NDArray[np.uint8],
    background: NDArray[np.bool_],
    lossless: bool,
    parameters: EvidenceParameters,
    num_threads: int | None,
) -> tuple[Evidence, Accepted]:
    """Find the regions; where they are large, learn the noise again from the rest."""
    for _ in range(_MAX_REFITS + 1):
        evidence = measure_evidence(
            prediction,
            target,
            background,
            lossless=lossless,
            parameters=parameters,
            num_threads=num_threads,
        )
        accepted = find_regions(
            evidence, prediction.valid, prediction.residual, parameters, num_threads=num_threads
        )
        if np.count_nonzero(accepted.mask) <= parameters.refit_share * accepted.mask.size:
            break
        rest = prediction.valid & ~dilated(accepted.mask, 4)
        changed = np.count_nonzero(rest != background)
        if np.count_nonzero(rest) < _LEAST_BACKGROUND or changed <= 0.002 * rest.size:
            break
        background = rest
    return evidence, accepted
