"""From evidence to regions: grow and accept, close, fill, and peel the rim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.components import Components
from unsplice.kernels import gaussian_blur, label_components, median_filter
from unsplice.pair.evidence import Evidence
from unsplice.pair.parameters import EvidenceParameters

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
    components : Components
        All candidates.
    evidence : (n,) array of float64
        Summed energy of each candidate.
    kept : (n,) array of bool
        Which were accepted.
    bound : float
        Evidence that was needed.
    """

    mask: NDArray[np.bool_]
    components: Components
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
    found = accept_components(
        evidence.ratio > 1, evidence, residual, parameters, num_threads=num_threads
    )
    mask = close_components(found.mask, parameters.closing, num_threads=num_threads)
    mask = fill_holes(mask, parameters.max_hole_share, num_threads=num_threads)
    mask = reopen_background(mask, found.mask, evidence.energy, parameters, num_threads=num_threads)
    mask = peel_rim(mask, evidence.amplitude, num_threads=num_threads)
    mask = median_filter(mask.view(np.uint8), num_threads=num_threads).view(np.bool_)
    final = accept_components(mask, evidence, residual, parameters, num_threads=num_threads)
    if valid.all():
        return final
    return replace(final, mask=_continued(final.mask, valid))


def accept_components(
    mask: NDArray[np.bool_],
    evidence: Evidence,
    residual: float,
    parameters: EvidenceParameters,
    *,
    num_threads: int | None = None,
) -> Accepted:
    """Keep the components that are too many standard deviations off to be noise.

    A component needs seeds, a few pixels, and a summed energy that grows with the residual: a small
    region that stands out stays, a large one that hardly does goes.
    """
    components = label_components(mask, num_threads=num_threads)
    count = len(components.areas)
    labels = components.labels[mask]
    energy = np.clip(
        evidence.energy[mask].astype(np.float64) - parameters.energy_floor,
        0,
        parameters.energy_ceiling - parameters.energy_floor,
    )
    total = np.bincount(labels, energy, count + 1)[1:].astype(np.float64)
    seeds = np.bincount(labels, evidence.seeds[mask], count + 1)[1:]
    bound = parameters.min_evidence + parameters.evidence_per_residual * min(residual, 8.0)
    kept = (
        (total > bound)
        & (seeds >= parameters.min_seeds)
        & (components.areas >= parameters.min_area)
    )
    chosen = np.concatenate([[False], kept])[components.labels]
    return Accepted(chosen, components, total, kept, bound)


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
    result = _closed(mask, round(low))
    components = label_components(result, num_threads=num_threads)
    for index, box in enumerate(components.bounding_boxes.tolist()):
        radius = round(min(share * sqrt(components.areas[index]), high))
        if radius > low:
            top, left, bottom, right = box
            part = (slice(top, bottom), slice(left, right))
            result[part] |= _closed(components.labels[part] == index + 1, radius)
    return result


def _closed(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Return the closing of `mask` with a disc; the frame does not attract it."""
    size = 2 * radius + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = np.pad(mask.view(np.uint8), 2 * radius)
    closed = np.asarray(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)).view(np.bool_)
    rows, cols = mask.shape
    return closed[2 * radius : 2 * radius + rows, 2 * radius : 2 * radius + cols]


def fill_holes(
    mask: NDArray[np.bool_], max_share: float, *, num_threads: int | None = None
) -> NDArray[np.bool_]:
    """Fill holes of at most `max_share` of the area of the component around them.

    A hole is a 4-connected part of the background that does not touch the picture's frame.
    """
    if not mask.any():
        return mask
    rows, cols = mask.shape
    background = label_components(~mask, connectivity=4, num_threads=num_threads)
    around = label_components(mask, num_threads=num_threads)
    boxes = background.bounding_boxes
    inside = (boxes[:, 0] > 0) & (boxes[:, 1] > 0) & (boxes[:, 2] < rows) & (boxes[:, 3] < cols)
    filled = np.zeros(len(background.areas) + 1, np.bool_)
    for index in np.flatnonzero(inside):
        top, left, _, right = boxes[index]
        # Above the first pixel of a hole lies the component that holds it.
        first = left + int(np.argmax(background.labels[top, left:right] == index + 1))
        holder = around.labels[top - 1, first]
        filled[index + 1] = background.areas[index] <= max_share * around.areas[holder - 1]
    return mask | filled[background.labels]


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
    reopened = np.zeros(len(parts) + 1, np.bool_)
    for label, start, end in zip(labels, starts, ends, strict=True):
        if end - start >= parameters.min_gap:
            reopened[label] = np.median(values[start:end]) < parameters.gap_energy
    return mask & ~reopened[parts.labels]


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
    rows = np.flatnonzero(mask.any(axis=1))
    cols = np.flatnonzero(mask.any(axis=0))
    box = (
        slice(max(0, int(rows[0]) - _MARGIN), int(rows[-1]) + 1 + _MARGIN),
        slice(max(0, int(cols[0]) - _MARGIN), int(cols[-1]) + 1 + _MARGIN),
    )
    inside = np.ascontiguousarray(mask[box])
    clipped = np.minimum(amplitude[box], np.float32(80))
    height = gaussian_blur(clipped[np.newaxis], 1.0, num_threads=num_threads)[0]
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    for _ in range(2):
        weight = _depth_weight(inside)
        sums = gaussian_blur(np.stack([height * weight, weight]), 2.0, num_threads=num_threads)
        weak = height * sums[1] < np.float32(0.5) * sums[0]
        for _ in range(_PEEL_DEPTH):
            reached = cv2.dilate((~inside).view(np.uint8), cross).view(np.bool_)
            removed = reached & weak & inside
            if not removed.any():
                break
            inside &= ~removed
    result = mask.copy()
    result[box] = inside
    return result


def _depth_weight(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return ``(min(distance to the outside, 3) / 3)^2`` inside the mask, 0 outside.

    Squared, because pixels of the rim would pull down what counts as the height further in. The
    picture's frame is no outside.
    """
    padded = np.pad(mask, 1, mode="edge").view(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    depth = np.asarray(np.minimum(distance, 3) / np.float32(3), np.float32)
    return depth * depth


def dilated(mask: NDArray[np.bool_], pixels: int) -> NDArray[np.bool_]:
    """Return `mask` grown by `pixels` in all eight directions."""
    square = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return np.asarray(cv2.dilate(mask.view(np.uint8), square)).view(np.bool_)


def _continued(mask: NDArray[np.bool_], valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Carry regions up to four pixels into the frame where the pair has nothing to compare."""
    result = mask.copy()
    for _ in range(4):
        result |= dilated(result, 1) & ~valid
    return result
