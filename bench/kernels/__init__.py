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
)
