"""Score pair mode and what people would otherwise write, in one table.

    python bench/accuracy_pair.py --manifest pairs.csv --sets NAME,NAME --photos FOLDER \
        --count 24 --seed 2026

Rows are methods, the asker's own function first. Columns are the sets of the manifest, the
difficulties of the synthetic generator (`unsplice.synthetic.pairs`) and pairs without any
splice. A cell is "F1/boundary F1" (within 2 px), means over pictures; for tiny regions it is "found
(half of the truth flagged)/F1", for pairs without a splice "pfa", the share of pairs with at least
one false component. "pfa" of the other sets counts components away from the truth.

Seeds 1 to 9 are for development; the default, 2026, is for the numbers that are reported, and
nothing is tuned on it.

The manifest has columns set, kind, authentic, tampered, mask; paths are relative to it. Rows
without one of the three files are left out and counted. Where the two pictures differ in size, the
baselines get the authentic one resized to the spliced one; unsplice gets the files.

Seconds are of one thread; those of unsplice include reading and decoding the files, those of the
baselines do not. A pair that a method refuses counts as an empty mask and is listed.

Photographs are cut or reduced to `--long-side` pixels before anything is pasted, in turn: even
ones are reduced by area averaging, odd ones are cut from the middle, so that the noise of real
cameras is in the set too.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import unsplice
from unsplice.evaluation.scores.boundary import count_false_components, score_boundary
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.result import Localization
from unsplice.synthetic.pairs import (
    DIFFICULTIES,
    NULL_DIFFICULTIES,
    SPLICE_DIFFICULTIES,
    TINY_DIFFICULTIES,
    synthetic_pair,
)

__all__ = [
    "METHODS",
    "ManifestPair",
    "Pair",
    "PhotoFolder",
    "Record",
    "SyntheticSource",
    "load_manifest_pairs",
    "load_synthetic_pairs",
    "score_all",
    "score_method",
    "table",
]

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}


# --- Pairs --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pair:
    """A pair in memory; `authentic_file` and `spliced_file` are a path or the encoded bytes."""

    group: str
    name: str
    authentic: Image
    spliced: Image
    truth: Mask
    authentic_file: Path | bytes
    spliced_file: Path | bytes


class PairSource(Protocol):
    """Something small that can travel to a worker and load its pair there."""

    @property
    def group(self) -> str: ...

    def load(self) -> Pair: ...


def read_rgb(path: Path) -> Image:
    """Decode a picture as RGB on its stored grid; ValueError if it cannot be decoded."""
    data = np.frombuffer(path.read_bytes(), np.uint8)
    bgr = (
        cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION) if data.size else None
    )
    if bgr is None:
        raise ValueError(f"{path} cannot be decoded")
    return np.ascontiguousarray(bgr[..., ::-1], np.uint8)


@dataclass(frozen=True)
class ManifestPair:
    """A row of a manifest."""

    group: str
    kind: str
    authentic: Path
    tampered: Path
    mask: Path

    def load(self) -> Pair:
        """Read the three files; ValueError if the mask does not fit."""
        spliced = read_rgb(self.tampered)
        truth = read_rgb(self.mask)[..., 0] >= 128
        if truth.shape != spliced.shape[:2]:
            raise ValueError(f"{self.mask} is {truth.shape}, its picture {spliced.shape[:2]}")
        return Pair(
            group=self.group,
            name=self.tampered.name,
            authentic=read_rgb(self.authentic),
            spliced=spliced,
            truth=truth,
            authentic_file=self.authentic,
            spliced_file=self.tampered,
        )


def load_manifest_pairs(
    manifest: str | os.PathLike[str],
    sets: Sequence[str] | None = None,
    *,
    limit: int | None = None,
) -> tuple[list[ManifestPair], dict[str, int]]:
    """Return the complete rows of a manifest, and how many were left out of each set.

    `limit` takes so many rows of each set, spread evenly over it.
    """
    manifest = Path(manifest)
    complete: dict[str, list[ManifestPair]] = {}
    left_out: dict[str, int] = {}
    with manifest.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["set"]
            if sets is not None and name not in sets:
                continue
            complete.setdefault(name, [])
            left_out.setdefault(name, 0)
            if not (row["authentic"] and row["tampered"] and row["mask"]):
                left_out[name] += 1
                continue
            paths = [manifest.parent / row[key] for key in ("authentic", "tampered", "mask")]
            complete[name].append(ManifestPair(name, row["kind"], *paths))
    pairs = []
    for name in sets if sets is not None else complete:
        rows = complete.get(name, [])
        if limit is not None and len(rows) > limit:
            rows = [rows[i * len(rows) // limit] for i in range(limit)]
        pairs += rows
    return pairs, left_out


class PhotoFolder(Sequence[Image]):
    """The photographs below some folders, read when asked and brought to a handy size."""

    def __init__(self, folders: Iterable[str | os.PathLike[str]], long_side: int = 1024) -> None:
        self.paths = tuple(
            path
            for folder in folders
            for path in sorted(Path(folder).rglob("*"))
            if path.suffix.lower() in PHOTO_SUFFIXES
        )
        self.long_side = long_side

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: Any) -> Any:
        return _read_photo(self.paths[index], self.long_side, index % 2 == 1)


@lru_cache(maxsize=120)
def _read_photo(path: Path, long_side: int, cut: bool) -> Image:
    image = read_rgb(path)
    scale = long_side / max(image.shape[:2])
    if scale >= 1:
        return image
    rows, cols = (max(64, round(side * scale)) for side in image.shape[:2])
    if cut:
        top, left = (image.shape[0] - rows) // 2, (image.shape[1] - cols) // 2
        return np.ascontiguousarray(image[top : top + rows, left : left + cols])
    return np.asarray(cv2.resize(image, (cols, rows), interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True)
class SyntheticSource:
    """One pair of the synthetic series."""

    photographs: PhotoFolder
    group: str
    index: int
    seed: int

    def load(self) -> Pair:
        """Make the pair."""
        made = synthetic_pair(
            self.photographs, difficulty=self.group, index=self.index, seed=self.seed
        )
        return Pair(
            group=self.group,
            name=f"{self.index}: {'; '.join(made.steps)}",
            authentic=made.authentic,
            spliced=made.spliced,
            truth=made.truth,
            authentic_file=made.authentic_file,
            spliced_file=made.spliced_file,
        )


def load_synthetic_pairs(
    photographs: PhotoFolder, difficulties: Sequence[str], *, count: int, seed: int
) -> list[SyntheticSource]:
    """Return `count` pairs of each difficulty, to be made when loaded."""
    return [
        SyntheticSource(photographs, difficulty, index, seed)
        for difficulty in difficulties
        for index in range(count)
    ]


# --- Methods ------------------------------------------------------------------------------------


def absolute_difference(pair: Pair) -> Image:
    """Return |spliced - authentic|, the authentic picture resized if the sizes differ."""
    return np.asarray(cv2.absdiff(pair.spliced, _authentic_at_size(pair)), np.uint8)


def _authentic_at_size(pair: Pair) -> Image:
    rows, cols = pair.spliced.shape[:2]
    if pair.authentic.shape == pair.spliced.shape:
        return pair.authentic
    mode = cv2.INTER_AREA if rows < pair.authentic.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pair.authentic, (cols, rows), interpolation=mode), np.uint8)


def without_small_components(mask: Mask, min_area: int) -> Mask:
    """Remove the 8-connected components of fewer than `min_area` pixels."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area
    keep[0] = False
    return np.asarray(keep[labels])


def asker(pair: Pair, threshold: int) -> Mask:
    """Return the asker's function with sums that do not wrap, without components below 100 px."""
    unchanged = unsplice.neighborhood_threshold(absolute_difference(pair), threshold, num_threads=1)
    return without_small_components(unchanged == 0, 100)


def fixed_threshold_median(pair: Pair) -> Mask:
    """Return |difference| > 24 in any channel, then a 5 x 5 median."""
    changed = absolute_difference(pair).max(axis=2) > 24
    return np.asarray(cv2.medianBlur(changed.astype(np.uint8), 5) > 0)


def _otsu(levels: Image) -> Mask:
    _, binary = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(binary > 0)


def difference_otsu(pair: Pair) -> Mask:
    """Return the largest channel of |difference| above Otsu's threshold."""
    return _otsu(absolute_difference(pair).max(axis=2))


def ssim_otsu(pair: Pair) -> Mask:
    """Return where the structural similarity of the gray pictures is below Otsu's threshold."""
    from skimage.metrics import structural_similarity

    gray = [cv2.cvtColor(i, cv2.COLOR_RGB2GRAY) for i in (_authentic_at_size(pair), pair.spliced)]
    _, similarity = structural_similarity(*gray, full=True)
    return _otsu(np.clip(np.rint(255 * (1 - similarity)), 0, 255).astype(np.uint8))


def everything(pair: Pair) -> Mask:
    """Flag every pixel: what F1 is worth for nothing."""
    return np.ones(pair.spliced.shape[:2], bool)


def unsplice_compare(pair: Pair) -> Localization:
    """Return what `unsplice.compare` finds, one thread."""
    return unsplice.compare(*_sources(pair), num_threads=1)


def _sources(pair: Pair) -> list[Any]:
    """Return what `compare` takes: the path, or the bytes decoded with their JPEG header."""
    files = (pair.authentic_file, pair.spliced_file)
    if isinstance(pair.spliced_file, Path):
        return list(files)
    from unsplice.image import decode_image

    return [decode_image(file) for file in files]


Method = Callable[[Pair], Mask | Localization]

METHODS: dict[str, Method] = {
    "asker, thresh 8, area >= 100": lambda pair: asker(pair, 8),
    "asker, thresh 2, area >= 100": lambda pair: asker(pair, 2),
    "absdiff > 24, median 5": fixed_threshold_median,
    "absdiff, Otsu": difference_otsu,
    "SSIM, Otsu": ssim_otsu,
    "everything flagged": everything,
    "unsplice compare": unsplice_compare,
}


# --- Scores -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """What one method reached on one pair."""

    group: str
    name: str
    method: str
    f1: float
    boundary_f1: float
    found: float
    false_components: int
    mask_share: float
    truth_share: float
    seconds: float
    finding: str = ""
    problem: str = ""


def score_method(
    method: str | Method, pairs: Iterable[Pair | PairSource], *, name: str = ""
) -> list[Record]:
    """Score a method, by name or as a function of a pair, on pairs in memory or to be loaded."""
    run = METHODS[method] if isinstance(method, str) else method
    name = name or (method if isinstance(method, str) else "method")
    return [_score(run, name, pair if isinstance(pair, Pair) else pair.load()) for pair in pairs]


def _score(run: Method, name: str, pair: Pair) -> Record:
    finding = problem = ""
    start = time.perf_counter()
    try:
        result = run(pair)
    except unsplice.UnspliceError as error:
        result, problem = np.zeros_like(pair.truth), str(error)
    seconds = time.perf_counter() - start
    if isinstance(result, Localization):
        finding, mask = result.finding, np.asarray(result.mask)
    else:
        mask = result
    scores = score_mask(mask, pair.truth)
    return Record(
        group=pair.group,
        name=pair.name,
        method=name,
        f1=scores.f1,
        boundary_f1=score_boundary(mask, pair.truth),
        found=float(scores.tpr >= 0.5),
        false_components=count_false_components(mask, pair.truth),
        mask_share=float(mask.mean()),
        truth_share=float(pair.truth.mean()),
        seconds=seconds,
        finding=finding,
        problem=problem,
    )


def _score_source(task: tuple[PairSource, Sequence[str]]) -> list[Record] | str:
    source, methods = task
    cv2.setNumThreads(1)
    try:
        pair = source.load()
    except (OSError, ValueError) as error:
        return f"{source.group}: {error}"
    records = []
    for method in methods:
        records += score_method(method, [pair])
    return records


def score_all(
    sources: Sequence[PairSource], methods: Sequence[str], *, jobs: int = 1
) -> tuple[list[Record], list[str]]:
    """Score methods on all pairs in `jobs` processes; also return why pairs were left out."""
    tasks = [(source, methods) for source in sources]
    if jobs == 1:
        return _collect(map(_score_source, tasks), len(tasks))
    with ProcessPoolExecutor(jobs) as pool:
        return _collect(pool.map(_score_source, tasks, chunksize=4), len(tasks))


def _collect(answers: Iterable[list[Record] | str], total: int) -> tuple[list[Record], list[str]]:
    records: list[Record] = []
    problems: list[str] = []
    # disable=None: progress on a terminal only.
    for answer in tqdm(answers, total=total, unit="pair", disable=None):
        if isinstance(answer, str):
            problems.append(f"left out: {answer}")
        else:
            records += answer
            problems += [
                f"refused by {r.method}: {r.group}, {r.name}: {r.problem}"
                for r in answer
                if r.problem
            ]
    return records, problems


# --- Table --------------------------------------------------------------------------------------


def _short(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}".replace("0.", ".", 1)


def _cell(group: str, records: Sequence[Record]) -> str:
    if not records:
        return "-"
    f1, boundary, found, false = (
        float(np.mean(values))
        for values in zip(
            *((r.f1, r.boundary_f1, r.found, r.false_components > 0) for r in records), strict=True
        )
    )
    if group in NULL_DIFFICULTIES:
        return _short(false)
    if group in TINY_DIFFICULTIES:
        return f"{_short(found)}/{_short(f1)}"
    return f"{_short(f1)}/{_short(boundary)}"


def table(records: Sequence[Record], methods: Sequence[str]) -> str:
    """Return the one table: a row a method, a column a set or difficulty, a mean, and pfa."""
    groups = list(dict.fromkeys(record.group for record in records))
    by_cell: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        by_cell.setdefault((record.method, record.group), []).append(record)
    nine = [group for group in groups if group in SPLICE_DIFFICULTIES]
    null = [group for group in groups if group in NULL_DIFFICULTIES]
    columns: list[tuple[str, Callable[[str], str]]] = []

    def add(heading: str, cell: Callable[[str], str], of: Sequence[str]) -> None:
        n = sum(len(by_cell.get((methods[0], group), ())) for group in of)
        columns.append((f"{heading} (n={n})", cell))

    def mean_over_groups(method: str) -> str:
        cells = [by_cell.get((method, group), []) for group in nine]
        if not all(cells):
            return "-"
        f1 = np.mean([np.mean([r.f1 for r in cell]) for cell in cells])
        boundary = np.mean([np.mean([r.boundary_f1 for r in cell]) for cell in cells])
        return f"{_short(float(f1))}/{_short(float(boundary))}"

    def pfa(of: Sequence[str]) -> Callable[[str], str]:
        return lambda method: _cell(
            NULL_DIFFICULTIES[0], [r for group in of for r in by_cell.get((method, group), [])]
        )

    def plain(group: str) -> Callable[[str], str]:
        return lambda method: _cell(group, by_cell.get((method, group), []))

    for group in groups:
        add(group, plain(group), [group])
        if group not in DIFFICULTIES:
            add(f"{group} pfa", pfa([group]), [group])
        if nine and group == nine[-1]:
            add("synthetic mean", mean_over_groups, nine)
            add("synthetic pfa", pfa(nine), nine)
    if null:
        add("null pfa", pfa(null), null)

    def seconds_per_pair(method: str) -> str:
        return f"{np.mean([r.seconds for r in records if r.method == method]):.3f}"

    add("s/pair", seconds_per_pair, groups)
    rows = [["method", *(heading for heading, _ in columns)]]
    rows += [[method, *(cell(method) for _, cell in columns)] for method in methods]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").split("\n\n", 1)[0],
        epilog=(__doc__ or "").split("\n\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--manifest", type=Path, help="CSV of pairs")
    parser.add_argument("--sets", help="sets of the manifest, comma-separated; default: all")
    parser.add_argument("--limit", type=int, help="at most so many rows of each set")
    parser.add_argument("--photos", type=Path, action="append", default=[], help="a folder")
    parser.add_argument("--difficulties", help="comma-separated; default: all of the generator")
    parser.add_argument("--count", type=int, default=24, help="synthetic pairs a difficulty")
    parser.add_argument("--null-count", type=int, help="the same without a splice; default: count")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--long-side", type=int, default=1024, help="of the photographs, in pixels")
    parser.add_argument("--methods", help="parts of method names, comma-separated; default: all")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--csv", type=Path, help="write the scores of every picture to this file")
    options = parser.parse_args(arguments)
    if not options.manifest and not options.photos:
        parser.error("nothing to score: give --manifest, --photos or both")

    methods = [
        method
        for method in METHODS
        if not options.methods or any(part in method for part in options.methods.split(","))
    ]
    if "unsplice compare" in methods and not hasattr(unsplice, "compare"):
        methods.remove("unsplice compare")
        print("unsplice.compare is not there: its row is left out")
    if not methods:
        parser.error(
            f"no method has a name like {options.methods}; there are: {', '.join(METHODS)}"
        )

    sources: list[PairSource] = []
    if options.manifest:
        sets = options.sets.split(",") if options.sets else None
        pairs, left_out = load_manifest_pairs(options.manifest, sets, limit=options.limit)
        sources += pairs
        for name, count in left_out.items():
            if count:
                print(f"{name}: {count} rows without all three files left out")
    if options.photos:
        photographs = PhotoFolder(options.photos, options.long_side)
        difficulties = options.difficulties.split(",") if options.difficulties else [*DIFFICULTIES]
        for difficulty in difficulties:
            null = difficulty in NULL_DIFFICULTIES and options.null_count is not None
            sources += load_synthetic_pairs(
                photographs,
                [difficulty],
                count=options.null_count if null else options.count,
                seed=options.seed,
            )
        print(
            f"synthetic pairs: seed {options.seed}, {len(photographs)} photographs, reduced or cut "
            f"to {options.long_side} pixels on the long side"
        )
    records, problems = score_all(sources, methods, jobs=options.jobs)
    for problem in problems:
        print(problem)
    print(
        "F1/boundary F1 (2 px); tiny: found/F1; null and pfa: share of pairs with a false component"
    )
    print()
    print(table(records, methods))
    if options.csv:
        with options.csv.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(Record.__dataclass_fields__))
            writer.writeheader()
            writer.writerows(asdict(record) for record in records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
