"""The paper's pipeline, a step a line: features, contrast, forensic feature points, threshold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.ela import ela_feature, error_level_analysis
from unsplice.blind.enhance import equalize_clahe, levels_of
from unsplice.blind.kernels import measure_components
from unsplice.blind.noise import log_saliency, noise_artifact_feature, wavelet_noise_residual
from unsplice.blind.parameters import PaperParameters
from unsplice.blind.points import feature_points, point_density
from unsplice.blind.source import BlindSource, blind_source
from unsplice.blind.threshold import adaptive_threshold, otsu_split, otsu_threshold
from unsplice.errors import ImageError, Notice
from unsplice.image import Picture
from unsplice.result import Localization, Region

__all__ = ["Step", "localize_by_paper", "paper_steps"]

LEAST_SIDE = 16  # pixels: below, one percent of them makes no point to speak of
PER_LEVEL = np.float32(1 / 255)  # of suspicion, in the heatmap


@dataclass(frozen=True, eq=False)
class _Analysis:
    """What the pipeline computes on the way to the mask, in its order."""

    noise: NDArray[np.uint8]  # F1
    ela: NDArray[np.uint8]  # F2
    enhanced: tuple[NDArray[np.uint8], NDArray[np.uint8]]  # both, after CLAHE where it stands there
    fused: NDArray[Any]  # uint8 or, as a product, uint16
    points: NDArray[np.bool_] | None  # where the decision is by density
    suspicion: NDArray[np.uint8]  # what is thresholded
    mask: NDArray[np.bool_]
    threshold: float  # level of suspicion; nan where it is local
    separability: float  # of the suspicion, by Otsu's method


def localize_by_paper(
    source: BlindSource, parameters: PaperParameters, *, num_threads: int | None = None
) -> Localization:
    """Mark regions in one picture as the paper describes it.

    Parameters
    ----------
    source : BlindSource
        At least 16 x 16 pixels.
    parameters : PaperParameters
        The reading of the paper.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Localization
        `score` is the share of the variance of `heatmap` between the two classes of Otsu's method:
        how clearly it falls into low and high, which it does on untouched pictures, too.

    Raises
    ------
    ImageError
        E134 if the picture is smaller, E133 if it is too large for a JPEG.
    """
    analysis = _analyse(source, parameters, num_threads)
    regions = _regions_of(analysis.mask, analysis.suspicion, num_threads)
    found = bool(analysis.mask.any())
    return Localization(
        image=source.pixels,
        mask=analysis.mask,
        heatmap=analysis.suspicion * PER_LEVEL,
        regions=regions,
        threshold=analysis.threshold / 255,
        score=analysis.separability if found else 0.0,
        finding="marked" if found else "nothing-found",
        statement=_statement(analysis.mask, len(regions)),
        method="paper",
        parameters=asdict(parameters),
        details={"points": None if analysis.points is None else int(analysis.points.sum())},
        warnings=(*source.warnings, *((Notice.of("W230"),) if found else ())),
    )


def _analyse(
    source: BlindSource, parameters: PaperParameters, num_threads: int | None
) -> _Analysis:
    image = source.pixels
    rows, cols = image.shape[:2]
    if min(rows, cols) < LEAST_SIDE:
        raise ImageError("E134", path=source.name, rows=rows, cols=cols, least=LEAST_SIDE)
    noise = _binary(_noise_feature(image, parameters, num_threads), parameters, num_threads)
    ela = _binary(_ela_feature(image, parameters, num_threads), parameters, num_threads)
    enhanced = (
        _enhanced(noise, parameters, "features", num_threads),
        _enhanced(ela, parameters, "features", num_threads),
    )
    fused = _enhanced(_fused(*enhanced, parameters), parameters, "fused", num_threads)
    points = None
    if parameters.decision == "density":
        points = feature_points(fused, parameters.sigma, num_threads=num_threads)
        density = point_density(
            points, _radius(image, parameters), neighborhood=parameters.neighborhood
        )
        suspicion = _levels(density)
    else:
        suspicion = _levels(fused)
    threshold, separability = otsu_split(suspicion, num_threads=num_threads)
    if parameters.decision in ("density", "otsu"):
        mask = suspicion > np.uint8(threshold)
    else:
        threshold, mask = float("nan"), _locally_high(suspicion, parameters)
    return _Analysis(noise, ela, enhanced, fused, points, suspicion, mask, threshold, separability)


def _noise_feature(
    image: NDArray[np.uint8], parameters: PaperParameters, num_threads: int | None
) -> NDArray[np.uint8]:
    """Return F1 as a picture (equations 1 to 4)."""
    feature = noise_artifact_feature(
        image,
        wavelet=parameters.wavelet,
        bands=parameters.bands,
        arithmetic=parameters.log_arithmetic,
        difference=parameters.difference,
        num_threads=num_threads,
    )
    return levels_of(feature, parameters.noise_gain)


def _ela_feature(
    image: NDArray[np.uint8], parameters: PaperParameters, num_threads: int | None
) -> NDArray[np.uint8]:
    """Return F2 as a picture (equation 5)."""
    feature = ela_feature(
        image, parameters.quality, parameters.channel_weights, num_threads=num_threads
    )
    return levels_of(feature, parameters.ela_gain)


def _binary(
    feature: NDArray[np.uint8], parameters: PaperParameters, num_threads: int | None
) -> NDArray[np.uint8]:
    """Return a feature as 0 and 255, where the reading wants that."""
    if parameters.binarization == "none":
        return feature
    if parameters.binarization == "half":
        level = 127.5
    else:
        level = otsu_threshold(feature, num_threads=num_threads)
    return (feature > level).astype(np.uint8) * np.uint8(255)


def _enhanced(
    feature: NDArray[Any], parameters: PaperParameters, place: str, num_threads: int | None
) -> NDArray[Any]:
    """Return a feature after CLAHE, where the reading has it stand in this place."""
    if parameters.enhancement != place:
        return feature
    return equalize_clahe(
        _levels(feature),
        clip_limit=parameters.clip_limit,
        tiles=parameters.tiles,
        num_threads=num_threads,
    )


def _fused(
    noise: NDArray[np.uint8], ela: NDArray[np.uint8], parameters: PaperParameters
) -> NDArray[Any]:
    if parameters.fusion == "product":
        return np.multiply(noise, ela, dtype=np.uint16)
    if parameters.fusion == "sum":
        return ((noise.astype(np.uint16) + ela) >> 1).astype(np.uint8)
    if parameters.fusion == "union":
        return np.maximum(noise, ela)
    if parameters.fusion == "intersection":
        return np.minimum(noise, ela)
    return noise if parameters.fusion == "noise" else ela


def _radius(image: NDArray[np.uint8], parameters: PaperParameters) -> int:
    """Return alpha in pixels."""
    if parameters.alpha_unit == "pixels":
        return round(parameters.alpha)
    shorter: int = min(image.shape[:2])
    return max(1, round(parameters.alpha / 100 * shorter))


def _levels(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return whole numbers >= 0 as levels of 8 bits: as they are if they fit, else scaled."""
    if values.dtype == np.uint8:
        return values
    return levels_of(values.astype(np.float32), None)


def _locally_high(suspicion: NDArray[np.uint8], parameters: PaperParameters) -> NDArray[np.bool_]:
    return adaptive_threshold(
        suspicion,
        window=parameters.window,
        offset=parameters.offset,
        statistic="mean" if parameters.decision == "adaptive-mean" else "median",
    )


def _regions_of(
    mask: NDArray[np.bool_], suspicion: NDArray[np.uint8], num_threads: int | None
) -> tuple[Region, ...]:
    """Return the components of the mask, the highest suspicion first."""
    components = measure_components(mask, suspicion, num_threads=num_threads)
    regions = [
        Region(int(area), tuple(box.tolist()), tuple(centroid.tolist()), float(score))
        for area, box, centroid, score in zip(
            components.areas,
            components.bounding_boxes,
            components.centroids,
            components.maxima * PER_LEVEL,
            strict=True,
        )
    ]
    return tuple(sorted(regions, key=lambda region: (-region.score, -region.area)))


def _statement(mask: NDArray[np.bool_], regions: int) -> str:
    if not regions:
        return "the picture is flat: nothing stands out"
    share = 100 * np.count_nonzero(mask) / mask.size
    count = "1 region" if regions == 1 else f"{regions:,} regions"
    return (
        f"{count} with {share:.1f} % of the picture marked for high noise and error level, "
        "as edges and texture of untouched pictures are"
    )


# ------------------------------------------------------------------------------------- steps


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
    analysis = _analyse(source, chosen, num_threads)
    pixels = source.pixels
    residual = wavelet_noise_residual(
        pixels, wavelet=chosen.wavelet, bands=chosen.bands, num_threads=num_threads
    )
    saliency = log_saliency(pixels, arithmetic=chosen.log_arithmetic, num_threads=num_threads)
    levels = error_level_analysis(pixels, chosen.quality, num_threads=num_threads)
    points = analysis.points if analysis.points is not None else analysis.mask
    mask = analysis.mask.astype(np.uint8) * np.uint8(255)
    recompressed = "Picture after inverse wavelet transform"
    return (
        *(
            Step(3, f"reconstructed-{color}", f"{recompressed}, {color}", _shown(plane))
            for color, plane in zip(
                ("red", "green", "blue"), np.moveaxis(pixels - residual, 2, 0), strict=True
            )
        ),
        Step(4, "noise", "Noise images, equation 1", _shown(residual + 128)),
        Step(4, "saliency", "Saliency images, equation 3", _shown(saliency + 128)),
        Step(4, "noise-artifact-feature", "Noise artifact feature F1, equation 4", analysis.noise),
        Step(5, "error-levels", "Error levels, times 10", _shown(levels.astype(np.int32) * 10)),
        Step(6, "ela-feature", "ELA weighted feature F2, equation 5", analysis.ela),
        Step(7, "enhanced-noise", "F1 before fusion", analysis.enhanced[0]),
        Step(7, "enhanced-ela", "F2 before fusion", analysis.enhanced[1]),
        Step(8, "fused", "F1 and F2 fused", _levels(analysis.fused)),
        Step(9, "points", "Forensic feature points", points.astype(np.uint8) * np.uint8(255)),
        Step(9, "suspicion", "What is thresholded", analysis.suspicion),
        Step(10, "mask", "Mask", mask),
    )


def _shown(values: NDArray[Any]) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
