"""The single steps of an attack: a picture in, a picture out, the same on every machine.

A step works on gray or RGB, 8 or 16 bits, on the grid on which the file stores the picture. Gray
levels always mean the 256 of an 8-bit picture; on 16 bits a level is 257 times as much. The text of
a step (`str`) is what `unsplice.evaluation.attacks.parse_attack` reads as this step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from unsplice.evaluation.attacks.elementary import power
from unsplice.evaluation.attacks.resampling import Resampling, shrink, shrink_mask
from unsplice.image import decode_image
from unsplice.kernels import gaussian_blur
from unsplice.limits import LARGEST_JPEG_SIDE, LARGEST_MAX_PIXELS
from unsplice.synthetic.forging import Saving

__all__ = [
    "AttackStep",
    "AttackedPicture",
    "Blur",
    "CannotApplyError",
    "Downsample",
    "FitInto",
    "Gamma",
    "Jpeg",
    "Noise",
]


@dataclass(frozen=True, eq=False)
class AttackedPicture:
    """What goes through the steps.

    Attributes
    ----------
    pixels : (rows, cols) or (rows, cols, 3) array of uint8 or uint16
        Gray or RGB.
    truth : (rows, cols) array of bool or None
        The mask of the same size, where there is one.
    seed : int
        For steps that draw.
    num_threads : int or None
        As everywhere.
    """

    pixels: NDArray[Any]
    truth: NDArray[np.bool_] | None
    seed: int
    num_threads: int | None

    def with_values(self, values: NDArray[np.float32]) -> AttackedPicture:
        """Return the picture with other samples, rounded and kept in range."""
        clipped = np.clip(np.rint(values), 0, np.iinfo(self.pixels.dtype).max)
        return replace(self, pixels=clipped.astype(self.pixels.dtype))

    def shrunk(self, shape: tuple[int, int], kernel: Resampling) -> AttackedPicture:
        """Return the picture and its truth on a smaller grid."""
        return replace(
            self,
            pixels=shrink(self.pixels, shape, kernel=kernel),
            truth=None if self.truth is None else shrink_mask(self.truth, shape),
        )


AttackStep: TypeAlias = Callable[[AttackedPicture], AttackedPicture]


class CannotApplyError(ValueError):
    """A step makes no sense for a picture of this size."""


def _text(value: float) -> str:
    """Return a number in the shortest way that reads back as the same."""
    return str(int(value)) if value == int(value) else np.format_float_positional(value)


@dataclass(frozen=True)
class Jpeg:
    """Save as JPEG with the tables of libjpeg; a 16-bit picture is reduced to 8 bits before."""

    quality: int
    subsampling: str = "4:2:0"

    def __str__(self) -> str:
        suffix = "" if self.subsampling == "4:2:0" else f":{self.subsampling}"
        return f"jpeg:{self.quality}{suffix}"

    def encode(self, pixels: NDArray[Any]) -> bytes:
        """Return the file."""
        if max(pixels.shape[:2]) > LARGEST_JPEG_SIDE:
            raise CannotApplyError(f"a JPEG has at most {LARGEST_JPEG_SIDE:,} pixels a side")
        if pixels.dtype == np.uint16:
            pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
        return Saving(self.quality, self.subsampling).encode(pixels)

    def __call__(self, picture: AttackedPicture) -> AttackedPicture:
        """Return what is read from that file again."""
        decoded = decode_image(self.encode(picture.pixels), max_pixels=LARGEST_MAX_PIXELS)
        return replace(picture, pixels=decoded.pixels)


@dataclass(frozen=True)
class Gamma:
    """Raise every sample, as a share of the peak, to a power: above 1 darkens."""

    exponent: float

    def __str__(self) -> str:
        return f"gamma:{_text(self.exponent)}"

    def __call__(self, picture: AttackedPicture) -> AttackedPicture:
        """Look up every sample in a table."""
        peak = int(np.iinfo(picture.pixels.dtype).max)
        shares = np.arange(peak + 1) / peak
        table = np.rint(peak * power(shares, self.exponent)).astype(picture.pixels.dtype)
        return replace(picture, pixels=table[picture.pixels])


@dataclass(frozen=True)
class Blur:
    """Blur with a Gaussian, cut off at 3 sigma, the picture continued by reflection."""

    sigma: float

    def __str__(self) -> str:
        return f"blur:{_text(self.sigma)}"

    def __call__(self, picture: AttackedPicture) -> AttackedPicture:
        """Blur each channel alone."""
        planes = np.moveaxis(np.atleast_3d(picture.pixels), 2, 0).astype(np.float32, order="C")
        blurred = gaussian_blur(planes, self.sigma, num_threads=picture.num_threads)
        return picture.with_values(np.moveaxis(blurred, 0, 2).reshape(picture.pixels.shape))


@dataclass(frozen=True)
class Downsample:
    """Make rows and columns fewer by a factor: means over what each output pixel covers."""

    scale: float

    def __str__(self) -> str:
        return f"downsample:{_text(self.scale)}"

    def __call__(self, picture: AttackedPicture) -> AttackedPicture:
        """Shrink picture and truth."""
        shape = picture.pixels.shape[:2]
        rows, cols = (int(side * self.scale + 0.5) for side in shape)
        if min(rows, cols) == 0:
            raise CannotApplyError("no pixel would be left of one of its sides")
        if (rows, cols) == shape:
            raise CannotApplyError("neither of its sides would lose a pixel")
        return picture.shrunk((rows, cols), "area")


@dataclass(frozen=True)
class Noise:
    """Add independent Gaussian noise to every sample.

    It depends on the seed, on this step and on the picture it meets, so two pictures never share
    their noise, and no order of pictures or number of workers changes it.
    """

    sigma: float

    def __str__(self) -> str:
        return f"noise:{_text(self.sigma)}"

    def __call__(self, picture: AttackedPicture) -> AttackedPicture:
        """Draw the noise of this picture and add it."""
        pixels = picture.pixels
        key = hashlib.sha256(f"{picture.seed} {self} {pixels.dtype} {pixels.shape} ".encode())
        key.update(np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<")).data)
        rng = np.random.Generator(np.random.PCG64(int.from_bytes(key.digest(), "big")))
        values = rng.standard_normal(pixels.shape, np.float32)
        values *= np.float32(self.sigma * (np.iinfo(pixels.dtype).max / 255))
        values += pixels
        return picture.with_values(values)


@dataclass(frozen=True)
class FitInto:
    """Shrink a picture whose long side, or width, is above a limit; leave others as they are."""

    limit: int
    side: Literal["long side", "width"] = "long side"
    kernel: Resampling = "area"

    def __call__(self, picture: AttackedPicture) -> AttackedPicture:
        """Shrink picture and truth where the picture is too large."""
        rows, cols = picture.pixels.shape[:2]
        length = cols if self.side == "width" else max(rows, cols)
        if length <= self.limit:
            return picture
        # Whole numbers: the side in question becomes the limit exactly, the other is rounded.
        rows, cols = (
            max(1, (2 * side * self.limit + length) // (2 * length)) for side in (rows, cols)
        )
        return picture.shrunk((rows, cols), self.kernel)
