"""The intermediate pictures of the method "fusion": its families of evidence, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.evidence.maps import FAMILIES, MAP_NAMES, EvidenceMaps
from unsplice.blind.fusion.judgement import Judgement
from unsplice.blind.kernels import pixels_of_blocks
from unsplice.blind.parameters import FusionParameters
from unsplice.kernels import gaussian_blur
from unsplice.result import Localization
from unsplice.step import Step, levels_of_map, white

__all__ = ["difference_from_rest", "fusion_steps"]

# Robust standard deviations from the median of the picture: from where on it is shown, and where it
# is brightest.
_LEAST, _MOST = 1.0, 6.0
_NORMAL: Final = 1.4826  # standard deviation of a normal variable over its median deviation


@dataclass(frozen=True)
class _Words:
    title: str
    caption: str


_WORDS: Final = {
    "jpeg-history": _Words(
        "JPEG history",
        "Whether each part was saved as JPEG as often as the rest of the picture. Bright: it lacks "
        "an earlier saving that the rest went through, as a part pasted in from elsewhere does. "
        "This is the only one of these maps that knows which part is the paste. All is dark where "
        "the picture shows no earlier saving; flat or blown out parts can be bright by chance.",
    ),
    "grid-votes": _Words(
        "Grid of the compression",
        "JPEG works in squares of 8 x 8 pixels. This looks for where the corners of these squares "
        "lie. Bright: they lie elsewhere than in most of the picture, or show more or less "
        "clearly. A part that was moved or pasted does that; flat areas and strong texture do, "
        "too.",
    ),
    "ghosts": _Words(
        "Compression ghosts",
        "What saving again at eleven qualities would change. Bright: other qualities leave this "
        "part unchanged than the rest, as if it had been saved differently before. Very smooth and "
        "very detailed parts differ in every picture.",
    ),
    "noise": _Words(
        "Noise",
        "How strong and of what kind the fine grain is. Bright: unlike most of the picture, as a "
        "part of another photograph is, or one that was blurred, sharpened or scaled. Texture, "
        "focus and brightness change the grain in every picture.",
    ),
    "color-filter": _Words(
        "Trace of the camera's color filter",
        "A camera measures each color at some pixels only and fills in the others, which leaves a "
        "fine pattern. Bright: the pattern is unlike that of the rest. Any resizing or strong "
        "compression wipes it out; then nothing here means anything.",
    ),
    "co-occurrences": _Words(
        "Fine structure",
        "Which small patterns of light and dark neighbors occur. Bright: others than in most of "
        "the picture, as in a part with another past. A change of subject, from sky to "
        "leaves, is bright in every picture.",
    ),
}
# Of the noise maps, those that tell of noise; the others are there to judge these by.
_NOISE: Final = tuple(
    name for name in FAMILIES["noise"]
    if name.startswith(("laplacian_", "diagonal_", "correlation_", "kurtosis"))
)  # fmt: skip
# Single blocks vary too much to be looked at.
_SIGMAS: Final = {"noise": 1.5, "ghosts": 1.0, "color-filter": 2.0}


def fusion_steps(
    result: Localization,
    judgement: Judgement | None,
    parameters: FusionParameters,
    *,
    num_threads: int | None = None,
) -> tuple[Step, ...]:
    """Return what the method weighed, as pictures.

    Parameters
    ----------
    result : Localization
        Its answer.
    judgement : Judgement or None
        What it rests on; None where the picture is too small to be judged.
    parameters : FusionParameters
        Those of the answer; families that it left out are not drawn.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    tuple of Step
        A picture for each family of evidence, what the network makes of them, what was made of
        that, and the mask.
    """
    shape = result.mask.shape
    steps = []
    if judgement is not None:
        maps = {
            family: _drawn(judgement.evidence, family, num_threads)
            for family in FAMILIES
            if family not in parameters.without
        }
        steps = [
            Step(
                1 + list(FAMILIES).index(family), family, _WORDS[family].title,
                _WORDS[family].caption, "map",
                levels_of_map(_pixels(drawn, judgement.evidence, shape, num_threads)),
            )
            for family, drawn in maps.items()
        ]  # fmt: skip
        probabilities = _pixels(judgement.probabilities, judgement.evidence, shape, num_threads)
        steps.append(
            Step(
                7, "network", "All maps weighed",
                "What a small trained network makes of all maps together. Bright: if anything was "
                "pasted, it is likely here. It looks for the most suspicious part and finds one in "
                "every picture, so this alone is no evidence.",
                "map", levels_of_map(probabilities),
            )
        )  # fmt: skip
    return (
        *steps,
        Step(
            8, "heatmap", "Heat map",
            "The same, with its borders moved to the outlines in the picture. Where the picture as "
            "a whole shows no evidence, texture is weighed in as well.",
            "map", levels_of_map(result.heatmap),
        ),
        Step(
            9, "mask", "Mask",
            "What is marked, in white. It is empty where the picture as a whole shows no more than "
            "untouched photographs do, unless marking was asked for all the same.",
            "mask", white(result.mask),
        ),
    )  # fmt: skip


def difference_from_rest(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far each block is from the middle of the picture, over several maps.

    Parameters
    ----------
    planes : (n, block rows, block cols) array of float32
        Maps, each of any unit.

    Returns
    -------
    (block rows, block cols) array of float32
        The root of the mean over the maps of the squared difference from the median of the map, in
        units of 1.4826 times its median deviation, of which 6 count at most: one map alone does not
        make a block bright. A map of which more than half is equal counts by its mean deviation
        instead, and one that is equal all over by nothing.

    Examples
    --------
    >>> maps = np.zeros((1, 3, 3), np.float32)
    >>> maps[0, 0] = 1, 2, 3
    >>> difference_from_rest(maps).round(1).max()
    np.float32(4.5)
    """
    total = np.zeros(planes.shape[1:], np.float64)
    for plane in planes.astype(np.float64):
        distance = np.abs(plane - np.median(plane))
        scale = _NORMAL * float(np.median(distance)) or float(distance.mean())
        if scale > 0:
            total += np.minimum(distance / scale, _MOST) ** 2
    return np.sqrt(total / max(len(planes), 1)).astype(np.float32)


def _drawn(evidence: EvidenceMaps, family: str, num_threads: int | None) -> NDArray[np.float32]:
    """Return a family as one map, 0 to 1 where it is to be seen."""
    names = _NOISE if family == "noise" else FAMILIES[family]
    planes = evidence.maps[[MAP_NAMES.index(name) for name in names]]
    if family == "jpeg-history":
        last, deeper = (planes[names.index(name)] for name in ("history_ratio", "deeper_ratio"))
        return np.asarray(np.maximum(last, deeper), np.float32)
    if family in _SIGMAS:
        planes = gaussian_blur(planes, _SIGMAS[family], num_threads=num_threads)
    far = difference_from_rest(planes)
    return np.asarray((far - np.float32(_LEAST)) / np.float32(_MOST - _LEAST), np.float32)


def _pixels(
    blocks: NDArray[np.float32],
    evidence: EvidenceMaps,
    shape: tuple[int, ...],
    num_threads: int | None,
) -> NDArray[np.float32]:
    return pixels_of_blocks(
        blocks, (shape[0], shape[1]), row=evidence.row, col=evidence.col, num_threads=num_threads
    )
