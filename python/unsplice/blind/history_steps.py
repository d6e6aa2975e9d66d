"""The intermediate pictures of the method "jpeg-history"."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from unsplice.blind.compression import Compression
from unsplice.blind.kernels import pixels_of_blocks
from unsplice.result import Localization
from unsplice.step import Step, levels_of_map, white

__all__ = ["history_steps"]

_MOST_NATS: Final = 12.0  # a block and its neighbors: beyond, brighter would say no more


def history_steps(
    result: Localization, compression: Compression | None, *, num_threads: int | None = None
) -> tuple[Step, ...]:
    """Return what `unsplice.blind.jpeg_history.decide_by_history` saw, as pictures.

    Parameters
    ----------
    result : Localization
        Its answer.
    compression : Compression or None
        What decided it.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    tuple of Step
        Where it can be seen at all, what is seen, and the mask.
    """
    shape = result.mask.shape
    seen = np.zeros(shape, np.float32)
    if compression is not None:
        place: Any = {"row": compression.grid.row, "col": compression.grid.col}
        seen = pixels_of_blocks(compression.information, shape, **place, num_threads=num_threads)
    return (
        Step(
            1, "visibility", "Where an earlier compression would leave traces",
            "How much each part of the picture could tell. Bright: texture in which the traces of "
            "saving as JPEG can be read. Dark: flat, blurred or blown out parts, of which nothing "
            "can be said. Bright is no suspicion here. All is dark where no trace of saving as "
            "JPEG was found.",
            "map", levels_of_map(seen, _MOST_NATS),
        ),
        Step(
            2, "single-compression", "What lacks the earlier compression",
            "How clearly each part lacks the traces of an earlier saving that the rest of the "
            "picture has. Bright: saved once, while the rest was saved twice, as a part is that "
            "was pasted in from elsewhere. Parts of which nothing can be said can be bright by "
            "chance.",
            "map", levels_of_map(result.heatmap),
        ),
        Step(
            3, "mask", "Mask",
            "What is marked, in white. It is empty where no region clearly lacks the earlier "
            "compression.",
            "mask", white(result.mask),
        ),
    )  # fmt: skip
