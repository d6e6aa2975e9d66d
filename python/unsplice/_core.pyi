"""The native surface; owned by hand, checked against the module by stubtest."""

from collections.abc import Sequence
from typing import Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

_Pixel = TypeVar("_Pixel", np.uint8, np.uint16, np.float32, np.float64)
_Coefficient = TypeVar("_Coefficient", np.float32, np.float64)
_PatchPixel = TypeVar("_PatchPixel", np.bool_, np.uint8, np.uint16, np.float32)

@overload
def neighborhood_threshold(
    image: NDArray[np.uint8], limit: int, num_threads: int
) -> NDArray[np.uint8]: ...
@overload
def neighborhood_threshold(
    image: NDArray[np.uint16], limit: int, num_threads: int
) -> NDArray[np.uint8]: ...
@overload
def neighborhood_threshold_of_pair(
    authentic: NDArray[np.uint8], spliced: NDArray[np.uint8], limit: int, num_threads: int
) -> NDArray[np.uint8]: ...
@overload
def neighborhood_threshold_of_pair(
    authentic: NDArray[np.uint16], spliced: NDArray[np.uint16], limit: int, num_threads: int
) -> NDArray[np.uint8]: ...
def median_filter(image: NDArray[_Pixel], num_threads: int) -> NDArray[_Pixel]: ...
@overload
def log_cascade(image: NDArray[np.uint8], passes: int, num_threads: int) -> NDArray[np.int32]: ...
@overload
def log_cascade(image: NDArray[np.uint16], passes: int, num_threads: int) -> NDArray[np.int32]: ...
@overload
def log_cascade(
    image: NDArray[np.float32], passes: int, num_threads: int
) -> NDArray[np.float32]: ...
def label_components(
    mask: NDArray[np.bool_], diagonal: bool, num_threads: int
) -> tuple[
    NDArray[np.uint64],
    NDArray[np.int32],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
]: ...
def paint_labels(
    words: NDArray[np.uint64], components: NDArray[np.int32], cols: int, num_threads: int
) -> NDArray[np.int32]: ...
def remove_small_components(
    mask: NDArray[np.bool_], min_area: int, diagonal: bool, num_threads: int
) -> NDArray[np.bool_]: ...
def find_boundary(
    mask: NDArray[np.bool_], inner: bool, outer: bool, num_threads: int
) -> NDArray[np.bool_]: ...
def extract_patches(
    image: NDArray[_PatchPixel], corners: NDArray[np.int64], size: int, num_threads: int
) -> NDArray[_PatchPixel]: ...
def weighted_sum(
    image: NDArray[np.uint8], weights: Sequence[float], num_threads: int
) -> NDArray[np.float32]: ...
def color_difference(
    first: NDArray[np.uint8], second: NDArray[np.uint8], num_threads: int
) -> NDArray[np.float32]: ...
def gaussian_blur(
    planes: NDArray[np.float32], weights: Sequence[float], num_threads: int
) -> NDArray[np.float32]: ...
def activity_level(image: NDArray[np.uint8], num_threads: int) -> NDArray[np.uint8]: ...
def difference_quantiles(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    indices: NDArray[np.int64],
    kinds: NDArray[np.uint8],
    num_kinds: int,
    scales: Sequence[Sequence[float]],
    share: float,
    num_threads: int,
) -> NDArray[np.float32]: ...
def difference_amplitude(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    weights: Sequence[float],
    num_threads: int,
) -> NDArray[np.float32]: ...
def amplitude_levels(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    weights: Sequence[float],
    num_threads: int,
) -> NDArray[np.uint8]: ...
def difference_evidence(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    level: NDArray[np.uint8],
    other_level: NDArray[np.uint8],
    nearby: NDArray[np.uint8],
    valid: NDArray[np.bool_],
    rim_share: float,
    scales: Sequence[Sequence[float]],
    precision: NDArray[np.float32],
    seed_bounds: Sequence[float],
    grow_bounds: Sequence[float],
    factor: float,
    num_threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.float32]]: ...
def weighted_levels(
    image: NDArray[np.uint8], weights: Sequence[float], gain: float, num_threads: int
) -> NDArray[np.uint8]: ...
def product_counts(
    first: NDArray[np.uint8], second: NDArray[np.uint8], num_threads: int
) -> NDArray[np.int64]: ...
def product_above(
    first: NDArray[np.uint8], second: NDArray[np.uint8], level: int, num_threads: int
) -> NDArray[np.bool_]: ...
def scaled_levels(
    levels: NDArray[np.uint8], factor: float, num_threads: int
) -> NDArray[np.float32]: ...
def close_mask(
    mask: NDArray[np.bool_], half_widths: Sequence[int], num_threads: int
) -> NDArray[np.bool_]: ...
def weigh_components(
    mask: NDArray[np.bool_],
    values: NDArray[np.float32],
    marked: NDArray[np.bool_],
    floor: float,
    ceiling: float,
    num_threads: int,
) -> tuple[
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.int64],
]: ...
def keep_components(
    mask: NDArray[np.bool_], kept: NDArray[np.bool_], diagonal: bool, num_threads: int
) -> NDArray[np.bool_]: ...
def jpeg_round_trip(
    image: NDArray[np.uint8],
    tables: NDArray[np.float32],
    horizontal: int,
    vertical: int,
    num_threads: int,
) -> NDArray[np.uint8]: ...
@overload
def warp_cubic(
    image: NDArray[np.uint8], map: Sequence[float], rows: int, cols: int, num_threads: int
) -> NDArray[np.uint8]: ...
@overload
def warp_cubic(
    image: NDArray[np.float32], map: Sequence[float], rows: int, cols: int, num_threads: int
) -> NDArray[np.float32]: ...
def log_cascade_saturating(
    image: NDArray[np.uint8], passes: int, num_threads: int
) -> NDArray[np.uint8]: ...
@overload
def haar_noise_residual(
    image: NDArray[np.uint8], smooth_approximation: bool, num_threads: int
) -> NDArray[np.float32]: ...
@overload
def haar_noise_residual(
    image: NDArray[np.uint16], smooth_approximation: bool, num_threads: int
) -> NDArray[np.float32]: ...
def noise_artifact(
    image: NDArray[np.uint8],
    smooth_approximation: bool,
    saturating: bool,
    absolute: bool,
    num_threads: int,
) -> NDArray[np.float32]: ...
def error_levels(
    image: NDArray[np.uint8], tables: NDArray[np.uint8], halve_chroma: bool, num_threads: int
) -> NDArray[np.uint8]: ...
def density_levels(
    points: NDArray[np.bool_], reach: int, num_threads: int
) -> NDArray[np.uint8]: ...
def equalize_clahe(
    image: NDArray[np.uint8],
    clip_limit: float,
    tiles_down: int,
    tiles_across: int,
    num_threads: int,
) -> NDArray[np.uint8]: ...
@overload
def level_counts(image: NDArray[np.uint8], num_threads: int) -> NDArray[np.int64]: ...
@overload
def level_counts(image: NDArray[np.uint16], num_threads: int) -> NDArray[np.int64]: ...
def measure_components(
    mask: NDArray[np.bool_], values: NDArray[np.uint8], num_threads: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]: ...
def block_levels(
    image: NDArray[np.uint8], steps: NDArray[np.int64], row: int, col: int, num_threads: int
) -> NDArray[np.uint8]: ...
def count_magnitudes(
    image: NDArray[np.uint8], corners: NDArray[np.int64], num_threads: int
) -> NDArray[np.int64]: ...
def grid_votes(
    image: NDArray[np.uint8], corners: NDArray[np.int64], num_threads: int
) -> NDArray[np.int64]: ...
def clipped_samples(
    image: NDArray[np.uint8], row: int, col: int, num_threads: int
) -> NDArray[np.uint8]: ...
def sum_levels(
    levels: NDArray[np.uint8], values: NDArray[np.float32], num_threads: int
) -> NDArray[np.float32]: ...
def requantized_counts(
    reference: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]: ...
def compression_gains(
    observed: NDArray[np.int64],
    reference: NDArray[np.int64],
    last: NDArray[np.int64],
    tables: NDArray[np.int64],
    shares: Sequence[float],
    num_threads: int,
) -> NDArray[np.float64]: ...
def requantization_errors(
    image: NDArray[np.uint8], steps: NDArray[np.int64], row: int, col: int, num_threads: int
) -> NDArray[np.float32]: ...

# The evidence maps.
def blur_shares(
    counts: NDArray[np.uint8], unit: float, weights: Sequence[float], num_threads: int
) -> NDArray[np.float32]: ...
def count_cooccurrences(
    image: NDArray[np.uint8], row: int, col: int, num_threads: int
) -> NDArray[np.uint8]: ...
def count_zeros(
    image: NDArray[np.uint8], row: int, col: int, num_threads: int
) -> NDArray[np.uint8]: ...
def grid_contrasts(counts: NDArray[np.uint8], num_threads: int) -> NDArray[np.float32]: ...
def block_noise(
    image: NDArray[np.uint8], row: int, col: int, num_threads: int
) -> NDArray[np.float32]: ...
def green_lattice(
    image: NDArray[np.uint8], row: int, col: int, num_threads: int
) -> NDArray[np.float32]: ...

# Checks of files before they are decoded.
def instruction_set() -> str: ...
def check_jpeg_scan(
    data: bytes,
) -> tuple[Literal["complete", "truncated", "corrupt"], str, int, int, int, bool]: ...
def lzw_size(data: bytes, limit: int) -> int: ...
def packbits_size(data: bytes, limit: int) -> int: ...

# The network and the edges.
def convolve_blocks(
    maps: NDArray[np.float32],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    gain: NDArray[np.float32] | None,
    dilation: int,
    num_threads: int,
) -> NDArray[np.float32]: ...
def normalize_maps(
    maps: NDArray[np.float32],
    centered: NDArray[np.bool_],
    scale: NDArray[np.float32],
    limit: float,
    num_threads: int,
) -> NDArray[np.float32]: ...
def plane_moments(planes: NDArray[np.float32], num_threads: int) -> NDArray[np.float64]: ...
def sum_blocks(
    image: NDArray[np.uint8], row: int, col: int, num_threads: int
) -> NDArray[np.int32]: ...
def sum_cells(
    image: NDArray[np.uint8], heatmap: NDArray[np.float32], num_threads: int
) -> NDArray[np.int32]: ...
def fit_lines(
    sums: NDArray[np.int32], rows: int, cols: int, reach: int, epsilon: float, num_threads: int
) -> NDArray[np.float32]: ...
def pixels_of_blocks(
    blocks: NDArray[np.float32], rows: int, cols: int, row: int, col: int, num_threads: int
) -> NDArray[np.float32]: ...
def apply_lines(
    image: NDArray[np.uint8],
    heatmap: NDArray[np.float32],
    slopes: NDArray[np.float32],
    offsets: NDArray[np.float32],
    num_threads: int,
) -> NDArray[np.float32]: ...

# One level of the wavelet transform: float64 of float64, float32 of all others.
def dwt2(image: NDArray[_Pixel], taps: NDArray[np.float64], num_threads: int) -> NDArray[Any]: ...
def haar_dwt2(image: NDArray[_Pixel], num_threads: int) -> NDArray[Any]: ...
def idwt2(
    bands: NDArray[_Coefficient],
    taps: NDArray[np.float64],
    rows: int,
    cols: int,
    num_threads: int,
) -> NDArray[_Coefficient]: ...
def haar_idwt2(
    bands: NDArray[_Coefficient], rows: int, cols: int, num_threads: int
) -> NDArray[_Coefficient]: ...
