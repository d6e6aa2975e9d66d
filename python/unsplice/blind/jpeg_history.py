"""Splices by compression history: blocks that lack the earlier JPEG compression of the rest.

A picture that was a JPEG before it was edited, and that is saved again on the same 8x8 grid, has
coefficients that were quantised twice, which leaves gaps in their histograms. What was pasted from
elsewhere was not quantised with these steps on this grid, and has none. So which of the two is the
paste is known, not guessed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.blocks import between_class_threshold, regions_of
from unsplice.blind.compression import Compression, History, measure_history, no_history
from unsplice.blind.grid import Grid
from unsplice.blind.kernels import pixels_of_blocks
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.quantization import EarlierTable, table_name
from unsplice.blind.source import BlindSource
from unsplice.kernels import label_components, remove_small_components
from unsplice.result import Finding, Localization

__all__ = ["decide_by_history", "localize_by_history"]

# Beside a region that is evidence, one with less is marked, too.
LEAST_COMPANION: Final = (0.4, 20.0, 0.1)  # evidence, information in nats, density


@dataclass(frozen=True)
class _Candidate:
    """A compact region of blocks with much evidence for a single compression."""

    label: int
    evidence: float  # share of what a single compression would show
    information: float  # nats that a single compression would show
    density: float  # the same a block, as a multiple of what the rest of the picture has


def localize_by_history(
    source: BlindSource, parameters: JpegHistoryParameters, *, num_threads: int | None = None
) -> Localization:
    """Mark what lacks the earlier compression of the rest of a picture.

    Parameters
    ----------
    source : BlindSource
        Any picture; one that is too small or was no JPEG gets an answer that says so.
    parameters : JpegHistoryParameters
        When a history is evidence.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Localization
        `heatmap` is the evidence for a single compression as a share of what there would be,
        `score` that of the surest region that was accepted. `details` has the grid, the earlier
        table, the share of blocks with it and its gain. The finding is "spliced" or
        "nothing-found"; without the gate also "marked". `suspected` is the mask that
        ``gate=False`` would give.
    """
    history = measure_history(source, parameters, num_threads=num_threads)
    decided, _ = decide_by_history(source, history, parameters, num_threads=num_threads)
    return decided


def decide_by_history(
    source: BlindSource,
    history: History,
    parameters: JpegHistoryParameters,
    *,
    num_threads: int | None = None,
) -> tuple[Localization, Compression | None]:
    """Do what `localize_by_history` does, with what was measured before.

    Returns
    -------
    Localization
        As `localize_by_history` gives it.
    Compression or None
        What decided it: that below the last save where only that shows a splice.
    """
    if history.compression is None or history.grid is None:
        details = _details(history.grid, history.grid) if history.grid else {}
        return _nothing(source, parameters, history.reason, details), None
    decided = _decided(source, history.grid, history.compression, parameters, num_threads)
    if history.deeper is not None and decided.finding != "spliced":
        density = max(parameters.min_density, parameters.min_deeper_density)
        stricter = replace(parameters, min_density=density)
        # The last table is told by the file, or else was found a step before.
        last = history.grid if history.grid.has_table else history.compression.grid
        deeper = _decided(source, last, history.deeper, stricter, num_threads)
        if deeper.finding == "spliced":
            return replace(deeper, parameters=asdict(parameters)), history.deeper
    return decided, history.compression


def _decided(
    source: BlindSource,
    last: Grid,
    compression: Compression,
    parameters: JpegHistoryParameters,
    num_threads: int | None,
) -> Localization:
    details = _details(last, compression.grid, compression.earlier, compression.ratio.size)
    reason = no_history(compression, parameters)
    if reason:
        return _nothing(source, parameters, reason, details)
    threshold = between_class_threshold(
        compression.ratio,
        compression.information,
        parameters.least_threshold,
        parameters.most_threshold,
    )
    marked = compression.ratio > np.float32(threshold)
    least = max(1, ceil(parameters.min_area * marked.size))
    marked = remove_small_components(marked, least, num_threads=num_threads)
    labels = label_components(marked, num_threads=num_threads).labels
    candidates, leftover = _candidates(compression, labels)
    least_evidence = parameters.min_evidence
    if not compression.grid.has_table:
        least_evidence = max(least_evidence, parameters.min_plain_evidence)
    # What all the rest shows, too, is no evidence: the two compressions explain the picture badly.
    least_evidence += max(leftover, 0.0)
    accepted = [one for one in candidates if _is_evidence(one, least_evidence, parameters)]
    companions = [one.label for one in candidates if one in accepted or _is_companion(one)]
    marked = np.isin(labels, companions)
    details |= {"leftover_evidence": leftover, "regions": [asdict(one) for one in candidates]}
    reason = _no_splice(last, compression, marked, leftover, bool(accepted), parameters)
    shape = source.pixels.shape[0], source.pixels.shape[1]
    place: Any = {"row": compression.grid.row, "col": compression.grid.col}
    place |= {"num_threads": num_threads}
    heatmap = np.clip(pixels_of_blocks(compression.ratio, shape, **place), 0, 1)
    suspected = np.zeros(shape, bool)
    if marked.mean() <= parameters.max_area:
        # Components that were too small stay out, with all that is a block away from the others.
        near = pixels_of_blocks(marked.astype(np.float32), shape, **place) > 0
        suspected = (heatmap > np.float32(threshold)) & near
    mask = np.zeros(shape, bool) if reason and parameters.gate else suspected
    regions = regions_of(mask, heatmap, num_threads=num_threads)
    finding: Finding = "spliced" if not reason else "marked" if regions else "nothing-found"
    return Localization(
        image=source.pixels,
        mask=mask,
        heatmap=heatmap,
        regions=regions,
        threshold=threshold,
        score=_score(finding, accepted),
        finding=finding,
        statement=reason or _statement(last, compression, mask, len(regions)),
        method="jpeg-history",
        parameters=asdict(parameters),
        details=details,
        warnings=source.warnings,
        suspected=suspected,
    )


def _score(finding: Finding, accepted: list[_Candidate]) -> float:
    """Return the evidence of the surest region; nan where regions are marked without a verdict."""
    if finding == "spliced":
        return min(1.0, max(one.evidence for one in accepted))
    return float("nan") if finding == "marked" else 0.0


def _no_splice(
    last: Grid,
    compression: Compression,
    marked: NDArray[np.bool_],
    leftover: float,
    has_evidence: bool,
    parameters: JpegHistoryParameters,
) -> str:
    """Return why what differs is no evidence of a splice, or nothing."""
    history = _history(last, compression)
    if abs(leftover) > parameters.max_leftover or marked.mean() > parameters.max_area:
        return f"{history}, which explains the picture badly"
    if not has_evidence:
        return f"{history}, and no region clearly lacks the earlier compression"
    return ""


def _candidates(
    compression: Compression, labels: NDArray[np.int32]
) -> tuple[list[_Candidate], float]:
    """Return the evidence of each region, and that of all that is outside of them."""

    def by_label(values: NDArray[Any]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(labels.ravel(), values.ravel()), np.float64)

    clean = compression.clean
    blocks = np.maximum(by_label(clean), 1)
    found, expected = by_label(compression.found * clean), by_label(compression.expected * clean)
    outside = labels == 0
    rest_found = float(compression.found[outside].sum(dtype=np.float64))
    rest = float(compression.expected[outside].sum(dtype=np.float64))
    usual = rest / max(int(outside.sum()), 1)
    candidates = [
        _Candidate(
            label=label,
            evidence=float(found[label]) / max(float(expected[label]), 1e-9),
            information=float(expected[label]),
            density=float(expected[label] / blocks[label]) / max(usual, 1e-9),
        )
        for label in range(1, len(blocks))
    ]
    return candidates, rest_found / max(rest, 1e-9)


def _is_evidence(
    candidate: _Candidate, least_evidence: float, parameters: JpegHistoryParameters
) -> bool:
    return (
        candidate.evidence >= least_evidence
        and candidate.information >= parameters.min_information
        and candidate.density >= parameters.min_density
    )


def _is_companion(candidate: _Candidate) -> bool:
    evidence, information, density = LEAST_COMPANION
    return (
        candidate.evidence >= evidence
        and candidate.information >= information
        and candidate.density >= density
    )


# ------------------------------------------------------------------------------------ the words


def _history(last: Grid, compression: Compression) -> str:
    grid, earlier = compression.grid, compression.earlier
    if not grid.has_table:
        return f"was a JPEG before ({earlier.name})"
    tables = [earlier.name, table_name(grid.steps)]
    if last.has_table and grid is not last:
        tables.append(table_name(last.steps))
    times = "twice" if len(tables) == 2 else "three times"
    compressed = f"compressed {times} ({', then '.join(tables)})"
    return compressed if grid.origin == "file" else f"was a JPEG before, {compressed}"


def _statement(last: Grid, compression: Compression, mask: NDArray[np.bool_], regions: int) -> str:
    share = 100 * np.count_nonzero(mask) / mask.size
    count = "1 region" if regions == 1 else f"{regions:,} regions"
    verb = "lacks" if regions == 1 else "lack"
    return (
        f"{_history(last, compression)}, but {count} with {share:.1f} % of the picture {verb} the "
        "earlier compression"
    )


def _details(
    last: Grid, grid: Grid, earlier: EarlierTable | None = None, blocks: int = 0
) -> dict[str, Any]:
    """Return what was measured, for the record."""

    def table(steps: NDArray[Any]) -> dict[str, Any]:
        return {"name": table_name(steps), "luma": steps.tolist()}

    between = grid.has_table and last.has_table and grid is not last
    details: dict[str, Any] = {
        "grid": {"row": grid.row, "col": grid.col, "origin": grid.origin, "z_score": grid.z_score},
        "last": table((last if between else grid).steps) if grid.has_table else None,
        "between": table(grid.steps) if between else None,
    }
    if earlier is not None:
        details["earlier"] = {"name": earlier.name, "luma": earlier.table.tolist()}
        details["share"] = earlier.share
        details["gain"] = earlier.gain
        details["gain_per_block"] = earlier.gain / blocks
    return details


def _nothing(
    source: BlindSource,
    parameters: JpegHistoryParameters,
    reason: str,
    details: dict[str, Any],
) -> Localization:
    """Return the result where there is nothing to measure."""
    shape = source.pixels.shape[:2]
    mask = np.zeros(shape, bool)
    return Localization(
        image=source.pixels,
        mask=mask,
        heatmap=np.zeros(shape, np.float32),
        regions=(),
        threshold=parameters.least_threshold,
        score=0.0,
        finding="nothing-found",
        statement=reason,
        method="jpeg-history",
        parameters=asdict(parameters),
        details=details,
        warnings=source.warnings,
        suspected=mask,  # nothing, gate or not
    )
