"""Two pictures in, the localization and the pictures of every step of it out."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import one_of, thread_count
from unsplice.image import Picture
from unsplice.pair.baseline import compare_by_neighborhood_threshold
from unsplice.pair.compare import (
    PairAnalysis,
    PairMethod,
    chosen_parameters,
    compare_by_evidence,
)
from unsplice.pair.parameters import EvidenceParameters, NeighborhoodThresholdParameters
from unsplice.pair.registration import align
from unsplice.pair.source import PairSource, comparable
from unsplice.result import Localization
from unsplice.step import Step, levels_of_map, white

__all__ = ["compare_in_steps"]

_GAIN: Final = 4  # of a difference, to be seen


def compare_in_steps(
    authentic: Picture,
    spliced: Picture,
    *,
    method: PairMethod = "evidence",
    parameters: EvidenceParameters | NeighborhoodThresholdParameters | None = None,
    num_threads: int | None = None,
) -> tuple[Localization, tuple[Step, ...]]:
    """Do what `unsplice.compare` does, and show what it rests on.

    Parameters
    ----------
    authentic, spliced, method, parameters, num_threads
        As `unsplice.compare` takes them.

    Returns
    -------
    Localization
        As `unsplice.compare` gives it.
    tuple of Step
        The pictures, in the order of the method, each with a caption in words; the last is the
        mask.

    Raises
    ------
    UnspliceError, TypeError, ValueError
        As `unsplice.compare`.

    Examples
    --------
    >>> from unsplice.synthetic.pairs import make_scene
    >>> scene = make_scene(96, 128, seed=1)
    >>> result, steps = compare_in_steps(scene, scene[::-1].copy())
    >>> [step.name for step in steps]
    ['registered', 'predicted', 'difference', 'evidence', 'mask']
    """
    thread_count(num_threads)
    one_of(method, "method", PairMethod)
    if method == "evidence":
        chosen = chosen_parameters(parameters, EvidenceParameters)
        first, second = comparable(authentic, spliced)
        result, analysis = compare_by_evidence(first, second, chosen, num_threads=num_threads)
        return result, _evidence_steps(first, second, result, analysis)
    simple = chosen_parameters(parameters, NeighborhoodThresholdParameters)
    first, second = comparable(authentic, spliced)
    result = compare_by_neighborhood_threshold(first, second, simple, num_threads=num_threads)
    steps = _last_steps(_difference(first.pixels, second.pixels), result, first=1)
    return result, steps


def _evidence_steps(
    authentic: PairSource, spliced: PairSource, result: Localization, analysis: PairAnalysis
) -> tuple[Step, ...]:
    target, prediction = spliced.pixels, analysis.prediction
    registered, _ = align(authentic.pixels, analysis.registration, target)
    difference = _difference(prediction.image, target)
    difference[~prediction.valid] = 0
    done = "; ".join(prediction.steps) or "nothing had to be done"
    return (
        Step(
            1, "registered", "Authentic picture, brought onto the other",
            "The authentic picture, shifted, scaled or turned so that its background lies on that "
            "of the examined picture. If outlines lie elsewhere, all that follows is doubtful.",
            "picture", registered,
        ),
        Step(
            2, "predicted", "Authentic picture, saved and toned like the other",
            "What the examined picture would look like had nothing been pasted into it "
            f"({done}).",
            "picture", prediction.image,
        ),
        *_last_steps(difference, result, first=3),
    )  # fmt: skip


def _last_steps(
    difference: NDArray[np.uint8], result: Localization, *, first: int
) -> tuple[Step, ...]:
    return (
        Step(
            first, "difference", f"Difference, times {_GAIN}",
            "How far each pixel is from what it would be without a paste. Bright: far. Saving as "
            "JPEG leaves a faint grain around edges and in texture, which is no paste.",
            "map", difference,
        ),
        Step(
            first + 1, "evidence", "Evidence",
            "The same difference, measured by what saving and noise leave in surroundings as busy "
            "as these. Bright: more than they explain.",
            "map", levels_of_map(result.heatmap),
        ),
        Step(
            first + 2, "mask", "Mask",
            "What is marked, in white: regions that stand out clearly enough, with their holes "
            "filled.",
            "mask", white(result.mask),
        ),
    )  # fmt: skip


def _difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest difference over the channels, made visible."""
    largest = (np.maximum(first, second) - np.minimum(first, second)).max(axis=2)
    return np.asarray(np.minimum(largest, 255 // _GAIN) * _GAIN, np.uint8)
