"""What a method found in a picture: the mask, and all that belongs to it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice._version import __version__
from unsplice.errors import Notice
from unsplice.image import SourceImage
from unsplice.kernels import find_boundary
from unsplice.output import (
    encode_png,
    json_ready,
    output_names,
    refuse_existing,
    remove_file,
    write_file,
)
from unsplice.previews import data_uri, overlay_of, small_overlay
from unsplice.record import LOCALIZATION_SCHEMA, encode_record, inputs_fields, output_fields

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Finding", "Localization", "Region"]

NOTEBOOK = 480  # pixels of the longer side of what notebooks show

# Findings with regions to tell of, be they surely spliced or only marked.
FOUND = frozenset(["spliced", "marked", "mostly-replaced"])

Finding = Literal[
    "spliced",  # there are regions
    "marked",  # there are regions, but whether anything was pasted is not decided
    "nothing-found",  # the pictures match (pair), or no evidence (blind)
    "identical",  # the same pixels
    "unrelated",  # the pair does not show the same background
    "misaligned",  # the same background, but not brought to match well enough to be trusted
    "mostly-replaced",  # the majority assumption fails: what is background is uncertain
]


@dataclass(frozen=True)
class Region:
    """One connected spliced region.

    Attributes
    ----------
    area : int
        Pixels.
    bounding_box : tuple of int
        (row, col, row, col): first row and column, and one past the last.
    centroid : tuple of float
        (row, col).
    score : float
        Evidence of the region; higher is surer.

    Examples
    --------
    >>> region = Region(area=6, bounding_box=(1, 1, 3, 4), centroid=(1.5, 2.0), score=250.0)
    >>> top, left, bottom, right = region.bounding_box
    >>> (bottom - top) * (right - left)
    6
    """

    area: int
    bounding_box: tuple[int, int, int, int]
    centroid: tuple[float, float]
    score: float


@dataclass(frozen=True, eq=False)
class Localization:
    """Where a picture was spliced.

    Attributes
    ----------
    image : (rows, cols, 3) or (rows, cols) array
        The analysed picture, RGB, on its stored pixel grid.
    mask : (rows, cols) array of bool
        True = spliced.
    heatmap : (rows, cols) array of float32
        In [0, 1], higher = more suspicious.
    regions : tuple of Region
        Largest evidence first.
    threshold : float
        Value of `heatmap` that corresponds to the decision border of the mask.
    score : float
        In [0, 1]: how sure it is that anything is spliced; NaN where the method does not ask.
    finding : str
        The answer in a word; see `Finding`.
    statement : str
        The answer in a sentence, for people.
    method : str
        Name of the method.
    parameters : mapping
        Every parameter after defaults, ready for JSON.
    details : mapping
        What the method measured on the way (geometry, compression, residuals), ready for JSON.
    warnings : tuple of Notice
        What a reader of the result has to know.
    suspected : (rows, cols) array of bool, or None
        What would be marked without the gate that empties `mask` where the picture as a whole shows
        no evidence; None where the method has no gate. Where the gate is open, or switched off, it
        equals `mask`. It is for evaluation: neither in `to_dict` nor saved.

    Examples
    --------
    >>> from unsplice import compare
    >>> from unsplice.synthetic.pairs import make_demo_pair
    >>> pair = make_demo_pair()
    >>> result = compare(pair.authentic, pair.spliced)
    >>> result.finding, result.mask.shape, result.heatmap.dtype.name
    ('spliced', (512, 768), 'float32')
    """

    image: NDArray[Any] = field(repr=False)
    mask: NDArray[np.bool_] = field(repr=False)
    heatmap: NDArray[np.float32] = field(repr=False)
    regions: tuple[Region, ...]
    threshold: float
    score: float
    finding: Finding
    statement: str
    method: str
    parameters: Mapping[str, Any] = field(repr=False)
    details: Mapping[str, Any] = field(repr=False)
    warnings: tuple[Notice, ...] = ()
    suspected: NDArray[np.bool_] | None = field(default=None, repr=False)

    @property
    def found(self) -> bool:
        """Whether there are regions to tell of, be they surely spliced or only marked."""
        return self.finding in FOUND

    def boundary(self) -> NDArray[np.bool_]:
        """Return the border of the mask: spliced pixels beside one that is not.

        Returns
        -------
        (rows, cols) array of bool
            True on the border; the frame of the picture is no border.
        """
        return find_boundary(self.mask, mode="inner")

    def overlay(self) -> NDArray[np.uint8]:
        """Return the picture for people: the border drawn, what lies outside dimmed.

        Returns
        -------
        (rows, cols, 3) array of uint8
            RGB. The border is magenta and 2 to 3 pixels wide; where nothing was found the picture
            is as it was.
        """
        return overlay_of(self.image, self.mask)

    def plot(self, axes: Sequence[Axes] | None = None) -> Figure:
        """Draw overlay and heat map side by side, by matplotlib (``pip install unsplice[plot]``).

        Parameters
        ----------
        axes : sequence of two matplotlib.axes.Axes, optional
            Where to draw; None makes a figure, with the statement as its title.

        Returns
        -------
        matplotlib.figure.Figure
            The figure that was drawn into. matplotlib's current figure stays what it is: show this
            one by its name in a notebook, or write it by its ``savefig``.

        Raises
        ------
        UsageError
            E189 if matplotlib is not installed.
        ValueError
            If `axes` are not two.

        Examples
        --------
        >>> from unsplice import localize
        >>> from unsplice.synthetic.pairs import make_scene
        >>> figure = localize(make_scene(96, 128, seed=1)).plot()
        >>> [panel.get_title() for panel in figure.axes[:2]]
        ['marked', 'heat map']
        """
        from unsplice.plots import draw_result

        return draw_result(self.overlay(), self.heatmap, self.statement, axes)

    def _repr_html_(self) -> str:
        """Return a small overlay and the answer, for notebooks; it needs nothing else.

        Examples
        --------
        >>> from unsplice import localize
        >>> from unsplice.synthetic.pairs import make_scene
        >>> page = localize(make_scene(96, 128, seed=1))._repr_html_()
        >>> "nothing-found" in page, "data:image/jpeg;base64," in page
        (True, True)
        """
        preview = small_overlay(self.image, self.mask, NOTEBOOK)
        rows, cols = preview.shape[:2]
        score = "" if math.isnan(self.score) else f", score {self.score:.2f}"
        told = f"<strong>{escape(self.finding)}</strong>{score}: {escape(self.statement)}"
        return (
            f'<figure style="margin:0"><img src="{data_uri(preview)}" width="{cols}" '
            f'height="{rows}" style="max-width:100%;height:auto" '
            'alt="The picture; what is marked has a border, the rest is darkened">'
            f"<figcaption>{told}</figcaption></figure>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return all but the arrays, in the types of JSON.

        Returns
        -------
        dict
            ``schema`` names the version of this layout; ``shape`` is (rows, cols); ``area`` is in
            pixels and ``fraction`` its share of the picture; the rest are the attributes.
        """
        record = {
            "schema": LOCALIZATION_SCHEMA,
            "unsplice": __version__,
            "finding": self.finding,
            "statement": self.statement,
            "score": self.score,
            "threshold": self.threshold,
            "shape": self.mask.shape,
            "area": int(self.mask.sum()),
            "fraction": float(self.mask.mean()) if self.mask.size else 0.0,
            "regions": [asdict(region) for region in self.regions],
            "method": self.method,
            "parameters": self.parameters,
            "details": self.details,
            "warnings": [asdict(notice) for notice in self.warnings],
        }
        ready: dict[str, Any] = json_ready(record)
        return ready

    def encoded(self) -> dict[str, bytes]:
        """Return ``mask``, ``overlay`` and ``heatmap`` as the PNG files that `save` writes.

        Returns
        -------
        dict of str to bytes
            The pictures by these three names.
        """
        return {
            "mask": encode_png(self.mask),
            "overlay": encode_png(self.overlay()),
            "heatmap": encode_png(_as_gray_levels(self.heatmap)),
        }

    def save(
        self,
        folder: str | os.PathLike[str],
        *,
        name: str,
        overwrite: bool = False,
        inputs: Mapping[str, SourceImage | Mapping[str, Any]] | None = None,
        max_pixels: int | None = None,
    ) -> dict[str, Path]:
        """Write mask, overlay, heat map and record into `folder`.

        Parameters
        ----------
        folder : str or path
            Where to; it is made if it lacks.
        name : str
            Full file name of the analysed picture, as ``edited.jpg``; folders in it are kept.
        overwrite : bool
            Whether files of an earlier run are replaced; their record is removed first.
        inputs : mapping of str to SourceImage, optional
            What was analysed, by role: "image", or "authentic" and "spliced". With it the record
            can be verified.
        max_pixels : int, optional
            The limit under which they were read.

        Returns
        -------
        dict of str to path
            ``mask``, ``overlay`` and ``heatmap`` (8-bit PNG), ``record`` (JSON), in the order of
            writing: where the record is, the pictures are whole, and those that it is about.

        Raises
        ------
        OutputError
            If a file exists already (E161) or cannot be written (E160, E162).
        """
        (stem,) = output_names([(name, name)])
        pictures = self.encoded()
        paths = result_paths(folder, stem)
        refuse_existing(paths.values(), overwrite=overwrite)
        record = self.to_dict() | {
            "seed": None,  # no method takes one; where numbers are drawn, they are always the same
            "max_pixels": max_pixels,
            "inputs": inputs_fields(inputs or {}),
            "outputs": {
                kind: output_fields(paths[kind].name, data) for kind, data in pictures.items()
            },
        }
        del record["unsplice"]  # which is among the versions
        if overwrite:
            remove_file(paths["record"])
        for kind, data in {**pictures, "record": encode_record(record)}.items():
            write_file(paths[kind], data, overwrite=overwrite)
        return paths


def result_paths(folder: str | os.PathLike[str], name: str) -> dict[str, Path]:
    """Return where `Localization.save` puts the results of the picture `name`."""
    endings = {
        "mask": ".mask.png",
        "overlay": ".overlay.png",
        "heatmap": ".heatmap.png",
        "record": ".run.json",
    }
    return {kind: Path(folder) / f"{name}{ending}" for kind, ending in endings.items()}


def _as_gray_levels(heatmap: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return `heatmap` as 0 to 255."""
    return (np.clip(heatmap, 0, 1) * 255 + 0.5).astype(np.uint8)
