"""Patches along the border of a spliced region, and authentic ones to set beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import require_array, whole_number
from unsplice.errors import ImageError, Notice
from unsplice.kernels import extract_patches, find_boundary

__all__ = ["Patches", "sample_patches"]

# An authentic patch keeps this distance to every forged pixel: a mask is rarely right to the pixel,
# and feathering and compression carry traces of the splice past its border.
_CLEAN_MARGIN = 8


@dataclass(frozen=True, eq=False)
class Patches:
    """Square windows of one picture, those on the border of its spliced region first.

    Attributes
    ----------
    images : (n, size, size, 3) or (n, size, size) array
        The pixels, of the dtype of the picture in native byte order.
    masks : (n, size, size) array of bool
        True = spliced.
    corners : (n, 2) array of int64
        (row, col) of each window's first pixel in the picture.
    labels : (n,) array of int64
        1 = the window lies on the border, 0 = it is authentic. int64 is what loss functions and
        classifiers take as a class without a cast.
    tampered_fraction : (n,) array of float64
        Share of spliced pixels in the window, in [0, 1].
    small : bool
        The spliced regions are too small for any window to reach the lower share asked for; it was
        let go, and the windows hold less.
    warnings : tuple of Notice
        Where the request could not be met in full.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((64, 96), bool)
    >>> mask[20:44, 20:44] = True
    >>> patches = sample_patches(mask.astype(np.uint8), mask, size=16)
    >>> border = patches.images[patches.labels == 1]
    >>> len(border) * 2 == len(patches)
    True
    """

    images: NDArray[Any] = field(repr=False)
    masks: NDArray[np.bool_] = field(repr=False)
    corners: NDArray[np.int64] = field(repr=False)
    labels: NDArray[np.int64]
    tampered_fraction: NDArray[np.float64] = field(repr=False)
    small: bool = False
    warnings: tuple[Notice, ...] = ()

    def __len__(self) -> int:
        """Return the number of patches."""
        return len(self.labels)


def sample_patches(
    image: NDArray[Any],
    mask: NDArray[np.bool_],
    *,
    size: int = 128,
    count: int | None = None,
    tampered_fraction: tuple[float, float] = (0.1, 0.9),
    negatives: Literal["equal", "none"] | int = "equal",
    pad: Literal["reflect"] | None = None,
    seed: int = 0,
) -> Patches:
    """Cut patches along the border of the spliced region, and authentic ones to match.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of uint8 or uint16
        The picture.
    mask : (rows, cols) array of bool
        True = spliced.
    size : int
        Side of a patch in pixels; >= 8.
    count : int, optional
        At most this many border patches, spread widely; default: all that the rule gives.
    tampered_fraction : pair of float
        Lowest and highest share of spliced pixels in a border patch.
    negatives : "equal", "none" or int
        Authentic patches: as many as there are border patches, none, or this many.
    pad : "reflect", optional
        Continue a picture that is smaller than a patch by reflection, below and to the right, so
        that `corners` keep their meaning. The default refuses it, for a reflected part is no
        evidence of anything.
    seed : int
        Where the walk along each contour and the spread of the authentic patches begin; >= 0.
        The same seed gives the same patches.

    Returns
    -------
    Patches
        Border patches in the order found, then authentic ones in the order of their spread.

    Raises
    ------
    TypeError
        If an argument has the wrong kind or dtype.
    ValueError
        If the shapes do not fit each other, or an argument is out of range.
    ImageError
        E137 if the picture is smaller than a patch and `pad` is None.

    Notes
    -----
    The contour is every spliced pixel with an authentic one above, below, left or right of it, so
    it runs around regions and their holes and never along the frame of the picture. A border patch

    - is centred on a contour pixel, then shifted, where it must be, to lie inside the picture;
    - holds a share of spliced pixels within `tampered_fraction`. If no window in the whole picture
      reaches the lower bound, that bound is let go and the result says ``small``;
    - holds at least min(size / 4, half of all) of the contour pixels: a corner of a region that
      peeps in does not make a border patch;
    - begins at least half a side from every other (Euclidean distance of the corners), so that two
      patches share at most half of their pixels.

    The contours are walked from the longest to the shortest, in steps of an eighth of that
    distance, and each window that keeps the rule is taken. An authentic patch has no spliced pixel
    in it or within 8 pixels of it. Its candidates lie on a grid of size // 8, last row and column
    included, and are taken in farthest-point order: each as far as possible from those before it.

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> image = np.zeros((256, 384, 3), np.uint8)
    >>> mask = np.zeros((256, 384), bool)
    >>> mask[60:200, 40:180] = True
    >>> patches = unsplice.sample_patches(image, mask)
    >>> patches.images.shape
    (12, 128, 128, 3)
    >>> patches.labels
    array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    """
    pixels, forged = _checked_picture(image, mask)
    size = whole_number(size, "size", 8)
    if count is not None:
        count = whole_number(count, "count", 0)
    seed = whole_number(seed, "seed", 0)
    low, high = _checked_fraction(tampered_fraction)
    if isinstance(negatives, str):
        if negatives not in ("equal", "none"):
            raise ValueError(f'negatives must be "equal", "none" or an int, got {negatives!r}')
    else:
        negatives = whole_number(negatives, "negatives", 0)
    pixels, forged = _large_enough(pixels, forged, size, pad)

    random = np.random.default_rng(seed)
    forged_sums = _integral(forged)
    border, small, warnings = _border_corners(forged, forged_sums, size, low, high, random)
    if count is not None and len(border) > count:
        border = border[np.sort(_farthest_first(border, count, first=0))]
    wanted = (
        {"equal": len(border), "none": 0}[negatives] if isinstance(negatives, str) else negatives
    )
    clean = _authentic_corners(forged_sums, size, wanted, random)
    if len(clean) < wanted:
        warnings = (
            *warnings,
            Notice.of("W223", found=len(clean), wanted=wanted, size=size, margin=_CLEAN_MARGIN),
        )
    corners = np.concatenate([border, clean])
    return Patches(
        images=extract_patches(pixels, corners, size),
        masks=extract_patches(forged, corners, size),
        corners=corners,
        labels=np.repeat(np.array([1, 0], np.int64), [len(border), len(clean)]),
        tampered_fraction=_window_counts(forged_sums, corners, size) / size**2,
        small=small,
        warnings=warnings,
    )


def _border_corners(
    forged: NDArray[np.bool_],
    forged_sums: NDArray[np.int64],
    size: int,
    low: float,
    high: float,
    random: np.random.Generator,
) -> tuple[NDArray[np.int64], bool, tuple[Notice, ...]]:
    """Return the corners of the border patches, whether `low` was let go, and what to tell."""
    none = np.empty((0, 2), np.int64)
    contour = find_boundary(forged)
    contour_length = int(np.count_nonzero(contour))
    if contour_length == 0:
        return none, False, (Notice.of("W220", state="full" if forged.any() else "empty"),)

    points, owner = _trace(forged)
    on_contour = contour[points[:, 0], points[:, 1]]
    points, owner = points[on_contour], owner[on_contour]
    corners = np.clip(points - size // 2, 0, np.array(forged.shape) - size)
    fraction = _window_counts(forged_sums, corners, size) / size**2
    small = bool(fraction.max() < low)
    keeps_rule = (
        (fraction >= (0.0 if small else low))
        & (fraction <= high)
        & (
            _window_counts(_integral(contour), corners, size)
            >= min(0.25 * size, 0.5 * contour_length)
        )
    )
    if not keeps_rule.any():
        return none, small, (Notice.of("W222", size=size, low=low, high=high),)

    spacing = (size + 1) // 2
    walk = _walk(owner, keeps_rule, max(1, spacing // 8), random)
    corners = _spaced(corners[walk], spacing, forged.shape)
    notices = (Notice.of("W221", size=size, low=low),) if small else ()
    return corners, small, notices


def _trace(forged: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the points along every outer and hole border, and the number of each one's border."""
    contours, _ = cv2.findContours(forged.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(contours)[:, 0, ::-1].astype(np.int64)
    lengths = np.fromiter(map(len, contours), np.int64, len(contours))
    return points, np.repeat(np.arange(len(contours)), lengths)


def _walk(
    owner: NDArray[np.int64], eligible: NDArray[np.bool_], step: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return the indices of eligible points, `step` apart on each contour, longest contour first.

    Every contour with an eligible point gives at least one.
    """
    lengths = np.bincount(owner)
    eligible_index = np.flatnonzero(eligible)
    available = np.bincount(owner[eligible_index], minlength=len(lengths))
    first = np.cumsum(available) - available
    offset = (random.random(len(lengths)) * available).astype(np.int64)
    stops = -(-available // step)

    order = np.argsort(-lengths, kind="stable")
    which = np.repeat(order, stops[order])
    stop = np.arange(len(which)) - np.repeat(np.cumsum(stops[order]) - stops[order], stops[order])
    return eligible_index[first[which] + (offset[which] + stop * step) % available[which]]


def _spaced(corners: NDArray[np.int64], spacing: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Keep, first come first served, the corners at least `spacing` apart."""
    reach = spacing - 1
    offsets = np.arange(-reach, reach + 1)
    too_close = offsets[:, None] ** 2 + offsets**2 < spacing**2
    # A margin lets every disk be drawn whole.
    blocked = np.zeros((shape[0] + 2 * reach, shape[1] + 2 * reach), np.bool_)
    kept = []
    for row, col in corners.tolist():
        if not blocked[row + reach, col + reach]:
            kept.append((row, col))
            blocked[row : row + 2 * reach + 1, col : col + 2 * reach + 1] |= too_close
    return np.array(kept, np.int64)


def _authentic_corners(
    forged_sums: NDArray[np.int64], size: int, wanted: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return up to `wanted` corners of windows far from every forged pixel, widely spread."""
    stride = size // 8
    rows, cols = (
        # A set, for the last row or column may lie on the grid.
        np.union1d(np.arange(0, extent - size, stride), extent - 1 - size)
        for extent in forged_sums.shape
    )
    grid = np.stack(np.meshgrid(rows, cols, indexing="ij"), axis=-1).reshape(-1, 2)
    clean: NDArray[np.int64] = grid[
        _window_counts(forged_sums, grid, size, margin=_CLEAN_MARGIN) == 0
    ]
    if not len(clean):
        return clean
    first = int(random.integers(len(clean)))
    return clean[_farthest_first(clean, min(wanted, len(clean)), first=first)]


def _farthest_first(corners: NDArray[np.int64], count: int, *, first: int) -> NDArray[np.int64]:
    """Return `count` indices, each the farthest (Euclidean) from those before it."""
    order = np.empty(count, np.int64)
    distance = np.full(len(corners), np.iinfo(np.int64).max)
    chosen = first
    for rank in range(count):
        order[rank] = chosen
        distance = np.minimum(distance, ((corners - corners[chosen]) ** 2).sum(axis=1))
        chosen = int(distance.argmax())
    return order


def _integral(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return S of shape (rows + 1, cols + 1) with S[r, c] the number of set pixels above left."""
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int64)
    np.cumsum(mask, axis=1, out=sums[1:, 1:])
    np.cumsum(sums[1:, 1:], axis=0, out=sums[1:, 1:])
    return sums


def _window_counts(
    sums: NDArray[np.int64], corners: NDArray[np.int64], size: int, *, margin: int = 0
) -> NDArray[np.int64]:
    """Count the set pixels in each window, grown by `margin` as far as the picture goes."""
    top, left = np.maximum(corners - margin, 0).T
    bottom, right = np.minimum(corners + (size + margin), np.array(sums.shape) - 1).T
    return np.asarray(
        sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left], np.int64
    )


def _large_enough(
    pixels: NDArray[Any], forged: NDArray[np.bool_], size: int, pad: str | None
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return picture and mask of at least `size` rows and columns, or refuse."""
    if pad not in (None, "reflect"):
        raise ValueError(f'pad must be None or "reflect", got {pad!r}')
    rows, cols = forged.shape
    missing_rows, missing_cols = max(0, size - rows), max(0, size - cols)
    if not missing_rows and not missing_cols:
        return pixels, forged
    if pad is None:
        raise ImageError("E137", rows=rows, cols=cols, size=size)
    width = [(0, missing_rows), (0, missing_cols), (0, 0)]
    return (
        np.pad(pixels, width[: pixels.ndim], mode="reflect"),
        np.pad(forged, width[:2], mode="reflect"),
    )


def _checked_picture(
    image: NDArray[Any], mask: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return `image`, and `mask` dense, or say what is wrong."""
    require_array(image, "image", ("uint8", "uint16"))
    require_array(mask, "mask", ("bool",), hint="; a 0/255 mask: mask > 0")
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
        raise ValueError(
            f"image must have shape (rows, cols) or (rows, cols, 3), got {image.shape}"
        )
    if mask.shape != image.shape[:2]:
        raise ValueError(
            f"mask must have the shape of the picture {image.shape[:2]}, got {mask.shape}"
        )
    if not mask.size:
        raise ValueError(f"image must have pixels, got shape {image.shape}")
    return image, np.ascontiguousarray(mask)


def _checked_fraction(bounds: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = (float(bound) for bound in bounds)
    except (TypeError, ValueError):
        raise TypeError(f"tampered_fraction must be a pair of numbers, got {bounds!r}") from None
    if not 0 <= low < high <= 1:
        raise ValueError(f"tampered_fraction must hold 0 <= low < high <= 1, got {bounds!r}")
    return low, high
