"""Whole calls: their time, what a second thread brings, their memory, and where the time goes."""

from __future__ import annotations

import cProfile
import ctypes
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pywt
from numpy.typing import NDArray

from unsplice import compare, decode_image, localize, log_cascade
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Outcome, hold, require
from unsplice.bench.kernels import log_cascade as log_contest
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.synthetic.pairs import make_pair, make_scene

__all__ = ["NAMES", "Measurement", "Part", "bytes_above_inputs", "measure", "paper_script"]

NAMES = ("compare", "paper", "jpeg-history", "fusion")
ROUNDS = 15
THREAD_ROUNDS = 7
LEAST_F1 = 0.9  # of compare, which is not timed if it does not find the splice
SEED = 2  # 9 % are pasted, and both files are JPEG
PROFILED_SECONDS, LEAST_SHARE = 1.0, 0.02
KILOBYTE = 1024

Call = Callable[[int], Any]


@dataclass(frozen=True)
class Part:
    """A function and its share of the time of a call on one thread, without what it calls."""

    name: str
    share: float


@dataclass(frozen=True)
class Measurement:
    """What one pipeline takes on pictures of one size.

    Attributes
    ----------
    name : str
        The pipeline.
    outcome : Outcome
        Its processor time on one thread; beside the script for the paper's method.
    speedup : float or None
        Wall time on one thread over that on two, by the median; None on one core.
    speedup_of_machine : float or None
        How much more work two independent threads did than one, measured in the same turns: what
        the machine gave, of which 2 is all.
    bytes_per_pixel : float or None
        Peak of resident memory above the inputs; None where the system does not tell.
    parts : tuple of Part
        Where the time goes, the largest first.
    """

    name: str
    outcome: Outcome
    speedup: float | None
    speedup_of_machine: float | None
    bytes_per_pixel: float | None
    parts: tuple[Part, ...]


def measure(name: str, size: pictures.Size, *, two_threads: bool) -> Measurement:
    """Measure one pipeline on pictures of one size."""
    call, peers, check = _pipeline(name, size)
    check(call(1))
    contest = Contest(name, "", lambda: call(1), peers, dict.fromkeys(("unsplice", *peers), _none))
    speedups = _speedups(call) if two_threads else (None, None)
    memory = _memory(name, size)
    return Measurement(name, hold(contest), *speedups, memory, _profile(lambda: call(1)))


def _none(_: Any) -> int:
    return 0  # answers were compared before, with a tolerance


def _pipeline(
    name: str, size: pictures.Size
) -> tuple[Call, Mapping[str, Callable[[], Any]], Callable[[Any], None]]:
    """Return a call that takes the number of threads, its peers, and a check of its answer."""
    if name == "compare":
        pair = _make_pair(size)
        authentic, spliced = (
            decode_image(data) for data in (pair.authentic_file, pair.spliced_file)
        )

        def find_splice(result: Any) -> None:
            f1 = score_mask(result.mask, pair.truth).f1
            require(f1 > LEAST_F1, f"compare finds the splice with an F1 of {f1:.2f}")

        return lambda threads: compare(authentic, spliced, num_threads=threads), {}, find_splice
    if name == "paper":
        image = _noisy_scene(size)

        def same_mask(result: Any) -> None:
            # The script's float32 wavelets round; a level may change here and there.
            differing = np.count_nonzero(result.mask != paper_script(image))
            require(
                differing <= 1e-3 * result.mask.size,
                f"paper: {differing} pixels of the mask differ from the script's",
            )

        peers = {"PyWavelets + OpenCV script": lambda: paper_script(image)}
        return (
            lambda threads: localize(image, method="paper", num_threads=threads),
            peers,
            same_mask,
        )
    source = decode_image(_make_pair(size).spliced_file)
    method: Any = name

    def same_on_two_threads(result: Any) -> None:
        other = localize(source, method=method, num_threads=2)
        same = np.array_equal(result.heatmap, other.heatmap)
        require(same, f"{name}: two threads give another heat map than one")

    return (
        lambda threads: localize(source, method=method, num_threads=threads),
        {},
        same_on_two_threads,
    )


def _scene(size: pictures.Size, seed: int) -> NDArray[np.uint8]:
    """Return a scene; a large one is four mirror images of a smaller."""
    rows, cols = size
    if rows * cols < 1_000_000:
        return make_scene(rows, cols, seed=seed)
    scene = make_scene(rows // 2, cols // 2, seed=seed)
    half = np.concatenate([scene, scene[:, ::-1]], axis=1)
    return np.concatenate([half, half[::-1]])


def _make_pair(size: pictures.Size) -> Any:
    rows, cols = size
    folds = 2 if rows * cols > 1_000_000 else 1
    donor = make_scene(rows // folds, cols // folds, seed=2)
    return make_pair(_scene(size, 1), donor, difficulty="easy", seed=SEED)


def _noisy_scene(size: pictures.Size) -> NDArray[np.uint8]:
    scene = _scene(size, 1)
    noise = np.random.default_rng(1).normal(0, 2, scene.shape)
    return np.clip(np.rint(scene + noise), 0, 255).astype(np.uint8)


def paper_script(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Follow the paper with PyWavelets and OpenCV, as a careful user would: float32 throughout."""
    noise = np.zeros(image.shape[:2], np.float32)
    for channel in cv2.split(image):
        values = channel.astype(np.float32)
        approximation, details = pywt.dwt2(values, "haar")
        bands = [cv2.medianBlur(np.ascontiguousarray(b), 3) for b in (approximation, *details)]
        back = pywt.idwt2((bands[0], tuple(bands[1:])), "haar")[: image.shape[0], : image.shape[1]]
        filtered = log_contest.by_opencv(channel, -1, -1, -1)
        for difference in (cv2.absdiff(values, back), cv2.absdiff(channel, filtered)):
            noise = cv2.max(noise, difference.astype(np.float32, copy=False))
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    levels = cv2.absdiff(bgr, cv2.imdecode(data, cv2.IMREAD_COLOR)).astype(np.float32)
    ela = levels @ np.array([0.25, 0.5, 0.25], np.float32)
    clahe = cv2.createCLAHE(2.0, (8, 8))
    f1 = clahe.apply(cv2.convertScaleAbs(noise)).astype(np.uint16)
    f2 = clahe.apply(cv2.convertScaleAbs(ela, alpha=4)).astype(np.uint16)
    fused = f1 * f2
    counts = np.bincount(fused.ravel(), minlength=65536)
    level = int(np.argmax(fused.size - np.cumsum(counts) <= 0.01 * fused.size))
    radius = round(0.14 * min(fused.shape))
    side = 2 * radius + 1
    density = cv2.boxFilter(
        (fused > level).astype(np.float32), -1, (side, side), normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    scaled = cv2.convertScaleAbs(density, alpha=255 / max(density.max(), 1))
    return cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1] > 0


def _speedups(call: Call) -> tuple[float, float]:
    """Return what two threads bring to the call, and to two loops that share nothing."""
    image = pictures.gray((256, 256))

    def loop() -> None:
        for _ in range(100):
            log_cascade(image, num_threads=1)

    def both() -> None:
        other = threading.Thread(target=loop)
        other.start()
        loop()
        other.join()

    contenders: dict[str, Callable[[], Any]] = {
        "one": lambda: call(1), "two": lambda: call(2), "loop": loop, "loops": both
    }  # fmt: skip
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(THREAD_ROUNDS):
        for name, contender in contenders.items():
            begin = time.perf_counter()
            contender()
            taken[name].append(time.perf_counter() - begin)
    median = {name: statistics.median(seconds) for name, seconds in taken.items()}
    return median["one"] / median["two"], 2 * median["loop"] / median["loops"]


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * KILOBYTE
    raise ValueError(f"/proc/self/status has no {field}")


def bytes_above_inputs(name: str, rows: int, cols: int) -> int:
    """Return the peak of resident memory in a pipeline above what was resident before.

    Call it in a fresh process: inputs are made and every module is loaded (by a call on a small
    picture) before; the peak is then set back to what is resident.
    """
    cv2.setNumThreads(1)
    _pipeline(name, pictures.SIZES["384x256"])[0](1)
    call, *_ = _pipeline(name, (rows, cols))
    ctypes.CDLL(None).malloc_trim(0)  # else freed memory would be used again unseen
    Path("/proc/self/clear_refs").write_text("5", "utf-8")
    before = _status_bytes("VmRSS")
    call(1)
    return _status_bytes("VmHWM") - before


def _memory(name: str, size: pictures.Size) -> float | None:
    if not Path("/proc/self/clear_refs").exists():
        return None
    program = (
        "import sys; from unsplice.bench.pipelines import bytes_above_inputs as peak;"
        "print(peak(sys.argv[1], *map(int, sys.argv[2:])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, name, *map(str, size)],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    # A system may refuse to have its counter set back; the rest is measured all the same.
    return int(done.stdout) / (size[0] * size[1]) if done.returncode == 0 else None


def _profile(call: Callable[[], Any]) -> tuple[Part, ...]:
    # By the wall's clock: asking for the processor's time takes longer than small functions do.
    profiler = cProfile.Profile()
    begin = time.perf_counter()
    while time.perf_counter() - begin < PROFILED_SECONDS:
        profiler.runcall(call)
    seconds: dict[str, float] = {}
    for entry in profiler.getstats():
        name = _name_of(entry.code)
        seconds[name] = seconds.get(name, 0.0) + entry.inlinetime
    whole = sum(seconds.values())
    parts = [Part(name, own / whole) for name, own in seconds.items()]
    large = [part for part in parts if part.share >= LEAST_SHARE]
    return tuple(sorted(large, key=lambda part: -part.share))


def _name_of(code: Any) -> str:
    """Return a name for people: of a function of Python, of the core or of another library."""
    if not isinstance(code, str):
        return f"{Path(code.co_filename).stem}.{code.co_name} (Python)"
    if found := re.fullmatch(r"<built-in method unsplice\._core\.(\w+)>", code):
        return f"{found[1]} (core)"
    if found := re.fullmatch(r"<method '(\w+)' of '([\w.]+)' objects>", code):
        return f"{found[2]}.{found[1]}"
    if found := re.fullmatch(r"<(?:built-in method )?([\w.]+)>", code):
        return found[1] if "." in found[1] else f"cv2.{found[1]}"
    return code
