"""One picture of a data set with what is known of it, and the reading of its truth."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import ImageError, Notice, UnspliceError
from unsplice.evaluation.datasets.columbia_mask import columbia_mask
from unsplice.image import SourceImage, read_image
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.mask_file import as_mask

__all__ = ["Sample", "Truth", "doubted", "merge_samples", "named_once", "read_truth"]

AUTHENTIC = "authentic"

# What tells a mask from a picture: values within NEAR gray levels of black or white.
NEAR = 64
LARGEST_BETWEEN = 0.2
FEW = 4


@dataclass(frozen=True)
class Sample:
    """A picture and where its mask is.

    Attributes
    ----------
    dataset : str
        The set; of a manifest its column ``set``.
    kind : str
        "splice", "copy-move", "authentic", "tampered" where the set does not say which, or the
        word of a manifest.
    name : str
        The path below the folder of the set, with ``/``; no other sample of the list has it.
    image : Path
        The picture; ``Path()`` for a line of a manifest that names none.
    mask : Path or None
        The file of its mask; None for an authentic picture, and where no mask is known.
    mask_encoding : {"binary", "columbia"}
        How the mask is to be read: white is spliced, or the colors of the Columbia edge masks.
    error : UnspliceError or None
        Why nothing can be measured on this picture.
    warnings : tuple of Notice
        What was done to a known defect of the set (W240).
    """

    dataset: str
    kind: str
    name: str
    image: Path
    mask: Path | None = None
    mask_encoding: Literal["binary", "columbia"] = "binary"
    error: UnspliceError | None = None
    warnings: tuple[Notice, ...] = ()

    @property
    def authentic(self) -> bool:
        """Whether nothing in the picture was changed."""
        return self.kind == AUTHENTIC


@dataclass(frozen=True, eq=False)
class Truth:
    """What is spliced in a picture.

    Attributes
    ----------
    mask : (rows, cols) array of bool
        True = spliced.
    sha256 : str
        Hash of the very bytes that `mask` was decoded from; empty where no file says it.
    """

    mask: NDArray[np.bool_]
    sha256: str = ""


def read_truth(
    sample: Sample, shape: tuple[int, ...], *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> Truth:
    """Read what is spliced in a sample.

    Parameters
    ----------
    sample : Sample
        From `read_dataset`.
    shape : tuple of int
        The shape of the picture: rows, columns, and channels if any.
    max_pixels : int
        Refuse a mask with more pixels.

    Returns
    -------
    Truth
        The mask, and the hash of its file. Of an authentic picture nothing is spliced.

    Raises
    ------
    UnspliceError
        The `error` of the sample, if it has one.
    ReadError, ImageError
        If the mask cannot be read, or (E138) has not the rows and columns of the picture, or (E140)
        marks nothing in a picture that is not authentic, or looks like a picture.

    Notes
    -----
    A black and white mask is read as everywhere in unsplice: a pixel is spliced from half of the
    range of its type on, 128 of 255, so that masks saved as JPEG keep their border; a file whose
    values are all 0 or 1 is taken as such; of a color file the brightest channel counts. Masks are
    never resized, rotated or inverted. One of which more than a fifth of the pixels is farther than
    64 of 255 from both black and white is taken for a picture: on its border even a mask saved as
    JPEG has such values, elsewhere none has.
    """
    if sample.error is not None:
        raise sample.error
    if sample.mask is None:
        if not sample.authentic:
            raise ImageError("E136", path=sample.image, reason="the sample names none")
        return Truth(np.zeros(shape[:2], bool))
    source = read_image(sample.mask, max_pixels=max_pixels)
    decode = columbia_mask if sample.mask_encoding == "columbia" else as_mask
    mask = decode(source, sample.mask, shape)
    fault = _fault(source, mask, sample.mask_encoding)
    if fault and not sample.authentic:
        reason = f"its mask {sample.mask} {fault}"
        raise ImageError("E140", path=sample.image, reason=reason)
    return Truth(mask, source.sha256)


def _fault(source: SourceImage, mask: NDArray[np.bool_], encoding: str) -> str:
    """Return why `mask`, which `source` was read as, cannot be the truth; empty if it can."""
    if encoding == "columbia":
        return "" if mask.any() else "marks nothing: none of it is green"
    pixels = source.pixels
    gray = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    top = int(np.iinfo(gray.dtype).max)
    margin = NEAR * (top // 255)
    between = np.count_nonzero((gray > margin) & (gray < top - margin)) / max(1, gray.size)
    # Few values are a mask of other levels, however many pixels have them.
    values = np.unique(gray)
    if between > LARGEST_BETWEEN and values.size > FEW:
        return f"looks like a picture, not a mask: {between:.0%} of it is neither black nor white"
    if mask.any():
        return ""
    shown = " and ".join(map(str, values)) if values.size <= FEW else f"{values[0]} to {values[-1]}"
    return f"marks nothing: its values are {shown} of {top}, and white is from {(top + 1) // 2} on"


def named_once(samples: Sequence[Sample]) -> list[Sample]:
    """Return `samples` with names that differ: a name that is taken gets ``~`` and a hash.

    Examples
    --------
    >>> a = Sample("x", "splice", "a.jpg", Path("x/a.jpg"), Path("x/m.png"))
    >>> b = Sample("y", "splice", "a.jpg", Path("y/a.jpg"), Path("y/m.png"))
    >>> [sample.name for sample in named_once([a, b])]
    ['a.jpg', 'a.jpg~e55f9a2c']
    """
    taken: set[str] = set()
    unique = []
    for sample in samples:
        name, attempt = sample.name, 0
        while name in taken:
            # Nothing of where the set lies: a copy of it has the same names.
            mask = sample.mask.name if sample.mask else ""
            identity = f"{sample.dataset}\n{sample.kind}\n{mask}\n{attempt}"
            digest = hashlib.sha256(os.fsencode(identity)).hexdigest()[:8]
            name, attempt = f"{sample.name}~{digest}", attempt + 1
        taken.add(name)
        unique.append(sample if name == sample.name else replace(sample, name=name))
    return unique


def merge_samples(samples: Iterable[Sample]) -> list[Sample]:
    """Return the samples of several lists as one: each once, and with names that differ.

    Two are the same if set, kind, picture and mask are, whatever way their paths take to the file.
    Where two lists contradict one another on a picture of one set, both samples get E140.

    Examples
    --------
    >>> a = Sample("x", "splice", "a.jpg", Path("x/a.jpg"), Path("x/m.png"))
    >>> again = Sample("x", "splice", "x/a.jpg", Path("x/../x/a.jpg"), Path("x/m.png"))
    >>> other = Sample("y", "splice", "a.jpg", Path("y/a.jpg"), Path("y/m.png"))
    >>> [sample.name for sample in merge_samples([a, again, other])]
    ['a.jpg', 'a.jpg~e55f9a2c']
    """
    once: dict[tuple[str, ...], Sample] = {}
    for sample in samples:
        once.setdefault(_identity(sample), sample)
    return named_once(doubted(once.values()))


def _identity(sample: Sample) -> tuple[str, ...]:
    """Return what tells a sample from others, wherever it was listed."""
    paths = (_real(sample.image), _real(sample.mask or Path()))
    # A line of a table that makes no sense is told from others by its place.
    told = sample.error.fields if sample.error is not None else {}
    place = f"{_real(Path(str(told['path'])))}:{told['line']}" if "line" in told else ""
    return (sample.dataset, sample.kind, *paths, place)


def _real(path: Path) -> str:
    return os.path.realpath(path) if path != Path() else ""


def doubted(samples: Iterable[Sample]) -> list[Sample]:
    """Return each statement once, with E140 where two of one set contradict one another.

    A picture that is called authentic and tampered, or that has two masks, is not decided by
    which came first.
    """
    once = list(dict.fromkeys(samples))
    statements: dict[tuple[str, str], list[Sample]] = {}
    for sample in once:
        statements.setdefault((sample.dataset, _real(sample.image)), []).append(sample)
    return [_in_doubt(sample, statements[sample.dataset, _real(sample.image)]) for sample in once]


def _in_doubt(sample: Sample, statements: Sequence[Sample]) -> Sample:
    """Return `sample`, with E140 if the `statements` on its picture are of more than one truth."""
    if sample.error is not None or sample.image == Path() or len(statements) == 1:
        return sample
    truths = {(statement.authentic, _real(statement.mask or Path())) for statement in statements}
    if len(truths) == 1:
        reason = "it is listed as " + " and as ".join(dict.fromkeys(s.kind for s in statements))
    elif len({authentic for authentic, _ in truths}) == 2:
        reason = "it is listed as authentic and as tampered"
    else:
        masks = {str(s.mask) if s.mask is not None else "none" for s in statements}
        reason = f"it has {len(masks)} masks: {', '.join(sorted(masks))}"
    return replace(sample, error=ImageError("E140", path=sample.image, reason=reason))
