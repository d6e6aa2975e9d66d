"""Saving as JPEG, with the tables that pictures meet in the wild."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.photographs import tables_of
from unsplice.jpeg import standard_tables

__all__ = ["Saving", "decode", "draw_saving"]

_SUBSAMPLINGS: Final = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


@dataclass(frozen=True)
class Saving:
    """A JPEG compression.

    Attributes
    ----------
    kind : str
        "libjpeg", "camera" or "smooth": whose tables.
    quality : int
        That of libjpeg, or the nearest one.
    tables : tuple of two tuples of 64 int
        Of luma and chroma, in row order.
    subsampling : str
        "4:4:4", "4:2:2" or "4:2:0".
    """

    kind: str
    quality: int
    tables: tuple[tuple[int, ...], ...]
    subsampling: str

    def __str__(self) -> str:
        return f"JPEG {self.kind} {self.quality} {self.subsampling}"

    def encode(self, image: NDArray[np.uint8]) -> bytes:
        """Return the bytes of the file."""
        stream = io.BytesIO()
        Image.fromarray(image).save(
            stream,
            "JPEG",
            qtables=[list(table) for table in self.tables],
            subsampling=_SUBSAMPLINGS[self.subsampling],
        )
        return stream.getvalue()

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture as it comes back from the file."""
        return decode(self.encode(image))


def decode(data: bytes) -> NDArray[np.uint8]:
    """Return the RGB pixels of a file."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        return np.array(image.convert("RGB"))


def draw_saving(
    rng: np.random.Generator, quality: int, photographs: list[Path] | tuple[Path, ...] = ()
) -> Saving:
    """Draw a compression of about some quality; cameras' tables are those of `photographs`."""
    subsampling = str(rng.choice(["4:4:4", "4:2:2", "4:2:0"], p=[0.4, 0.1, 0.5]))
    quality = int(np.clip(quality, 30, 99))
    which = rng.random()
    if which < 0.17 and photographs:
        tables = tables_of(photographs[rng.integers(len(photographs))])
        if tables and max(map(max, tables)) < 256:
            return Saving("camera", _nearest_quality(tables[0]), tables, subsampling)
    if which < 0.35:
        return Saving("smooth", quality, _smooth_tables(rng, quality), subsampling)
    luma, chroma = standard_tables(quality)
    tables = tuple(tuple(int(step) for step in table.ravel()) for table in (luma, chroma))
    return Saving("libjpeg", quality, tables, subsampling)


def _smooth_tables(rng: np.random.Generator, quality: int) -> tuple[tuple[int, ...], ...]:
    """Return tables that rise with the frequency in a way of their own, as editors have them."""
    v, h = np.indices((8, 8)) / 7
    tables = []
    slope, bend, tilt = rng.uniform(0.6, 1.6), rng.uniform(-0.6, 0.6), rng.uniform(-0.3, 0.3)
    for standard in standard_tables(quality):
        mean = float(np.mean(standard))
        shape = 0.35 + slope * (v + h) / 2 + bend * v * h + tilt * (v - h)
        steps = mean * np.maximum(shape, 0.15) / shape.mean()
        tables.append(tuple(int(step) for step in np.clip(np.rint(steps), 1, 255).ravel()))
    return tuple(tables)


def _nearest_quality(table: tuple[int, ...]) -> int:
    sums = [float(np.sum(standard_tables(quality)[0])) for quality in range(30, 100)]
    return 30 + int(np.argmin(np.abs(np.log(sums) - np.log(float(sum(table))))))
