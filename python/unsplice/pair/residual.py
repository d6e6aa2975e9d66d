"""How well one picture predicts another, in spite of what was pasted.

Registration and compression matching compare candidates by the same yardstick: the mean of the
smallest 60 % of the 8x8-block differences, over blocks with at least median activity. Pasted blocks
differ most and fall out; flat blocks would agree under any candidate and are left out. Where most
of a picture was replaced, only 8 % are looked at; where the background is plain, flat blocks too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import gaussian_blur
from unsplice.pair.kernels import color_difference, luma

__all__ = [
    "MAJORITY",
    "MINORITY",
    "PLAIN",
    "Blocks",
    "Window",
    "agreeing_pixels",
    "block_means",
    "color_residual",
    "high_pass",
    "sample_windows",
    "trimmed_mean",
]

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Blocks:
    """Which blocks a residual is taken from.

    Attributes
    ----------
    busy : bool
        Only those with at least median activity.
    kept_share : float
        Share of them that counts, those with the smallest difference.
    """

    busy: bool
    kept_share: float


MAJORITY = Blocks(busy=True, kept_share=0.6)
MINORITY = Blocks(busy=True, kept_share=0.08)
# On a plain background what was pasted is all that is busy.
PLAIN = Blocks(busy=False, kept_share=0.6)

_BLOCK = 8
_LEAST_BLOCKS = 4
_LEAST_ACTIVITY = 0.25  # gray levels


def sample_windows(shape: tuple[int, int], *, max_pixels: int, side: int = 256) -> list[Window]:
    """Return the windows of a picture that are looked at: all of it, or a grid of squares.

    Corners are multiples of 16, so that the blocks of a JPEG stay whole in every window.

    Parameters
    ----------
    shape : tuple of int
        (rows, cols) of the picture.
    max_pixels : int
        Up to this size the picture is one window.
    side : int
        Side of the squares, in pixels.
    """
    rows, cols = shape
    if rows * cols <= max_pixels:
        return [(slice(0, rows), slice(0, cols))]
    across = max(1, int((max_pixels / side**2) ** 0.5))
    tops, lefts = (
        sorted(
            {
                max(0, round(size * (2 * k + 1) / (2 * across) - side / 2)) // 16 * 16
                for k in range(across)
            }
        )
        for size in (rows, cols)
    )
    return [
        (slice(top, min(top + side, rows)), slice(left, min(left + side, cols)))
        for top in tops
        for left in lefts
    ]


def high_pass(gray: NDArray[np.float32], *, num_threads: int | None) -> NDArray[np.float32]:
    """Return `gray` less its Gaussian mean of sigma 4: what survives gain and brightness."""
    blurred: NDArray[np.float32] = gaussian_blur(gray[np.newaxis], 4.0, num_threads=num_threads)[0]
    np.subtract(gray, blurred, out=blurred)
    return blurred


def block_means(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each whole 8x8 block; a remainder at the right and bottom is left out."""
    rows, cols = (size // _BLOCK * _BLOCK for size in plane.shape)
    if rows == 0 or cols == 0:
        return np.zeros((0, 0), np.float32)
    # Slices are added one after the other: a library sum may pick another order on another
    # processor.
    columns = (
        sum(plane[start:rows:_BLOCK, :cols] for start in range(1, _BLOCK))
        + plane[0:rows:_BLOCK, :cols]
    )
    total = sum(columns[:, start::_BLOCK] for start in range(1, _BLOCK)) + columns[:, ::_BLOCK]
    return np.asarray(total / np.float32(_BLOCK**2), np.float32)


def trimmed_mean(
    differences: Sequence[NDArray[np.float32]],
    activities: Sequence[NDArray[np.float32]],
    valid: Sequence[NDArray[np.bool_]],
    blocks: Blocks,
) -> tuple[float, float]:
    """Return the trimmed block difference and the mean activity of the blocks it was taken from.

    Parameters
    ----------
    differences, activities : sequence of (rows, cols) arrays of float32
        Non-negative difference and activity, a window each.
    valid : sequence of (rows, cols) arrays of bool
        Pixels that have a counterpart in the other picture.
    blocks : Blocks
        Which blocks count.

    Returns
    -------
    difference, activity : float
        In the unit of the input; infinity and 0 where no pixel is valid. Where fewer than four
        blocks are, as in tiny pictures, single pixels take the place of blocks.
    """
    difference, activity, covered = (
        np.concatenate(
            [block_means(plane.astype(np.float32, copy=False)).ravel() for plane in kind]
        )
        for kind in (differences, activities, valid)
    )
    inside = covered == 1
    if np.count_nonzero(inside) < _LEAST_BLOCKS:
        difference, activity = (
            np.concatenate([plane.ravel() for plane in kind]) for kind in (differences, activities)
        )
        inside = np.concatenate([plane.ravel() for plane in valid])
        if not inside.any():
            return float("inf"), 0.0
    chosen = _busy(activity, inside) if blocks.busy else inside
    values = np.sort(difference[chosen]).astype(np.float64)
    kept = max(1, int(blocks.kept_share * values.size))
    # cumsum adds in sequence, which a plain sum need not.
    return (
        float(values[:kept].cumsum()[-1] / kept),
        float(activity[chosen].astype(np.float64).cumsum()[-1] / np.count_nonzero(chosen)),
    )


def _busy(activity: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the blocks inside with at least median activity.

    Blocks without any detail agree under every candidate; unless there is nothing else, they have
    no say in what busy means.
    """
    detailed = inside & (activity > _LEAST_ACTIVITY)
    if np.count_nonzero(detailed) >= _LEAST_BLOCKS:
        inside = detailed
    return inside & (activity >= np.median(activity[inside]))


def color_residual(
    predictions: Sequence[NDArray[np.uint8]],
    targets: Sequence[NDArray[np.uint8]],
    valid: Sequence[NDArray[np.bool_]],
    blocks: Blocks,
    *,
    num_threads: int | None,
) -> float:
    """Return the trimmed mean of ``|dY| + |dCb| + |dCr|``, in gray levels, over windows.

    Parameters
    ----------
    predictions, targets : sequence of (rows, cols, 3) arrays of uint8
        The same windows of both pictures.
    valid : sequence of (rows, cols) arrays of bool
        Pixels of the windows that count.
    blocks : Blocks
        Which blocks count.
    """
    differences: list[NDArray[Any]] = []
    activities: list[NDArray[Any]] = []
    for prediction, target in zip(predictions, targets, strict=True):
        differences.append(_color_distance(prediction, target, num_threads))
        gray = luma(target, num_threads=num_threads)
        activity = high_pass(gray, num_threads=num_threads)
        activities.append(np.abs(activity, out=activity))
    return trimmed_mean(differences, activities, valid, blocks)[0]


def _color_distance(
    prediction: NDArray[np.uint8], target: NDArray[np.uint8], num_threads: int | None
) -> NDArray[np.float32]:
    planes = color_difference(target, prediction, num_threads=num_threads)
    np.abs(planes, out=planes)
    planes[0] += planes[1]
    planes[0] += planes[2]
    total: NDArray[np.float32] = planes[0]
    return total


def agreeing_pixels(
    prediction: NDArray[np.uint8],
    target: NDArray[np.uint8],
    limit: float,
    *,
    num_threads: int | None,
) -> NDArray[np.bool_]:
    """Return the pixels of the 8x8 blocks whose mean difference is at most `limit` gray levels."""
    means = block_means(_color_distance(prediction, target, num_threads))
    result = np.zeros(target.shape[:2], np.bool_)
    whole = np.repeat(np.repeat(means <= limit, _BLOCK, axis=0), _BLOCK, axis=1)
    result[: whole.shape[0], : whole.shape[1]] = whole
    return result
