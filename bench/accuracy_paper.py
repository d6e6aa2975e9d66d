"""Score readings of the paper, changed a choice or two at a time, on the pictures of a manifest.

``python bench/accuracy_paper.py MANIFEST`` prints the table of docs/paper.md: for each reading the
F1 of the automatic mask, the best F1 over all thresholds, the AUC and the share of the pixels that
is marked, each a mean over the pictures of a set.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from unsplice import PaperParameters, localize, read_image, score_heatmap, score_mask
from unsplice.arguments import available_cores
from unsplice.errors import UnspliceError
from unsplice.evaluation.datasets import Sample, read_dataset, read_truth
from unsplice.workers import run_in_workers

BEST, TEXT = (PaperParameters.preset(name) for name in PaperParameters.PRESETS)


def _changed(base: PaperParameters, **changes: Any) -> PaperParameters:
    return replace(base, **changes)


READINGS: dict[str, PaperParameters] = {
    "best-measured": BEST,
    "closest-to-text": TEXT,
    # Around the default.
    "details alone": _changed(BEST, bands="details"),
    "wavelet db4": _changed(BEST, wavelet="db4"),
    "wavelet sym4": _changed(BEST, wavelet="sym4"),
    "exact LoG": _changed(BEST, arithmetic="exact"),
    "F1 stretched": _changed(BEST, noise_gain=None),
    "exact LoG, F1 stretched": _changed(BEST, arithmetic="exact", noise_gain=None),
    "signed": _changed(BEST, difference="signed"),
    "ELA stretched": _changed(BEST, ela_gain=None),
    "quality 75": _changed(BEST, quality=75),
    "quality 95": _changed(BEST, quality=95),
    "no CLAHE": _changed(BEST, enhancement="none"),
    "CLAHE after fusion": _changed(BEST, enhancement="fused"),
    "clip limit 1": _changed(BEST, clip_limit=1.0),
    "clip limit 8": _changed(BEST, clip_limit=8.0),
    "no clip limit": _changed(BEST, clip_limit=None),
    "binary at .5, union": _changed(BEST, binarization="half", fusion="union"),
    "binary by Otsu, sum": _changed(BEST, binarization="otsu", fusion="sum"),
    "sum": _changed(BEST, fusion="sum"),
    "union": _changed(BEST, fusion="union"),
    "intersection": _changed(BEST, fusion="intersection"),
    "F1 alone": _changed(BEST, fusion="noise"),
    "F2 alone": _changed(BEST, fusion="ela"),
    "sigma .5 %": _changed(BEST, sigma=0.5),
    "sigma 2 %": _changed(BEST, sigma=2.0),
    "sigma 4 %": _changed(BEST, sigma=4.0),
    "alpha 10 %": _changed(BEST, alpha=10.0),
    "alpha 20 %": _changed(BEST, alpha=20.0),
    "disc": _changed(BEST, neighborhood="disc"),
    "disc of 14 pixels": _changed(BEST, neighborhood="disc", alpha_unit="pixels"),
    "no points, Otsu": _changed(BEST, decision="otsu"),
    "no points, adaptive mean": _changed(BEST, decision="adaptive-mean"),
    # Around the text.
    "text, exact LoG": _changed(TEXT, arithmetic="exact"),
    "text, magnitudes": _changed(TEXT, difference="absolute"),
    "text, by Otsu": _changed(TEXT, binarization="otsu"),
    "text, not binary": _changed(TEXT, binarization="none"),
    "text, intersection": _changed(TEXT, fusion="intersection"),
    "text, no CLAHE": _changed(TEXT, enhancement="none"),
    "text, median": _changed(TEXT, decision="adaptive-median"),
    "text, window 51": _changed(TEXT, window=51),
    "text, then Otsu": _changed(TEXT, decision="otsu"),
    "text, points in a disc of 14 pixels": _changed(
        TEXT, decision="density", neighborhood="disc", alpha_unit="pixels"
    ),
    "text, intersection, points in a disc of 14 pixels": _changed(
        TEXT,
        fusion="intersection",
        decision="density",
        neighborhood="disc",
        alpha_unit="pixels",
    ),
}


def score_readings(sample: Sample, readings: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Return F1, best F1, AUC and marked share of each reading on one picture."""
    source = read_image(sample.image)
    truth = read_truth(sample, source.pixels.shape[:2]).mask
    scores = {}
    for name in readings:
        result = localize(source, method="paper", parameters=READINGS[name], num_threads=1)
        heat = score_heatmap(result.heatmap, truth)
        scores[name] = (
            score_mask(result.mask, truth).f1,
            heat.best_f1,
            heat.auc,
            float(result.mask.mean()),
        )
    scores["everything flagged"] = (score_mask(np.ones_like(truth), truth).f1,) * 2 + (0.5, 1.0)
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--sets", default="casia1,columbia", help="comma separated")
    parser.add_argument("--kinds", default="splice", help="comma separated")
    parser.add_argument("--only", default="", help="readings, comma separated; default: all")
    options = parser.parse_args()
    sets, kinds = options.sets.split(","), options.kinds.split(",")
    readings = tuple(options.only.split(",")) if options.only else tuple(READINGS)
    samples = [
        sample
        for sample in read_dataset(options.manifest)
        if sample.dataset in sets and sample.kind in kinds and sample.error is None
    ]
    scores: dict[str, dict[str, dict[str, tuple[float, ...]]]] = defaultdict(dict)
    scored = partial(score_readings, readings=readings)
    for sample, answer in run_in_workers(scored, samples, jobs=available_cores()):
        if isinstance(answer, UnspliceError):
            raise answer
        scores[sample.dataset][sample.name] = answer
    counts = {name: len(scores[name]) for name in sets if name in scores}
    print("| reading |" + "".join(f" {name} ({count}) |" for name, count in counts.items()))
    print("|---|" + "---|" * len(counts))
    for reading in ("everything flagged", *readings):
        cells = []
        for name in counts:
            # In the order of the names: the order of a sum of floats would show in its last digit.
            rows = [scores[name][key][reading] for key in sorted(scores[name])]
            means = np.mean(np.array(rows), axis=0)
            cells.append(" / ".join(f"{mean:.3f}".lstrip("0") for mean in means))
        print(f"| {reading} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
