"""The intermediate pictures of the paper's method: its figures 3 to 10."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.ela import error_level_analysis
from unsplice.blind.noise import log_saliency, wavelet_noise_residual
from unsplice.blind.paper import Analysis, analyse, eight_bits, fuse, fused_feature
from unsplice.blind.parameters import PaperParameters
from unsplice.blind.source import BlindSource, blind_source
from unsplice.image import Picture
from unsplice.step import Step, white

__all__ = ["paper_steps", "steps_of_analysis"]


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
    >>> sorted({step.number for step in steps})
    [3, 4, 5, 6, 7, 8, 9, 10]
    """
    chosen = PaperParameters() if parameters is None else parameters
    source = blind_source(image)
    analysis = analyse(source, chosen, num_threads)
    return steps_of_analysis(source, analysis, chosen, num_threads=num_threads)


def steps_of_analysis(
    source: BlindSource,
    analysis: Analysis,
    parameters: PaperParameters,
    *,
    num_threads: int | None = None,
) -> tuple[Step, ...]:
    """Do what `paper_steps` does, with what was analysed before."""
    pixels = source.pixels
    residual = wavelet_noise_residual(
        pixels, wavelet=parameters.wavelet, bands=parameters.bands, num_threads=num_threads
    )
    saliency = log_saliency(pixels, arithmetic=parameters.arithmetic, num_threads=num_threads)
    levels = error_level_analysis(pixels, parameters.quality, num_threads=num_threads)
    planes = zip(
        ("red", "green", "blue"), _shown(np.moveaxis(pixels - residual, 2, 0)), strict=True
    )
    points = () if analysis.points is None else (analysis.points,)
    return (
        *(
            Step(
                3, f"reconstructed-{color}", f"After inverse wavelet transform, {color}",
                f"The {color} channel without what counts as noise. It should look like the "
                "picture, a little softer.", "picture", plane,
            )
            for color, plane in planes
        ),
        Step(
            4, "noise", "Noise images, equation 1",
            "What was taken away as noise, around a middle gray. Gray is no noise. Edges and "
            "texture show in every picture.", "picture", _shown(residual + 128),
        ),
        Step(
            4, "saliency", "Saliency images, equation 3",
            "Where brightness changes abruptly, around a middle gray: outlines and texture, "
            "pasted or not.", "picture", _shown(saliency + 128),
        ),
        Step(
            4, "noise-artifact-feature", "Noise artifact feature F1, equation 4",
            "Noise that the outlines do not explain. Bright: much of it. A paste from a noisier "
            "picture is bright; grass, hair and fabric are, too.", "map", analysis.noise,
        ),
        Step(
            5, "error-levels", "Error levels, times 10",
            f"How much each pixel changes when the picture is saved as JPEG at quality "
            f"{parameters.quality} once more. Bright: much. A paste that was saved less often can "
            "be bright; sharp edges and strong colors are in every picture.",
            "picture", _shown(levels.astype(np.int32) * 10),
        ),
        Step(
            6, "ela-feature", "ELA weighted feature F2, equation 5",
            "The error levels of the three colors as one number. Bright: the pixel changes much "
            "when saved again, as edges and texture do in every picture.", "map", analysis.ela,
        ),
        *_contrast_steps(analysis, parameters, num_threads),
        *(
            Step(
                9, "points", "Forensic feature points",
                f"The {parameters.sigma:g} % of the pixels with the most of both features, in "
                "white. Every picture has as many: what counts is whether they crowd.",
                "mask", white(mask),
            )
            for mask in points
        ),
        Step(
            9, "suspicion", "What is thresholded",
            "How closely such points crowd around each pixel, or how strong both features are "
            "there. Bright: more suspicious. The busiest part of a picture is bright, pasted or "
            "not.", "map", analysis.suspicion,
        ),
        Step(
            10, "mask", "Mask",
            "What is marked, in white. This method marks something in nearly every picture, "
            "untouched ones included.", "mask", white(analysis.mask),
        ),
    )  # fmt: skip


def _contrast_steps(
    analysis: Analysis, parameters: PaperParameters, num_threads: int | None
) -> tuple[Step, ...]:
    """Return figure 7, what CLAHE does, and figure 8, what comes out of it."""
    fused = eight_bits(fused_feature(analysis.enhanced, parameters, num_threads))
    strengthened = "with the contrast of each part of the picture strengthened. Bright: more of it."
    both = "Noise and error levels together. Bright: both are strong, as in busy parts of a picture"
    if parameters.enhancement == "features":
        return (
            Step(7, "enhanced-noise", "F1 after CLAHE", f"The noise feature {strengthened}",
                 "map", analysis.enhanced[0]),
            Step(7, "enhanced-ela", "F2 after CLAHE", f"The error levels {strengthened}",
                 "map", analysis.enhanced[1]),
            Step(8, "fused", "Both fused", f"{both}.", "map", fused),
        )  # fmt: skip
    before = eight_bits(fuse(*analysis.enhanced, parameters))
    title = "Both fused, after CLAHE" if parameters.enhancement == "fused" else "Both fused"
    return (
        Step(7, "fused-before", "Both fused, before CLAHE", f"{both}.", "map", before),
        Step(8, "fused", title, f"{both}, {strengthened}" if "after" in title else f"{both}.",
             "map", fused),
    )  # fmt: skip


def _shown(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
