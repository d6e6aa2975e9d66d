"""What the evidence amounts to: a finding, a statement, and the localization."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice
from unsplice.pair.evidence import Evidence
from unsplice.pair.matching import Prediction
from unsplice.pair.parameters import EvidenceParameters
from unsplice.pair.region_kernels import weigh_components
from unsplice.pair.regions import Accepted
from unsplice.pair.registration import Registration
from unsplice.pair.residual import MINORITY
from unsplice.pair.source import PairSource, same_pixels
from unsplice.result import Finding, Localization, Region

_SMALL_MAJORITY = 0.4  # of changed pixels that can keep six in ten busy blocks from matching
_LEAST_SHARE = 0.3  # of the picture that has to be compared for an answer

__all__ = ["conclude", "regions_of", "share_statement"]

_WARNINGS: dict[Finding, str] = {
    "identical": "W210",
    "unrelated": "W212",
    "misaligned": "W213",
    "mostly-replaced": "W214",
}


def conclude(
    authentic: PairSource,
    spliced: PairSource,
    registration: Registration,
    prediction: Prediction,
    evidence: Evidence,
    accepted: Accepted,
    parameters: EvidenceParameters,
    *,
    num_threads: int | None = None,
) -> Localization:
    """Say what was found.

    The mask is empty where the pictures are unrelated, because every pixel differs then, and said
    to be doubtful where they hardly match or where most of the picture differs.
    """
    finding = _finding(authentic, spliced, registration, prediction, accepted.mask, parameters)
    mask = np.zeros_like(accepted.mask) if finding == "unrelated" else accepted.mask
    compared = float(np.count_nonzero(prediction.valid) / mask.size)
    own = [Notice.of(_WARNINGS[finding])] if finding in _WARNINGS else []
    regions = regions_of(mask, evidence.energy, num_threads=num_threads)
    statement = _statement(finding, mask, len(regions), registration)
    if compared < parameters.least_compared and finding not in ("identical", "unrelated"):
        own.append(Notice.of("W215", share=_percent(1 - compared)))
        statement += (
            f"; {_percent(1 - compared)} of the picture has no counterpart in the authentic one "
            "and was not compared"
        )
    return Localization(
        image=spliced.pixels,
        mask=mask,
        heatmap=evidence.heat,
        regions=regions,
        threshold=0.5,
        score=_score(finding, accepted),
        finding=finding,
        statement=statement,
        method="evidence",
        parameters=asdict(parameters),
        details={
            "registration": {
                "kind": registration.kind,
                "matrix": registration.matrix.tolist(),
                "residual": _json_number(registration.residual),
                "activity": registration.activity,
            },
            "steps": list(prediction.steps),
            "residual": _json_number(prediction.residual),
            "compared_share": compared,
        },
        warnings=(*authentic.warnings, *spliced.warnings, *own),
    )


def _finding(
    authentic: PairSource,
    spliced: PairSource,
    registration: Registration,
    prediction: Prediction,
    mask: NDArray[np.bool_],
    parameters: EvidenceParameters,
) -> Finding:
    if same_pixels(authentic.original, spliced.original):
        return "identical"
    unexplained = prediction.residual > parameters.unrelated_residual
    if unexplained and registration.mismatch > parameters.unrelated_mismatch:
        return "unrelated"
    # What is left unexplained may be anything: neither "nothing" nor a clean mask.
    compared = np.count_nonzero(prediction.valid) / mask.size
    if unexplained or compared < _LEAST_SHARE:
        return "misaligned"
    share = np.count_nonzero(mask) / mask.size
    if share > parameters.majority_share:
        return "mostly-replaced"
    if registration.blocks == MINORITY:  # few blocks match, and not because of what was replaced
        return "mostly-replaced" if share > _SMALL_MAJORITY else "misaligned"
    return "spliced" if mask.any() else "nothing-found"


def _statement(
    finding: Finding, mask: NDArray[np.bool_], regions: int, registration: Registration
) -> str:
    if finding == "identical":
        return "both pictures have the same pixels"
    if finding == "unrelated" and not isfinite(registration.residual):
        return "the pictures do not show the same background: they have hardly a pixel in common"
    if finding == "unrelated":
        return (
            "the pictures do not show the same background: after registration they still differ by "
            f"{registration.residual:.1f} gray levels where detail amounts to "
            f"{registration.activity:.1f}"
        )
    if finding == "misaligned":
        return (
            "the pictures could not be brought to match well, so the mask is doubtful; "
            f"{share_statement(mask, regions) if regions else 'nothing stands out'}"
        )
    if finding == "mostly-replaced":
        return (
            "what counts as background is a minority, so the mask may be incomplete; "
            f"{share_statement(mask, regions)}"
        )
    return share_statement(mask, regions)


def _json_number(value: float) -> float | None:
    """Return `value`, or None for what JSON has no word for: nothing could be measured."""
    return value if isfinite(value) else None


def share_statement(mask: NDArray[np.bool_], regions: int) -> str:
    """Return how much of the picture was replaced, as a sentence without its full stop."""
    if not regions:
        return "the pictures match but for noise of the kind that saving leaves"
    pixels = int(np.count_nonzero(mask))
    return (
        f"{_percent(pixels / mask.size)} of the picture ({pixels:,} pixels) was replaced, in "
        f"{regions} region{'' if regions == 1 else 's'}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share > 0.1 else f"{100 * share:.2g} %"


def _score(finding: Finding, accepted: Accepted) -> float:
    """Return e / (e + bound) of the strongest region; at most 0.5 where none was accepted."""
    if finding in ("identical", "unrelated"):
        return 0.0
    if accepted.kept.any():
        strongest = float(accepted.evidence[accepted.kept].max())
    else:
        strongest = min(float(accepted.evidence.max(initial=0.0)), accepted.bound)
    return strongest / (strongest + accepted.bound)


def regions_of(
    mask: NDArray[np.bool_], weight: NDArray[np.float32], *, num_threads: int | None
) -> tuple[Region, ...]:
    """Describe the components of `mask`, the one with the largest sum of `weight` first."""
    components = weigh_components(mask, weight, mask, num_threads=num_threads)
    regions = [
        Region(
            area=int(components.areas[i]),
            bounding_box=tuple(components.bounding_boxes[i].tolist()),
            centroid=tuple(components.centroids[i].tolist()),
            score=float(components.weights[i]),
        )
        for i in np.argsort(-components.weights, kind="stable")
    ]
    return tuple(regions)
