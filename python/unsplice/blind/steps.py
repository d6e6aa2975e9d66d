"""The intermediate pictures of methods that have such, to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.ela import error_level_analysis
from unsplice.blind.localize import BlindMethod
from unsplice.blind.noise import log_saliency, wavelet_noise_residual
from unsplice.blind.paper import Analysis, analyse, eight_bits, fuse, fused_feature
from unsplice.blind.parameters import PaperParameters
from unsplice.blind.source import blind_source
from unsplice.errors import UsageError
from unsplice.image import Picture

__all__ = ["STEPS", "Step", "paper_steps", "steps_of"]


@dataclass(frozen=True, eq=False)
class Step:
    """One intermediate picture, to be looked at.

    Attributes
    ----------
    figure : int
        The figure of the paper that shows this step, 3 to 10.
    name : str
        For file names.
    title : str
        For people.
    picture : (rows, cols) or (rows, cols, 3) array of uint8
        Signed pictures are drawn around 128; what is beyond 0 and 255 is cut off.
    """

    figure: int
    name: str
    title: str
    picture: NDArray[np.uint8]


def paper_steps(
    image: Picture,
    *,
    parameters: PaperParameters | None = None,
    num_threads: int | None = None,
) -> tuple[Step, ...]:
    """Return every intermediate picture of the paper's figures 3 to 10, in their order.

    Parameters
    ----------
    image : path, SourceImage, or (rows, cols, 3) or (rows, cols) array
        As `unsplice.localize` takes it.
    parameters : PaperParameters, optional
        The reading of the paper; None means its defaults.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    tuple of Step
        The last is the mask of ``localize(image, method="paper")``.

    Raises
    ------
    UnspliceError, TypeError, ValueError
        As `unsplice.localize`.

    Examples
    --------
    >>> from unsplice.synthetic.pairs import make_scene
    >>> steps = paper_steps(make_scene(64, 96, seed=1))
    >>> sorted({step.figure for step in steps})
    [3, 4, 5, 6, 7, 8, 9, 10]
    """
    chosen = PaperParameters() if parameters is None else parameters
    source = blind_source(image)
    analysis = analyse(source, chosen, num_threads)
    pixels = source.pixels
    residual = wavelet_noise_residual(
        pixels, wavelet=chosen.wavelet, bands=chosen.bands, num_threads=num_threads
    )
    saliency = log_saliency(pixels, arithmetic=chosen.arithmetic, num_threads=num_threads)
    levels = error_level_analysis(pixels, chosen.quality, num_threads=num_threads)
    points = () if analysis.points is None else (analysis.points,)
    return (
        *(
            Step(3, f"reconstructed-{color}", f"After inverse wavelet transform, {color}", plane)
            for color, plane in zip(
                ("red", "green", "blue"), _shown(np.moveaxis(pixels - residual, 2, 0)), strict=True
            )
        ),
        Step(4, "noise", "Noise images, equation 1", _shown(residual + 128)),
        Step(4, "saliency", "Saliency images, equation 3", _shown(saliency + 128)),
        Step(4, "noise-artifact-feature", "Noise artifact feature F1, equation 4", analysis.noise),
        Step(5, "error-levels", "Error levels, times 10", _shown(levels.astype(np.int32) * 10)),
        Step(6, "ela-feature", "ELA weighted feature F2, equation 5", analysis.ela),
        *_contrast_steps(analysis, chosen, num_threads),
        *(Step(9, "points", "Forensic feature points", _white(mask)) for mask in points),
        Step(9, "suspicion", "What is thresholded", analysis.suspicion),
        Step(10, "mask", "Mask", _white(analysis.mask)),
    )


def _contrast_steps(
    analysis: Analysis, parameters: PaperParameters, num_threads: int | None
) -> tuple[Step, ...]:
    """Return figure 7, what CLAHE does, and figure 8, what comes out of it."""
    fused = eight_bits(fused_feature(analysis.enhanced, parameters, num_threads))
    if parameters.enhancement == "features":
        return (
            Step(7, "enhanced-noise", "F1 after CLAHE", analysis.enhanced[0]),
            Step(7, "enhanced-ela", "F2 after CLAHE", analysis.enhanced[1]),
            Step(8, "fused", "Both fused", fused),
        )
    before = eight_bits(fuse(*analysis.enhanced, parameters))
    title = "Both fused, after CLAHE" if parameters.enhancement == "fused" else "Both fused"
    return (
        Step(7, "fused-before", "Both fused, before CLAHE", before),
        Step(8, "fused", title, fused),
    )


def _white(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return mask.astype(np.uint8) * np.uint8(255)


def _shown(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


# Methods that go by way of intermediate pictures, and what draws these.
STEPS: Final[dict[BlindMethod, Callable[..., tuple[Step, ...]]]] = {"paper": paper_steps}


def steps_of(method: BlindMethod) -> Callable[..., tuple[Step, ...]]:
    """Return what draws the steps of `method`, to be called as `localize` is.

    Raises
    ------
    UsageError
        E194 if the method has none.
    """
    if method not in STEPS:
        raise UsageError("E194", method=method, known=", ".join(STEPS))
    return STEPS[method]
