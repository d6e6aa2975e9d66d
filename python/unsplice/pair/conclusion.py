"""What the evidence amounts to: a finding, a statement, and the localization."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import Notice
from unsplice.kernels import label_components
from unsplice.pair.evidence import Evidence
from unsplice.pair.matching import Prediction
from unsplice.pair.parameters import EvidenceParameters
from unsplice.pair.regions import Accepted
from unsplice.pair.registration import Registration
from unsplice.pair.residual import MAJORITY
from unsplice.pair.source import PairSource
from unsplice.result import Finding, Localization, Region

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
) -> Localization:
    """Say what was found.

    The mask is empty where the pictures are unrelated, because every pixel differs then, and said
    to be doubtful where they hardly match or where most of the picture differs.
    """
    finding = _finding(authentic, spliced, registration, prediction, accepted.mask, parameters)
    mask = np.zeros_like(accepted.mask) if finding == "unrelated" else accepted.mask
    strongest = float(accepted.evidence.max(initial=0.0))
    code = _WARNINGS.get(finding)
    own = () if code is None else (Notice.of(code),)
    return Localization(
        image=spliced.pixels,
        mask=mask,
        heatmap=_heat(evidence.ratio),
        regions=regions_of(mask, evidence.energy),
        threshold=0.5,
        score=strongest / (strongest + accepted.bound),
        finding=finding,
        statement=_statement(finding, mask, registration),
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
            "compared_share": float(np.count_nonzero(prediction.valid) / mask.size),
        },
        warnings=authentic.warnings + spliced.warnings + own,
    )


def _finding(
    authentic: PairSource,
    spliced: PairSource,
    registration: Registration,
    prediction: Prediction,
    mask: NDArray[np.bool_],
    parameters: EvidenceParameters,
) -> Finding:
    if np.array_equal(authentic.pixels, spliced.pixels):
        return "identical"
    unexplained = prediction.residual > parameters.unrelated_residual
    if unexplained and registration.mismatch > parameters.unrelated_mismatch:
        return "unrelated"
    large = np.count_nonzero(mask) > parameters.majority_share * mask.size
    if large or (registration.kept_share < MAJORITY and mask.any()):
        return "mostly-replaced"
    if unexplained and registration.mismatch > parameters.misaligned_mismatch:
        return "misaligned"
    return "spliced" if mask.any() else "nothing-found"


def _statement(finding: Finding, mask: NDArray[np.bool_], registration: Registration) -> str:
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
            f"{share_statement(mask)}"
        )
    if finding == "mostly-replaced":
        return (
            "what counts as background is a minority, so the mask may be incomplete; "
            f"{share_statement(mask)}"
        )
    return share_statement(mask)


def _json_number(value: float) -> float | None:
    """Return `value`, or None for what JSON has no word for: nothing could be measured."""
    return value if isfinite(value) else None


def share_statement(mask: NDArray[np.bool_]) -> str:
    """Return how much of the picture was replaced, as a sentence without its full stop."""
    pixels = int(np.count_nonzero(mask))
    if not pixels:
        return "the pictures match everywhere, but for noise of the kind that saving leaves"
    count = len(label_components(mask))
    return (
        f"{100 * pixels / mask.size:.2g} % of the picture ({pixels:,} pixels) was replaced, in "
        f"{count} region{'' if count == 1 else 's'}"
    )


def _heat(ratio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Map a ratio to [0, 1): 1, the border of what may be a region, becomes 0.5."""
    return np.asarray(ratio / (ratio + np.float32(1)), np.float32)


def regions_of(mask: NDArray[np.bool_], weight: NDArray[np.float32]) -> tuple[Region, ...]:
    """Describe the components of `mask`, the one with the largest sum of `weight` first."""
    components = label_components(mask)
    sums = np.bincount(components.labels[mask], weight[mask], len(components) + 1)[1:]
    regions = [
        Region(
            area=int(components.areas[i]),
            bounding_box=tuple(components.bounding_boxes[i].tolist()),
            centroid=tuple(components.centroids[i].tolist()),
            score=float(sums[i]),
        )
        for i in np.argsort(-sums, kind="stable")
    ]
    return tuple(regions)
