"""Splices from photographs: a host, something pasted, each with a history of its own.

What a detector learns is what these pictures have in common; so everything that must not be
learned (size, subject, where the paste lies, how good it looks) is drawn at random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.photographs import load
from training.saving import Saving, draw_saving
from unsplice.output import encode_png
from unsplice.synthetic.shapes import draw_alpha, draw_shape

__all__ = ["KINDS", "Forgery", "make_forgery"]

Pixels = NDArray[np.uint8]
Coverage = NDArray[np.float32]

KINDS: Final = ("splice", "copy-move", "removal", "authentic")
_KIND_SHARES: Final = (0.56, 0.05, 0.03, 0.36)
_UNCOMPRESSED: Final = 0.2
_SAVED_AGAIN: Final = 0.22
_UNTOUCHED_SAVED_AGAIN: Final = 0.35
_EXPOSED: Final = 0.12
_LEAST_SIDE: Final = 128


@dataclass
class Forgery:
    """A picture, its truth, and what was done.

    Attributes
    ----------
    data : bytes
        The file, JPEG or PNG as `suffix` says.
    mask : (rows, cols) array of bool
        True = pasted; nothing where `kind` is "authentic".
    steps : list of str
        What was done, in order, for people.
    """

    kind: str
    suffix: str
    data: bytes
    mask: NDArray[np.bool_]
    steps: list[str] = field(default_factory=list)


@dataclass
class _Draft:
    """A picture on its way; `last` is the compression that its pixels came out of."""

    pixels: Pixels
    steps: list[str]
    last: Saving | None = None


def make_forgery(
    host: Path,
    donors: list[Path],
    rng: np.random.Generator,
    *,
    kind: str | None = None,
    uncompressed: bool | None = None,
) -> Forgery:
    """Make a picture from a photograph.

    Parameters
    ----------
    host : Path
        What the background is taken from.
    donors : list of Path
        What the paste is taken from, one of them.
    rng : numpy.random.Generator
        All that is drawn comes from it.
    kind : str, optional
        One of `KINDS`; default: drawn.
    uncompressed : bool, optional
        Neither host, donor nor result was ever saved with loss but by the camera, whose traces a
        reduction takes away; the differences are those of cameras and processing. Default: drawn.

    Returns
    -------
    Forgery
    """
    if kind is None:
        kind = str(rng.choice(KINDS, p=_KIND_SHARES))
    if uncompressed is None:
        uncompressed = rng.random() < _UNCOMPRESSED
    rows, cols = _draw_size(rng, large=kind == "authentic")
    sensor = rng.random() < (0.75 if uncompressed else 0.2)
    native = 0.0 if sensor or uncompressed else 0.5 if kind == "authentic" else 0.25
    draft = _cut(load(host), rows, cols, rng, sensor=sensor, native=native)
    if rng.random() < _EXPOSED:
        _expose(draft, rng)
    if not uncompressed:
        _draw_history(draft, rng, donors)
    coverage = np.zeros(draft.pixels.shape[:2], np.float32)
    if kind in ("splice", "copy-move"):
        coverage = _pasted(draft, kind, donors, rng, sensor=sensor, uncompressed=uncompressed)
    elif kind == "removal":
        coverage = _removed(draft, rng)
    coverage = _edited(draft, coverage, rng, gentle=uncompressed)
    quality = _draw_last_quality(draft, rng)
    again = _UNTOUCHED_SAVED_AGAIN if kind == "authentic" else _SAVED_AGAIN
    if not uncompressed and rng.random() < again:
        # As what shares pictures does: the last save is then not that of who edited them.
        saving = draw_saving(rng, quality, donors)
        draft.pixels = saving.apply(draft.pixels)
        draft.steps.append(f"save: {saving}")
        quality = int(rng.integers(70, 98))
    mask = coverage >= 0.5
    if uncompressed or rng.random() < (0.2 if kind == "authentic" else 0.12):
        return Forgery(kind, ".png", encode_png(draft.pixels), mask, [*draft.steps, "save: PNG"])
    saving = draw_saving(rng, quality, donors)
    draft.steps.append(f"save: {saving}")
    return Forgery(kind, ".jpg", saving.encode(draft.pixels), mask, draft.steps)


# ------------------------------------------------------------------------------------- the parts


def _draw_size(rng: np.random.Generator, *, large: bool) -> tuple[int, int]:
    """Draw rows and columns; large untouched pictures differ most from part to part."""
    which = rng.random() + 0.15 * large
    if which < 0.06:
        rows, cols = (int(side) for side in rng.integers(_LEAST_SIDE, 241, 2))
    elif which < 0.35:
        rows, cols = 256, 384
    elif which < 0.78:
        rows, cols = (int(side) for side in rng.integers(240, 561, 2))
    elif which < 0.96:
        rows, cols = (int(side) for side in rng.integers(520, 1025, 2))
    else:
        rows, cols = (int(side) for side in rng.integers(900, 1601, 2))
    return (cols, rows) if rng.random() < 0.4 else (rows, cols)


def _cut(
    photograph: Pixels,
    rows: int,
    cols: int,
    rng: np.random.Generator,
    *,
    sensor: bool,
    native: float = 0.25,
) -> _Draft:
    """Cut a part of a photograph, at its own scale or reduced."""
    height, width = photograph.shape[:2]
    rows, cols = min(rows, height), min(cols, width)
    least = max(rows / height, cols / width)
    if rng.random() < native and not sensor:
        # With the grid, the noise and the tables of the camera.
        top = int(rng.integers((height - rows) // 8 + 1)) * 8
        left = int(rng.integers((width - cols) // 8 + 1)) * 8
        pixels = np.ascontiguousarray(photograph[top : top + rows, left : left + cols])
        return _Draft(pixels, [f"cut at the camera's scale, {rows} x {cols}"])
    scale = float(rng.uniform(least, max(least, min(0.8, 3 * least))))
    part_rows, part_cols = min(round(rows / scale), height), min(round(cols / scale), width)
    top = int(rng.integers(height - part_rows + 1))
    left = int(rng.integers(width - part_cols + 1))
    part = photograph[top : top + part_rows, left : left + part_cols]
    mode = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    reduced = cv2.resize(part, (cols, rows), interpolation=mode)
    draft = _Draft(np.asarray(reduced, np.uint8), [f"reduce to {scale:.2f}, {rows} x {cols}"])
    if sensor:
        _take_with_sensor(draft, rng)
    elif rng.random() < 0.3:
        _add_noise(draft, rng, float(rng.uniform(0.3, 3)))
    return draft


def _take_with_sensor(draft: _Draft, rng: np.random.Generator) -> None:
    """Imitate a camera: optics, a Bayer pattern, noise that grows with light, demosaicing."""
    sigma = float(rng.uniform(0.3, 1.0))
    light = cv2.GaussianBlur(draft.pixels, (0, 0), sigma).astype(np.float32)
    rows, cols = light.shape[:2]
    top, left = (int(v) for v in rng.integers(0, 2, 2))
    mosaic = light[..., 1].copy()
    mosaic[top::2, left::2] = light[top::2, left::2, 0]
    mosaic[1 - top :: 2, 1 - left :: 2] = light[1 - top :: 2, 1 - left :: 2, 2]
    shot, read = float(rng.uniform(0, 0.12)), float(rng.uniform(0.3, 2.5))
    mosaic += rng.normal(0, 1, (rows, cols)) * np.sqrt(read**2 + shot * mosaic)
    raw = np.clip(np.rint(mosaic), 0, 255).astype(np.uint8)
    code = {
        (0, 0): cv2.COLOR_BayerRGGB2RGB,
        (0, 1): cv2.COLOR_BayerGRBG2RGB,
        (1, 0): cv2.COLOR_BayerGBRG2RGB,
        (1, 1): cv2.COLOR_BayerBGGR2RGB,
    }[top, left]
    if rng.random() < 0.5:
        code += cv2.COLOR_BayerRGGB2RGB_EA - cv2.COLOR_BayerRGGB2RGB
    rgb = np.asarray(cv2.cvtColor(raw, code), np.uint8)
    if rng.random() < 0.4:
        amount = float(rng.uniform(0.2, 1.0))
        soft = cv2.GaussianBlur(rgb, (0, 0), 1.0)
        rgb = np.asarray(cv2.addWeighted(rgb, 1 + amount, soft, -amount, 0), np.uint8)
    draft.pixels = rgb
    draft.steps.append(f"sensor: blur {sigma:.1f}, noise {read:.1f} + {shot:.2f} light")


def _expose(draft: _Draft, rng: np.random.Generator) -> None:
    """Make large parts black or white, as at night or against the light: there, nothing is seen."""
    black, white = np.quantile(draft.pixels, sorted(rng.uniform(0, 1, 2)))
    if rng.random() < 0.5:
        white = 255.0
    else:
        black = 0.0
    gain = 255 / max(white - black, 40.0)
    exposed = np.clip(np.rint((draft.pixels - black) * gain), 0, 255)
    draft.pixels = exposed.astype(np.uint8)
    draft.steps.append(f"exposed: {black:.0f} to black, {white:.0f} to white")


def _add_noise(draft: _Draft, rng: np.random.Generator, sigma: float) -> None:
    noisy = draft.pixels + rng.normal(0, sigma, draft.pixels.shape).astype(np.float32)
    draft.pixels = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    draft.steps.append(f"noise {sigma:.1f}")


def _draw_history(draft: _Draft, rng: np.random.Generator, photographs: list[Path]) -> None:
    """Save the host, as it was before it was edited."""
    which = rng.random()
    if which < 0.25:
        return
    quality = rng.integers(70, 91) if rng.random() < 0.6 else rng.integers(50, 99)
    saving = draw_saving(rng, int(quality), photographs)
    draft.pixels = saving.apply(draft.pixels)
    draft.steps.append(f"history: {saving}")
    rows, cols = draft.pixels.shape[:2]
    if which < 0.31 and min(rows, cols) > _LEAST_SIDE + 8:
        top, left = (int(v) for v in rng.integers(0, 8, 2))
        draft.pixels = np.ascontiguousarray(draft.pixels[top:, left:])
        draft.steps.append(f"cropped by {top}, {left}")
    elif which < 0.37:
        scale = float(rng.uniform(0.7, 1.3))
        size = max(round(cols * scale), _LEAST_SIDE), max(round(rows * scale), _LEAST_SIDE)
        draft.pixels = np.asarray(cv2.resize(draft.pixels, size), np.uint8)
        draft.steps.append(f"resized by {scale:.2f}")
    else:
        draft.last = saving


def _draw_last_quality(draft: _Draft, rng: np.random.Generator) -> int:
    """Draw the quality of the last save: often about that of the history, as programs keep it."""
    if draft.last is not None and rng.random() < 0.6:
        return int(np.clip(draft.last.quality + rng.integers(-8, 6), 45, 98))
    return int(rng.integers(75, 99) if rng.random() < 0.6 else rng.integers(55, 96))


def _pasted(
    draft: _Draft,
    kind: str,
    donors: list[Path],
    rng: np.random.Generator,
    *,
    sensor: bool,
    uncompressed: bool,
) -> Coverage:
    """Paste something; return how much of each pixel it covers."""
    rows, cols = draft.pixels.shape[:2]
    coverage, shape = _draw_coverage(draft.pixels, rng)
    if kind == "copy-move":
        source = draft.pixels
    elif not uncompressed and rng.random() < 0.06:
        saving = draw_saving(rng, int(rng.integers(50, 96)), donors)
        source = saving.apply(draft.pixels)
        draft.steps.append(f"donor: the host itself, saved: {saving}")
    else:
        donor = load(donors[rng.integers(len(donors))])
        taken = _cut(
            donor, rows + 16, cols + 16, rng,
            sensor=sensor and rng.random() < 0.8, native=0.0 if uncompressed else 0.25,
        )  # fmt: skip
        if not uncompressed and rng.random() < 0.7:
            quality = rng.integers(60, 99)
            taken.pixels = draw_saving(rng, int(quality), donors).apply(taken.pixels)
            taken.steps.append(f"saved at about {quality}")
        source = taken.pixels
        draft.steps.append("donor: " + ", ".join(taken.steps))
    part = _moved(source, rows, cols, rng, far=kind == "copy-move")
    if rng.random() < 0.4:
        # Else light and color alone would tell what was pasted, as in no forgery that is any good.
        part = _match_colors(part, draft.pixels, coverage >= 0.5)
    elif rng.random() < 0.4:
        gain, offset = float(rng.uniform(0.75, 1.3)), float(rng.uniform(-15, 15))
        part = np.clip(np.rint(part * np.float32(gain) + offset), 0, 255).astype(np.uint8)
    if rng.random() < 0.1:
        part = np.asarray(cv2.GaussianBlur(part, (0, 0), float(rng.uniform(0.5, 1.2))), np.uint8)
    weight = coverage[..., np.newaxis]
    mixed = draft.pixels + weight * (part.astype(np.float32) - draft.pixels)
    draft.pixels = np.rint(mixed).astype(np.uint8)
    draft.steps.append(f"{kind}: {shape}, {100 * float((coverage >= 0.5).mean()):.1f} %")
    return coverage


def _match_colors(part: Pixels, covered: Pixels, inside: NDArray[np.bool_]) -> Pixels:
    """Give a part the mean and the spread, channel by channel, of what it covers."""
    values = part[inside].astype(np.float32)
    wanted = covered[inside].astype(np.float32)
    # Bounded, or the noise of an even sky would be blown up to a texture.
    gain = np.clip(wanted.std(axis=0) / (values.std(axis=0) + 1), 0.6, 1.6)
    matched = (part - values.mean(axis=0)) * gain + wanted.mean(axis=0)
    return np.asarray(np.clip(np.rint(matched), 0, 255), np.uint8)


def _moved(source: Pixels, rows: int, cols: int, rng: np.random.Generator, *, far: bool) -> Pixels:
    """Return the source shifted, and in half of the cases turned and scaled too."""
    height, width = source.shape[:2]
    angle, scale = 0.0, 1.0
    if rng.random() < 0.5:
        angle, scale = float(rng.uniform(-25, 25)), float(rng.uniform(0.6, 1.6))
    least = 0.1 if far else 0.0
    reach = 0.6 if far else 0.15
    shift = rng.uniform(least, reach, 2) * rng.choice([-1, 1], 2) * (width, height)
    whole = scale == 1.0 and angle == 0.0
    if whole:
        # Sometimes on the grid of the host, where what is pasted keeps its earlier quantisation.
        step = 8 if rng.random() < 0.2 else 1
        shift = step * np.rint(shift / step)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    matrix[:, 2] += shift
    mode = cv2.INTER_NEAREST if whole else (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(2)]
    moved = cv2.warpAffine(
        source, matrix, (cols, rows), flags=mode, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, np.uint8)


def _draw_coverage(pixels: Pixels, rng: np.random.Generator) -> tuple[Coverage, str]:
    """Draw a region: a shape, several of them, or what has about one colour."""
    rows, cols = pixels.shape[:2]
    for _ in range(20):
        share = math.exp(rng.uniform(math.log(0.008), math.log(0.4)))
        if rng.random() < 0.2:
            share = float(rng.uniform(0.1, 0.45))
        softness = float(rng.choice([0.05, 0.3, 0.6, 1.0, 2.0]))
        name = str(rng.choice(["blob", "polygon", "rectangle", "object", "pair"]))
        coverage: Any
        if name == "object":
            coverage = _draw_object(pixels, share, softness, rng)
        else:
            coverage = np.zeros((rows, cols), np.float32)
            for _ in range(2 if name == "pair" else 1):
                kind = name if name != "pair" else str(rng.choice(["blob", "polygon"]))
                center = (
                    float(rng.uniform(0.05, 0.95)) * rows,
                    float(rng.uniform(0.05, 0.95)) * cols,
                )
                shape = draw_shape(kind, center, softness, rng)  # type: ignore[arg-type]
                area = share * rows * cols / (2 if name == "pair" else 1)
                coverage = np.maximum(coverage, draw_alpha(shape, area, rows, cols))
        found = float((coverage >= 0.5).mean())
        if 0.005 <= found <= 0.5:
            return coverage, name
    shape = draw_shape("blob", (rows / 2, cols / 2), 0.5, rng)
    return draw_alpha(shape, 0.05 * rows * cols, rows, cols), "blob"


def _draw_object(
    pixels: Pixels, share: float, softness: float, rng: np.random.Generator
) -> Coverage:
    """Draw a region whose border follows edges: what is near to a point in place and color."""
    rows, cols = pixels.shape[:2]
    small = cv2.resize(pixels, (max(cols // 4, 8), max(rows // 4, 8)), interpolation=cv2.INTER_AREA)
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32), (0, 0), 1)
    down, right = np.indices(lab.shape[:2])
    at = int(rng.integers(lab.shape[0])), int(rng.integers(lab.shape[1]))
    place = np.hypot(down - at[0], right - at[1]) / math.sqrt(share * lab.shape[0] * lab.shape[1])
    color = np.sqrt(((lab - lab[at]) ** 2).sum(axis=2)) / 25
    distance = (color + place).astype(np.float32)
    near = (distance <= np.quantile(distance, share)).astype(np.uint8)
    _, labels = cv2.connectedComponents(near)
    region = (labels == labels[at]).astype(np.float32) if near[at] else near.astype(np.float32)
    large = cv2.resize(region, (cols, rows), interpolation=cv2.INTER_CUBIC)
    sharp = np.clip((cv2.GaussianBlur(large, (0, 0), 2.0) - 0.5) * 4 + 0.5, 0, 1)
    return np.asarray(cv2.GaussianBlur(sharp, (0, 0), max(softness, 0.1)), np.float32)


def _removed(draft: _Draft, rng: np.random.Generator) -> Coverage:
    """Take something away: filled from around, or blurred beyond recognition."""
    coverage, shape = _draw_coverage(draft.pixels, rng)
    if rng.random() < 0.5 and (coverage > 0).mean() < 0.1:
        mask = (coverage >= 0.5).astype(np.uint8)
        filled = np.asarray(cv2.inpaint(draft.pixels, mask, 3, cv2.INPAINT_TELEA), np.uint8)
    else:
        sigma = float(rng.uniform(2, 8))
        filled = np.asarray(cv2.GaussianBlur(draft.pixels, (0, 0), sigma), np.uint8)
    mixed = draft.pixels + coverage[..., np.newaxis] * (filled.astype(np.float32) - draft.pixels)
    draft.pixels = np.rint(mixed).astype(np.uint8)
    draft.steps.append(f"removal: {shape}")
    return coverage


def _edited(
    draft: _Draft, coverage: Coverage, rng: np.random.Generator, *, gentle: bool
) -> Coverage:
    """Edit the whole picture, sometimes."""
    if rng.random() >= (0.1 if gentle else 0.36):
        return coverage
    which = str(rng.choice(["gamma", "noise"] if gentle else _EDITS))
    draft.steps.append(f"whole: {which}")
    if which == "resize":
        rows, cols = coverage.shape
        scale = float(rng.uniform(0.5, 1.25))
        size = max(round(cols * scale), _LEAST_SIDE), max(round(rows * scale), _LEAST_SIDE)
        mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        draft.pixels = np.asarray(cv2.resize(draft.pixels, size, interpolation=mode), np.uint8)
        draft.last = None
        return np.asarray(cv2.resize(coverage, size, interpolation=cv2.INTER_AREA), np.float32)
    if which == "crop":
        top, left = (int(v) for v in rng.integers(0, 16, 2))
        draft.pixels = np.ascontiguousarray(draft.pixels[top:, left:])
        draft.last = None
        return np.ascontiguousarray(coverage[top:, left:])
    if which == "blur":
        sigma = float(rng.uniform(0.4, 1.3))
        draft.pixels = np.asarray(cv2.GaussianBlur(draft.pixels, (0, 0), sigma), np.uint8)
    elif which == "sharpen":
        soft = cv2.GaussianBlur(draft.pixels, (0, 0), 1.0)
        amount = float(rng.uniform(0.3, 1.0))
        sharp = cv2.addWeighted(draft.pixels, 1 + amount, soft, -amount, 0)
        draft.pixels = np.asarray(sharp, np.uint8)
    elif which == "gamma":
        gamma = float(rng.uniform(0.7, 1.4))
        curve = np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
        draft.pixels = np.asarray(cv2.LUT(draft.pixels, curve), np.uint8)
    else:
        _add_noise(draft, rng, float(rng.uniform(0.5, 4)))
    return coverage


_EDITS: Final = ("resize", "resize", "resize", "blur", "sharpen", "gamma", "noise", "crop")
