"""Everything that ``unsplice bench`` measures, in order, and the page that it writes."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2

from unsplice.bench import kernels, machine, pictures, pipelines, report
from unsplice.bench.contest import Outcome, hold

__all__ = ["DEFAULT_NAMES", "NAMES", "PIPELINES", "Page", "held_contests", "measured_pipelines"]

PIPELINES = "pipelines"
DEFAULT_NAMES = (*kernels.KERNELS, PIPELINES)
# A single kernel of a module can be asked for too.
NAMES = tuple(
    dict.fromkeys([*DEFAULT_NAMES, *(name for of in kernels.KERNELS.values() for name in of)])
)


def held_contests(name: str, size: str) -> Iterator[Outcome]:
    """Yield the outcome of each contest of a module, or of one kernel, on pictures of a size.

    Raises
    ------
    AssertionError
        If a contender gives another answer.
    """
    own = next(own for own, of in kernels.KERNELS.items() if name == own or name in of)
    module = importlib.import_module(f"unsplice.bench.kernels.{own}")
    with _OneThread():
        for contest in module.contests(pictures.SIZES[size]):
            if name in (own, contest.kernel):
                yield hold(contest)


def measured_pipelines(size: str) -> Iterator[pipelines.Measurement]:
    """Yield what each pipeline takes on pictures of a size."""
    with _OneThread():
        rows, cols = pictures.SIZES[size]
        # On small pictures a second thread is not started, or is started for a few milliseconds.
        two_threads = machine.cores() >= 2 and rows * cols > 1_000_000
        for name in pipelines.NAMES:
            yield pipelines.measure(name, (rows, cols), two_threads=two_threads)


class _OneThread:
    """Hold OpenCV to one thread, as every contender is."""

    def __enter__(self) -> None:
        self._before = cv2.getNumThreads()
        cv2.setNumThreads(1)

    def __exit__(self, *_: object) -> None:
        cv2.setNumThreads(self._before)


@dataclass
class Page:
    """What was measured so far, and the text that tells it."""

    kernels: list[tuple[str, Outcome]] = field(default_factory=list)
    pipelines: list[tuple[str, pipelines.Measurement]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def tables(self) -> list[str]:
        """Return the tables, as a terminal shows them."""
        found = [report.kernel_table(self.kernels)] if self.kernels else []
        if self.pipelines:
            found.append(report.pipeline_table(self._with_megapixels()))
            found += [
                "\n".join(report.profile_lines(measured, size)) for size, measured in self.pipelines
            ]
        return found

    def markdown(self, command: str) -> str:
        """Return the page, which says how it was made."""
        parts = ["# Benchmarks", INTRODUCTION.format(command=command), _bullets(machine.lines())]
        if self.failed:
            missing = ", ".join(f"{name} ({size})" for name, size in self.failed)
            parts.append(f"Could not be measured, or gave different answers: {missing}.")
        if self.kernels:
            parts.append("## Kernels")
            for size in dict.fromkeys(size for size, _ in self.kernels):
                rows = [result for result in self.kernels if result[0] == size]
                parts += [f"### {_described(size)}", report.kernel_table(rows)]
        if self.pipelines:
            parts += ["## Pipelines", PIPELINE_NOTE]
            parts.append(report.pipeline_table(self._with_megapixels()))
            parts.append("## Where the time goes")
            parts.append(PROFILE_NOTE)
            for size, measured in self.pipelines:
                head, *lines = report.profile_lines(measured, size)
                parts += [head, "\n".join(lines)]
        return "\n\n".join(parts) + "\n"

    def _with_megapixels(self) -> list[tuple[str, float, pipelines.Measurement]]:
        found = []
        for size, measured in self.pipelines:
            rows, cols = pictures.SIZES[size]
            found.append((size, rows * cols / 1e6, measured))
        return found


def _described(size: str) -> str:
    rows, cols = pictures.SIZES[size]
    return f"{cols} x {rows} pixels ({size})"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


INTRODUCTION = """\
Nothing on this page was typed in by hand. It was written by

    {command}

`unsplice bench` prints the same tables for your machine, with the peers that are installed there.

Every line is a contest: the contenders' answers are compared first, then all take turns, one call
each a round, 15 rounds. What counts is the processor time of one thread. *ratio* says how many
times as long as the kernel the best of the peers takes, by the median of the rounds, *of minima* by
the fastest call of each; below 1 the peer is faster. A peer that takes more than twice as long as
the best one gets 3 rounds. *pure Python* is the kernel's definition in `unsplice.pure_python`, run
once on a crop (its answer is compared too) and extrapolated to the whole by what there is to do.

`label_components` gives areas, boxes and centroids, and paints its labels when they are asked for;
its peers always write an image of labels first. The line *and labels* asks for it.

`warp_cubic` is not there for speed: OpenCV gives other bits in other versions and on other
processors. Where a picture is turned that costs time."""

PIPELINE_NOTE = """\
Whole calls on decoded pictures: `compare` on an aligned pair of JPEG files, `localize` with
`method="paper"` beside a script of PyWavelets and OpenCV that gives the same mask, with
`method="jpeg-history"` and with `method="fusion"`. *ms* is the processor time on one thread, the
median of 15. *two threads* is the wall time on one thread over that on two, the median of 7 turns;
*two loops*, measured in the same turns, is how much more two threads did than one that share
nothing, which is what the machine gave: 2 on two cores that nobody else uses. *bytes/pixel* is the
peak of resident memory above the inputs."""

PROFILE_NOTE = """\
Shares of the time on one thread, without what a function calls; parts below 2 % are left
out."""
