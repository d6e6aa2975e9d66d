"""``method="fusion"``: evidence maps, a small network over them, a gate, and pixel edges."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import as_file, files
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import pixels_of_blocks, regions_of
from unsplice.blind.evidence.maps import (
    MAP_NAMES,
    SCALAR_NAMES,
    EvidenceMaps,
    block_maps,
)
from unsplice.blind.fusion.edges import cut_edges, refine_edges
from unsplice.blind.fusion.gate import GATE_NAMES, gate_numbers, shipped_gate
from unsplice.blind.fusion.network import Network, load_network, sigmoid_of
from unsplice.blind.fusion.texture import with_texture
from unsplice.blind.fusion.threshold import expected_f1_threshold
from unsplice.blind.jpeg_history import decide_by_history
from unsplice.blind.parameters import FusionParameters, JpegHistoryParameters
from unsplice.blind.source import BlindSource
from unsplice.errors import UnspliceError
from unsplice.kernels import remove_small_components
from unsplice.result import Finding, Localization

__all__ = ["Judgement", "judge", "localize_by_fusion", "shipped_network", "shipped_weights"]

_HISTORY: Final = JpegHistoryParameters()
# Below, a picture has too few blocks to tell its compressions, and nothing was trained on.
LEAST_SIDE: Final = 72
NOWHERE: Final = 1.0  # a threshold that marks nothing
# Mean probability, by the network alone, of what the compression history marks. Untouched pictures
# that were saved three times or more have histories that two compressions explain badly.
LEAST_AGREEMENT: Final = 0.25
OF_HISTORY: Final = np.float32(4)  # logit between a share of 0 and of 1 of a single compression


@dataclass(frozen=True, eq=False)
class Judgement:
    """What is measured before anything is decided.

    Attributes
    ----------
    evidence : EvidenceMaps
        Of the picture.
    logits : (block rows, block cols) array of float32
        Of the network.
    probabilities : (block rows, block cols) array of float32
        That a block is spliced, given that the picture is.
    history : Localization
        What the compression history alone says.
    by_history : bool
        Whether that is "spliced", and the network agrees.
    numbers : (n,) array of float64
        What the gate weighs.
    """

    evidence: EvidenceMaps
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    history: Localization
    by_history: bool
    numbers: NDArray[np.float64]


@cache
def shipped_network() -> Network:
    """Return the network that ships with the package; docs/model-card.md tells how it was made.

    Raises
    ------
    UnspliceError
        E195 if its file cannot be read, is damaged, or holds a network over other maps.
    """
    with as_file(files("unsplice.blind.fusion") / "network.npz") as path:
        network = load_network(path)
        if (network.map_names, network.scalar_names) != (MAP_NAMES, SCALAR_NAMES):
            raise UnspliceError("E195", path=path, reason="its maps are not those of this version")
        return network


@cache
def shipped_weights() -> str:
    """Return the SHA-256 of the files that decide: the network, then the gate, in hexadecimal."""
    digest = hashlib.sha256()
    for name in ("network.npz", "gate.json"):
        digest.update((files("unsplice.blind.fusion") / name).read_bytes())
    return digest.hexdigest()


def judge(
    source: BlindSource,
    network: Network,
    *,
    without: Collection[str] = (),
    num_threads: int | None = None,
) -> Judgement:
    """Measure a picture, and let the network judge its blocks.

    Parameters
    ----------
    source : BlindSource
        At least 72 pixels high and wide.
    network : Network
        Over the maps of `unsplice.blind.evidence.maps`.
    without : collection of str
        Families of maps that are not looked at, of `FAMILIES`.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Judgement
    """
    evidence = block_maps(source, _HISTORY, without=without, num_threads=num_threads)
    prediction = network.run(evidence.maps, evidence.scalars, num_threads=num_threads)
    probabilities = sigmoid_of(prediction.logits)
    history, compression = decide_by_history(
        source, evidence.history, _HISTORY, num_threads=num_threads
    )
    by_history = "jpeg-history" not in without and _agrees(probabilities, history, evidence)
    if by_history and compression is not None:
        # What needs no learning to be seen adds its odds to what was learned.
        odds = OF_HISTORY * (compression.ratio.clip(0, 1) - np.float32(0.5))
        probabilities = sigmoid_of(prediction.logits + odds)
    numbers = gate_numbers(
        prediction.logits,
        probabilities,
        prediction.detection,
        evidence.scalars,
        history_valid=by_history,
        num_threads=num_threads,
    )
    return Judgement(evidence, prediction.logits, probabilities, history, by_history, numbers)


def _agrees(
    probabilities: NDArray[np.float32], history: Localization, evidence: EvidenceMaps
) -> bool:
    """Return whether the compression history finds a splice where the network sees one, too."""
    if history.finding != "spliced":
        return False
    proven = _blocks_of(history.mask, evidence)
    if not proven.any():
        return False
    # In whole numbers, whose sum has one value only.
    steps = np.rint(probabilities[proven].astype(np.float64) * 2**16).astype(np.int64)
    return bool(steps.mean() >= LEAST_AGREEMENT * 2**16)


def _blocks_of(mask: NDArray[np.bool_], evidence: EvidenceMaps) -> NDArray[np.bool_]:
    """Return the blocks whose middle is marked."""
    rows, cols = evidence.maps.shape[1:]
    return mask[evidence.row + 4 :: 8, evidence.col + 4 :: 8][:rows, :cols]


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
        where the score is below what untouched photographs reach, and the compression history
        proves nothing by itself. Where it is below, the heatmap weighs texture in as well.
        The finding is "spliced" or "nothing-found"; without the gate
        "marked" takes the place of a doubtful "spliced". `suspected` is the mask that
        ``gate=False`` would give.
    """
    if min(source.pixels.shape[:2]) < LEAST_SIDE:
        return _too_small(source, parameters)
    judgement = judge(
        source, shipped_network(), without=parameters.without, num_threads=num_threads
    )
    table_known = SCALAR_NAMES.index("table_known")
    gate = shipped_gate(jpeg=bool(judgement.evidence.scalars[table_known]))
    score = gate.score(judgement.numbers)
    held = gate.threshold(parameters.false_alarm_rate)
    by_history = judgement.by_history
    passed = by_history or (held is not None and score >= held[1])
    if passed:
        probabilities = judgement.probabilities
    else:
        row, col = judgement.evidence.row, judgement.evidence.col
        logits = with_texture(judgement.logits, source, row=row, col=col, num_threads=num_threads)
        probabilities = sigmoid_of(logits)
    probabilities, threshold, chosen = _chosen_blocks(
        probabilities, _proven_blocks(judgement), parameters, num_threads
    )
    heatmap = _pixels(source, probabilities, judgement.evidence)
    if parameters.edges == "guided":
        heatmap = refine_edges(source.pixels, heatmap, num_threads=num_threads)
    elif parameters.edges == "cut":
        heatmap = cut_edges(source.pixels, heatmap, threshold)
    likely = heatmap >= np.float32(threshold)
    suspected = likely & (_pixels(source, chosen.astype(np.float32), judgement.evidence) > 0)
    mask = suspected if passed or not parameters.gate else np.zeros_like(suspected)
    regions = regions_of(mask, heatmap, num_threads=num_threads)
    finding: Finding = "nothing-found"
    if regions:
        finding = "spliced" if passed else "marked"
    return Localization(
        image=source.pixels,
        mask=mask,
        heatmap=heatmap,
        regions=regions,
        threshold=threshold,
        score=max(score, judgement.history.score if by_history else 0.0),
        finding=finding,
        statement=_statement(finding, mask, judgement, score, held, passed=passed),
        method="fusion",
        parameters=asdict(parameters),
        details=_details(judgement, score, held),
        warnings=source.warnings,
        suspected=suspected,
    )


def _pixels(
    source: BlindSource, blocks: NDArray[np.float32], evidence: EvidenceMaps
) -> NDArray[np.float32]:
    """Return a number of each pixel, between those of the blocks around."""
    shape = source.pixels.shape[0], source.pixels.shape[1]
    return pixels_of_blocks(blocks, shape, row=evidence.row, col=evidence.col)


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


def _proven_blocks(judgement: Judgement) -> NDArray[np.bool_]:
    """Return the blocks whose middle the compression history marks, if it counts."""
    if not judgement.by_history:
        return np.zeros(judgement.probabilities.shape, bool)
    return _blocks_of(judgement.history.mask, judgement.evidence)


def _statement(
    finding: Finding,
    mask: NDArray[np.bool_],
    judgement: Judgement,
    score: float,
    held: tuple[float, float] | None,
    *,
    passed: bool,
) -> str:
    told = f"score {score:.2f}"
    if held is not None:
        told += f"; at most {100 * held[0]:g} % of untouched photographs reach {held[1]:.2f}"
    if finding == "nothing-found" and passed:
        return f"traces of splicing ({told}), but no region stands out enough to be marked"
    if finding == "nothing-found":
        return f"no evidence of splicing ({told})"
    share = f"{100 * np.count_nonzero(mask) / mask.size:.1f} % of the picture"
    if judgement.by_history:
        return f"{judgement.history.statement}; marked: {share}"
    if finding == "marked":
        return f"no evidence of splicing ({told}); most suspicious: {share}"
    return f"{share} differs from the rest ({told})"


def _details(
    judgement: Judgement, score: float, held: tuple[float, float] | None
) -> dict[str, Any]:
    """Return what was measured, for the record."""
    evidence = judgement.evidence
    return {
        "weights": shipped_weights(),
        "grid": {"row": evidence.row, "col": evidence.col},
        "gate": {
            "score": score,
            "false_alarm_rate": held[0] if held else None,
            "threshold": held[1] if held else None,
            "numbers": dict(zip(GATE_NAMES, judgement.numbers.tolist(), strict=True)),
        },
        "jpeg_history": {
            "finding": judgement.history.finding,
            "statement": judgement.history.statement,
            "counts": judgement.by_history,
            **judgement.history.details,
        },
    }


def _too_small(source: BlindSource, parameters: FusionParameters) -> Localization:
    shape = source.pixels.shape[:2]
    return Localization(
        image=source.pixels,
        mask=np.zeros(shape, bool),
        heatmap=np.zeros(shape, np.float32),
        regions=(),
        threshold=NOWHERE,
        score=0.0,
        finding="nothing-found",
        statement=f"too small to be judged: fewer than {LEAST_SIDE} pixels high or wide",
        method="fusion",
        parameters=asdict(parameters),
        details={},
        warnings=source.warnings,
        suspected=np.zeros(shape, bool),
    )
