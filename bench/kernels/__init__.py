"""A kernel a file, in the order in which the table shows them.

Each module has ``contests(size)``, which yields what is timed on pictures of that size.
"""

NAMES = (
    "neighborhood_threshold",
    "median_filter",
    "log_cascade",
    "label_components",
    "remove_small_components",
    "find_boundary",
    "extract_patches",
    "haar_noise_residual",
    "noise_artifact",
    "error_levels",
    "weighted_sum",
    "color_difference",
    "gaussian_blur",
    "activity_level",
    "jpeg_round_trip",
    "level_counts",
    "density_levels",
    "equalize_clahe",
    "block_levels",
    "clipped_samples",
    "count_magnitudes",
    "grid_votes",
    "sum_levels",
    "requantized_counts",
    "count_cooccurrences",
    "count_zeros",
    "grid_contrasts",
    "block_noise",
    "requantization_errors",
    "convolve_blocks",
    "plane_moments",
    "refine_edges",
)
