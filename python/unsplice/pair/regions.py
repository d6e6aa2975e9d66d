"""From evidence to regions: grow and accept, close, fill, and peel the rim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import gaussian_blur, label_components, median_filter
from unsplice.pair.evidence import Evidence
from unsplice.pair.parameters import EvidenceParameters
from unsplice.pair.region_kernels import (
    close_mask,
    keep_components,
    weigh_components,
)
from unsplice.pair.residual import Window

__all__ = [
    "Accepted",
    "accept_components",
    "close_components",
    "dilated",
    "fill_holes",
    "find_regions",
    "peel_rim",
    "reopen_background",
]

_PEEL_DEPTH = 4
_MARGIN = 16  # around a bounding box: more than any filter here reaches


@dataclass(frozen=True, eq=False)
class Accepted:
    """The components whose evidence suffices.

    Attributes
    ----------
    mask : (rows, cols) array of bool
        Their pixels.
    bounding_boxes : (n, 4) array of int64
        (row, col, row, col) of each candidate: first, and one past the last.
    evidence : (n,) array of float64
        Summed energy of each candidate.
    kept : (n,) array of bool
        Which were accepted.
    bound : float
        Evidence that was needed.
    """

    mask: NDArray[np.bool_]
    bounding_boxes: NDArray[np.int64]
    evidence: NDArray[np.float64]
    kept: NDArray[np.bool_]
    bound: float


def find_regions(
    evidence: Evidence,
    valid: NDArray[np.bool_],
    residual: float,
    parameters: EvidenceParameters,
    *,
    num_threads: int | None = None,
) -> Accepted:
    """Turn evidence into clean regions.

    Parameters
    ----------
    evidence : Evidence
        Of the pair.
    valid : (rows, cols) array of bool
        Where there can be evidence; regions are continued a little into the rest.
    residual : float
        Trimmed difference of the pair, in gray levels.
    parameters : EvidenceParameters
        Bounds.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.
    """
    energy, seeds = evidence.energy, evidence.seeds
    everywhere = accept_components(
        evidence.candidates, energy, seeds, residual, parameters, num_threads=num_threads
    )
    # Closing and filling leave nothing outside of the box around all that was found.
    box = _box_around(everywhere)
    energy, seeds, found = energy[box], seeds[box], everywhere.mask[box]
    mask = close_components(found, parameters.closing, num_threads=num_threads)
    mask = fill_holes(mask, parameters.max_hole_share, num_threads=num_threads)
    mask = reopen_background(mask, found, energy, parameters, num_threads=num_threads)
    mask = peel_rim(mask, evidence.amplitude(box), num_threads=num_threads)
    mask = median_filter(mask.view(np.uint8), num_threads=num_threads).view(np.bool_)
    final = accept_components(mask, energy, seeds, residual, parameters, num_threads=num_threads)
    whole = np.zeros(valid.shape, np.bool_)
    whole[box] = final.mask
    if not valid.all():
        whole = _continued(whole, valid)
    return replace(final, mask=whole, bounding_boxes=final.bounding_boxes + _corner(box))


def _box_around(accepted: Accepted) -> Window:
    """Return the box of all that was accepted, with a margin, within the picture."""
    boxes = accepted.bounding_boxes[accepted.kept]
    if not len(boxes):
        return slice(0, 0), slice(0, 0)
    return _with_margin(
        boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0), np.array(accepted.mask.shape)
    )


def _with_margin(
    first: NDArray[np.int64], end: NDArray[np.int64], shape: NDArray[np.int64]
) -> Window:
    (top, left), (bottom, right) = (
        np.maximum(first - _MARGIN, 0).tolist(), np.minimum(end + _MARGIN, shape).tolist()
    )  # fmt: skip
    return slice(top, bottom), slice(left, right)


def _corner(box: Window) -> list[int]:
    return 2 * [box[0].start, box[1].start]


def accept_components(
    mask: NDArray[np.bool_],
    energy: NDArray[np.float32],
    seeds: NDArray[np.bool_],
    residual: float,
    parameters: EvidenceParameters,
    *,
    num_threads: int | None = None,
) -> Accepted:
    """Keep the components that are too many standard deviations off to be noise.

    A component needs seeds, a few pixels, and a summed energy that grows with the residual: a small
    region that stands out stays, a large one that hardly does goes.
    """
    components = weigh_components(
        mask,
        energy,
        seeds,
        floor=parameters.energy_floor,
        ceiling=parameters.energy_ceiling,
        num_threads=num_threads,
    )
    bound = parameters.min_evidence + parameters.evidence_per_residual * min(residual, 8.0)
    kept = (
        (components.weights > bound)
        & (components.marks >= parameters.min_seeds)
        & (components.areas >= parameters.min_area)
    )
    chosen = keep_components(mask, kept, num_threads=num_threads)
    return Accepted(chosen, components.bounding_boxes, components.weights, kept, bound)


def close_components(
    mask: NDArray[np.bool_],
    closing: tuple[float, float, float],
    *,
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Close the gaps that look-alike colors leave: all together a little, then each part more.

    The second disc grows with the component and is applied to it alone, so that it does not reach
    for another one.
    """
    share, low, high = closing
    result = close_mask(mask, _disc(round(low)), num_threads=num_threads)
    components = label_components(result, num_threads=num_threads)
    for index, box in enumerate(components.bounding_boxes.tolist()):
        radius = round(min(share * sqrt(components.areas[index]), high))
        if radius > low:
            top, left, bottom, right = box
            part = (slice(top, bottom), slice(left, right))
            alone = components.labels[part] == index + 1
            result[part] |= close_mask(alone, _disc(radius), num_threads=num_threads)
    return result


def _disc(radius: int) -> tuple[int, ...]:
    """Return the half widths of a disc: of its middle row, and of those further and further away.

    Examples
    --------
    >>> _disc(3)
    (3, 3, 2, 0)
    """
    return tuple(round((radius * radius - away * away) ** 0.5) for away in range(radius + 1))


def fill_holes(
    mask: NDArray[np.bool_], max_share: float, *, num_threads: int | None = None
) -> NDArray[np.bool_]:
    """Fill holes of at most `max_share` of the area of the component around them.

    A hole is a 4-connected part of the background that does not touch the picture's frame.
    """
    rows, cols = mask.shape
    outside = ~mask
    background = label_components(outside, connectivity=4, num_threads=num_threads)
    boxes = background.bounding_boxes
    inside = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < rows) & (boxes[:, 3] < cols)
    filled = np.zeros(len(background), np.bool_)
    if not inside.any():
        return mask
    around = label_components(mask, num_threads=num_threads)
    for index in np.flatnonzero(inside):
        top, left, _, right = boxes[index]
        # Above the first pixel of a hole lies the component that holds it.
        first = left + int(np.argmax(background.labels[top, left:right] == index + 1))
        holder = around.labels[top - 1, first]
        filled[index] = background.areas[index] <= max_share * around.areas[holder - 1]
    if not filled.any():
        return mask
    return mask | keep_components(outside, filled, connectivity=4, num_threads=num_threads)


def reopen_background(
    mask: NDArray[np.bool_],
    found: NDArray[np.bool_],
    energy: NDArray[np.float32],
    parameters: EvidenceParameters,
    *,
    num_threads: int | None = None,
) -> NDArray[np.bool_]:
    """Take out of `mask` what closing and filling added although it matches like background.

    A part of a pasted object that looks like what it covers still differs by a little more than
    noise; a real gap between its limbs differs by noise alone. Pixels within two of `found` do not
    count: blurring carries energy there.
    """
    added = mask & ~found
    deep = added & ~dilated(found, 2)
    if not deep.any():
        return mask
    parts = label_components(added, connectivity=4, num_threads=num_threads)
    inside = parts.labels[deep]
    order = np.argsort(inside, kind="stable")
    labels, starts = np.unique(inside[order], return_index=True)
    ends = [*starts[1:], inside.size]
    values = energy[deep][order]
    stays = np.ones(len(parts), np.bool_)
    for label, start, end in zip(labels, starts, ends, strict=True):
        if end - start >= parameters.min_gap:
            stays[label - 1] = np.median(values[start:end]) >= parameters.gap_energy
    closed = keep_components(added, stays, connectivity=4, num_threads=num_threads)
    return (mask & found) | closed


def peel_rim(
    mask: NDArray[np.bool_], amplitude: NDArray[np.float32], *, num_threads: int | None = None
) -> NDArray[np.bool_]:
    """Take off the rim where the difference is below half of what it is further in.

    Soft edges, block leakage and chroma bleed spread a difference beyond the part that was pasted;
    the border of a blurred edge lies at half its height. Twice, the mask is flooded from outside,
    up to four pixels deep, through such pixels.
    """
    if not mask.any():
        return mask
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = _with_margin(
        np.array([rows[0], cols[0]]), np.array([rows[-1], cols[-1]]) + 1, np.array(mask.shape)
    )
    inside = np.ascontiguousarray(mask[box])
    clipped = np.minimum(amplitude[box], np.float32(80))
    height = gaussian_blur(clipped[np.newaxis], 1.0, num_threads=num_threads)[0]
    weighted = np.empty((2, *inside.shape), np.float32)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for _ in range(2):
        weighted[1] = _depth_weight(inside)
        np.multiply(height, weighted[1], out=weighted[0])
        sums = gaussian_blur(weighted, 2.0, num_threads=num_threads)
        sums[0] *= np.float32(0.5)
        sums[1] *= height
        weak = sums[1] < sums[0]
        for _ in range(_PEEL_DEPTH):
            removed = _grown(~inside, cross)
            removed &= weak
            removed &= inside
            if not removed.any():
                break
            inside ^= removed
    result = mask.copy()
    result[box] = inside
    return result


def _depth_weight(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return ``(min(distance to the outside, 3) / 3)^2`` inside the mask, 0 outside.

    Squared, because pixels of the rim would pull down what counts as the height further in. The
    picture's frame is no outside.
    """
    padded = np.pad(mask, 1, mode="edge").view(np.uint8)
    depth = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5), np.float32)[1:-1, 1:-1]
    np.minimum(depth, 3, out=depth)
    # The last bit of a distance depends on the processor; no two lie so close together.
    depth *= np.float32(2**16)
    np.rint(depth, out=depth)
    depth /= np.float32(3 * 2**16)
    depth *= depth
    return depth


def dilated(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return `mask` grown by `pixels` in all eight directions."""
    return _grown(mask, np.ones(2 * (2 * pixels + 1,), np.uint8))


def _grown(mask: NDArray[np.bool_], element: Any) -> NDArray[np.bool_]:
    """Return where any pixel of the neighborhood is true; beyond `mask` nothing is."""
    if not mask.size:  # OpenCV refuses it
        return mask.copy()
    return np.asarray(cv2.dilate(mask.view(np.uint8), element)).view(np.bool_)


def _continued(mask: NDArray[np.bool_], valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Carry regions up to four pixels into the frame where the pair has nothing to compare."""
    result = mask.copy()
    for _ in range(4):
        result |= dilated(result, 1) & ~valid
    return result
