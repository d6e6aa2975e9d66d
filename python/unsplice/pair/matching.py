"""Make the authentic picture look as it would had it gone the spliced picture's way.

A spliced picture was saved again, sometimes graded or filtered as a whole. Each step here undoes
one such difference by applying it to the authentic picture too, and is kept only if the prediction
gets better by a clear margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.jpeg import standard_tables
from unsplice.pair.kernels import jpeg_round_trip, luma
from unsplice.pair.residual import (
    MAJORITY,
    Blocks,
    Window,
    color_residual,
    high_pass,
    sample_windows,
)
from unsplice.pair.tone import fit_tone_curves, spread_indices, trimmed_error

__all__ = ["Prediction", "SavedAs", "fit_filter", "match_compression", "match_tone_and_filter"]

_WINDOW_PIXELS = 1 << 18
_SAMPLES = 20_000
_KEPT = 0.7  # share of the samples that a filter is fitted to
_QUALITIES = (60, 70, 75, 80, 85, 90, 95)
_SUBSAMPLINGS = ((2, 2), (1, 1))


@dataclass(frozen=True, eq=False)
class SavedAs:
    """How a picture was saved as JPEG: what its quantisation does to the pixels.

    Attributes
    ----------
    tables : (3, 8, 8) array of float32
        Quantisation steps of Y, Cb, Cr.
    subsampling : tuple of int
        Factor by which chroma is reduced: (horizontal, vertical), each 1 or 2.
    name : str
        For reports, such as "the spliced file's own tables" or "quality 80, 4:2:0".
    """

    tables: NDArray[np.float32]
    subsampling: tuple[int, int]
    name: str

    @classmethod
    def at_quality(cls, quality: int, subsampling: tuple[int, int]) -> SavedAs:
        """Return the settings of the common codecs' quality scale."""
        luma_table, chroma_table = standard_tables(quality)
        tables = np.array([luma_table, chroma_table, chroma_table], np.float32)
        ratio = "4:2:0" if subsampling == (2, 2) else "4:4:4"
        return cls(tables, subsampling, f"quality {quality}, {ratio}")

    def applied(self, image: NDArray[np.uint8], *, num_threads: int | None) -> NDArray[np.uint8]:
        """Return `image` as it comes back from such a file."""
        return jpeg_round_trip(image, self.tables, self.subsampling, num_threads=num_threads)


@dataclass(frozen=True, eq=False)
class Prediction:
    """The authentic picture, as the spliced one would look had nothing been pasted.

    Attributes
    ----------
    image : (rows, cols, 3) array of uint8
        RGB, on the grid of the spliced picture.
    valid : (rows, cols) array of bool
        Where it has a source.
    residual : float
        Trimmed difference to the spliced picture, in gray levels.
    steps : tuple of str
        What was applied, in order.
    toned : bool
        Whether a tone curve is among the steps.
    block_steps : tuple of three floats
        Gray levels by which the last save moves the mean of a block in Y, Cb, Cr when it falls to
        the next quantisation step: the step of the constant coefficient over 8. 0 without a save.
    """

    image: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    residual: float
    steps: tuple[str, ...] = ()
    toned: bool = False
    block_steps: tuple[float, float, float] = (0.0, 0.0, 0.0)


def match_compression(
    authentic: NDArray[np.uint8],
    spliced: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    saved_as: SavedAs | None,
    *,
    blocks: Blocks = MAJORITY,
    num_threads: int | None = None,
) -> Prediction:
    """Save the authentic picture the way the spliced one was saved.

    Candidates: as it is; with the tables of the spliced file; with one more save, at each of seven
    qualities, before that. A picture without JPEG header may have been one earlier: then the seven
    qualities alone.

    Parameters
    ----------
    authentic, spliced : (rows, cols, 3) arrays of uint8
        RGB, on one grid.
    valid : (rows, cols) array of bool
        Where `authentic` has a source.
    saved_as : SavedAs, optional
        How the spliced file was saved; None if that is not known.
    blocks : Blocks
        What decides; see `Registration`.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.
    """
    shape = (spliced.shape[0], spliced.shape[1])
    windows = sample_windows(shape, max_pixels=_WINDOW_PIXELS)
    sources = _crops(authentic, windows)
    targets = _crops(spliced, windows)
    covered = [valid[window] for window in windows]

    def residual(chain: tuple[SavedAs, ...]) -> float:
        predictions = [_saved(source, chain, num_threads) for source in sources]
        return color_residual(predictions, targets, covered, blocks, num_threads=num_threads)

    last = () if saved_as is None else (saved_as,)
    chains: dict[tuple[SavedAs, ...], float] = {(): residual(())}
    if last:
        chains[last] = residual(last)
    plain = min(chains.values())
    # Below this nothing is left for an earlier save to explain.
    if plain > (1.0 if last else 0.3):
        earlier = {
            chain: residual(chain)
            for quality in _QUALITIES
            for subsampling in _SUBSAMPLINGS
            for chain in [(SavedAs.at_quality(quality, subsampling), *last)]
        }
        # With fourteen candidates one is a little better by chance.
        chains.update({c: value for c, value in earlier.items() if value < 0.93 * plain})
    best = min(chains, key=lambda chain: chains[chain])
    luma_step, blue_step, red_step = (
        (saved_as or best[-1]).tables[:, 0, 0].tolist() if saved_as or best else (0, 0, 0)
    )
    return Prediction(
        _saved(authentic, best, num_threads),
        valid,
        chains[best],
        tuple(f"saved as JPEG: {settings.name}" for settings in best),
        block_steps=(luma_step / 8, blue_step / 8, red_step / 8),
    )


def _crops(image: NDArray[np.uint8], windows: list[Window]) -> list[NDArray[np.uint8]]:
    return [image[window] for window in windows]


def _saved(
    image: NDArray[np.uint8], chain: tuple[SavedAs, ...], num_threads: int | None
) -> NDArray[np.uint8]:
    for settings in chain:
        image = settings.applied(image, num_threads=num_threads)
    return image


def match_tone_and_filter(
    authentic: NDArray[np.uint8],
    spliced: NDArray[np.uint8],
    prediction: Prediction,
    saved_as: SavedAs | None,
    *,
    num_threads: int | None = None,
) -> Prediction:
    """Grade and filter the authentic picture as the spliced one seems to have been.

    Fits a monotone curve per channel and a 5x5 filter, both robustly (the worst third or so of the
    samples, where something may have been pasted, is left out in turn). Returns `prediction` itself
    where that does not make the residual clearly smaller.

    Parameters
    ----------
    authentic, spliced : (rows, cols, 3) arrays of uint8
        RGB, on one grid, the authentic one before compression matching.
    prediction : Prediction
        What `match_compression` gave.
    saved_as : SavedAs, optional
        How the spliced file was saved.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.
    """
    curves = fit_tone_curves(authentic, spliced, prediction.valid, num_threads=num_threads)
    steps: tuple[str, ...] = ()
    matched: NDArray[Any] = authentic
    if curves is not None:
        matched = np.stack([curves[k][matched[..., k]] for k in range(3)], axis=-1)
        steps += ("tone curve",)
    weights = fit_filter(matched, spliced, prediction.valid, num_threads=num_threads)
    valid = prediction.valid
    if weights is not None:
        matched = cv2.filter2D(matched, -1, weights, borderType=cv2.BORDER_REFLECT_101)
        valid = _without_frame(valid)
        steps += ("5x5 filter",)
    if not steps:
        return prediction
    again = match_compression(matched, spliced, valid, saved_as, num_threads=num_threads)
    if again.residual >= 0.85 * prediction.residual:
        return prediction
    return Prediction(
        again.image,
        valid,
        again.residual,
        steps + again.steps,
        toned=curves is not None,
        block_steps=again.block_steps,
    )


def _without_frame(valid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take three pixels off the border of the valid area, where a filter saw too little."""
    eroded = cv2.erode(
        valid.view(np.uint8),
        np.ones((7, 7), np.uint8),
        borderType=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(eroded).view(np.bool_)


def fit_filter(
    authentic: NDArray[np.uint8],
    spliced: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    *,
    num_threads: int | None = None,
) -> NDArray[np.float32] | None:
    """Fit ``spliced = filter * authentic`` on luma; None where no filter does about as well.

    Returns
    -------
    (5, 5) array of float32, or None
        Weights that sum to 1, in multiples of 1 / 4096, so that the rounding of a linear algebra
        library does not reach the pixels.
    """
    source, target = (luma(image, num_threads=num_threads) for image in (authentic, spliced))
    activity = high_pass(target, num_threads=num_threads)
    np.abs(activity, out=activity)
    inside = valid.copy()
    inside[:2] = inside[-2:] = False
    inside[:, :2] = inside[:, -2:] = False
    if np.count_nonzero(inside) < 1000:
        return None
    inside &= activity >= np.median(activity[inside])
    row, col = np.divmod(spread_indices(inside, _SAMPLES), source.shape[1])
    offsets = [(y, x) for y in range(-2, 3) for x in range(-2, 3) if (y, x) != (0, 0)]
    # In differences from the centre a filter of gain 1 has 24 free weights.
    here = source[row, col]
    basis = np.stack([source[row + y, col + x] - here for y, x in offsets], axis=1).astype(float)
    change = (target[row, col] - here).astype(float)
    errors = change
    weights: NDArray[Any] = np.zeros(len(offsets))
    for _ in range(5):
        kept = np.abs(errors) <= np.quantile(np.abs(errors), _KEPT)
        a, b = basis[kept], change[kept]
        weights = np.linalg.solve(a.T @ a + 10.0 * np.eye(len(offsets)), a.T @ b)
        errors = change - basis @ weights
    if trimmed_error(errors, _KEPT) >= 0.8 * trimmed_error(change, _KEPT) - 0.1:
        return None
    result = np.zeros((5, 5))
    for (y, x), weight in zip(offsets, np.rint(4096 * weights) / 4096, strict=True):
        result[y + 2, x + 2] = weight
    result[2, 2] = 1 - result.sum()
    return result.astype(np.float32)
