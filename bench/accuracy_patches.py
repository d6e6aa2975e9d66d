"""What boundary patches are worth: the sampling rule, and patches cut from predicted masks.

    python bench/accuracy_patches.py --manifest pairs.csv --sets NAME --method "unsplice compare"

The first table samples from the true masks: `unsplice.sample_patches` beside the rules of public
training code, which slide a window with stride 8 and keep those whose spliced share lies within
bounds. Each of them gets as many windows of a picture as ours has, drawn at random.

- none: pictures that get no patch at all
- covered: share of the contour that lies in a patch
- overlap: share of the patches' pixels that another patch holds already
- < 5 %: patches with less than that of spliced pixels
- share: spliced share of a patch, 10th, 50th and 90th percentile

The second table samples from the masks of a method and asks the true mask: a border patch is right
if the truth has both kinds of pixels in it and a spliced share within 0.05 of the predicted one, an
authentic patch if the truth has no spliced pixel in it.

The manifest is that of `accuracy_pair.py`; authentic and spliced picture are read for the second
table only.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import unsplice
from accuracy_pair import METHODS, ManifestPair, load_manifest_pairs, read_rgb
from unsplice.result import Localization

Mask = NDArray[np.bool_]
Corners = NDArray[np.int64]

SLIDING_RULES = {
    "sliding, share >= 1 %": (0.01, 1.0),
    "sliding, share 20 to 80 %": (0.2, 0.8),
    "sliding, share >= 35 %": (0.35, 1.0),
}
SLIDING_STRIDE = 8


def sliding_corners(
    mask: Mask, size: int, bounds: tuple[float, float], count: int, random: np.random.Generator
) -> Corners:
    """Return `count` windows, or as many as there are, of those that slide over the picture."""
    windows = np.lib.stride_tricks.sliding_window_view(mask, (size, size))
    shares = windows[::SLIDING_STRIDE, ::SLIDING_STRIDE].mean(axis=(2, 3))
    kept = np.argwhere((shares >= bounds[0]) & (shares <= bounds[1])) * SLIDING_STRIDE
    return kept[random.permutation(len(kept))[:count]]


@dataclass
class RuleScore:
    """What one rule gave over all pictures."""

    pictures: int = 0
    without: int = 0
    covered: list[float] = field(default_factory=list)
    overlap: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def add(self, mask: Mask, corners: Corners, size: int) -> None:
        """Take in the border patches of one picture."""
        self.pictures += 1
        if not len(corners):
            self.without += 1
            return
        times = np.zeros(mask.shape, np.int64)
        for row, col in corners:
            times[row : row + size, col : col + size] += 1
            self.shares.append(float(mask[row : row + size, col : col + size].mean()))
        cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
        contour = mask & (cv2.erode(mask.view(np.uint8), cross) == 0)
        if contour.any():
            self.covered.append(float((times[contour] > 0).mean()))
        self.overlap.append(float(1 - np.count_nonzero(times) / times.sum()))

    def row(self, name: str) -> str:
        """Return the line of the table."""
        shares = np.array(self.shares or [np.nan])
        low, middle, high = np.percentile(shares, [10, 50, 90])
        covered, overlap = (np.mean(values or [np.nan]) for values in (self.covered, self.overlap))
        return (
            f"{name:28s} {self.without:5d} {len(self.shares):8d} {covered:8.3f} {overlap:8.3f} "
            f"{np.mean(shares < 0.05):6.3f}  {low:.2f}/{middle:.2f}/{high:.2f}"
        )


def score_rules(masks: Sequence[Mask], size: int, seed: int) -> dict[str, RuleScore]:
    """Sample from true masks with every rule."""
    scores = {name: RuleScore() for name in ["unsplice.sample_patches", *SLIDING_RULES]}
    random = np.random.default_rng(seed)
    for mask in masks:
        ours = unsplice.sample_patches(
            mask.view(np.uint8), mask, size=size, negatives="none", seed=seed
        ).corners
        scores["unsplice.sample_patches"].add(mask, ours, size)
        for name, bounds in SLIDING_RULES.items():
            scores[name].add(mask, sliding_corners(mask, size, bounds, len(ours), random), size)
    return scores


@dataclass
class PredictionScore:
    """How many patches cut from predicted masks the truth confirms."""

    border: int = 0
    border_right: int = 0
    authentic: int = 0
    authentic_right: int = 0
    without: int = 0

    def add(self, patches: unsplice.Patches, truth: Mask) -> None:
        """Take in the patches of one picture."""
        size = patches.masks.shape[1]
        self.without += not patches.labels.any()
        for (row, col), label, predicted in zip(
            patches.corners, patches.labels, patches.tampered_fraction, strict=True
        ):
            true = truth[row : row + size, col : col + size].mean()
            if label:
                self.border += 1
                self.border_right += 0 < true < 1 and abs(true - predicted) <= 0.05
            else:
                self.authentic += 1
                self.authentic_right += true == 0

    def row(self, name: str) -> str:
        """Return the line of the table."""
        total, right = self.border + self.authentic, self.border_right + self.authentic_right
        return (
            f"{name:28s} {self.without:5d} {total:8d} {right / max(total, 1):8.3f} "
            f"{self.border_right / max(self.border, 1):8.3f} "
            f"{self.authentic_right / max(self.authentic, 1):10.3f}"
        )


def score_predictions(
    pairs: Sequence[ManifestPair], methods: Sequence[str], size: int, seed: int
) -> dict[str, PredictionScore]:
    """Sample from the masks of methods and compare with the truth."""
    scores = {method: PredictionScore() for method in methods}
    for source in pairs:
        pair = source.load()
        for method in methods:
            try:
                found = METHODS[method](pair)
            except unsplice.UnspliceError:
                scores[method].without += 1  # A refused pair gives no patch.
                continue
            mask = found.mask if isinstance(found, Localization) else found
            patches = unsplice.sample_patches(pair.spliced, mask, size=size, seed=seed)
            scores[method].add(patches, pair.truth)
    return scores


def load_masks(pairs: Sequence[ManifestPair], size: int) -> tuple[list[Mask], list[ManifestPair]]:
    """Return the true masks that have room for a patch, and their pairs."""
    large = [(read_rgb(pair.mask)[..., 0] >= 128, pair) for pair in pairs]
    large = [(mask, pair) for mask, pair in large if min(mask.shape) >= size]
    return [mask for mask, _ in large], [pair for _, pair in large]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--manifest", type=Path, required=True, help="CSV of pairs")
    parser.add_argument("--sets", help="sets of the manifest, comma-separated; default: all")
    parser.add_argument("--limit", type=int, help="at most so many rows of each set")
    parser.add_argument("--method", action="append", default=[], choices=[*METHODS])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args(arguments)

    sets = options.sets.split(",") if options.sets else None
    rows, _ = load_manifest_pairs(options.manifest, sets, limit=options.limit)
    masks, pairs = load_masks(rows, options.size)
    print(f"{len(masks)} pictures, patches of {options.size} x {options.size}, seed {options.seed}")
    print(f"{len(rows) - len(masks)} pictures left out: smaller than a patch\n")
    print(f"{'from true masks':28s}  none  patches  covered  overlap  < 5 %  share 10/50/90")
    for name, rule in score_rules(masks, options.size, options.seed).items():
        print(rule.row(name))
    if options.method:
        print(f"\n{'from predicted masks':28s}  none  patches    right   border  authentic")
        predictions = score_predictions(pairs, options.method, options.size, options.seed)
        for name, prediction in predictions.items():
            print(prediction.row(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
