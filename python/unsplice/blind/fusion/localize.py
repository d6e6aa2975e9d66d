"""``method="fusion"``: evidence maps, a small network over them, a gate, and pixel edges."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import regions_of
from unsplice.blind.compression import too_small
from unsplice.blind.evidence.maps import EvidenceMaps
from unsplice.blind.fusion.edges import cut_edges, refine_edges
from unsplice.blind.fusion.expected_f1 import expected_f1_threshold
from unsplice.blind.fusion.gate import GATE_NAMES, shipped_gate
from unsplice.blind.fusion.judgement import Judgement, judge, shipped_network, shipped_weights
from unsplice.blind.fusion.network import sigmoid_of
from unsplice.blind.fusion.texture import with_texture
from unsplice.blind.kernels import pixels_of_blocks
from unsplice.blind.parameters import FusionParameters
from unsplice.blind.source import BlindSource
from unsplice.kernels import remove_small_components
from unsplice.result import Finding, Localization

__all__ = ["decide_by_fusion", "judged", "localize_by_fusion"]

_MOST_DIGITS: Final = 4  # scores are multiples of 1/4096
NOWHERE: Final = 1.0  # the threshold of a picture in which nothing is marked


@dataclass(frozen=True)
class _Gated:
    """How a picture fared at the gate."""

    score: float
    rate: float | None  # of false alarms, that was asked for and could be measured
    threshold: float | None
    passed: bool


def localize_by_fusion(
    source: BlindSource, parameters: FusionParameters, *, num_threads: int | None = None
) -> Localization:
    """Mark what looks spliced, where the picture as a whole shows that anything is.

    Parameters
    ----------
    source : BlindSource
        Any picture; one that is too small gets an answer that says so.
    parameters : FusionParameters
        How it is decided.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Localization
        `heatmap` says where a splice would be; `score` whether there is one; the mask is empty
        where the score is below what few untouched photographs reach, and the compression history
        proves nothing by itself; then the heatmap weighs texture in as well, as
        ``details["heatmap"]`` tells. The finding is "spliced" or "nothing-found"; without the gate
        "marked" takes the place of a doubtful "spliced". `suspected` is the mask that
        ``gate=False`` would give.
    """
    judgement = judged(source, parameters, num_threads=num_threads)
    return decide_by_fusion(source, judgement, parameters, num_threads=num_threads)


def judged(
    source: BlindSource, parameters: FusionParameters, *, num_threads: int | None = None
) -> Judgement | None:
    """Return what is measured before anything is decided; None where the picture is too small."""
    if too_small(source.pixels.shape):
        return None
    return judge(source, shipped_network(), without=parameters.without, num_threads=num_threads)


def decide_by_fusion(
    source: BlindSource,
    judgement: Judgement | None,
    parameters: FusionParameters,
    *,
    num_threads: int | None = None,
) -> Localization:
    """Do what `localize_by_fusion` does, with what `judged` gave."""
    if judgement is None:
        return _unjudged(source, parameters)
    gated = _at_the_gate(judgement, parameters)
    probabilities = _probabilities(source, judgement, gated, num_threads)
    probabilities, threshold, chosen = _chosen_blocks(
        probabilities, judgement.proven, parameters, num_threads
    )
    if not _differ(judgement.evidence.maps):
        # What the network says is then about the borders of the picture alone.
        threshold, chosen = NOWHERE, np.zeros_like(chosen)
    heatmap = _pixels(source, probabilities, judgement.evidence, num_threads)
    if parameters.edges == "guided":
        heatmap = refine_edges(source.pixels, heatmap, num_threads=num_threads)
    elif parameters.edges == "cut":
        heatmap = cut_edges(source.pixels, heatmap, threshold)
    near = _pixels(source, chosen.astype(np.float32), judgement.evidence, num_threads) > 0
    suspected = near & (heatmap >= np.float32(threshold))
    mask = suspected if gated.passed or not parameters.gate else np.zeros_like(suspected)
    regions = regions_of(mask, heatmap, num_threads=num_threads)
    finding: Finding = "nothing-found"
    if regions:
        finding = "spliced" if gated.passed else "marked"
    return Localization(
        image=source.pixels,
        mask=mask,
        heatmap=heatmap,
        regions=regions,
        threshold=threshold,
        score=max(gated.score, judgement.verdict.score if judgement.by_history else 0.0),
        finding=finding,
        statement=_statement(finding, mask, judgement, gated),
        method="fusion",
        parameters=asdict(parameters),
        details=_details(judgement, gated),
        warnings=source.warnings,
        suspected=suspected,
    )


def _at_the_gate(judgement: Judgement, parameters: FusionParameters) -> _Gated:
    gate = shipped_gate(jpeg=judgement.table_known)
    score = gate.score(judgement.numbers)
    held = gate.threshold(parameters.false_alarm_rate)
    if held is None:
        return _Gated(score, None, None, judgement.by_history)
    rate, threshold = held
    return _Gated(score, rate, threshold, judgement.by_history or score >= threshold)


def _probabilities(
    source: BlindSource, judgement: Judgement, gated: _Gated, num_threads: int | None
) -> NDArray[np.float32]:
    """Return the probabilities of the blocks, for which texture speaks where traces are few."""
    if gated.passed:
        return judgement.probabilities
    place: Any = {"row": judgement.evidence.row, "col": judgement.evidence.col}
    return sigmoid_of(with_texture(judgement.logits, source, **place, num_threads=num_threads))


def _differ(maps: NDArray[np.float32]) -> bool:
    """Return whether the blocks of a picture differ in anything."""
    return any((plane != plane[0, 0]).any() for plane in maps)


def _pixels(
    source: BlindSource,
    blocks: NDArray[np.float32],
    evidence: EvidenceMaps,
    num_threads: int | None,
) -> NDArray[np.float32]:
    """Return a number of each pixel, between those of the blocks around."""
    shape = source.pixels.shape[0], source.pixels.shape[1]
    return pixels_of_blocks(
        blocks, shape, row=evidence.row, col=evidence.col, num_threads=num_threads
    )


def _chosen_blocks(
    probabilities: NDArray[np.float32],
    proven: NDArray[np.bool_],
    parameters: FusionParameters,
    num_threads: int | None,
) -> tuple[NDArray[np.float32], float, NDArray[np.bool_]]:
    """Return the probabilities of the blocks, the threshold, and the blocks in large regions."""
    threshold, chosen = _large_regions(probabilities, parameters, num_threads)
    if proven.any() and not (chosen & proven).any():
        # What was learned missed what needs no learning to be seen.
        probabilities = np.where(proven, np.float32(1), probabilities)
        threshold, chosen = _large_regions(probabilities, parameters, num_threads)
    return probabilities, threshold, chosen


def _large_regions(
    probabilities: NDArray[np.float32], parameters: FusionParameters, num_threads: int | None
) -> tuple[float, NDArray[np.bool_]]:
    """Return a threshold, and the blocks of the regions above it that are large enough."""
    threshold = parameters.threshold
    if threshold is None:
        threshold = expected_f1_threshold(probabilities)
    if threshold is None:
        return NOWHERE, np.zeros(probabilities.shape, bool)
    least = max(1, ceil(parameters.min_area * probabilities.size))
    likely = probabilities >= np.float32(threshold)
    return threshold, remove_small_components(likely, least, num_threads=num_threads)


def _statement(
    finding: Finding, mask: NDArray[np.bool_], judgement: Judgement, gated: _Gated
) -> str:
    if finding == "nothing-found" and gated.passed:
        return f"traces of splicing ({_told(gated)}), but no region is large enough to be marked"
    beside = ""
    if judgement.verdict.finding == "spliced" and not judgement.by_history:
        beside = f"; by its compression history alone: {judgement.verdict.statement}"
    if finding == "nothing-found":
        return f"no evidence of splicing ({_told(gated)}){beside}"
    share = f"{100 * np.count_nonzero(mask) / mask.size:.1f} % of the picture"
    if judgement.by_history:
        return f"{judgement.verdict.statement}; marked: {share}"
    if finding == "marked":
        return (
            f"no evidence of splicing ({_told(gated)}){beside}; most suspicious, by traces and "
            f"texture: {share}"
        )
    return f"{share} differs from the rest ({_told(gated)})"


def _told(gated: _Gated) -> str:
    """Return score and threshold in words, with as many digits as tell them apart."""
    if gated.threshold is None or gated.rate is None:
        return f"score {gated.score:.2f}"
    digits = 2
    while round(gated.score, digits) == round(gated.threshold, digits) and digits < _MOST_DIGITS:
        digits += 1
    share = f"about {100 * gated.rate:g} % of untouched photographs reach"
    return f"score {gated.score:.{digits}f}; {share} {gated.threshold:.{digits}f}"


def _details(judgement: Judgement, gated: _Gated) -> dict[str, Any]:
    """Return what was measured, for the record."""
    evidence = judgement.evidence
    return {
        "weights": shipped_weights(),
        "grid": {"row": evidence.row, "col": evidence.col},
        "heatmap": "traces" if gated.passed else "traces and texture",
        "gate": {
            "score": gated.score,
            "false_alarm_rate": gated.rate,
            "threshold": gated.threshold,
            "files": "jpeg" if judgement.table_known else "other",
            "numbers": dict(zip(GATE_NAMES, judgement.numbers.tolist(), strict=True)),
        },
        "jpeg_history": {
            "finding": judgement.verdict.finding,
            "statement": judgement.verdict.statement,
            "counts": judgement.by_history,
            **judgement.verdict.details,
        },
    }


def _unjudged(source: BlindSource, parameters: FusionParameters) -> Localization:
    shape = source.pixels.shape[:2]
    return Localization(
        image=source.pixels,
        mask=np.zeros(shape, bool),
        heatmap=np.zeros(shape, np.float32),
        regions=(),
        threshold=NOWHERE,
        score=0.0,
        finding="nothing-found",
        statement="too small to be judged: fewer than 64 blocks, as 71 x 71 pixels have them",
        method="fusion",
        parameters=asdict(parameters),
        details={},
        warnings=source.warnings,
        suspected=np.zeros(shape, bool),
    )
