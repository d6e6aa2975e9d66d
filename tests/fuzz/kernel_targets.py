"""A target for every binding of the core: bytes choose its arguments.

Most arguments fit together, so that the kernels run and not only the checks before them; in every
fourth call one argument does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from fuzz import arrays, files
from fuzz.arrays import Array
from fuzz.draws import EDGES, FLOATS, Draws
from unsplice import _core

__all__ = ["ALLOWED", "TARGETS", "call_kernel", "try_kernel"]

# What a kernel may answer a wrong call with. MemoryError is for results that no machine can hold,
# which need one of these numbers.
ALLOWED: Final = (TypeError, ValueError)
HUGE: Final = 2**31 - 1

Arguments = list[Any]
u8, u16, i32, i64, u64 = np.uint8, np.uint16, np.int32, np.int64, np.uint64
f32, f64 = np.float32, np.float64


def threads(d: Draws) -> int:
    return 16 if d.chance(16) else d.choice((1, 1, 2, 3))  # each takes a tenth of a millisecond


def rgb(d: Draws, dims: tuple[int, int]) -> Array:
    return arrays.array(d, (*dims, 3), u8)


def plane(d: Draws, dims: tuple[int, int], dtype: Any = u8) -> Array:
    return arrays.array(d, dims, dtype)


def planes(d: Draws, dtype: Any, count: int, *, least: int = 0) -> Array:
    return arrays.array(d, (count, *arrays.shape(d, least=least)), dtype)


def picture(d: Draws, dims: tuple[int, int], dtype: Any) -> Array:
    """Gray, or of one channel up to five."""
    channels = d.integer(0, 5)
    return arrays.array(d, (*dims, channels) if channels else dims, dtype)


def stack(d: Draws, dtype: Any) -> Array:
    dims = arrays.shape(d)
    return arrays.array(d, (d.integer(0, 3), *dims) if d.boolean() else dims, dtype)


def finite(d: Draws) -> float:
    """A float that is mostly a reasonable one."""
    return d.number() if d.chance(4) else d.share() * d.choice((1.0, 4.0, 255.0))


def weights(d: Draws, most: int = 40) -> list[float]:
    """Weights of a Gaussian, from its middle on; also longer than the picture."""
    return [finite(d) for _ in range(d.integer(1, most))]


def scales(d: Draws) -> list[list[float]]:
    return [weights(d, 12) for _ in range(d.integer(1, 4))]


def grid(d: Draws) -> Arguments:
    return [d.integer(0, 7), d.integer(0, 7)]


def steps(d: Draws, dims: tuple[int, ...], dtype: Any = i64, most: int = 65535) -> Array:
    """Quantization steps."""
    high = d.choice((2, 60, most))
    return arrays.laid_out(d, d.generator().integers(1, high + 1, dims).astype(dtype))


def corners(d: Draws, dims: tuple[int, int], window: int) -> Array:
    """Places of windows within a picture."""
    room = [n - window + 1 for n in dims]
    count = d.integer(0, 20) if min(room) > 0 else 0
    places = d.generator().integers(0, [max(n, 1) for n in room], (count, 2), i64)
    return arrays.laid_out(d, places)


def cells(dims: Iterable[int]) -> tuple[int, ...]:
    return tuple((n + 3) // 4 for n in dims)


def transformed(n: int, length: int) -> int:
    """Coefficients a level of the wavelet transform has."""
    return (n + length - 1) // 2


def taps(d: Draws) -> Array:
    length = 2 * d.integer(1, d.choice((2, 10, 60)))
    return arrays.array(d, (2, length), f64)


def pair(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    return [rgb(d, dims), rgb(d, dims)]


def on_image(*more: Callable[[Draws], Any]) -> Callable[[Draws], Arguments]:
    """A kernel of an RGB picture, and more."""
    return lambda d: [rgb(d, arrays.shape(d)), *(each(d) for each in more)]


def on_plane(*dtypes: Any, more: tuple[Callable[[Draws], Any], ...] = ()) -> Any:
    """A kernel of a single plane, and more."""
    return lambda d: [plane(d, arrays.shape(d), d.choice(dtypes)), *(each(d) for each in more)]


def on_grid(d: Draws) -> Arguments:
    return [rgb(d, arrays.shape(d)), *grid(d)]


def neighborhood_threshold(d: Draws) -> Arguments:
    return [picture(d, arrays.shape(d), d.choice((u8, u16))), d.integer(-2, 2**19)]


def neighborhood_threshold_of_pair(d: Draws) -> Arguments:
    dims, dtype, channels = arrays.shape(d), d.choice((u8, u16)), d.integer(0, 4)
    whole = (*dims, channels) if channels else dims
    first, second = (arrays.array(d, whole, dtype) for _ in range(2))
    return [first, second, d.integer(-2, 2**19)]


def paint_labels(d: Draws) -> Arguments:
    if d.boolean():  # as label_components gives it
        mask = arrays.content(d, arrays.shape(d), np.bool_)
        words, components = _core.label_components(mask, d.boolean(), 1)[:2]
        return [words, components, mask.shape[1]]
    cols = arrays.size(d)
    words = arrays.array(d, (arrays.size(d, most=20), (cols + 63) // 64), u64)
    return [words, arrays.array(d, (arrays.size(d),), i32), cols]


def extract_patches(d: Draws) -> Arguments:
    dims, window = arrays.shape(d), d.integer(1, 40)
    return [picture(d, dims, d.choice((np.bool_, u8, u16, f32))), corners(d, dims, window), window]


def difference_quantiles(d: Draws) -> Arguments:
    dims = arrays.shape(d, least=1)
    kinds = d.choice((1, 3, 256))
    generator = d.generator()
    every = np.flatnonzero(generator.random(dims) < d.share()).astype(i64)
    groups = generator.integers(0, kinds, every.size).astype(u8)
    samples = [arrays.laid_out(d, every), arrays.laid_out(d, groups)]
    return [rgb(d, dims), rgb(d, dims), *samples, kinds, scales(d), d.share()]


def difference_evidence(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    at = scales(d)
    levels = [plane(d, dims) for _ in range(3)]
    precision = arrays.array(d, (len(at), 3, 256), f32)
    bounds = [[finite(d) for _ in at] for _ in range(2)]
    valid = plane(d, dims, np.bool_)
    return [rgb(d, dims), rgb(d, dims), *levels, valid, finite(d), at, precision, *bounds,
            finite(d)]  # fmt: skip


def two_features(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    return [plane(d, dims), plane(d, dims)]


def weigh_components(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    values = [plane(d, dims, dtype) for dtype in (np.bool_, f32, np.bool_)]
    return [*values, *sorted((finite(d), finite(d)))]


def keep_components(d: Draws) -> Arguments:
    mask = plane(d, arrays.shape(d), np.bool_)
    count = len(_core.label_components(np.ascontiguousarray(mask), False, 1)[2])
    count += d.choice((0, 0, 1, -1))
    return [mask, arrays.array(d, (max(count, 0),), np.bool_), d.boolean()]


def jpeg_round_trip(d: Draws) -> Arguments:
    tables = steps(d, (3, 8, 8), f32)
    return [rgb(d, arrays.shape(d)), tables, d.integer(1, 2), d.integer(1, 2)]


def warp_cubic(d: Draws) -> Arguments:
    dims = arrays.shape(d, least=1)
    image = rgb(d, dims) if d.boolean() else plane(d, dims, f32)
    return [image, [finite(d) for _ in range(6)], *arrays.shape(d)]


def error_levels(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    image = rgb(d, dims) if d.boolean() else plane(d, dims)
    return [image, steps(d, (2, 8, 8), u8, 255), d.boolean()]


def measure_components(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    return [plane(d, dims, np.bool_), plane(d, dims)]


def sum_levels(d: Draws) -> Arguments:
    count = d.integer(0, 64)
    return [planes(d, u8, count), arrays.array(d, (count, 25), f32)]


def counts(d: Draws, dims: tuple[int, ...]) -> Array:
    high = d.choice((1, 40, 2**26))
    return arrays.laid_out(d, d.generator().integers(0, high + 1, dims))


def requantized_counts(d: Draws) -> Arguments:
    n = d.integer(0, 8)
    first = steps(d, (n,)) - d.integer(0, 1)
    return [counts(d, (n, 2049)), first, steps(d, (n,))]


def compression_gains(d: Draws) -> Arguments:
    n = d.integer(0, 8)
    shares = [min(d.share(), 0.999) for _ in range(d.integer(0, 4))]
    observed, reference = counts(d, (n, 25)), counts(d, (n, 2049))
    return [observed, reference, steps(d, (n,)), steps(d, (d.integer(0, 5), n)), shares]


def grid_contrasts(d: Draws) -> Arguments:
    rows, cols = arrays.shape(d, most=16)
    return [plane(d, (8 * rows, 8 * cols))]


def convolve_blocks(d: Draws) -> Arguments:
    inputs, side = d.integer(0, 9), d.choice((1, 3))
    gain = d.boolean()
    outputs = inputs if gain else d.integer(0, 9)
    maps = arrays.array(d, (inputs, *arrays.shape(d, most=40)), f32)
    filters = arrays.array(d, (outputs, inputs, side, side), f32)
    bias, gains = (arrays.array(d, (outputs,), f32) for _ in range(2))
    return [maps, filters, bias, gains if gain else None, d.choice((1, 2, 5, 1024))]


def normalize_maps(d: Draws) -> Arguments:
    n = d.integer(0, 9)
    maps = planes(d, f32, n, least=1)
    return [maps, arrays.array(d, (n,), np.bool_), arrays.array(d, (n,), f32), finite(d)]


def with_heatmap(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    return [rgb(d, dims), plane(d, dims, f32)]


def fit_lines(d: Draws) -> Arguments:
    rows, cols = arrays.shape(d)
    sums = arrays.array(d, (4, *cells((rows, cols))), i32)
    reach = d.choice((1, 4, 250))
    return [sums, rows, cols, reach, d.choice((1e-9, 1e-3, 1e300))]


def apply_lines(d: Draws) -> Arguments:
    dims = arrays.shape(d)
    lines = [plane(d, cells(dims), f32) for _ in range(2)]  # type: ignore[arg-type]
    return [rgb(d, dims), plane(d, dims, f32), *lines]


def pixels_of_blocks(d: Draws) -> Arguments:
    return [plane(d, arrays.shape(d, least=1), f32), *arrays.shape(d), *grid(d)]


def dwt2(d: Draws) -> Arguments:
    return [plane(d, arrays.shape(d, least=1), d.choice((u8, u16, f32, f64))), taps(d)]


def haar_dwt2(d: Draws) -> Arguments:
    return dwt2(d)[:1]


def idwt2(d: Draws) -> Arguments:
    rows, cols = arrays.shape(d, least=1)
    filters = taps(d)
    bands = (4, *(transformed(n, filters.shape[1]) for n in (rows, cols)))
    return [arrays.array(d, bands, d.choice((f32, f64))), filters, rows, cols]


def haar_idwt2(d: Draws) -> Arguments:
    rows, cols = arrays.shape(d, least=1)
    return [
        arrays.array(d, (4, (rows + 1) // 2, (cols + 1) // 2), d.choice((f32, f64))),
        rows,
        cols,
    ]


def strip(d: Draws) -> Arguments:
    return [d.take(d.integer(0, 600)), d.choice((0, 1, 64, 2**20, 2**62))]


def jpeg_data(d: Draws) -> Arguments:
    return [files.mutated(files.drawn_seed(d, "JPEG"), d)]


def passes(d: Draws) -> int:
    return d.integer(1, 4)


# The arguments of each binding, up to `num_threads`, which comes last where there is one.
TARGETS: Final[dict[str, Callable[[Draws], Arguments]]] = {
    "neighborhood_threshold": neighborhood_threshold,
    "neighborhood_threshold_of_pair": neighborhood_threshold_of_pair,
    "median_filter": lambda d: [stack(d, d.choice((u8, u16, f32, f64)))],
    "log_cascade": on_plane(u8, u16, f32, more=(passes,)),
    "label_components": on_plane(np.bool_, more=(Draws.boolean,)),
    "paint_labels": paint_labels,
    "remove_small_components": on_plane(
        np.bool_, more=(lambda d: d.integer(-1, 300), Draws.boolean)
    ),
    "find_boundary": on_plane(np.bool_, more=(Draws.boolean, Draws.boolean)),
    "extract_patches": extract_patches,
    "weighted_sum": on_image(lambda d: [finite(d) for _ in range(3)]),
    "color_difference": pair,
    "gaussian_blur": lambda d: [planes(d, f32, d.integer(0, 4)), weights(d)],
    "activity_level": on_image(),
    "difference_quantiles": difference_quantiles,
    "difference_amplitude": lambda d: [*pair(d), weights(d)],
    "amplitude_levels": lambda d: [*pair(d), weights(d)],
    "difference_evidence": difference_evidence,
    "weighted_levels": on_image(
        lambda d: [abs(finite(d)) for _ in range(3)], lambda d: abs(finite(d))
    ),
    "product_counts": two_features,
    "product_above": lambda d: [*two_features(d), d.integer(0, 65535)],
    "scaled_levels": on_plane(u8, more=(finite,)),
    "close_mask": on_plane(
        np.bool_, more=(lambda d: [d.integer(-2, 64) for _ in range(d.integer(1, 65))],)
    ),
    "weigh_components": weigh_components,
    "keep_components": keep_components,
    "jpeg_round_trip": jpeg_round_trip,
    "warp_cubic": warp_cubic,
    "log_cascade_saturating": on_plane(u8, more=(passes,)),
    "haar_noise_residual": on_plane(u8, u16, more=(Draws.boolean,)),
    "noise_artifact": on_image(Draws.boolean, Draws.boolean, Draws.boolean),
    "error_levels": error_levels,
    "density_levels": on_plane(np.bool_, more=(lambda d: d.choice((0, 1, 3, 40, HUGE)),)),
    "equalize_clahe": on_plane(
        u8,
        more=(
            lambda d: abs(finite(d)) or 1.0,
            lambda d: d.integer(1, 20),
            lambda d: d.integer(1, 20),
        ),
    ),
    "level_counts": on_plane(u8, u16),
    "measure_components": measure_components,
    "block_levels": lambda d: [rgb(d, arrays.shape(d)), steps(d, (8, 8)), *grid(d)],
    "count_magnitudes": lambda d: [rgb(d, n := arrays.shape(d)), corners(d, n, 8)],
    "grid_votes": lambda d: [rgb(d, n := arrays.shape(d)), corners(d, n, 15)],
    "clipped_samples": on_grid,
    "sum_levels": sum_levels,
    "requantized_counts": requantized_counts,
    "compression_gains": compression_gains,
    "requantization_errors": lambda d: [
        rgb(d, arrays.shape(d)), steps(d, (d.integer(0, 3), 8, 8)), *grid(d)
    ],
    "blur_shares": lambda d: [planes(d, u8, d.integer(0, 4)), finite(d), weights(d)],
    "count_cooccurrences": on_grid,
    "count_zeros": on_grid,
    "grid_contrasts": grid_contrasts,
    "block_noise": on_grid,
    "green_lattice": on_grid,
    "instruction_set": lambda _: [],
    "check_jpeg_scan": jpeg_data,
    "lzw_size": strip,
    "packbits_size": strip,
    "convolve_blocks": convolve_blocks,
    "normalize_maps": normalize_maps,
    "plane_moments": lambda d: [planes(d, f32, d.integer(0, 4), least=1)],
    "sum_blocks": lambda d: [plane(d, arrays.shape(d)), *grid(d)],
    "sum_cells": with_heatmap,
    "fit_lines": fit_lines,
    "pixels_of_blocks": pixels_of_blocks,
    "apply_lines": apply_lines,
    "dwt2": dwt2,
    "haar_dwt2": haar_dwt2,
    "idwt2": idwt2,
    "haar_idwt2": haar_idwt2,
}  # fmt: skip
WITHOUT_THREADS: Final = frozenset(
    {"instruction_set", "check_jpeg_scan", "lzw_size", "packbits_size", "requantized_counts"}
)


def misfit(d: Draws, right: Any) -> Any:
    """Return what does not fit in the place of a right argument."""
    if isinstance(right, np.ndarray):
        return arrays.wrong(d, right)
    if d.chance(5):
        return d.choice((None, "1", b"", [], {}, 1.5, np.zeros((2, 2)), True))
    if isinstance(right, bool | int):
        # Between these lie results of some gigabytes, which a kernel may be asked for.
        edges = [n for n in EDGES if not 2**16 <= n < 2**62]
        return d.choice(edges)
    if isinstance(right, float):
        return d.choice(FLOATS)
    if isinstance(right, list):
        return d.choice(([], right * 3, right[:-1], [None], [right], [float("nan")] * len(right)))
    return None


def call_kernel(name: str, d: Draws) -> tuple[Arguments, bool]:
    """Return drawn arguments of a binding, and whether they are meant to fit."""
    arguments = TARGETS[name](d)
    if name not in WITHOUT_THREADS:
        arguments.append(threads(d))
    fits = not (arguments and d.chance(4))
    if not fits:
        at = d.integer(0, len(arguments) - 1)
        arguments[at] = misfit(d, arguments[at])
    return arguments, fits


def _bits(value: Any) -> Any:
    """Return what two results are compared by: NaN is equal to NaN, and 0 is not -0."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes() if value.dtype != object else b""
    return [_bits(each) for each in value] if isinstance(value, tuple | list) else value


def try_kernel(name: str, d: Draws) -> bool:
    """Make one call; return whether it was answered with a result.

    Raises
    ------
    Exception
        What a kernel must not raise, or AssertionError where it changed its input, or gave other
        bits for another number of threads.
    """
    arguments, fits = call_kernel(name, d)
    before = _bits(arguments)
    kernel = getattr(_core, name)
    try:
        result = kernel(*arguments)
        if fits and name not in WITHOUT_THREADS and d.chance(2):
            again = kernel(*arguments[:-1], 1)
            assert _bits(result) == _bits(again), f"{name}: two calls give other bits"
    except ALLOWED:
        return False
    except MemoryError:
        if not any(isinstance(each, int) and each >= 2**62 for each in arguments):
            raise
        return False
    finally:
        assert _bits(arguments) == before, f"{name}: the input was changed"
    return True
