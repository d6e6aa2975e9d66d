"""What becomes of photographs that nobody tampered with: saved again, reduced, cut, converted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.photographs import load
from training.saving import Saving, draw_saving
from unsplice.output import encode_png

__all__ = ["VARIANTS", "untouched"]

Pixels = NDArray[np.uint8]

# Each name begins with what was done.
VARIANTS: Final = (
    "as-it-is", "saved", "saved-twice", "reduced", "reduced-saved", "reduced-saved-twice",
    "cut", "cut-saved", "reduced-png",
)  # fmt: skip


def untouched(
    photograph: Path, rng: np.random.Generator, *, rounds: int = 2
) -> Iterator[tuple[str, str, bytes]]:
    """Yield variants of a photograph: their name, the suffix of their file, and its bytes.

    Parameters
    ----------
    photograph : Path
        Straight from the camera.
    rng : numpy.random.Generator
        Draws qualities, scales and places.
    rounds : int
        How often each of `VARIANTS` but the first is made.
    """
    yield "as-it-is", photograph.suffix.lower(), photograph.read_bytes()
    pixels = load(photograph)
    for number in range(rounds):
        small = _reduced(pixels, rng)
        part = _part(pixels, rng)
        made = {
            "saved": _saved(pixels, rng),
            "saved-twice": _saved(_save(rng).apply(pixels), rng),
            "reduced": _saved(small, rng, lowest=94),
            "reduced-saved": _saved(small, rng),
            "reduced-saved-twice": _saved(_save(rng).apply(small), rng),
            "cut": _saved(part, rng, lowest=94),
            "cut-saved": _saved(part, rng),
        }
        for name, data in made.items():
            yield f"{name}-{number}", ".jpg", data
        yield f"reduced-png-{number}", ".png", encode_png(small)


def _save(rng: np.random.Generator, lowest: int = 75) -> Saving:
    return draw_saving(rng, int(rng.integers(lowest, 97)))


def _saved(pixels: Pixels, rng: np.random.Generator, *, lowest: int = 75) -> bytes:
    return _save(rng, lowest).encode(pixels)


def _reduced(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    rows, cols = pixels.shape[:2]
    least = min(1.0, 260 / min(rows, cols))
    scale = float(np.exp(rng.uniform(np.log(least), np.log(0.8))))
    size = round(cols * scale), round(rows * scale)
    mode = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(3)]
    return np.asarray(cv2.resize(pixels, size, interpolation=mode), np.uint8)


def _part(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    rows, cols = pixels.shape[:2]
    height = min(rows, int(rng.integers(240, 900)))
    width = min(cols, int(rng.integers(240, 900)))
    top, left = int(rng.integers(rows - height + 1)), int(rng.integers(cols - width + 1))
    return np.ascontiguousarray(pixels[top : top + height, left : left + width])
