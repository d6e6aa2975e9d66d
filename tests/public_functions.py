"""Every public function that takes arrays, with arrays that it takes.

`FUNCTIONS` has an entry for each name in `unsplice.__all__` and in the modules of kernels; a test
holds it against what these export.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import unsplice
from unsplice import wavelets
from unsplice.blind import history_kernels, paper_kernels
from unsplice.blind import kernels as blind
from unsplice.blind.evidence import kernels as evidence
from unsplice.blind.fusion import kernels as fusion
from unsplice.evaluation.scores import boundary
from unsplice.jpeg import standard_tables
from unsplice.pair import kernels as pair
from unsplice.pair import region_kernels

__all__ = ["FUNCTIONS", "WITHOUT_ARRAYS", "Function", "exported"]

Array = NDArray[Any]
Arrays = tuple[Array, ...]
Random = np.random.Generator

# Beside the modules of kernels: what else has functions of arrays that users are told of.
MORE_MODULES = ("unsplice.wavelets", "unsplice.evaluation.scores.boundary")
# They take words and numbers only.
WITHOUT_ARRAYS = {
    "unsplice.kernels.gaussian_weights",
    "unsplice.wavelets.filter_taps",
    "unsplice.wavelets.is_haar",
    "unsplice.wavelets.require_wavelet",
}


@dataclass(frozen=True)
class Function:
    """How a function is called.

    Attributes
    ----------
    calls : tuple of callables
        Ways to call it with nothing but arrays.
    arrays : callable
        (random, rows, cols) -> arrays that it takes, of one of their dtypes.
    least : int
        Rows and columns of the smallest picture that has an answer.
    """

    calls: tuple[Callable[..., Any], ...]
    arrays: Callable[[Random, int, int], Arrays]
    least: int = 1


def exported() -> set[str]:
    """Return the full names of the functions that have to be tried."""
    modules = [name for name in _modules() if name.endswith("kernels")]
    found = {
        f"{name}.{each}"
        for name in (*modules, *MORE_MODULES)
        for each in import_module(name).__all__
        if inspect.isfunction(inspect.unwrap(getattr(import_module(name), each)))
    }
    top = {name for name in unsplice.__all__ if inspect.isfunction(getattr(unsplice, name))}
    # What the package exports from these modules has one entry, under its short name.
    return {f"unsplice.{name}" for name in top} | {
        name for name in found if name.rpartition(".")[2] not in top
    }


@cache
def _modules() -> tuple[str, ...]:
    return tuple(
        module.name
        for module in walk_packages(unsplice.__path__, "unsplice.")
        if not module.name.startswith("unsplice.bench") and "__main__" not in module.name
    )


# --------------------------------------------------------------------------------- their arrays


def rgb(random: Random, rows: int, cols: int) -> Array:
    """A smooth picture with noise; of the full range at times."""
    if random.random() < 0.3:
        return random.integers(0, 256, (rows, cols, 3), np.uint8)
    slope = np.add.outer(np.arange(rows), 2 * np.arange(cols))[..., np.newaxis]
    noise = random.integers(0, 9, (rows, cols, 3))
    return ((slope * [1, 2, 3] + noise) % 256).astype(np.uint8)


def plane(*dtypes: str) -> Callable[[Random, int, int], Array]:
    """Levels of one of the dtypes; floats are no whole numbers."""

    def make(random: Random, rows: int, cols: int) -> Array:
        dtype = np.dtype(dtypes[random.integers(len(dtypes))])
        if dtype == np.bool_:
            return random.random((rows, cols)) < random.choice([0.1, 0.5, 0.8])
        if dtype.kind == "f":
            return random.normal(0, 50, (rows, cols)).astype(dtype)
        high = int(random.choice([3, np.iinfo(dtype).max]))
        return random.integers(0, high + 1, (rows, cols), dtype=dtype)

    return make


mask, gray, floats = plane("bool"), plane("uint8"), plane("float32")


def heat(random: Random, rows: int, cols: int) -> Array:
    return random.random((rows, cols), np.float32)


def stack(
    make: Callable[[Random, int, int], Array], count: int
) -> Callable[[Random, int, int], Array]:
    """Several of the same."""

    def made(random: Random, rows: int, cols: int) -> Array:
        planes = [make(random, rows, cols) for _ in range(count)]
        return np.stack([each.astype(planes[0].dtype) for each in planes])

    return made


def of(*makers: Callable[[Random, int, int], Array]) -> Callable[[Random, int, int], Arrays]:
    """Arrays of one picture."""
    return lambda random, rows, cols: tuple(make(random, rows, cols) for make in makers)


def picture(random: Random, rows: int, cols: int) -> Array:
    """What the pipelines take: RGB or gray, of 8 or 16 bits."""
    image = rgb(random, rows, cols)
    image = image if random.random() < 0.7 else image[..., 0].copy()
    return image if random.random() < 0.7 else image.astype(np.uint16) * 257


def pictures(random: Random, rows: int, cols: int) -> Arrays:
    """A pair of one size."""
    first = picture(random, rows, cols)
    second = first.copy()
    second[rows // 4 : rows // 2, cols // 4 : cols // 2] //= 2
    return first, second


def levels_or_colors(random: Random, rows: int, cols: int) -> Array:
    image = rgb(random, rows, cols).astype(random.choice(["uint8", "uint16"]))
    return image if random.random() < 0.5 else image[..., 0].copy()


def same_kind(random: Random, rows: int, cols: int) -> Arrays:
    image = levels_or_colors(random, rows, cols)
    return image, random.permuted(image, axis=0)


def corners(size: int) -> Callable[[Random, int, int], Array]:
    """Where windows lie; none where there is no room."""

    def make(random: Random, rows: int, cols: int) -> Array:
        room = (rows - size + 1, cols - size + 1)
        count = 5 if min(room) > 0 else 0
        return random.integers(0, [max(n, 1) for n in room], (count, 2), np.int64)

    return make


def steps(dtype: Any, *shape: int) -> Callable[[Random, int, int], Array]:
    return lambda random, _rows, _cols: random.integers(1, 60, shape).astype(dtype)


def counts(*shape: int) -> Callable[[Random, int, int], Array]:
    return lambda random, _rows, _cols: random.integers(0, 200, shape)


def normal(*shape: int) -> Callable[[Random, int, int], Array]:
    return lambda random, _rows, _cols: random.standard_normal(shape, np.float32)


def bands(random: Random, rows: int, cols: int) -> Arrays:
    return (stack(plane(str(random.choice(["float32", "float64"]))), 4)(random, rows, cols),)


def blocks(random: Random, rows: int, cols: int) -> Arrays:
    """Counts of whole blocks."""
    return (gray(random, -(-rows // 8) * 8, -(-cols // 8) * 8),)


def cells(random: Random, rows: int, cols: int) -> Arrays:
    image, heats = rgb(random, rows, cols), heat(random, rows, cols)
    lines = random.standard_normal((2, -(-rows // 4), -(-cols // 4)), np.float32)
    return image, heats, lines[0].copy(), lines[1].copy()


def kept(random: Random, rows: int, cols: int) -> Arrays:
    found = mask(random, rows, cols)
    count = len(unsplice.label_components(found).areas)
    return found, random.random(count) < 0.5


def sampled(random: Random, rows: int, cols: int) -> Arrays:
    """A pair, places in it, and the kind of each."""
    places = np.flatnonzero(random.random(rows * cols) < 0.5)
    kinds = random.integers(0, 4, places.size).astype(np.uint8)
    return rgb(random, rows, cols), rgb(random, rows, cols), places, kinds


def judged(random: Random, rows: int, cols: int) -> Arrays:
    """What the evidence of a pair is measured from."""
    levels = [gray(random, rows, cols) for _ in range(3)]
    precision = random.random((2, 3, 256), np.float32)
    first, second = rgb(random, rows, cols), rgb(random, rows, cols)
    return first, second, *levels, mask(random, rows, cols), precision


def convolved(random: Random, rows: int, cols: int) -> Arrays:
    maps = stack(floats, 4)(random, rows, cols)
    return maps, *(normal(*shape)(random, 0, 0) for shape in ((4, 4, 3, 3), (4,), (4,)))


def normalized(random: Random, rows: int, cols: int) -> Arrays:
    return stack(floats, 3)(random, rows, cols), random.random(3) < 0.5, normal(3)(random, 0, 0)


def warped(random: Random, rows: int, cols: int) -> Arrays:
    image = rgb(random, rows, cols) if random.random() < 0.5 else floats(random, rows, cols)
    return image, np.array([[1.0, 0, 0], [0, 1, 0]]) + random.normal(0, 0.2, (2, 3))


def summed(random: Random, rows: int, cols: int) -> Arrays:
    return (fusion.sum_cells(rgb(random, rows, cols), heat(random, rows, cols)),)


def encoded(random: Random, rows: int, cols: int) -> Arrays:
    """The bytes of a file, as an array."""
    data = cv2.imencode(".png", rgb(random, rows, cols))[1]
    return (np.frombuffer(data.tobytes(), np.uint8),)


def from_memory(data: Array) -> unsplice.SourceImage:
    """Decode bytes that lie in any order; of wider elements the order of bytes would count.

    Any buffer is taken, and what is none is refused, which is tried here as well.
    """
    return unsplice.decode_image(memoryview(data) if data.dtype == np.uint8 else data)  # type: ignore[arg-type]


TABLES = np.stack(standard_tables(83))


# ------------------------------------------------------------------------------------ the table


def _variants(function: Callable[..., Any], *options: dict[str, Any]) -> tuple[Any, ...]:
    """Calls of a function that differ in their options."""

    def with_options(given: dict[str, Any]) -> Callable[..., Any]:
        return lambda *arrays: function(*arrays, **given)

    return tuple(with_options(given) for given in options or ({},))


def _simple(
    function: Callable[..., Any], *makers: Callable[[Random, int, int], Array], **options: Any
) -> Function:
    """A function of arrays of one picture, and options that stay."""
    return Function(_variants(function, options), of(*makers))


_GRIDS = ({}, {"row": 3, "col": 6})
_COMPARE, _LOCALIZE, _PATCHES = unsplice.compare, unsplice.localize, unsplice.sample_patches
_JPEG = ({"subsampling": "4:2:0"}, {"subsampling": "4:4:4", "quality": 60})
_MODES = ({}, {"mode": "outer"}, {"mode": "thick"})
_WAYS = tuple(
    {"bands": bands, "arithmetic": arithmetic, "difference": difference}
    for bands in ("all", "details")
    for arithmetic in ("exact", "saturating")
    for difference in ("absolute", "signed")
)
_LEVELS = plane("uint8", "uint16")
_ALL = plane("uint8", "uint16", "float32", "float64")
_MOST = plane("uint8", "uint16", "float32")

FUNCTIONS: dict[str, Function] = {
    # the pipelines
    "unsplice.compare": Function(
        _variants(_COMPARE, {}, {"method": "neighborhood-threshold"}), pictures
    ),
    "unsplice.localize": Function(
        _variants(_LOCALIZE, {}, {"method": "jpeg-history"}, {"method": "paper"}), of(picture), 16
    ),
    "unsplice.read_image": Function((unsplice.read_image,), of(gray)),
    "unsplice.decode_image": Function((from_memory,), encoded),
    "unsplice.sample_patches": Function(
        _variants(_PATCHES, {"size": 8}, {"size": 8, "pad": "reflect"}), of(picture, mask), 8
    ),
    # kernels
    "unsplice.neighborhood_threshold": Function(
        (lambda image: unsplice.neighborhood_threshold(image, 9),), of(levels_or_colors)
    ),
    "unsplice.neighborhood_threshold_of_pair": Function(
        (lambda *images: unsplice.neighborhood_threshold_of_pair(*images, 9),), same_kind
    ),
    "unsplice.median_filter": _simple(unsplice.median_filter, _ALL),
    "unsplice.log_cascade": _simple(unsplice.log_cascade, _MOST),
    "unsplice.label_components": Function(
        _variants(unsplice.label_components, {}, {"connectivity": 4}), of(mask)
    ),
    "unsplice.remove_small_components": Function(
        _variants(unsplice.remove_small_components, {"min_area": 5}, {"min_area": 0}), of(mask)
    ),
    "unsplice.find_boundary": Function(_variants(unsplice.find_boundary, *_MODES), of(mask)),
    "unsplice.extract_patches": Function(
        (lambda image, places: unsplice.extract_patches(image, places, 5),),
        of(picture, corners(5)),
    ),
    "unsplice.dwt2": Function(
        _variants(wavelets.dwt2, {}, {"wavelet": "db4"}), of(_ALL)
    ),
    "unsplice.idwt2": Function(_variants(wavelets.idwt2, {}, {"wavelet": "db4"}), bands, 5),
    "unsplice.kernels.gaussian_blur": _simple(
        unsplice.kernels.gaussian_blur, stack(floats, 2), sigma=1.5
    ),
    "unsplice.kernels.weighted_sum": _simple(
        unsplice.kernels.weighted_sum, rgb, weights=(0.2, 1.5, 0.3)
    ),
    # the features and steps of the paper
    "unsplice.wavelet_noise_residual": Function(
        _variants(unsplice.wavelet_noise_residual, {}, {"bands": "details"}, {"wavelet": "sym4"}),
        of(_LEVELS),
    ),
    "unsplice.log_saliency": Function(
        _variants(unsplice.log_saliency, {}, {"arithmetic": "exact"}), of(gray)
    ),
    "unsplice.noise_artifact_feature": Function(
        _variants(unsplice.noise_artifact_feature, *_WAYS, {"wavelet": "db2"}), of(rgb)
    ),
    "unsplice.error_level_analysis": Function(
        _variants(unsplice.error_level_analysis, *_JPEG), of(rgb)
    ),
    "unsplice.ela_feature": Function(_variants(unsplice.ela_feature, *_JPEG), of(rgb)),
    "unsplice.equalize_clahe": Function(
        _variants(unsplice.equalize_clahe, {}, {"clip_limit": None, "tiles": (1, 3)}), of(gray)
    ),
    "unsplice.adaptive_threshold": Function(
        _variants(unsplice.adaptive_threshold, {}, {"statistic": "median", "window": 5}), of(gray)
    ),
    "unsplice.otsu_threshold": _simple(unsplice.otsu_threshold, _LEVELS),
    "unsplice.feature_points": _simple(unsplice.feature_points, _LEVELS, sigma=10.0),
    "unsplice.point_density": Function(
        _variants(
            unsplice.point_density, {"radius": 3}, {"radius": 2, "neighborhood": "disc"}
        ),
        of(mask),
    ),
    "unsplice.blind.kernels.density_levels": _simple(blind.density_levels, mask, radius=3),
    "unsplice.blind.kernels.error_levels": Function(
        _variants(blind.error_levels, {}, {"subsampling": "4:4:4"}),
        lambda random, rows, cols: (rgb(random, rows, cols), TABLES.astype(np.uint16)),
    ),
    "unsplice.blind.kernels.haar_noise_residual": Function(
        _variants(blind.haar_noise_residual, {"bands": "all"}, {"bands": "details"}), of(_LEVELS)
    ),
    "unsplice.blind.kernels.level_counts": _simple(blind.level_counts, _LEVELS),
    "unsplice.blind.kernels.log_cascade_saturating": _simple(blind.log_cascade_saturating, gray),
    "unsplice.blind.kernels.measure_components": _simple(blind.measure_components, mask, gray),
    "unsplice.blind.kernels.noise_artifact": Function(
        _variants(blind.noise_artifact, *_WAYS), of(rgb)
    ),
    "unsplice.blind.kernels.pixels_of_blocks": _simple(
        blind.pixels_of_blocks, heat, shape=(40, 50), row=2, col=5
    ),
    "unsplice.blind.paper_kernels.product_above": _simple(
        paper_kernels.product_above, gray, gray, level=9000
    ),
    "unsplice.blind.paper_kernels.product_counts": _simple(
        paper_kernels.product_counts, gray, gray
    ),
    "unsplice.blind.paper_kernels.scaled_levels": _simple(
        paper_kernels.scaled_levels, gray, factor=0.7
    ),
    "unsplice.blind.paper_kernels.weighted_levels": _simple(
        paper_kernels.weighted_levels, rgb, weights=(0.2, 1.5, 0.3), gain=1.7
    ),
    # compression history
    "unsplice.blind.history_kernels.block_levels": Function(
        _variants(history_kernels.block_levels, *_GRIDS), of(rgb, steps(np.int64, 8, 8))
    ),
    "unsplice.blind.history_kernels.clipped_samples": Function(
        _variants(history_kernels.clipped_samples, *_GRIDS), of(rgb)
    ),
    "unsplice.blind.history_kernels.compression_gains": _simple(
        history_kernels.compression_gains,
        counts(64, history_kernels.LEVELS),
        counts(64, history_kernels.MAGNITUDE_CLASSES),
        steps(np.int64, 64),
        steps(np.int64, 2, 64),
        shares=[0.05, 0.9],
    ),
    "unsplice.blind.history_kernels.count_magnitudes": _simple(
        history_kernels.count_magnitudes, rgb, corners(8)
    ),
    "unsplice.blind.history_kernels.grid_votes": _simple(
        history_kernels.grid_votes, rgb, corners(15)
    ),
    "unsplice.blind.history_kernels.requantized_counts": _simple(
        history_kernels.requantized_counts,
        counts(64, history_kernels.MAGNITUDE_CLASSES),
        steps(np.int64, 64),
        steps(np.int64, 64),
    ),
    "unsplice.blind.history_kernels.sum_levels": Function(
        (history_kernels.sum_levels,),
        lambda random, rows, cols: (
            random.integers(0, history_kernels.LEVELS, (64, rows, cols), np.uint8),
            normal(64, history_kernels.LEVELS)(random, 0, 0),
        ),
    ),
    # evidence maps
    "unsplice.blind.evidence.kernels.block_noise": Function(
        _variants(evidence.block_noise, *_GRIDS), of(rgb)
    ),
    "unsplice.blind.evidence.kernels.blur_shares": _simple(
        evidence.blur_shares, stack(gray, 2), total=90, sigma=1.3
    ),
    "unsplice.blind.evidence.kernels.count_cooccurrences": Function(
        _variants(evidence.count_cooccurrences, *_GRIDS), of(rgb)
    ),
    "unsplice.blind.evidence.kernels.count_zeros": Function(
        _variants(evidence.count_zeros, *_GRIDS), of(rgb)
    ),
    "unsplice.blind.evidence.kernels.green_lattice": Function(
        _variants(evidence.green_lattice, *_GRIDS), of(rgb)
    ),
    "unsplice.blind.evidence.kernels.grid_contrasts": Function(
        (evidence.grid_contrasts,), blocks
    ),
    "unsplice.blind.evidence.kernels.requantization_errors": Function(
        _variants(evidence.requantization_errors, *_GRIDS), of(rgb, steps(np.int64, 2, 8, 8))
    ),
    # network and edges
    "unsplice.blind.fusion.kernels.apply_lines": Function((fusion.apply_lines,), cells),
    "unsplice.blind.fusion.kernels.convolve_blocks": Function(
        (
            lambda maps, weights, bias, gain: fusion.convolve_blocks(
                maps, weights, bias, gain=gain, dilation=2
            ),
        ),
        convolved,
    ),
    "unsplice.blind.fusion.kernels.fit_lines": Function(
        (lambda sums: fusion.fit_lines(sums, (17, 24), 2, 1e-3),),
        lambda random, _rows, _cols: summed(random, 17, 24),
    ),
    "unsplice.blind.fusion.kernels.normalize_maps": Function(
        _variants(fusion.normalize_maps, {"limit": 2.0}), normalized
    ),
    "unsplice.blind.fusion.kernels.plane_moments": _simple(fusion.plane_moments, stack(floats, 2)),
    "unsplice.blind.fusion.kernels.sum_blocks": Function(
        _variants(fusion.sum_blocks, *_GRIDS), of(gray)
    ),
    "unsplice.blind.fusion.kernels.sum_cells": _simple(fusion.sum_cells, rgb, heat),
    # pairs
    "unsplice.pair.kernels.activity_level": _simple(pair.activity_level, rgb),
    "unsplice.pair.kernels.amplitude_levels": _simple(pair.amplitude_levels, rgb, rgb, sigma=0.7),
    "unsplice.pair.kernels.color_difference": _simple(pair.color_difference, rgb, rgb),
    "unsplice.pair.kernels.difference_amplitude": _simple(
        pair.difference_amplitude, rgb, rgb, sigma=1.5
    ),
    "unsplice.pair.kernels.difference_evidence": Function(
        (
            lambda *arrays: pair.difference_evidence(
                *arrays[:6], (0.7, 3.2), arrays[6], seed_bounds=(20.0, 9.0),
                grow_bounds=(9.0, 4.0), rim_share=0.15, factor=0.6,
            ),
        ),
        judged,
    ),
    "unsplice.pair.kernels.difference_quantiles": Function(
        _variants(
            pair.difference_quantiles, {"scales": (0.7, 3.2), "num_kinds": 4, "share": 0.4}
        ),
        sampled,
    ),
    "unsplice.pair.kernels.jpeg_round_trip": Function(
        _variants(pair.jpeg_round_trip, {"subsampling": (2, 2)}, {"subsampling": (1, 1)}),
        of(rgb, steps(np.float32, 3, 8, 8)),
    ),
    "unsplice.pair.kernels.luma": _simple(pair.luma, rgb),
    "unsplice.pair.kernels.warp_cubic": Function(
        (lambda image, matrix: pair.warp_cubic(image, matrix, (9, 12)),), warped
    ),
    "unsplice.pair.region_kernels.close_mask": _simple(
        region_kernels.close_mask, mask, half_widths=(3, 3, 2, 1)
    ),
    "unsplice.pair.region_kernels.keep_components": Function(
        (region_kernels.keep_components,), kept
    ),
    "unsplice.pair.region_kernels.weigh_components": _simple(
        region_kernels.weigh_components, mask, floats, mask
    ),
    # scores
    "unsplice.score_mask": _simple(unsplice.score_mask, mask, mask),
    "unsplice.score_heatmap": _simple(unsplice.score_heatmap, heat, mask),
    "unsplice.evaluation.scores.boundary.score_boundary": _simple(
        boundary.score_boundary, mask, mask
    ),
    "unsplice.evaluation.scores.boundary.count_false_components": _simple(
        boundary.count_false_components, mask, mask
    ),
}  # fmt: skip
