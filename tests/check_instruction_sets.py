"""Hold the core against another build of it: every kernel, and compare, must give the same bits.

``make check-instruction-sets`` builds the core for lower levels of x86-64 and calls this with each.
It is no part of ``make test``, because the builds take minutes. A core for another processor comes
with the interpreter that can load it: ``make check-arm64``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

SIZES = ((1, 1), (2, 3), (5, 64), (9, 65), (37, 129), (130, 1027))


def load_core(path: str) -> None:
    """Make the file at `path` unsplice._core; call it before anything else loads the usual one."""
    spec = importlib.util.spec_from_file_location("unsplice._core", path)
    assert spec is not None
    assert spec.loader is not None
    assert spec.name not in sys.modules
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)


def digest(result: Any) -> str:
    """Return a hash of the bits, the types and the shapes of one array or several."""
    found = hashlib.sha256()
    for array in result if isinstance(result, tuple | list) else (result,):
        found.update(f"{array.dtype} {array.shape}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def calls_on(rows: int, cols: int) -> dict[str, Callable[[], Any]]:
    """Return a call of every kernel, by name, on random input of that size."""
    from unsplice import equalize_clahe, kernels, wavelets
    from unsplice.blind import history_kernels, paper_kernels
    from unsplice.blind import kernels as blind_kernels
    from unsplice.blind.evidence import kernels as evidence_kernels
    from unsplice.blind.fusion import kernels as fusion_kernels
    from unsplice.jpeg import standard_tables
    from unsplice.pair import kernels as pair_kernels
    from unsplice.pair import region_kernels

    draw = np.random.default_rng((rows, cols))
    first, second = draw.integers(0, 256, (2, rows, cols, 3), np.uint8)
    small = draw.integers(0, 12, (rows, cols, 3), np.uint8)
    gray, wide = first[..., 0].copy(), draw.integers(0, 2**16, (rows, cols), np.uint16)
    planes = draw.normal(0, 50, (3, rows, cols)).astype(np.float32)
    mask = draw.random((rows, cols)) < 0.55
    size = min(rows, cols, 16)
    corners = draw.integers(0, (rows - size + 1, cols - size + 1), (20, 2))
    luma, chroma = standard_tables(83)
    tables = np.stack([luma, chroma, chroma]).astype(np.float32)
    transforms = {wavelet: wavelets.dwt2(planes[1], wavelet) for wavelet in ("haar", "db4", "sym9")}
    precision = draw.random((2, 3, 256)).astype(np.float32)

    def described(connectivity: int) -> tuple[Any, ...]:
        found = kernels.label_components(mask, connectivity=connectivity)
        return found.labels, found.areas, found.bounding_boxes, found.centroids

    calls: dict[str, Callable[[], Any]] = {
        "label_components": lambda: described(8) + described(4),
        "remove_small_components": lambda: kernels.remove_small_components(mask, 9, connectivity=4),
        "find_boundary": lambda: [
            kernels.find_boundary(mask, mode=mode) for mode in ("inner", "outer", "thick")
        ],
        "extract_patches": lambda: kernels.extract_patches(first, corners, size),
        "neighborhood_threshold": lambda: [
            kernels.neighborhood_threshold(image, threshold)
            for image in (small, small[..., 0].copy(), first, wide)
            for threshold in (2, 90, 30_000)
        ],
        "neighborhood_threshold_of_pair": lambda: [
            kernels.neighborhood_threshold_of_pair(image, np.roll(image, 1, axis=1), threshold)
            for image in (small, small[..., 0].copy(), first, wide)
            for threshold in (2, 90, 30_000)
        ],
        "median_filter": lambda: [
            kernels.median_filter(image) for image in (gray, wide, planes, planes.astype(float))
        ],
        "log_cascade": lambda: [kernels.log_cascade(image) for image in (gray, wide, planes[0])],
        "dwt2": lambda: [
            wavelets.dwt2(image, wavelet)
            for image in (gray, wide, planes[0], planes[0].astype(float))
            for wavelet in ("haar", "db4", "sym9")
        ],
        "idwt2": lambda: [
            wavelets.idwt2(bands.astype(dtype), wavelet)
            for wavelet, bands in transforms.items()
            for dtype in (np.float32, np.float64)
        ],
        "weighted_sum": lambda: kernels.weighted_sum(first, (0.2, 1.5, 0.3)),
        "luma": lambda: pair_kernels.luma(first),
        "color_difference": lambda: pair_kernels.color_difference(first, second),
        "gaussian_blur": lambda: [
            kernels.gaussian_blur(planes, sigma) for sigma in (0.7, 1.5, 4.0)
        ],
        "activity_level": lambda: pair_kernels.activity_level(first),
        "difference_quantiles": lambda: pair_kernels.difference_quantiles(
            first,
            second,
            np.arange(0, rows * cols, 3),
            gray.ravel()[::3] // 64,
            (0.7, 3.2),
            num_kinds=4,
            share=0.4,
        ),
        "difference_evidence": lambda: pair_kernels.difference_evidence(
            first,
            second,
            gray,
            second[..., 1],
            first[..., 1],
            mask,
            (0.7, 3.2),
            precision,
            seed_bounds=(20.0, 9.0),
            grow_bounds=(9.0, 4.0),
            rim_share=0.15,
            factor=0.6,
        ),
        "warp_cubic": lambda: [
            pair_kernels.warp_cubic(image, np.array([[0.97, 0.1, 2.3], [-0.1, 1.1, -4]]), (60, 70))
            for image in (first, planes[0])
        ],
        "difference_amplitude": lambda: pair_kernels.difference_amplitude(first, second, 0.7),
        "amplitude_levels": lambda: pair_kernels.amplitude_levels(first, second, 1.6),
        "close_mask": lambda: region_kernels.close_mask(mask & (gray < 40), (5, 3, 0)),
        "weigh_components": lambda: region_kernels.weigh_components(mask, planes[0], gray > 99),
        "keep_components": lambda: region_kernels.keep_components(
            mask, kernels.label_components(mask).areas > 5
        ),
        "jpeg_round_trip": lambda: [
            pair_kernels.jpeg_round_trip(first, tables, subsampling)
            for subsampling in ((1, 1), (2, 1), (1, 2), (2, 2))
        ],
        "log_cascade_saturating": lambda: blind_kernels.log_cascade_saturating(gray),
        "haar_noise_residual": lambda: [
            blind_kernels.haar_noise_residual(image, bands=bands)
            for image in (gray, wide)
            for bands in ("all", "details")
        ],
        "error_levels": lambda: [
            blind_kernels.error_levels(image, np.stack([luma, chroma]), subsampling=subsampling)
            for image in (first, gray)
            for subsampling in ("4:2:0", "4:4:4")
        ],
        "density_levels": lambda: [
            blind_kernels.density_levels(mask, radius) for radius in (0, 1, 40, 2000)
        ],
        "equalize_clahe": lambda: [
            equalize_clahe(gray, clip_limit=limit, tiles=tiles)
            for limit, tiles in ((2.0, (8, 8)), (np.inf, (1, 1)), (1.5, (7, 3)))
        ],
        "level_counts": lambda: [blind_kernels.level_counts(image) for image in (gray, wide)],
        "weighted_levels": lambda: paper_kernels.weighted_levels(first, (0.2, 1.5, 0.3), 1.7),
        "product_counts": lambda: paper_kernels.product_counts(gray, second[..., 1]),
        "product_above": lambda: paper_kernels.product_above(gray, second[..., 1], 9000),
        "scaled_levels": lambda: paper_kernels.scaled_levels(gray, 0.7),
        "measure_components": lambda: blind_kernels.measure_components(mask, gray),
        "noise_artifact": lambda: [
            blind_kernels.noise_artifact(
                first, bands=bands, arithmetic=arithmetic, difference=difference
            )
            for bands in ("all", "details")
            for arithmetic in ("exact", "saturating")
            for difference in ("absolute", "signed")
        ],
    }
    calls |= history_calls_on(first, luma.astype(np.int64), draw)
    calls |= evidence_calls_on(first)
    calls |= fusion_calls_on(first, draw)
    modules = (
        *(kernels, pair_kernels, blind_kernels, history_kernels),
        *(evidence_kernels, fusion_kernels, paper_kernels, region_kernels),
    )
    kernel_names = {name for module in modules for name in module.__all__ if name.islower()}
    missing = kernel_names - {*calls, "gaussian_weights"}
    assert not missing, missing
    return calls


def history_calls_on(
    image: Any, steps: Any, draw: np.random.Generator
) -> dict[str, Callable[[], Any]]:
    """Return a call of every kernel of the compression history."""
    from unsplice.blind import history_kernels

    rows, cols = image.shape[:2]
    blocks, voters = (
        draw.integers(0, (max(rows - size, 0) + 1, max(cols - size, 0) + 1), (40, 2))
        if min(rows, cols) >= size
        else np.zeros((0, 2), np.int64)
        for size in (8, 15)
    )
    levels = history_kernels.block_levels(image, steps)
    values = draw.normal(0, 3, (64, history_kernels.LEVELS)).astype(np.float32)
    reference = draw.geometric(0.1, (64, history_kernels.MAGNITUDE_CLASSES))
    observed = draw.geometric(0.01, (64, history_kernels.LEVELS))
    tables = draw.integers(1, 60, (9, 64))
    last = steps.ravel()
    return {
        "block_levels": lambda: [
            history_kernels.block_levels(image, steps, row=row, col=col)
            for row, col in ((0, 0), (3, 6))
        ],
        "clipped_samples": lambda: history_kernels.clipped_samples(image, row=1),
        "count_magnitudes": lambda: history_kernels.count_magnitudes(image, blocks),
        "grid_votes": lambda: history_kernels.grid_votes(image, voters),
        "sum_levels": lambda: history_kernels.sum_levels(levels, values),
        "requantized_counts": lambda: history_kernels.requantized_counts(
            reference, tables[0], last
        ),
        "compression_gains": lambda: history_kernels.compression_gains(
            observed, reference, last, tables, [0.05, 0.6, 0.99]
        ),
    }


def evidence_calls_on(image: Any) -> dict[str, Callable[[], Any]]:
    """Return a call of every kernel of the evidence maps."""
    from unsplice.blind.evidence import kernels
    from unsplice.jpeg import standard_tables

    steps = np.stack([standard_tables(quality)[0] for quality in (50, 83, 97)])
    counts = kernels.count_zeros(image // 60)  # noise of the full range has hardly any zeros
    return {
        "blur_shares": lambda: kernels.blur_shares(counts[np.newaxis], 90, 1.3),
        "count_cooccurrences": lambda: kernels.count_cooccurrences(image, row=1, col=6),
        "block_noise": lambda: kernels.block_noise(image, row=4, col=1),
        "count_zeros": lambda: [counts, kernels.count_zeros(image, row=3, col=6)],
        "green_lattice": lambda: kernels.green_lattice(image, row=1, col=2),
        "grid_contrasts": lambda: kernels.grid_contrasts(counts),
        "requantization_errors": lambda: kernels.requantization_errors(image, steps, row=3),
    }


def fusion_calls_on(image: Any, draw: np.random.Generator) -> dict[str, Callable[[], Any]]:
    """Return a call of every kernel of the network and the edges."""
    from unsplice.blind.fusion import kernels
    from unsplice.blind.kernels import pixels_of_blocks

    rows, cols = image.shape[:2]
    maps = draw.standard_normal((7, rows, cols), np.float32)
    bias, gain = draw.standard_normal((2, 7), np.float32)
    square = draw.standard_normal((7, 7, 3, 3), np.float32)
    filters = [draw.standard_normal((7, 7, side, side), np.float32) for side in (1, 3)]
    heatmap = draw.random((rows, cols), np.float32)
    lines = draw.standard_normal((2, (rows + 3) // 4, (cols + 3) // 4), np.float32) / 100
    return {
        "convolve_blocks": lambda: [
            kernels.convolve_blocks(maps, weights, bias, dilation=dilation)
            for weights in filters
            for dilation in (1, 3)
        ],
        "convolve_blocks with a gain": lambda: kernels.convolve_blocks(
            maps, square, bias, gain=gain
        ),
        "normalize_maps": lambda: kernels.normalize_maps(maps, maps[:, 0, 0] > 0, gain**2, 2),
        "pixels_of_blocks": lambda: pixels_of_blocks(heatmap, (8 * rows + 5, 8 * cols + 3), col=6),
        "sum_blocks": lambda: kernels.sum_blocks(image[..., 0].copy(), row=2, col=1),
        "fit_lines": lambda: kernels.fit_lines(
            kernels.sum_cells(image, heatmap), (rows, cols), 4, 1e-3
        ),
        "plane_moments": lambda: kernels.plane_moments(maps),
        "sum_cells": lambda: kernels.sum_cells(image, heatmap),
        "apply_lines": lambda: kernels.apply_lines(image, heatmap, lines[0], lines[1]),
    }


def localized() -> Any:
    """Return heatmap and mask of a picture that was saved twice, by its compression history."""
    from unsplice import decode_image, localize
    from unsplice.synthetic.forging import Saving, decode
    from unsplice.synthetic.scene import make_scene

    host = decode(Saving(75, "4:2:0").encode(make_scene(256, 384, seed=1)))
    host[60:150, 130:260] = make_scene(256, 384, seed=2)[60:150, 130:260]
    source = decode_image(Saving(92, "4:2:0").encode(host))
    results = [localize(image, method="jpeg-history") for image in (source, host)]
    return [array for result in results for array in (result.mask, result.heatmap)]


def compared() -> Any:
    """Return mask and heatmap of pairs as they come from two editors."""
    from unsplice import compare
    from unsplice.synthetic.pairs import make_pair, make_scene

    found = []
    for seed, difficulty in enumerate(("easy", "graded")):
        background, donor = (make_scene(256, 384, seed=2 * seed + k) for k in (1, 2))
        pair = make_pair(background, donor, difficulty=difficulty, seed=seed)
        result = compare(pair.authentic, pair.spliced)
        found += [result.mask, result.heatmap]
    return found


def golden_results() -> dict[str, str]:
    """Return the hash of every pipeline on the pictures of the golden hashes."""
    from reliability.golden_cases import CASES, localizations

    return {
        name: digest((result.mask, result.heatmap)) for name, result in localizations(CASES).items()
    }


def hashes() -> dict[str, str]:
    """Return the hash of every result."""
    found = {
        f"{name} {rows} x {cols}": digest(call())
        for rows, cols in SIZES
        for name, call in calls_on(rows, cols).items()
    }
    found |= {"compare": digest(compared()), "jpeg-history": digest(localized())}
    return found | golden_results()


def main(other: str, interpreter: str = sys.executable) -> int:
    """Compare the usual core with that at the path `other`, which `interpreter` loads."""
    from unsplice import _core

    sets, answers = [], []
    for python, core in ((sys.executable, _core.__file__), (interpreter, other)):
        done = subprocess.run(
            [python, __file__, "--hashes", core], stdout=subprocess.PIPE, check=True
        )
        instructions, hashed = json.loads(done.stdout)
        sets.append(instructions)
        answers.append(hashed)
    if sets[0] == sets[1]:
        print(f"nothing to compare: both run {sets[0]} here")
        return 0
    different = [name for name, value in answers[0].items() if answers[1][name] != value]
    for name in different:
        print(f"other bits: {name}")
    same = len(answers[0]) - len(different)
    print(f"{sets[0]}, {sets[1]}: {same} of {len(answers[0])} results have the same bits")
    return 1 if different else 0


if __name__ == "__main__":
    if sys.argv[1] == "--hashes":
        load_core(sys.argv[2])
        from unsplice.doctor import instruction_set

        print(json.dumps([instruction_set(), hashes()]))
    else:
        sys.exit(main(*sys.argv[1:]))
