"""From the grid of blocks to the edges that the picture shows.

What is known of a block is known to within some pixels; that a pasted object ends where the picture
has an edge is known from the picture.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_heatmap, real_number, whole_number
from unsplice.blind.fusion.kernels import CELL_SIDE, MOST_REACH, apply_lines, fit_lines, sum_cells
from unsplice.kernels import label_components

__all__ = ["cut_edges", "refine_edges"]

MOST_RADIUS: Final = CELL_SIDE * MOST_REACH

# Of cut_edges.
BACKGROUND: Final = np.float32(0.3)  # of the threshold
FOREGROUND: Final = np.float32(0.4)  # of the way from the threshold to 1
HALF: Final = np.float32(0.5)  # of a pixel
LEAST_KEPT: Final = 0.25  # of a region; what the cut leaves less of was no object to it
ROUNDS: Final = 2
MOST_CUT_PIXELS: Final = 1_000_000


def refine_edges(
    image: NDArray[np.uint8],
    heatmap: NDArray[np.float32],
    *,
    radius: int = 16,
    epsilon: float = 1e-3,
    num_threads: int | None = None,
) -> NDArray[np.float32]:
    r"""Let the steps of a heatmap follow the edges of the picture: what a guided filter adds.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB; its gray levels guide the filter.
    heatmap : (rows, cols) array of float32
        From 0 to 1, higher = more suspicious.
    radius : int
        Half the side of the windows in pixels, 1 to 1000; rounded to whole cells of 4 pixels, of
        which a window has at least one on either side of the one in its middle.
    epsilon : float
        At least 1e-9. A window whose gray levels, as 0 to 1, have a lower variance than this counts
        as flat: the heatmap stays as it is there.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    (rows, cols) array of float32
        From 0 to 1. The same bits for every number of threads and on every processor.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Notes
    -----
    With I the gray levels and p the heatmap, for each window of pixels

    .. math:: a = \frac{\mathrm{cov}(I, p)}{\mathrm{var}(I) + \epsilon}, \quad
              b = -a \bar I, \quad q = p + \langle a \rangle I + \langle b \rangle,

    where the means of a and b are over the windows that a pixel lies in. This is what the guide
    adds in K. He, J. Sun, X. Tang, "Guided Image Filtering", IEEE Transactions on Pattern Analysis
    and Machine Intelligence 35 (6), 2013, doi:10.1109/TPAMI.2012.213. There p itself is smoothed
    (:math:`b = \bar p - a \bar I`, and no p in q), which wears small regions away.

    The windows stand at every fourth pixel, and their lines are interpolated, as in K. He, J. Sun,
    "Fast Guided Filter", 2015, arXiv:1505.00996; but their means are those of all pixels, not of a
    sample. Sums are of whole numbers, so their order is free.

    Examples
    --------
    A border that is known to within some pixels moves to where the picture has an edge, from
    column 23 to column 20.

    >>> import numpy as np
    >>> image = np.zeros((40, 40, 3), np.uint8)
    >>> image[:, 20:] = 200
    >>> ramp = ((np.arange(40) - 15) / 16).clip(0, 1).astype(np.float32)
    >>> heatmap = np.repeat(ramp[np.newaxis], 40, axis=0)
    >>> refined = refine_edges(image, heatmap)
    >>> int((heatmap[20] >= 0.5).argmax()), int((refined[20] >= 0.5).argmax())
    (23, 20)
    """
    pixels, heats = _checked(image, heatmap)
    reach = max(1, round(whole_number(radius, "radius", 1, MOST_RADIUS) / CELL_SIDE))
    sums = sum_cells(pixels, heats, num_threads=num_threads)
    slopes, offsets = fit_lines(sums, heats.shape, reach, epsilon, num_threads=num_threads)
    return apply_lines(pixels, heats, slopes, offsets, num_threads=num_threads)


def cut_edges(
    image: NDArray[np.uint8], heatmap: NDArray[np.float32], threshold: float = 0.5
) -> NDArray[np.float32]:
    """Cut the marked regions out along the colors of the picture: GrabCut.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB; scaled down to a million pixels where it has more.
    heatmap : (rows, cols) array of float32
        From 0 to 1.
    threshold : float
        From which on a pixel is marked, above 0 and at most 1: the guess that the cut begins with.
        What is below 0.3 of it is background in any case, and what is above 0.6 of it and 0.4 is
        foreground: 0.15 and 0.7 for 0.5.

    Returns
    -------
    (rows, cols) array of float32
        The heatmap, raised to at least the threshold within the cut and lowered below it outside.
        No region where it was at least the threshold vanishes: one of which less than a quarter
        would be left, as of small ones without an edge, stays as it was.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype or shape, or a number out of range.

    Notes
    -----
    C. Rother, V. Kolmogorov, A. Blake, "GrabCut: Interactive Foreground Extraction using Iterated
    Graph Cuts", ACM Transactions on Graphics 23 (3), 2004, doi:10.1145/1015706.1015720, as OpenCV
    has it, two rounds. OpenCV draws random numbers for it from a state that all callers in a thread
    share: this function sets it to a fixed seed, so the result repeats, and so do later draws. The
    bits are those of the installed OpenCV; another version or processor may give others.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((60, 60, 3), 40, np.uint8)
    >>> image[20:40, 20:40] = 220, 60, 60
    >>> heatmap = np.zeros((60, 60), np.float32)
    >>> heatmap[14:46, 14:46] = 0.5
    >>> heatmap[26:34, 26:34] = 0.9
    >>> bool(((cut_edges(image, heatmap) >= 0.5) == (image[..., 0] > 100)).all())
    True
    """
    import cv2

    pixels, heats = _checked(image, heatmap)
    level = np.float32(real_number(threshold, "threshold"))
    if not 0 < level <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, got {threshold}")
    background_below = level * BACKGROUND
    foreground_above = level + (1 - level) * FOREGROUND
    given, marked = heats, heats >= level
    certain = heats > foreground_above
    possible = heats >= background_below
    rows, cols = heats.shape
    scale = min(1.0, sqrt(MOST_CUT_PIXELS / max(rows * cols, 1)))
    if scale < 1:
        size = (max(1, round(scale * cols)), max(1, round(scale * rows)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        heats = np.asarray(cv2.resize(heats, size, interpolation=cv2.INTER_AREA), np.float32)
    labels = np.where(heats >= level, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[heats < background_below] = cv2.GC_BGD
    labels[heats > foreground_above] = cv2.GC_FGD
    if not 0 < np.count_nonzero(labels & 1) < labels.size:  # GC_FGD and GC_PR_FGD are odd
        return given.copy()
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    whole = (0, 0, 0, 0)  # not read: the labels say where
    cv2.grabCut(
        np.ascontiguousarray(pixels),
        labels,
        whole,
        background,
        foreground,
        ROUNDS,
        cv2.GC_INIT_WITH_MASK,
    )
    cut = (labels & 1).astype(np.float32)
    if scale < 1:
        cut = np.asarray(cv2.resize(cut, (cols, rows), interpolation=cv2.INTER_LINEAR), np.float32)
    inside = _with_lost_regions((cut >= HALF) & possible | certain, marked)
    below = np.nextafter(level, np.float32(-1))
    return np.where(inside, np.maximum(given, level), np.minimum(given, below)).clip(0, 1)


def _checked(
    image: NDArray[np.uint8], heatmap: NDArray[np.float32]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    pixels, heats = dense_heatmap(image, heatmap)
    # A comparison with NaN is false.
    if heats.size and not 0 <= float(heats.min()) <= float(heats.max()) <= 1:
        raise ValueError(f"heatmap must be in 0..1, got {heats.min()} to {heats.max()}")
    return pixels, heats


def _with_lost_regions(mask: NDArray[np.bool_], marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `mask`, and every region of `marked` of which it has hardly anything."""
    regions = label_components(marked)
    kept = np.bincount(regions.labels[mask], minlength=len(regions.areas) + 1)[1:]
    lost = np.concatenate([[False], kept < LEAST_KEPT * regions.areas])
    return np.asarray(mask | lost[regions.labels])
