"""A hundred thousand pictures through `localize` and `compare` in one process: nothing may grow.

    PYTHONPATH=tests python -m reliability.soak                    # an hour or so
    PYTHONPATH=tests python -m reliability.soak --pictures 5000

Each turn reads a file, of another format, size and coding than the last, lets a method mark it,
compares it with its authentic background and cuts patches; every fiftieth file is a damaged one,
every tenth result is written to disk. The memory of the process, its descriptors and its threads
are read every thousand pictures; a mask that is not the one of the first time is an error, too.
What is told is the growth since the thousandth picture.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import psutil
from numpy.typing import NDArray

import unsplice
from reliability.figures import write_figures
from unsplice.synthetic.difficulties import SPLICE_DIFFICULTIES
from unsplice.synthetic.pairs import make_pair
from unsplice.synthetic.scene import make_scene

SIZES = [(96, 128), (112, 112), (128, 128), (112, 160), (160, 120), (96, 208)]
METHODS = ("fusion", "paper", "jpeg-history")
ENCODINGS = [
    (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 90]),
    (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 75, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
    (".png", []),
    (".bmp", []),
    (".tif", []),
    (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
]
SETTLED = 1000  # libraries have loaded, and allocators have their pools, after so many


@dataclass(frozen=True)
class Files:
    """A spliced picture, as a file, and its authentic background."""

    authentic: Path
    spliced: Path
    damaged: Path


def written(path: Path, pixels: NDArray[np.uint8], settings: list[int]) -> Path:
    encoded = cv2.imencode(path.suffix, np.ascontiguousarray(pixels[..., ::-1]), settings)[1]
    path.write_bytes(encoded.tobytes())
    return path


def make_files(folder: Path) -> list[Files]:
    """Write a pair in every format and size; and each cut short."""
    files = []
    for number, (size, encoding) in enumerate(itertools.product(SIZES, ENCODINGS)):
        ending, settings = encoding
        background, donor = (make_scene(*size, seed=2 * number + one) for one in range(2))
        # Every kind of pair, but few of those that take long: they fit curves or filters.
        hard = SPLICE_DIFFICULTIES[number // 6 % len(SPLICE_DIFFICULTIES)]
        difficulty = hard if number % 6 == number // 6 % 6 else "lossless"
        pair = make_pair(background, donor, difficulty=difficulty, seed=number)
        spliced = written(folder / f"{number:02d}-spliced{ending}", pair.spliced, settings)
        data = spliced.read_bytes()
        damaged = folder / f"{number:02d}-damaged{ending}"
        damaged.write_bytes(data[: len(data) // 2])
        authentic = written(folder / f"{number:02d}-authentic{ending}", pair.authentic, settings)
        files.append(Files(authentic, spliced, damaged))
    return files


def digest(*masks: NDArray[np.bool_]) -> str:
    return hashlib.sha256(b"".join(mask.tobytes() for mask in masks)).hexdigest()


def answer(file: Files, number: int, results: Path) -> str:
    """Put one picture through all of it; return what identifies the answer."""
    spliced = unsplice.read_image(file.spliced)
    marked = unsplice.localize(spliced, method=METHODS[number % len(METHODS)])
    compared = unsplice.compare(unsplice.read_image(file.authentic), spliced)
    patches = unsplice.sample_patches(
        spliced.pixels, compared.mask, size=64, count=8, seed=number % 7
    )
    if number % 10 == 0:
        marked.save(results, name="marked", overwrite=True)
        compared.save(results, name="compared", overwrite=True)
    if number % 50 == 0:
        try:
            unsplice.read_image(file.damaged)
        except unsplice.ImageError as error:
            return f"{digest(marked.mask, compared.mask)} {len(patches.images)} {error.code}"
        raise AssertionError(f"{file.damaged.name} was read although it is damaged")
    return f"{digest(marked.mask, compared.mask)} {len(patches.images)}"


def state(process: psutil.Process) -> dict[str, float]:
    """Return what must not grow."""
    return {
        "memory MB": round(process.memory_info().rss / 1e6, 1),
        "descriptors": process.num_fds(),
        "threads": process.num_threads(),
        "Python threads": threading.active_count(),
    }


def turns(files: list[Files], count: int, results: Path) -> Iterator[int]:
    """Do all the pictures; yield how many are done. The same must give the same, every time."""
    first: dict[int, str] = {}
    # All combinations of file, method and seed come by again after so many.
    period = int(np.lcm.reduce([len(files), len(METHODS), 7, 50]))
    for number in range(count):
        told = answer(files[number % len(files)], number, results)
        assert first.setdefault(number % period, told) == told, f"another answer at {number}"
        yield number + 1


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=100_000)
    arguments = parser.parse_args()
    process = psutil.Process()
    log: list[dict[str, float]] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        results = Path(folder) / "results"
        results.mkdir()
        files = make_files(Path(folder))
        for done in turns(files, arguments.pictures, results):
            if done % SETTLED == 0 or done == arguments.pictures:
                log.append({"pictures": done, **state(process)})
                print(
                    *(f"{name} {value:g}" for name, value in log[-1].items()), sep=", ", flush=True
                )
    start, end = log[0], log[-1]
    highest = max(one["memory MB"] for one in log)
    figures = {
        "pictures through localize and compare": arguments.pictures,
        "distinct pairs": len(files),
        "minutes": round((time.monotonic() - began) / 60, 1),
        "memory MB after 1,000": start["memory MB"],
        "memory MB at the end": end["memory MB"],
        "memory MB, highest": highest,
        "memory drift percent": round(100 * (highest / start["memory MB"] - 1), 2),
        **{
            f"{name} after 1,000": start[name]
            for name in start
            if name not in ("pictures", "memory MB")
        },
        **{
            f"{name} at the end": end[name] for name in end if name not in ("pictures", "memory MB")
        },
        "answers that changed": 0,
        "log": [[one["pictures"], one["memory MB"]] for one in log[:: max(1, len(log) // 20)]],
    }
    written_to = write_figures("soak", "PYTHONPATH=tests python -m reliability.soak", figures)
    print(f"figures: {written_to}")
    grown = any(end[name] > start[name] for name in start if name not in ("pictures", "memory MB"))
    return 1 if grown or highest > 1.05 * start["memory MB"] else 0


if __name__ == "__main__":
    sys.exit(main())
