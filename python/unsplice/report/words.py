"""What a report says of a result in general: headlines, how often it errs, limits, what is next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from unsplice.blind.fusion.gate import shipped_gate

__all__ = [
    "ALARMING",
    "FINDINGS",
    "NEXT",
    "Reliability",
    "headline_of",
    "limits_of",
    "place_in_words",
    "reliability_of",
    "score_in_words",
]

PAIR_METHODS: Final = frozenset(["evidence", "neighborhood-threshold"])
# The findings in few words, the most serious first: their order is that of an index.
FINDINGS: Final = {
    "spliced": "spliced",
    "mostly-replaced": "mostly replaced",
    "misaligned": "doubtful: hardly comparable",
    "marked": "marked, without evidence",
    "unrelated": "not the same scene",
    "identical": "the same pixels",
    "nothing-found": "nothing found",
}
# Those that say that something was pasted, and are shown so.
ALARMING: Final = frozenset(["spliced", "mostly-replaced"])
_PAIR_HEADLINES: Final = {
    "spliced": "Part of this picture is not in the authentic one.",
    "nothing-found": "Nothing was found that the authentic picture does not show.",
    "identical": "Both pictures have the same pixels.",
    "unrelated": "The two pictures do not show the same background.",
    "misaligned": "The two pictures could not be compared reliably.",
    "mostly-replaced": "Most of this picture differs from the authentic one.",
}
_BLIND_HEADLINES: Final = {
    "spliced": "This picture shows traces of splicing.",
    "nothing-found": "No evidence of splicing was found.",
    "marked": "The most suspicious parts are marked. This is no evidence of splicing.",
}
NEXT: Final = (
    "Whoever relies on this should have somebody trained in image forensics look at the original "
    "file, at where it comes from, and at the scene itself: light, shadows, perspective.",
    "Ask for the picture as it left the camera. Copies from messengers and web sites have lost "
    "most of what could be found.",
    "A second, independent method that comes to the same answer is worth more than a high score of "
    "one.",
)
_ALL_LIMITS: Final = (
    "It indicates; it does not prove. It tells that parts of the picture differ in ways that "
    "pasting leaves behind, not who did what, when or why.",
)
_BLIND_LIMITS: Final = (
    "Nothing found does not mean authentic. Resizing, blurring and strong compression wipe out the "
    "traces; then rightly none are seen.",
    "What was copied within the same picture, retouched, or made by a generator as a whole leaves "
    "few or none of the traces that are looked for.",
    "Local edits by a camera or a phone, such as portrait blur or stitched panoramas, differ from "
    "the rest as a paste does.",
)
_LIMITS: Final[dict[str, tuple[str, ...]]] = {
    "fusion": (
        "The weights were learned from pictures that were made for it, and how often it errs was "
        "measured on few photographs: other sources of pictures can behave otherwise.",
    ),
    "jpeg-history": (
        "It sees one kind of trace only: a picture that was a JPEG, was edited, and was saved as "
        "JPEG again. It is blind where nothing was a JPEG before, or where the last save was the "
        "coarser one.",
    ),
    "paper": (
        "This method marks what has the strongest noise and error levels. Every picture has such "
        "parts, so it marks something in nearly every one, untouched or not.",
    ),
    "evidence": (
        "It answers what differs from the picture that was given as authentic. Whether that one is "
        "authentic it cannot tell.",
        "A paste that matches what it covers in color and brightness within the noise is not seen, "
        "nor is one where the authentic picture shows less of the scene.",
        "A difference can be harmless: a date stamp, a logo, a removed speck of dust.",
    ),
    "neighborhood-threshold": (
        "It answers what differs by more than a fixed amount from the picture that was given as "
        "authentic. Saving as JPEG alone can cause that.",
    ),
}


@dataclass(frozen=True)
class Reliability:
    """How often a method errs, as far as that was measured.

    Attributes
    ----------
    sentences : tuple of str
        In words.
    rates : tuple of (float, float)
        Shares of untouched photographs, and the score that they reach; for "fusion" alone.
    """

    sentences: tuple[str, ...]
    rates: tuple[tuple[float, float], ...] = ()


def headline_of(finding: str, method: str) -> str:
    """Return the answer in a sentence, without figures."""
    return (_PAIR_HEADLINES if method in PAIR_METHODS else _BLIND_HEADLINES)[finding]


def limits_of(method: str) -> tuple[str, ...]:
    """Return what the answer does not say."""
    shared = () if method in PAIR_METHODS else _BLIND_LIMITS
    return (*_ALL_LIMITS, *_LIMITS[method], *shared)


def score_in_words(score: float | None) -> str:
    """Return a score with two digits; "none" where the method gives none."""
    return "none" if score is None or math.isnan(score) else f"{score:.2f}"


def reliability_of(method: str, finding: str, details: Mapping[str, Any]) -> Reliability:
    """Return how often the method is wrong, in words that hold for this result.

    Parameters
    ----------
    method, finding, details
        Of the result, as `Localization` has them.
    """
    if method == "fusion":
        return _of_fusion(details)
    if method == "jpeg-history":
        return Reliability((
            "Of 38 untouched photographs, each saved or reduced in eight ways, something was "
            "marked in 4 of the 304 pictures: about 1 in 100, but such a small test allows for "
            "several times as many.",
        ))  # fmt: skip
    if method == "paper":
        return Reliability((
            "This method gives no score: it says where, not whether. It marks something in nearly "
            "every picture, untouched ones included, so that a marked region is no evidence.",
        ))  # fmt: skip
    if method == "evidence":
        told: tuple[str, ...] = (
            "Of 360 pairs of test pictures in which nothing had been pasted, but which had been "
            "saved, toned, shifted, resized or blurred, 1 had a false region.",
        )
        if finding in ("misaligned", "mostly-replaced"):
            told += (
                "That does not hold here: for this pair the answer is doubtful, as said above.",
            )
        return Reliability(told)
    return Reliability((
        "Of 360 pairs of test pictures in which nothing had been pasted, 206 had a false region.",
    ))  # fmt: skip


def _of_fusion(details: Mapping[str, Any]) -> Reliability:
    if "gate" not in details:
        return Reliability(("The picture is too small to be judged.",))
    gate = details["gate"]
    rates = shipped_gate(jpeg=gate["files"] == "jpeg").thresholds
    by_history = details["jpeg_history"]["counts"]
    told: list[str] = []
    if by_history:
        told.append(
            "Here the history of JPEG compression decides: it clearly shows a part that lacks what "
            "the rest went through. In a test, that was so for 4 of 304 pictures made from "
            "untouched photographs."
        )
    told.append(
        f"{'By all maps together it' if by_history else 'This picture'} scores "
        f"{score_in_words(gate['score'])} of 1. Of untouched photographs, "
        f"{_share_reaching(gate['score'], rates)} score as high."
    )
    if gate["threshold"] is not None:
        told.append(
            f"{'Without that history, regions' if by_history else 'Regions'} are marked from a "
            f"score of {score_in_words(gate['threshold'])} on, which about "
            f"{_in_hundred(gate['false_alarm_rate'])} reach."
        )
    told.append(
        "These shares were measured on variants of 48 photographs: take them as about right."
    )
    return Reliability(tuple(told), rates)


def _share_reaching(score: float, rates: tuple[tuple[float, float], ...]) -> str:
    """Return in words which share of untouched photographs reaches a score."""
    reached = [rate for rate, least in rates if score >= least]
    missed = [rate for rate, least in rates if score < least]
    if not reached:
        return f"more than {_in_hundred(max(missed))}"
    if not missed:
        return f"about {_in_hundred(min(reached))} or fewer"
    return f"between about {100 * max(missed):g} and {_in_hundred(min(reached))}"


def _in_hundred(rate: float) -> str:
    return f"{100 * rate:g} in 100"


def place_in_words(row: float, col: float) -> str:
    """Return where a point lies; its row and column are shares of the height and width.

    Examples
    --------
    >>> place_in_words(0.1, 0.5), place_in_words(0.5, 0.5), place_in_words(0.9, 0.9)
    ('top middle', 'center', 'bottom right')
    """
    across = ("left", "middle", "right")[min(int(3 * col), 2)]
    down = ("top", "middle", "bottom")[min(int(3 * row), 2)]
    if across == down:
        return "center"
    return across if down == "middle" else f"{down} {across}"
