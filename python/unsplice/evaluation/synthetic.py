"""Pairs made by pasting, so that the truth is known and does not come from differencing.

A pair follows the way of a real forgery: the authentic picture is saved, somebody opens that file,
pastes a part of another photograph with a soft edge, perhaps grades, crops, resizes or blurs the
whole, and saves again with other settings. Both ends are kept as encoded files, because a method
may read the JPEG tables.

Everything is drawn from a NumPy generator: the same photographs and seed give the same pair.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.evaluation.shapes import Shape, ShapeKind, draw_alpha, draw_shape

__all__ = [
    "DIFFICULTIES",
    "LARGE_DIFFICULTIES",
    "NULL_DIFFICULTIES",
    "SPLICE_DIFFICULTIES",
    "TINY_DIFFICULTIES",
    "Difficulty",
    "SyntheticPair",
    "make_pair",
    "synthetic_pair",
    "synthetic_pairs",
]

Edit = Literal["none", "graded", "shifted", "resized", "blurred"]
Image = NDArray[np.uint8]

# A paste that changes less than this (mean absolute difference over its pixels and channels, in
# levels) is drawn again: nobody could see it, and no method could be blamed.
_MIN_DIFFERENCE = 4.0
_PASTE_ATTEMPTS = 30


@dataclass(frozen=True)
class Difficulty:
    """What is special about a kind of pair.

    Attributes
    ----------
    share : tuple of float, optional
        Range of the spliced area as a share of the picture.
    pixels : tuple of int, optional
        Range of the spliced area in pixels, instead of `share`. Neither: nothing is pasted.
    edit : str
        What is done to the whole picture after pasting.
    lookalike : bool
        The pasted content takes the mean and spread of the colors that it covers.
    quality : tuple of int
        Range of the JPEG quality of the spliced picture.
    lossless : bool
        The spliced picture is always saved as PNG.
    shapes : tuple of str
        Kinds of shape to choose from.
    """

    share: tuple[float, float] | None = None
    pixels: tuple[int, int] | None = None
    edit: Edit = "none"
    lookalike: bool = False
    quality: tuple[int, int] = (70, 98)
    lossless: bool = False
    shapes: tuple[ShapeKind, ...] = ("polygon", "blob")


_COMMON = (0.01, 0.30)
_ANY: tuple[ShapeKind, ...] = ("polygon", "blob", "rectangle")

DIFFICULTIES: dict[str, Difficulty] = {
    "easy": Difficulty(_COMMON),
    "small": Difficulty((0.0005, 0.005)),
    "lookalike": Difficulty(_COMMON, lookalike=True),
    "heavy": Difficulty(_COMMON, quality=(50, 70)),
    "lossless": Difficulty(_COMMON, lossless=True),
    "graded": Difficulty(_COMMON, edit="graded"),
    "shifted": Difficulty(_COMMON, edit="shifted"),
    "resized": Difficulty(_COMMON, edit="resized"),
    "blurred": Difficulty(_COMMON, edit="blurred"),
    "tiny_20": Difficulty(pixels=(20, 50), quality=(50, 98)),
    "tiny_50": Difficulty(pixels=(50, 100), quality=(50, 98)),
    "tiny_100": Difficulty(pixels=(100, 200), quality=(50, 98)),
    "large_50": Difficulty((0.48, 0.52), shapes=_ANY),
    "large_60": Difficulty((0.58, 0.62), shapes=_ANY),
    "large_70": Difficulty((0.68, 0.72), shapes=_ANY),
    "null_compression": Difficulty(quality=(50, 98)),
    "null_graded": Difficulty(edit="graded", quality=(50, 98)),
    "null_shifted": Difficulty(edit="shifted", quality=(50, 98)),
    "null_resized": Difficulty(edit="resized", quality=(50, 98)),
    "null_blurred": Difficulty(edit="blurred", quality=(50, 98)),
}
SPLICE_DIFFICULTIES = tuple(DIFFICULTIES)[:9]
TINY_DIFFICULTIES = tuple(name for name in DIFFICULTIES if name.startswith("tiny_"))
LARGE_DIFFICULTIES = tuple(name for name in DIFFICULTIES if name.startswith("large_"))
NULL_DIFFICULTIES = tuple(name for name in DIFFICULTIES if name.startswith("null_"))


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


@dataclass(frozen=True)
class _Saving:
    """How a picture is saved: quality None means PNG."""

    quality: int | None
    subsampling: str = "4:2:0"

    def __str__(self) -> str:
        return "PNG" if self.quality is None else f"JPEG {self.quality} {self.subsampling}"

    def encode(self, image: Image) -> bytes:
        bgr = np.ascontiguousarray(image[..., ::-1])
        if self.quality is None:
            done, data = cv2.imencode(".png", bgr)
        else:
            factor = {
                "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
                "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
            }[self.subsampling]
            settings = [
                cv2.IMWRITE_JPEG_QUALITY,
                self.quality,
                cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
                factor,
            ]
            done, data = cv2.imencode(".jpg", bgr, settings)
        if not done:
            raise ValueError(f"a picture of shape {image.shape} cannot be encoded as {self}")
        return data.tobytes()


def _decode(data: bytes) -> Image:
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"an encoded picture of {len(data)} bytes cannot be decoded")
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


def _draw_saving(rng: np.random.Generator, low: int, high: int, lossless: float) -> _Saving:
    """Draw how a picture is saved; `lossless` is the probability of PNG."""
    quality = int(rng.integers(low, high + 1))
    subsampling = "4:2:0" if rng.random() < 0.6 else "4:4:4"
    return _Saving(None) if rng.random() < lossless else _Saving(quality, subsampling)


@dataclass(frozen=True)
class _Editing:
    """What is done to the whole picture after pasting, drawn once and applied to two arrays."""

    description: str
    window: tuple[slice, slice] = (slice(None), slice(None))
    size: tuple[int, int] | None = None
    interpolation: int = cv2.INTER_LINEAR
    blur: float = 0.0
    curve: NDArray[np.uint8] | None = None

    def apply_geometry(self, array: NDArray[Any]) -> NDArray[Any]:
        """Apply what moves pixels: to the picture, and to the coverage that becomes the truth."""
        array = np.ascontiguousarray(array[self.window])
        if self.size is not None:
            array = cv2.resize(array, self.size[::-1], interpolation=self.interpolation)
        if self.blur:
            array = cv2.GaussianBlur(array, (0, 0), self.blur)
        return array

    def apply(self, image: Image) -> Image:
        edited = self.apply_geometry(image)
        return edited if self.curve is None else np.asarray(cv2.LUT(edited, self.curve))


def _draw_editing(edit: Edit, rows: int, cols: int, rng: np.random.Generator) -> _Editing:
    if edit == "graded":
        which = rng.integers(3)
        gain = 1.0 if which == 1 else _away_from_one(rng, 0.80, 1.25)
        gamma = 1.0 if which == 0 else _away_from_one(rng, 0.75, 1.35)
        levels = 255 * gain * (np.arange(256) / 255) ** gamma
        curve = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return _Editing(f"grade: gain {gain:.2f}, gamma {gamma:.2f}", curve=curve)
    if edit == "shifted":
        top, left = (int(v) for v in rng.integers(0, 25, 2))
        top += top == left == 0
        bottom, right = (int(v) for v in rng.integers(0, 25, 2))
        window = (slice(top, rows - bottom), slice(left, cols - right))
        return _Editing(f"crop from row {top}, column {left}", window=window)
    if edit == "resized":
        scale = _away_from_one(rng, 0.93, 1.07)
        size = (round(rows * scale), round(cols * scale))
        modes = [
            cv2.INTER_LINEAR,
            cv2.INTER_CUBIC,
            cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        ]
        mode = modes[rng.integers(3)]
        return _Editing(f"resize by {scale:.3f}", size=size, interpolation=mode)
    if edit == "blurred":
        sigma = float(rng.uniform(0.5, 1.0))
        return _Editing(f"blur, sigma {sigma:.2f}", blur=sigma)
    return _Editing("")


def _away_from_one(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a factor in [low, high] that changes something: at least a fifth of the way from 1."""
    if rng.random() < 0.5:
        return float(rng.uniform(low, 1 + 0.2 * (low - 1)))
    return float(rng.uniform(1 + 0.2 * (high - 1), high))


def _draw_region(
    level: Difficulty, editing: _Editing, rows: int, cols: int, rng: np.random.Generator
) -> tuple[Shape, NDArray[np.float32]]:
    """Draw a shape whose truth, after editing, has an area in the range of the difficulty."""
    low, high = level.pixels or (0.0, 0.0)
    if level.share is not None:
        size = editing.apply_geometry(np.zeros((rows, cols), np.float32)).size
        low, high = level.share[0] * size, level.share[1] * size
    for _ in range(200):
        wanted = math.exp(rng.uniform(math.log(low), math.log(high)))
        # A large region stands near the middle, else most of it would lie outside the picture.
        spread = 0.15 if wanted > 0.3 * rows * cols else 0.48
        center = (
            rows * (0.5 + rng.uniform(-spread, spread)),
            cols * (0.5 + rng.uniform(-spread, spread)),
        )
        softness = float(rng.uniform(0.3, 0.7 if wanted < 500 else 1.2))
        shape = draw_shape(level.shapes[rng.integers(len(level.shapes))], center, softness, rng)
        drawn = wanted
        for _ in range(8):
            alpha = draw_alpha(shape, drawn, rows, cols)
            area = int(np.count_nonzero(editing.apply_geometry(alpha) >= 0.5))
            if low <= area <= high and abs(area - wanted) <= 0.1 * wanted + 2:
                return shape, alpha
            drawn *= float(np.clip(wanted / max(area, 1), 0.5, 2.0))
    raise ValueError(
        f"no region of {low:.0f} to {high:.0f} pixels fits into a picture of {rows} x {cols}"
    )


def _cut_donor(donor: Image, rows: int, cols: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Cut a random part of `donor`, scaled and mirrored at random, of the given size."""
    scale = float(rng.uniform(0.6, 1.3)) if rng.random() < 0.5 else 1.0
    donor_rows, donor_cols = donor.shape[:2]
    scale = max(scale, float(rows / donor_rows), float(cols / donor_cols))
    height = min(math.ceil(rows / scale), donor_rows)
    width = min(math.ceil(cols / scale), donor_cols)
    top = int(rng.integers(donor_rows - height + 1))
    left = int(rng.integers(donor_cols - width + 1))
    part = donor[top : top + height, left : left + width]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    cut: NDArray[Any] = np.ascontiguousarray(part, np.float32)
    if cut.shape[:2] != (rows, cols):
        mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        cut = cv2.resize(cut, (cols, rows), interpolation=mode)
    return cut


def _match_colors(
    part: NDArray[np.float32], covered: NDArray[np.float32], inside: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Give `part` the mean and spread, channel by channel in YCbCr, of what it covers."""
    source: NDArray[Any] = cv2.cvtColor(part / 255, cv2.COLOR_RGB2YCrCb)
    target: NDArray[Any] = cv2.cvtColor(covered / 255, cv2.COLOR_RGB2YCrCb)[inside]
    pasted = source[inside]
    # Bounded, or the noise of an even sky would be blown up to a texture.
    spread = np.clip(target.std(axis=0) / (pasted.std(axis=0) + 1e-4), 0.5, 2.0)
    matched = (source - pasted.mean(axis=0)) * spread + target.mean(axis=0)
    rgb = 255 * cv2.cvtColor(matched.astype(np.float32), cv2.COLOR_YCrCb2RGB)
    clipped: NDArray[np.float32] = np.clip(rgb, 0, 255, dtype=np.float32)
    return clipped


def _paste(
    canvas: Image, donor: Image, level: Difficulty, editing: _Editing, rng: np.random.Generator
) -> tuple[Image, NDArray[np.float32], str]:
    """Paste a region; return the picture, the coverage, and what was done."""
    rows, cols = canvas.shape[:2]
    for _ in range(_PASTE_ATTEMPTS):
        shape, alpha = _draw_region(level, editing, rows, cols, rng)
        inside_rows, inside_cols = (
            np.nonzero(alpha.any(axis=1))[0],
            np.nonzero(alpha.any(axis=0))[0],
        )
        box = (
            slice(inside_rows[0], inside_rows[-1] + 1),
            slice(inside_cols[0], inside_cols[-1] + 1),
        )
        covered, weight = canvas[box].astype(np.float32), alpha[box]
        inside = weight >= 0.5
        own = level.lookalike and rng.random() < 0.5
        part = _cut_donor(canvas if own else donor, weight.shape[0], weight.shape[1], rng)
        if level.lookalike:
            part = _match_colors(part, covered, inside)
        difference = float(np.abs(part - covered)[inside].mean())
        if difference >= _MIN_DIFFERENCE:
            break
    else:
        raise ValueError(
            f"in {_PASTE_ATTEMPTS} attempts no part of the donor differed by {_MIN_DIFFERENCE:g} "
            "levels from what it covers; the two pictures are too even or too alike"
        )
    mixed = covered + weight[..., None] * (part - covered)
    pasted = canvas.copy()
    pasted[box] = np.rint(mixed).astype(np.uint8)
    done = f"paste a {shape.kind} of {np.count_nonzero(alpha >= 0.5)} pixels"
    return pasted, alpha, f"{done} that differs by {difference:.1f} levels"


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
    spliced_saving = _draw_saving(rng, *level.quality, _png_probability(difficulty, level))
    authentic_saving = _draw_saving(rng, 60, 98, 0.5 if level.lossless else 0.1)

    # A shift without a change of size needs a larger original.
    common_original = level.edit == "shifted" and rng.random() < 0.5
    rows, cols = background.shape[:2]
    if common_original:
        rows, cols = rows - 32, cols - 32
        row, col = (int(v) for v in rng.integers(0, 33, 2))
        first = background[16 : 16 + rows, 16 : 16 + cols]
        editing = _Editing(
            f"crop {row - 16:+d} rows, {col - 16:+d} columns from the authentic picture",
            window=(slice(row, row + rows), slice(col, col + cols)),
        )
    else:
        first = background
        editing = _draw_editing(level.edit, rows, cols, rng)
    authentic_file = authentic_saving.encode(first)
    authentic = _decode(authentic_file)
    steps = [f"save authentic: {authentic_saving}"]

    canvas = authentic
    if common_original:
        original_saving = _draw_saving(rng, 75, 98, 0.1)
        canvas = _decode(original_saving.encode(background))
        steps.append(f"take the larger original instead: {original_saving}")
    again = "" if level.lossless or rng.random() >= 0.25 else rng.choice(["before", "after"])
    again_saving = _draw_saving(rng, 60, 95, 0.0)
    if again == "before":
        canvas = _decode(again_saving.encode(canvas))
        steps.append(f"save: {again_saving}")

    alpha = np.zeros(canvas.shape[:2], np.float32)
    if level.share or level.pixels:
        canvas, alpha, done = _paste(canvas, donor, level, editing, rng)
        steps.append(done)
    if editing.description:
        steps.append(editing.description)
    edited = editing.apply(canvas)
    if again == "after":
        edited = _decode(again_saving.encode(edited))
        steps.append(f"save: {again_saving}")
    spliced_file = spliced_saving.encode(edited)
    steps.append(f"save spliced: {spliced_saving}")
    return SyntheticPair(
        authentic=authentic,
        spliced=_decode(spliced_file),
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
