"""Pairs made by pasting, so that the truth is known and does not come from differencing.

A pair follows the way of a real forgery: the authentic picture is saved, somebody opens that file,
pastes a part of another photograph with a soft edge, perhaps grades, crops, resizes or blurs the
whole, and saves again with other settings. Both ends are kept as encoded files, because a method
may read the JPEG tables.

Everything is drawn from a NumPy generator: the same photographs and seed give the same pair.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unsplice.synthetic.difficulties import (
    DIFFICULTIES,
    LARGE_DIFFICULTIES,
    NULL_DIFFICULTIES,
    SPLICE_DIFFICULTIES,
    TINY_DIFFICULTIES,
    Difficulty,
)
from unsplice.synthetic.forging import (
    Editing,
    Image,
    Saving,
    composite,
    decode,
    draw_editing,
    draw_saving,
    paste,
)
from unsplice.synthetic.scene import make_balloon, make_scene

__all__ = [
    "DIFFICULTIES",
    "LARGE_DIFFICULTIES",
    "NULL_DIFFICULTIES",
    "SPLICE_DIFFICULTIES",
    "TINY_DIFFICULTIES",
    "Difficulty",
    "SyntheticPair",
    "make_demo_pair",
    "make_pair",
    "make_scene",
    "synthetic_pair",
    "synthetic_pairs",
]


@dataclass(frozen=True, eq=False)
class SyntheticPair:
    """An authentic and a spliced picture, and where the splice is.

    Attributes
    ----------
    authentic, spliced : (rows, cols, 3) arrays of uint8
        RGB, as decoded from the files; the sizes may differ.
    authentic_file, spliced_file : bytes
        The encoded pictures, JPEG or PNG.
    truth : (rows, cols) array of bool
        True = spliced, on the grid of `spliced`.
    difficulty : str
        Key of `DIFFICULTIES`.
    steps : tuple of str
        What was done, in order, for people.
    """

    authentic: Image = field(repr=False)
    spliced: Image = field(repr=False)
    authentic_file: bytes = field(repr=False)
    spliced_file: bytes = field(repr=False)
    truth: NDArray[np.bool_] = field(repr=False)
    difficulty: str
    steps: tuple[str, ...]


def make_pair(
    background: Image, donor: Image, *, difficulty: str, seed: int | Sequence[int]
) -> SyntheticPair:
    """Make a pair of the given difficulty from two photographs.

    Parameters
    ----------
    background : (rows, cols, 3) array of uint8
        Photograph, RGB, that becomes the authentic picture; at least 64 x 64.
    donor : (rows, cols, 3) array of uint8
        Photograph, RGB, of which a part is pasted; at least 64 x 64. A lookalike takes its content
        from the background itself half of the time.
    difficulty : str
        Key of `DIFFICULTIES`.
    seed : int or sequence of int
        Seed of the NumPy generator that all is drawn from.

    Returns
    -------
    SyntheticPair

    Raises
    ------
    TypeError
        If a photograph is no array of uint8.
    ValueError
        If a photograph has another shape or is too small, `difficulty` is unknown, or the
        photographs are so even that no paste would be visible.

    Notes
    -----
    The authentic picture is saved at JPEG quality 60 to 98 (one in ten as PNG), the spliced one as
    the difficulty says (one in ten as PNG, except where JPEG is the point), both 4:2:0 or 4:4:4; in
    a quarter of the pairs there is one more save, before or after pasting. The truth is where the
    pasted content covers at least half of a pixel of the final picture.

    Half of the shifted pairs are cut from the saved authentic picture and so are smaller; in the
    other half both pictures have one size and are cut, at different places, from one larger
    photograph that was saved twice.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> background, donor = rng.integers(0, 256, (2, 96, 128, 3), dtype=np.uint8)
    >>> pair = make_pair(background, donor, difficulty="lossless", seed=1)
    >>> bool((pair.authentic == pair.spliced)[~pair.truth].mean() > 0.9)
    True
    """
    for name, image in (("background", background), ("donor", donor)):
        _check_photograph(name, image)
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"difficulty must be one of {', '.join(DIFFICULTIES)}; got {difficulty!r}")
    level = DIFFICULTIES[difficulty]
    rng = np.random.default_rng(seed)
    spliced_saving = draw_saving(rng, *level.quality, _png_probability(difficulty, level))
    authentic_saving = draw_saving(rng, 60, 98, 0.5 if level.lossless else 0.1)

    # A shift without a change of size needs a larger original.
    common_original = level.edit == "shifted" and rng.random() < 0.5
    rows, cols = background.shape[:2]
    if common_original:
        rows, cols = rows - 32, cols - 32
        row, col = (int(v) for v in rng.integers(0, 33, 2))
        first = background[16 : 16 + rows, 16 : 16 + cols]
        editing = Editing(
            f"crop {row - 16:+d} rows, {col - 16:+d} columns from the authentic picture",
            window=(slice(row, row + rows), slice(col, col + cols)),
        )
    else:
        first = background
        editing = draw_editing(level.edit, rows, cols, rng)
    authentic_file = authentic_saving.encode(first)
    authentic = decode(authentic_file)
    steps = [f"save authentic: {authentic_saving}"]

    canvas = authentic
    if common_original:
        original_saving = draw_saving(rng, 75, 98, 0.1)
        canvas = decode(original_saving.encode(background))
        steps.append(f"take the larger original instead: {original_saving}")
    if level.siblings:
        canvas = first
        steps.append("take the photograph itself instead")
    again = "" if level.lossless or rng.random() >= 0.25 else rng.choice(["before", "after"])
    again_saving = draw_saving(rng, 60, 95, 0.0)
    if again == "before":
        canvas = decode(again_saving.encode(canvas))
        steps.append(f"save: {again_saving}")

    alpha = np.zeros(canvas.shape[:2], np.float32)
    if level.share or level.pixels:
        canvas, alpha, done = paste(canvas, donor, level, editing, rng)
        steps.append(done)
    if editing.description:
        steps.append(editing.description)
    edited = editing.apply(canvas)
    if again == "after":
        edited = decode(again_saving.encode(edited))
        steps.append(f"save: {again_saving}")
    spliced_file = spliced_saving.encode(edited)
    steps.append(f"save spliced: {spliced_saving}")
    return SyntheticPair(
        authentic=authentic,
        spliced=decode(spliced_file),
        authentic_file=authentic_file,
        spliced_file=spliced_file,
        truth=editing.apply_geometry(alpha) >= 0.5,
        difficulty=difficulty,
        steps=tuple(steps),
    )


def _png_probability(difficulty: str, level: Difficulty) -> float:
    if level.lossless:
        return 1.0
    return 0.0 if difficulty in ("heavy", "null_compression") else 0.1


def _check_photograph(name: str, image: Image) -> None:
    if not isinstance(image, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(image).__name__}")
    if image.dtype != np.uint8:
        raise TypeError(f"{name} must have dtype uint8, got {image.dtype}")
    if image.ndim != 3 or image.shape[2] != 3 or min(image.shape[:2]) < 64:
        raise ValueError(
            f"{name} must have shape (rows, cols, 3), at least 64 x 64; got {image.shape}"
        )


def synthetic_pair(
    photographs: Sequence[Image], *, difficulty: str, index: int, seed: int
) -> SyntheticPair:
    """Make pair number `index` of a difficulty.

    It depends on the four arguments alone, so pairs can be made in any order and in parallel. For
    one difficulty every photograph is a background once before any is a second time.

    Parameters
    ----------
    photographs : sequence of (rows, cols, 3) arrays of uint8
        RGB; two are taken, so a sequence that reads its files when asked is welcome. With a single
        photograph, that one is background and donor.
    difficulty : str
        Key of `DIFFICULTIES`.
    index : int
        Number of the pair, from 0.
    seed : int
        Seed of the whole series.

    Returns
    -------
    SyntheticPair
    """
    if not len(photographs):
        raise ValueError("photographs must not be empty")
    series = (seed, zlib.crc32(difficulty.encode()))
    order = np.random.default_rng(series).permutation(len(photographs))
    turn, place = divmod(index, len(order))
    # Each turn through the photographs takes another neighbor as donor, never the picture itself.
    other = (place + 1 + turn % max(len(order) - 1, 1)) % len(order)
    return make_pair(
        photographs[int(order[place])],
        photographs[int(order[other])],
        difficulty=difficulty,
        seed=(*series, index),
    )


def synthetic_pairs(
    photographs: Sequence[Image],
    *,
    difficulties: Sequence[str] = SPLICE_DIFFICULTIES,
    count: int,
    seed: int,
) -> Iterator[SyntheticPair]:
    """Make `count` pairs of every difficulty, one after the other.

    Parameters
    ----------
    photographs : sequence of (rows, cols, 3) arrays of uint8
        RGB; backgrounds and donors.
    difficulties : sequence of str
        Keys of `DIFFICULTIES`; by default the nine whose mean is the synthetic score.
    count : int
        Pairs a difficulty.
    seed : int
        Seed of the whole series.

    Yields
    ------
    SyntheticPair

    See Also
    --------
    synthetic_pair : One pair of the series.
    """
    for difficulty in difficulties:
        for index in range(count):
            yield synthetic_pair(photographs, difficulty=difficulty, index=index, seed=seed)


def make_demo_pair(*, seed: int = 0) -> SyntheticPair:
    """Make a pair to show: a landscape, and the same with a hot-air balloon pasted into its sky.

    Parameters
    ----------
    seed : int
        Seed of both pictures.

    Returns
    -------
    SyntheticPair
        512 x 768; the authentic picture is JPEG 90, the spliced one JPEG 80, both 4:2:0.

    Examples
    --------
    >>> pair = make_demo_pair()
    >>> pair.spliced.shape, f"{pair.truth.mean():.2f}"
    ((512, 768, 3), '0.05')
    """
    background = make_scene(512, 768, seed=seed)
    balloon, alpha = make_balloon(200, seed=seed + 1)
    authentic_saving, spliced_saving = Saving(90), Saving(80)
    authentic_file = authentic_saving.encode(background)
    authentic = decode(authentic_file)
    rng = np.random.default_rng(seed)
    rows, cols = alpha.shape
    top = int(rng.integers(12, 30))
    left = int(rng.integers(80, authentic.shape[1] - cols - 80))
    coverage = np.zeros(authentic.shape[:2], np.float32)
    coverage[top : top + rows, left : left + cols] = alpha
    box = (slice(top, top + rows), slice(left, left + cols))
    spliced_file = spliced_saving.encode(composite(authentic, balloon, alpha, box))
    return SyntheticPair(
        authentic=authentic,
        spliced=decode(spliced_file),
        authentic_file=authentic_file,
        spliced_file=spliced_file,
        truth=coverage >= 0.5,
        difficulty="demo",
        steps=(
            f"save authentic: {authentic_saving}",
            f"paste a balloon of {np.count_nonzero(coverage >= 0.5)} pixels",
            f"save spliced: {spliced_saving}",
        ),
    )
