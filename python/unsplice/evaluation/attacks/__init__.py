"""Attacks: what happens to a picture between its forger and its examiner, by name and repeatable.

`docs/attacks.md` describes each, with the sources of the figures of the social networks.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import require_array, whole_number
from unsplice.errors import ImageError, UsageError, nearest_name
from unsplice.evaluation.attacks.steps import (
    AttackedPicture,
    AttackStep,
    Blur,
    CannotApplyError,
    Downsample,
    FitInto,
    Gamma,
    Jpeg,
    Noise,
)
from unsplice.image import SourceImage, decode_image
from unsplice.limits import LARGEST_MAX_PIXELS
from unsplice.synthetic.forging import SAMPLING_FACTORS, Saving

__all__ = ["ATTACKS", "PRESETS", "Attack", "parse_attack"]

# Every way to write a step, with what it does.
ATTACKS: Final = {
    "none": "the picture as it is",
    "jpeg:QUALITY[:SUBSAMPLING]": "JPEG of quality 1 to 100, chroma 4:2:0 unless given",
    "gamma:G": "samples, as shares of the peak, to the power of G (0.1 to 10)",
    "blur:SIGMA": "Gaussian blur, SIGMA in pixels (0.01 to 100)",
    "downsample:SCALE": "rows and columns times SCALE (between 0 and 1), the truth as well",
    "noise:SIGMA": "Gaussian noise, SIGMA in gray levels (above 0, at most 255)",
    "whatsapp": "roughly what WhatsApp does to a photo",
    "instagram": "roughly what Instagram does to a photo",
    "facebook": "roughly what Facebook does to a photo",
}

# Approximations, which the services change without notice; docs/attacks.md gives each source.
PRESETS: Final[dict[str, tuple[FitInto, Jpeg]]] = {
    "whatsapp": (FitInto(1600), Jpeg(80)),
    "instagram": (FitInto(1080, "width"), Jpeg(75)),
    "facebook": (FitInto(2048, kernel="lanczos"), Jpeg(85)),
}


@dataclass(frozen=True)
class Attack:
    """Steps that are done to a picture one after another; made by `parse_attack`.

    Attributes
    ----------
    name : str
        Canonical text: `parse_attack` reads it as this very attack, and equal attacks have equal
        names.
    family : str
        What attacks of different strength have in common, for a curve over strength: "jpeg" of
        "jpeg:70", "jpeg:4:4:4" of "jpeg:70:4:4:4", the name of a preset, and of a chain the
        families of its steps ("gamma+jpeg").
    strength : float or None
        The number in a single step; None for "none", presets and chains.
    steps : tuple of AttackStep
        What is done; empty for "none".
    """

    name: str
    family: str
    strength: float | None
    steps: tuple[AttackStep, ...]

    def __call__(
        self,
        source: SourceImage,
        truth: NDArray[np.bool_] | None,
        *,
        seed: int,
        num_threads: int | None = None,
    ) -> tuple[SourceImage, NDArray[np.bool_] | None]:
        """Attack a picture, and its truth where pixels move.

        Parameters
        ----------
        source : SourceImage
            The picture. Steps work on its stored pixel grid; what its file says besides (Exif, its
            orientation, profile) is lost, as it is lost on the way through most services.
        truth : (rows, cols) array of bool or None
            Its mask, True = spliced.
        seed : int
            >= 0. Only noise uses it: the same seed, attack and picture give the same file.
        num_threads : int, optional
            Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores. The result does not
            depend on it.

        Returns
        -------
        source : SourceImage
            The attacked picture, read from a file in memory: a JPEG if the last step makes one,
            else a lossless PNG. It keeps the path, for messages. "none" returns the very `source`.
        truth : (rows, cols) array of bool or None
            On the grid of the new picture; the very `truth` if no pixel moved. A small region can
            vanish from it altogether.

        Raises
        ------
        ImageError
            E139 if the picture is too small to be downsampled, or too large for a JPEG.
        TypeError, ValueError
            For an argument that is none of the above, or a `truth` of another shape.

        Notes
        -----
        A chain gives what its steps give one after another, each through a file. A 16-bit picture
        stays one until a step makes a JPEG of it, which has 8 bits.
        """
        if not isinstance(source, SourceImage):
            raise TypeError(f"source must be a SourceImage, got {type(source).__name__}")
        shape = source.pixels.shape[:2]
        if truth is not None:
            require_array(truth, "truth", ("bool",))
            if truth.shape != shape:
                raise ValueError(
                    f"truth must have the shape of the picture, {shape}, got {truth.shape}"
                )
        seed = whole_number(seed, "seed", 0)
        picture = AttackedPicture(source.pixels, truth, seed, num_threads)
        if not self.steps:
            return source, truth
        *first, last = self.steps
        try:
            for step in first:
                picture = step(picture)
            if isinstance(last, Jpeg):
                data = last.encode(picture.pixels)
            else:
                picture = last(picture)
                data = Saving(None).encode(picture.pixels)
        except CannotApplyError as error:
            rows, cols = picture.pixels.shape[:2]
            path = "data in memory" if source.path is None else source.path
            raise ImageError(
                "E139", attack=self.name, path=path, rows=rows, cols=cols, reason=str(error)
            ) from None
        # The path comes in afterwards: a PNG under the name of a JPEG deserves no warning here.
        attacked = decode_image(data, max_pixels=LARGEST_MAX_PIXELS)
        return dataclasses.replace(attacked, path=source.path), picture.truth


_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")


class _UnreadableError(ValueError):
    """Why a step cannot be read, without the text around it."""


def _number(text: str, what: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise _UnreadableError(f'{what} must be a number, got "{text}"')
    return float(text)


def _single(family: str, step: AttackStep, strength: float) -> Attack:
    return Attack(str(step), family, strength, (step,))


def _jpeg(text: str) -> Attack:
    quality, colon, subsampling = text.partition(":")
    number = _number(quality, "the quality")
    if number != int(number) or not 1 <= number <= 100:
        raise _UnreadableError(f"the quality must be a whole number from 1 to 100, got {quality}")
    if not colon or subsampling == "4:2:0":
        return _single("jpeg", Jpeg(int(number)), number)
    if subsampling not in SAMPLING_FACTORS:
        known = ", ".join(SAMPLING_FACTORS)
        raise _UnreadableError(f'the subsampling must be one of {known}, got "{subsampling}"')
    return _single(f"jpeg:{subsampling}", Jpeg(int(number), subsampling), number)


def _gamma(text: str) -> Attack:
    exponent = _number(text, "G")
    if not 0.1 <= exponent <= 10:
        raise _UnreadableError(f"G must be from 0.1 to 10, got {text}")
    return _single("gamma", Gamma(exponent), exponent)


def _blur(text: str) -> Attack:
    sigma = _number(text, "SIGMA")
    if not 0.01 <= sigma <= 100:
        raise _UnreadableError(f"SIGMA must be from 0.01 to 100 pixels, got {text}")
    return _single("blur", Blur(sigma), sigma)


def _downsample(text: str) -> Attack:
    scale = _number(text, "SCALE")
    if not 0 < scale < 1:
        raise _UnreadableError(f"SCALE must be above 0 and below 1, got {text}")
    return _single("downsample", Downsample(scale), scale)


def _noise(text: str) -> Attack:
    sigma = _number(text, "SIGMA")
    if not 0 < sigma <= 255:
        raise _UnreadableError(f"SIGMA must be above 0 and at most 255 gray levels, got {text}")
    return _single("noise", Noise(sigma), sigma)


_READERS: Final[dict[str, Callable[[str], Attack]]] = {
    "jpeg": _jpeg,
    "gamma": _gamma,
    "blur": _blur,
    "downsample": _downsample,
    "noise": _noise,
}


def _form(name: str) -> str:
    """Return how `name` is written in full."""
    return next(form for form in ATTACKS if form.partition(":")[0] == name)


def _refuse(text: str, reason: str, suggestion: str) -> NoReturn:
    raise UsageError("E186", text=text, reason=reason, suggestion=suggestion) from None


def _refuse_unknown(name: str, value: str, text: str) -> NoReturn:
    """Say that there is no step of this name, with the nearest that there is."""
    known = [form.partition(":")[0] for form in ATTACKS]
    near = nearest_name(name.strip(), known)
    suggestion = f"known are {', '.join(ATTACKS)}"
    if near is not None:
        meant = f"{near}:{value}" if value and near in _READERS else _form(near)
        suggestion = f'did you mean "{meant}"?'
    _refuse(text, f'unknown step "{name}"' if name else "a step is empty", suggestion)


def _parse_step(part: str, text: str) -> Attack:
    """Return the attack that `part`, one of the steps of `text`, stands for."""
    name, colon, value = part.partition(":")
    if name in PRESETS or name == "none":
        if colon:
            _refuse(text, f"{name} takes no value", f"write {name}")
        return Attack(name, name, None, PRESETS.get(name, ()))
    if name not in _READERS:
        _refuse_unknown(name, value, text)
    form = _form(name)
    if not colon:
        _refuse(text, f"{name} needs a value", f"write {form}")
    try:
        return _READERS[name](value)
    except _UnreadableError as error:
        _refuse(text, str(error), f"{form}: {ATTACKS[form]}")


def parse_attack(text: str) -> Attack:
    """Read an attack: one of `ATTACKS`, or several of them joined by ``+``.

    Parameters
    ----------
    text : str
        Such as "jpeg:70", "gamma:1.3+jpeg:95" or "whatsapp".

    Returns
    -------
    Attack

    Raises
    ------
    UsageError
        E186 if it cannot be read, or a number is out of its range.
    TypeError
        If `text` is no str.

    Examples
    --------
    >>> attack = parse_attack("jpeg:70.0:4:2:0")
    >>> attack.name, attack.family, attack.strength
    ('jpeg:70', 'jpeg', 70.0)
    >>> parse_attack("gamma:1.30+jpeg:95").name
    'gamma:1.3+jpeg:95'

    Attacking a picture:

    >>> import numpy as np, unsplice
    >>> from unsplice.output import encode_png
    >>> source = unsplice.decode_image(encode_png(np.full((16, 24, 3), 64, np.uint8)))
    >>> attacked, truth = parse_attack("downsample:0.5+jpeg:90")(source, None, seed=0)
    >>> attacked.format, attacked.pixels.shape, attacked.subsampling
    ('JPEG', (8, 12, 3), '4:2:0')
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}")
    parts = [_parse_step(part, text) for part in text.strip().split("+")]
    if len(parts) == 1:
        return parts[0]
    if any(not part.steps for part in parts):
        _refuse(text, '"none" stands alone', "leave it out")
    return Attack(
        name="+".join(part.name for part in parts),
        family="+".join(part.family for part in parts),
        strength=None,
        steps=tuple(step for part in parts for step in part.steps),
    )
