"""The single steps of a forgery: save, paste, edit the whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.output import encode_png
from unsplice.synthetic.difficulties import Difficulty, Edit
from unsplice.synthetic.shapes import Shape, draw_alpha, draw_shape

__all__ = [
    "SAMPLING_FACTORS",
    "Editing",
    "Image",
    "Saving",
    "composite",
    "decode",
    "draw_editing",
    "draw_saving",
    "paste",
]

Image = NDArray[np.uint8]

# A paste that changes less than this (mean absolute difference over its pixels and channels, in
# levels) is drawn again: nobody could see it, and no method could be blamed.
_MIN_DIFFERENCE = 4.0
_PASTE_ATTEMPTS = 30


# Every way to subsample chroma that the encoder of OpenCV offers.
SAMPLING_FACTORS: Final = {
    "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411,
    "4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
    "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}


@dataclass(frozen=True)
class Saving:
    """How a picture is saved: quality None means PNG."""

    quality: int | None
    subsampling: str = "4:2:0"

    def __str__(self) -> str:
        return "PNG" if self.quality is None else f"JPEG {self.quality} {self.subsampling}"

    def encode(self, image: NDArray[Any]) -> bytes:
        """Return the bytes of the saved picture: RGB or gray, 16 bits as PNG only."""
        if self.quality is None:
            return encode_png(image)
        settings = [
            cv2.IMWRITE_JPEG_QUALITY,
            self.quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            SAMPLING_FACTORS[self.subsampling],
        ]
        bgr = np.ascontiguousarray(image[..., ::-1] if image.ndim == 3 else image)
        done, data = cv2.imencode(".jpg", bgr, settings)
        if not done:
            raise ValueError(f"a picture of shape {image.shape} cannot be encoded as {self}")
        return data.tobytes()


def decode(data: bytes) -> Image:
    """Return the RGB picture of an encoded file."""
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"an encoded picture of {len(data)} bytes cannot be decoded")
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


def draw_saving(rng: np.random.Generator, low: int, high: int, lossless: float) -> Saving:
    """Draw how a picture is saved; `lossless` is the probability of PNG."""
    quality = int(rng.integers(low, high + 1))
    subsampling = "4:2:0" if rng.random() < 0.6 else "4:4:4"
    return Saving(None) if rng.random() < lossless else Saving(quality, subsampling)


@dataclass(frozen=True)
class Editing:
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
        """Apply everything, to a picture."""
        edited = self.apply_geometry(image)
        return edited if self.curve is None else np.asarray(cv2.LUT(edited, self.curve))


def draw_editing(edit: Edit, rows: int, cols: int, rng: np.random.Generator) -> Editing:
    """Draw how a picture of the given size is edited as a whole."""
    if edit == "graded":
        which = rng.integers(3)
        gain = 1.0 if which == 1 else _away_from_one(rng, 0.80, 1.25)
        gamma = 1.0 if which == 0 else _away_from_one(rng, 0.75, 1.35)
        levels = 255 * gain * (np.arange(256) / 255) ** gamma
        curve = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
        return Editing(f"grade: gain {gain:.2f}, gamma {gamma:.2f}", curve=curve)
    if edit == "shifted":
        top, left = (int(v) for v in rng.integers(0, 25, 2))
        top += top == left == 0
        bottom, right = (int(v) for v in rng.integers(0, 25, 2))
        window = (slice(top, rows - bottom), slice(left, cols - right))
        return Editing(f"crop from row {top}, column {left}", window=window)
    if edit == "resized":
        scale = _away_from_one(rng, 0.93, 1.07)
        size = (round(rows * scale), round(cols * scale))
        modes = [
            cv2.INTER_LINEAR,
            cv2.INTER_CUBIC,
            cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        ]
        mode = modes[rng.integers(3)]
        return Editing(f"resize by {scale:.3f}", size=size, interpolation=mode)
    if edit == "blurred":
        sigma = float(rng.uniform(0.5, 1.0))
        return Editing(f"blur, sigma {sigma:.2f}", blur=sigma)
    return Editing("")


def _away_from_one(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a factor in [low, high] that changes something: at least a fifth of the way from 1."""
    if rng.random() < 0.5:
        return float(rng.uniform(low, 1 + 0.2 * (low - 1)))
    return float(rng.uniform(1 + 0.2 * (high - 1), high))


def _draw_region(
    level: Difficulty, editing: Editing, rows: int, cols: int, rng: np.random.Generator
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


def composite(
    canvas: Image, part: NDArray[Any], weight: NDArray[np.float32], box: tuple[slice, slice]
) -> Image:
    """Return `canvas` with `part` laid over `box`, mixed by `weight`, the covered share."""
    covered = canvas[box].astype(np.float32)
    result = canvas.copy()
    result[box] = np.rint(covered + weight[..., None] * (part - covered)).astype(np.uint8)
    return result


def paste(
    canvas: Image, donor: Image, level: Difficulty, editing: Editing, rng: np.random.Generator
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
    pasted = composite(canvas, part, weight, box)
    done = f"paste a {shape.kind} of {np.count_nonzero(alpha >= 0.5)} pixels"
    return pasted, alpha, f"{done} that differs by {difference:.1f} levels"
