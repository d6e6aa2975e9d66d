"""All families of evidence, over one grid of blocks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import one_of
from unsplice.blind.compression import History, measure_history
from unsplice.blind.evidence.color_filter import COLOR_FILTER_NAMES, color_filter_maps
from unsplice.blind.evidence.cooccurrences import COOCCURRENCE_NAMES, cooccurrence_maps
from unsplice.blind.evidence.ghosts import GHOST_NAMES, ghost_maps
from unsplice.blind.evidence.grid_votes import GRID_VOTE_NAMES, grid_vote_maps
from unsplice.blind.evidence.history import (
    HISTORY_NAMES,
    HISTORY_SCALARS,
    history_maps,
    history_scalars,
)
from unsplice.blind.evidence.noise import NOISE_NAMES, noise_maps
from unsplice.blind.parameters import Family, JpegHistoryParameters
from unsplice.blind.source import BlindSource

__all__ = ["FAMILIES", "MAP_NAMES", "SCALAR_NAMES", "EvidenceMaps", "block_maps"]

FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    "jpeg-history": HISTORY_NAMES,
    "grid-votes": GRID_VOTE_NAMES,
    "ghosts": GHOST_NAMES,
    "noise": NOISE_NAMES,
    "color-filter": COLOR_FILTER_NAMES,
    "co-occurrences": COOCCURRENCE_NAMES,
}
# All but the first, which has to find the grid before.
_MEASURED: Final[dict[str, Callable[..., NDArray[np.float32]]]] = {
    "grid-votes": grid_vote_maps,
    "ghosts": ghost_maps,
    "noise": noise_maps,
    "color-filter": color_filter_maps,
    "co-occurrences": cooccurrence_maps,
}
MAP_NAMES: Final = tuple(name for names in FAMILIES.values() for name in names)
SCALAR_NAMES: Final = HISTORY_SCALARS


@dataclass(frozen=True, eq=False)
class EvidenceMaps:
    """Every map of a picture.

    Attributes
    ----------
    maps : (maps, block rows, block cols) array of float32
        In the order of `MAP_NAMES`.
    scalars : (n,) array of float32
        In the order of `SCALAR_NAMES`.
    row, col : int
        Where the grid of blocks begins.
    history : History
        What the first family was made of.
    """

    maps: NDArray[np.float32]
    scalars: NDArray[np.float32]
    row: int
    col: int
    history: History


def block_maps(
    source: BlindSource,
    parameters: JpegHistoryParameters,
    *,
    without: Collection[str] = (),
    num_threads: int | None = None,
) -> EvidenceMaps:
    """Compute every map of a picture, on the grid of its last compression.

    Parameters
    ----------
    source : BlindSource
        At least 16 pixels high and wide.
    parameters : JpegHistoryParameters
        When a compression history counts as one.
    without : collection of str
        Families, of `FAMILIES`, whose maps are 0 everywhere: what each is worth can be seen so.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    EvidenceMaps
        On the grid that the file tells or the pixels show, and where neither does, or the picture
        is too small to be sure, on blocks from its corner.

    Raises
    ------
    TypeError, ValueError
        If there is no whole block, or no such family.
    """
    for family in without:
        one_of(family, "without", Family)
    history = measure_history(source, parameters, num_threads=num_threads)
    row = col = 0
    if history.grid is not None and history.compression is not None:
        row, col = history.grid.row, history.grid.col
    shape = (source.pixels.shape[0] - row) // 8, (source.pixels.shape[1] - col) // 8
    scalars = history_scalars(history)
    if "jpeg-history" in without:
        scalars[["gain" in name or "share" in name for name in SCALAR_NAMES]] = 0
    maps = np.zeros((len(MAP_NAMES), *shape), np.float32)
    for family, names in FAMILIES.items():
        if family in without:
            continue
        first = MAP_NAMES.index(names[0])
        maps[first : first + len(names)] = (
            history_maps(history, parameters, shape)
            if family == "jpeg-history"
            else _MEASURED[family](source.pixels, row=row, col=col, num_threads=num_threads)
        )
    return EvidenceMaps(maps, scalars, row, col, history)
