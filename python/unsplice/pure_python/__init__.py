"""The definition of every kernel: readable, slow, and the oracle of the tests.

Plain Python loops over plain NumPy arrays, or one formula for all pixels. Nothing here is
optimised; when the core and this module disagree, the core is wrong. Arguments are not checked:
`unsplice.kernels`, `unsplice.wavelets`, `unsplice.pair.kernels`, `unsplice.blind.kernels` and
`unsplice.blind.enhance` do that.

Where float32 is computed, the order of the operations is part of the definition: every constant is
rounded to float32 first, and every operation rounds to float32.
"""

from unsplice.pure_python.cooccurrences import (
    blur_shares,
    count_cooccurrences,
)
from unsplice.pure_python.edges import (
    apply_lines,
    fit_lines,
    pixels_of_blocks,
    sum_blocks,
    sum_cells,
)
from unsplice.pure_python.error_levels import (
    error_levels,
)
from unsplice.pure_python.ghosts import (
    requantization_errors,
)
from unsplice.pure_python.history import (
    block_levels,
    clipped_samples,
    compression_gains,
    count_magnitudes,
    grid_votes,
    requantized_counts,
    sum_levels,
)
from unsplice.pure_python.jpeg import (
    jpeg_round_trip,
)
from unsplice.pure_python.masks import (
    find_boundary,
    label_components,
    remove_small_components,
)
from unsplice.pure_python.network import (
    convolve_blocks,
    normalize_maps,
    plane_moments,
)
from unsplice.pure_python.noise import (
    block_noise,
    green_lattice,
)
from unsplice.pure_python.pair import (
    activity_level,
    amplitude_levels,
    color_difference,
    difference_amplitude,
    difference_evidence,
    difference_quantiles,
    luma,
    warp_cubic,
)
from unsplice.pure_python.paper import (
    density_levels,
    equalize_clahe,
    haar_noise_residual,
    level_counts,
    log_cascade_saturating,
    measure_components,
    noise_artifact,
    product_above,
    product_counts,
    scaled_levels,
    weighted_levels,
)
from unsplice.pure_python.pictures import (
    extract_patches,
    gaussian_blur,
    log_cascade,
    median_filter,
    neighborhood_threshold,
    neighborhood_threshold_of_pair,
    weighted_sum,
)
from unsplice.pure_python.regions import (
    close_mask,
    keep_components,
    weigh_components,
)
from unsplice.pure_python.wavelets import (
    dwt2,
    idwt2,
)
from unsplice.pure_python.zeros import (
    count_zeros,
    grid_contrasts,
)

__all__ = [
    "activity_level",
    "amplitude_levels",
    "apply_lines",
    "block_levels",
    "block_noise",
    "blur_shares",
    "clipped_samples",
    "close_mask",
    "color_difference",
    "compression_gains",
    "convolve_blocks",
    "count_cooccurrences",
    "count_magnitudes",
    "count_zeros",
    "density_levels",
    "difference_amplitude",
    "difference_evidence",
    "difference_quantiles",
    "dwt2",
    "equalize_clahe",
    "error_levels",
    "extract_patches",
    "find_boundary",
    "fit_lines",
    "gaussian_blur",
    "green_lattice",
    "grid_contrasts",
    "grid_votes",
    "haar_noise_residual",
    "idwt2",
    "jpeg_round_trip",
    "keep_components",
    "label_components",
    "level_counts",
    "log_cascade",
    "log_cascade_saturating",
    "luma",
    "measure_components",
    "median_filter",
    "neighborhood_threshold",
    "neighborhood_threshold_of_pair",
    "noise_artifact",
    "normalize_maps",
    "pixels_of_blocks",
    "plane_moments",
    "product_above",
    "product_counts",
    "remove_small_components",
    "requantization_errors",
    "requantized_counts",
    "scaled_levels",
    "sum_blocks",
    "sum_cells",
    "sum_levels",
    "warp_cubic",
    "weigh_components",
    "weighted_levels",
    "weighted_sum",
]
