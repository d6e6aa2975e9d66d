"""The paper's pipeline, a step a line: features, contrast, forensic feature points, threshold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.ela import ela_feature, error_level_analysis, require_jpeg_size
from unsplice.blind.enhance import equalize_clahe, levels_of
from unsplice.blind.kernels import density_levels, measure_components
from unsplice.blind.noise import noise_artifact_feature
from unsplice.blind.paper_kernels import scaled_levels, weighted_levels
from unsplice.blind.parameters import PaperParameters
from unsplice.blind.points import feature_points, point_density, product_points
from unsplice.blind.source import BlindSource
from unsplice.blind.threshold import adaptive_threshold, otsu_split, otsu_threshold
from unsplice.errors import ImageError, Notice
from unsplice.result import Localization, Region

__all__ = [
    "Analysis",
    "analyse",
    "conclude_by_paper",
    "eight_bits",
    "fuse",
    "fused_feature",
    "localize_by_paper",
]

LEAST_SIDE = 16  # pixels: below, one percent of them makes no point to speak of
PER_LEVEL = np.float32(1 / 255)  # of suspicion, in the heatmap


@dataclass(frozen=True, eq=False)
class Analysis:
    """What the pipeline computes on the way to the mask, in its order."""

    noise: NDArray[np.uint8]  # F1
    ela: NDArray[np.uint8]  # F2
    enhanced: tuple[NDArray[np.uint8], NDArray[np.uint8]]  # both, after CLAHE where it stands there
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
        `score` is nan: the method has no step that decides whether anything was pasted.
        ``details["separability"]`` is the share of the variance of `heatmap` between the two
        classes of Otsu's method: how clearly it falls into low and high.

    Raises
    ------
    ImageError
        E134 if the picture is smaller, E133 if it is too large for a JPEG.
    """
    analysis = analyse(source, parameters, num_threads)
    return conclude_by_paper(source, analysis, parameters, num_threads=num_threads)


def conclude_by_paper(
    source: BlindSource,
    analysis: Analysis,
    parameters: PaperParameters,
    *,
    num_threads: int | None = None,
) -> Localization:
    """Do what `localize_by_paper` does, with what was analysed before."""
    regions = _regions_of(analysis.mask, analysis.suspicion, num_threads)
    found = bool(analysis.mask.any())
    return Localization(
        image=source.pixels,
        mask=analysis.mask,
        heatmap=scaled_levels(analysis.suspicion, float(PER_LEVEL), num_threads=num_threads),
        regions=regions,
        # Between the last level that is left out and the first that is marked.
        threshold=(analysis.threshold + 0.5) / 255,
        score=float("nan") if found else 0.0,
        finding="marked" if found else "nothing-found",
        statement=_statement(analysis, len(regions)),
        method="paper",
        parameters=asdict(parameters),
        details={
            "points": None if analysis.points is None else int(np.count_nonzero(analysis.points)),
            "separability": analysis.separability,
        },
        warnings=(*source.warnings, *((Notice.of("W230"),) if found else ())),
    )


def analyse(source: BlindSource, parameters: PaperParameters, num_threads: int | None) -> Analysis:
    """Follow the paper from the picture to the mask; raises as `localize_by_paper`."""
    image = source.pixels
    rows, cols = image.shape[:2]
    if min(rows, cols) < LEAST_SIDE:
        raise ImageError("E134", path=source.name, rows=rows, cols=cols, least=LEAST_SIDE)
    require_jpeg_size(image, source.name)
    noise = _binary(_noise_feature(image, parameters, num_threads), parameters, num_threads)
    ela = _binary(_ela_feature(image, parameters, num_threads), parameters, num_threads)
    enhanced = (
        _enhanced(noise, parameters, "features", num_threads),
        _enhanced(ela, parameters, "features", num_threads),
    )
    points = None
    if parameters.decision == "density":
        points = _points(enhanced, parameters, num_threads)
        suspicion = _density(points, _radius(image, parameters), parameters, num_threads)
    else:
        suspicion = eight_bits(fused_feature(enhanced, parameters, num_threads))
    threshold, separability = otsu_split(suspicion, num_threads=num_threads)
    if parameters.decision in ("density", "otsu"):
        mask = suspicion > int(threshold)  # NumPy compares with a float slower
    else:
        threshold, mask = float("nan"), _locally_high(suspicion, parameters)
    return Analysis(noise, ela, enhanced, points, suspicion, mask, threshold, separability)


def _noise_feature(
    image: NDArray[np.uint8], parameters: PaperParameters, num_threads: int | None
) -> NDArray[np.uint8]:
    """Return F1 as a picture (equations 1 to 4)."""
    feature = noise_artifact_feature(
        image,
        wavelet=parameters.wavelet,
        bands=parameters.bands,
        arithmetic=parameters.arithmetic,
        difference=parameters.difference,
        num_threads=num_threads,
    )
    return levels_of(feature, parameters.noise_gain)


def _ela_feature(
    image: NDArray[np.uint8], parameters: PaperParameters, num_threads: int | None
) -> NDArray[np.uint8]:
    """Return F2 as a picture (equation 5)."""
    weights, gain = parameters.channel_weights, parameters.ela_gain
    if gain is None:
        feature = ela_feature(image, parameters.quality, weights, num_threads=num_threads)
        return levels_of(feature, None)
    levels = error_level_analysis(image, parameters.quality, num_threads=num_threads)
    return weighted_levels(levels, weights, gain, num_threads=num_threads)


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
        eight_bits(feature),
        clip_limit=parameters.clip_limit,
        tiles=parameters.tiles,
        num_threads=num_threads,
    )


def fused_feature(
    enhanced: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    parameters: PaperParameters,
    num_threads: int | None,
) -> NDArray[Any]:
    """Return both features as one, after CLAHE where it stands there."""
    return _enhanced(fuse(*enhanced, parameters), parameters, "fused", num_threads)


def _points(
    enhanced: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    parameters: PaperParameters,
    num_threads: int | None,
) -> NDArray[np.bool_]:
    """Return the forensic feature points of both features together."""
    if parameters.fusion == "product" and parameters.enhancement != "fused":
        return product_points(*enhanced, parameters.sigma, num_threads=num_threads)
    fused = fused_feature(enhanced, parameters, num_threads)
    return feature_points(fused, parameters.sigma, num_threads=num_threads)


def fuse(
    noise: NDArray[np.uint8], ela: NDArray[np.uint8], parameters: PaperParameters
) -> NDArray[Any]:
    """Return F1 and F2 as one: uint8, or uint16 as a product."""
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
    return round(parameters.alpha / 100 * shorter)


def _density(
    points: NDArray[np.bool_], radius: int, parameters: PaperParameters, num_threads: int | None
) -> NDArray[np.uint8]:
    """Return how the points crowd, as levels of 8 bits."""
    if parameters.neighborhood == "box":
        return density_levels(points, radius, num_threads=num_threads)
    return eight_bits(point_density(points, radius, neighborhood=parameters.neighborhood))


def eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
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


def _statement(analysis: Analysis, regions: int) -> str:
    if regions:
        share = 100 * np.count_nonzero(analysis.mask) / analysis.mask.size
        count = "1 region" if regions == 1 else f"{regions:,} regions"
        return (
            f"{count} with {share:.1f} % of the picture marked for what this method looks for, "
            "which untouched pictures have as well"
        )
    if analysis.points is not None and not analysis.points.any():
        return "nothing is marked: more pixels than sigma allows share the highest level"
    return "nothing is marked: nothing stands out of its surroundings"
