"""compare as a whole: time and memory, beside what people would write.

The others answer less: they find no geometry, know no compression, and their masks are worse (see
`accuracy_pair.py`). They are here for the time alone, after the answer of compare was held against
the truth.
"""

from __future__ import annotations

import ctypes
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import contest
import pictures
from unsplice import compare, read_image
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.synthetic.pairs import SyntheticPair, make_pair, make_scene

ROUNDS = {"384 x 256": 15, "12 megapixels": 3}
LEAST_F1 = 0.9
SEED = 2  # 9 % are pasted, and both files are JPEG
KILOBYTE = 1024
GOAL_SECONDS_PER_MEGAPIXEL, GOAL_SMALL_SECONDS, GOAL_BYTES_PER_PIXEL = 1.0, 0.060, 64


def make_jpeg_pair(rows: int, cols: int) -> SyntheticPair:
    """Return an aligned pair; a large background is four mirror images of a scene."""
    folds = 2 if rows * cols > 1_000_000 else 1
    background, donor = (make_scene(rows // folds, cols // folds, seed=seed) for seed in (1, 2))
    if folds == 2:
        half = np.concatenate([background, background[:, ::-1]], axis=1)
        background = np.concatenate([half, half[::-1]])
    pair = make_pair(background, donor, difficulty="easy", seed=SEED)
    assert pair.authentic_file[:2] == pair.spliced_file[:2] == b"\xff\xd8"
    return pair


@pytest.fixture(scope="module", params=pictures.SIZES)
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def pair(size: str) -> SyntheticPair:
    return make_jpeg_pair(*pictures.SIZES[size])


@pytest.fixture(scope="module")
def files(pair: SyntheticPair, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    authentic, spliced = folder / "authentic.jpg", folder / "spliced.jpg"
    authentic.write_bytes(pair.authentic_file)
    spliced.write_bytes(pair.spliced_file)
    return authentic, spliced


def difference_and_median(authentic: NDArray[np.uint8], spliced: NDArray[np.uint8]) -> Any:
    """Return where the largest channel of the difference is above 24, without specks."""
    largest = cv2.absdiff(authentic, spliced).max(axis=2)
    return cv2.medianBlur(cv2.threshold(largest, 24, 255, cv2.THRESH_BINARY)[1], 5)


def seconds_in_turns(contenders: dict[str, Callable[[], Any]], rounds: int) -> list[contest.Timing]:
    """Time contenders whose answers differ, each once a round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            begin = time.process_time()
            call()
            times[name].append(time.process_time() - begin)
    return [
        contest.Timing(name, min(seconds), statistics.median(seconds), rounds)
        for name, seconds in times.items()
    ]


def bench_compare(
    size: str,
    pair: SyntheticPair,
    files: tuple[Path, Path],
    show: Callable[..., None],
) -> None:
    authentic, spliced = map(read_image, files)
    mask = compare(authentic, spliced, num_threads=1).mask
    assert score_mask(mask, pair.truth).f1 > LEAST_F1
    timings = seconds_in_turns(
        {
            "unsplice": lambda: compare(authentic, spliced, num_threads=1),
            "unsplice, neighborhood-threshold": lambda: compare(
                authentic, spliced, method="neighborhood-threshold", num_threads=1
            ),
            "cv2 absdiff > 24, median 5 x 5": lambda: difference_and_median(
                pair.authentic, pair.spliced
            ),
        },
        ROUNDS[size],
    )
    seconds = timings[0].median
    rate = seconds / (pair.truth.size / 1e6)
    if pair.truth.size < 1_000_000:
        goal = contest.goal(
            f"<= {GOAL_SMALL_SECONDS * 1e3:.0f} ms",
            seconds <= GOAL_SMALL_SECONDS,
            f"{seconds * 1e3:.1f} ms",
        )
    else:
        goal = contest.goal(
            f"<= {GOAL_SECONDS_PER_MEGAPIXEL:.0f} s/MP",
            rate <= GOAL_SECONDS_PER_MEGAPIXEL,
            f"{rate:.2f} s/MP",
        )
    show(f"compare, decoded JPEG pair, {size}: {rate:.2f} s/MP", timings, goal)


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * KILOBYTE
    raise ValueError(f"/proc/self/status has no {field}")


def bytes_above_inputs(authentic_path: str, spliced_path: str) -> int:
    """Return the peak of resident memory in compare above what was resident before.

    Call it in a fresh process: both pictures are decoded and every module is loaded (by a call on
    their corners) before; the peak is then set back to what is resident.
    """
    cv2.setNumThreads(1)
    authentic, spliced = read_image(authentic_path), read_image(spliced_path)
    compare(authentic.pixels[:256, :256], spliced.pixels[:256, :256], num_threads=1)
    ctypes.CDLL(None).malloc_trim(0)  # else memory freed by the decoder would be used again unseen
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_bytes("VmRSS")
    compare(authentic, spliced, num_threads=1)
    return _status_bytes("VmHWM") - before


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux keeps such a peak")
def bench_memory_of_compare(
    size: str, pair: SyntheticPair, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    program = "import sys, bench_compare as b; print(b.bytes_above_inputs(*sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, files)],
        cwd=Path(__file__).parent,
        check=True,
        capture_output=True,
        text=True,
    )
    taken = int(done.stdout) / pair.truth.size
    met = taken <= GOAL_BYTES_PER_PIXEL
    with capsys.disabled():
        print(f"\ncompare, {size}: {taken:.0f} bytes a pixel above the inputs")
        print(contest.goal(f"<= {GOAL_BYTES_PER_PIXEL} bytes a pixel", met, f"{taken:.1f}"))
