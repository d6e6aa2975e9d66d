"""What was measured, as tables in Markdown that are readable on a terminal too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from unsplice.bench.contest import Outcome
from unsplice.bench.pipelines import Measurement

__all__ = [
    "kernel_record",
    "kernel_table",
    "pipeline_record",
    "pipeline_table",
    "profile_lines",
]

Results = Sequence[tuple[str, Outcome]]  # size and outcome


def kernel_table(results: Results) -> str:
    """Return a line a contest: ours, the best of the peers, and the pure-Python definition."""
    return _table(
        ("kernel", "input", "size", "ms", "best peer", "ms", "ratio", "of minima", "pure Python"),
        [_kernel_row(size, outcome) for size, outcome in results],
        right={3, 5, 6, 7, 8},
    )


def _kernel_row(size: str, outcome: Outcome) -> list[str]:
    best, pure = outcome.best_peer, outcome.pure_seconds
    return [
        outcome.kernel,
        outcome.variant,
        size,
        _milliseconds(outcome.ours.median),
        best.name if best else "",
        _milliseconds(best.median) if best else "",
        _times(outcome.ratio),
        _times(outcome.ratio_of_minima),
        _times(pure / outcome.ours.median if pure else None),
    ]


def pipeline_table(results: Sequence[tuple[str, float, Measurement]]) -> str:
    """Return a line a pipeline and size; the second value is the picture's megapixels."""
    rows = []
    for size, megapixels, found in results:
        seconds, best = found.outcome.ours.median, found.outcome.best_peer
        rows.append(
            [
                found.name,
                size,
                _milliseconds(seconds),
                f"{seconds / megapixels:.3f}",
                best.name if best else "",
                _times(found.outcome.ratio),
                _times(found.speedup),
                _times(found.speedup_of_machine),
                f"{found.bytes_per_pixel:.0f}" if found.bytes_per_pixel is not None else "",
            ]
        )
    head = (
        *("pipeline", "size", "ms", "s/megapixel", "peer", "ratio"),
        *("two threads", "two loops", "bytes/pixel"),
    )
    return _table(head, rows, right={2, 3, 5, 6, 7, 8})


def profile_lines(measurement: Measurement, size: str) -> list[str]:
    """Return where the time of a pipeline goes."""
    head = f"{measurement.name}, {size}:"
    return [head, *(f"- {part.share:.0%} {part.name}" for part in measurement.parts)]


def kernel_record(size: str, outcome: Outcome) -> dict[str, object]:
    """Return one contest as a JSON object holds it."""
    return {
        "kernel": outcome.kernel,
        "variant": outcome.variant,
        "size": size,
        "contenders": [
            {
                "name": timing.name,
                "median_seconds": timing.median,
                "minimum_seconds": timing.minimum,
                "rounds": timing.rounds,
            }
            for timing in outcome.timings
        ],
        "ratio": outcome.ratio,
        "ratio_of_minima": outcome.ratio_of_minima,
        "pure_python_seconds": outcome.pure_seconds,
    }


def pipeline_record(size: str, found: Measurement) -> dict[str, object]:
    """Return one measurement as a JSON object holds it."""
    return kernel_record(size, found.outcome) | {
        "speedup_of_two_threads": found.speedup,
        "speedup_of_two_loops": found.speedup_of_machine,
        "bytes_per_pixel": found.bytes_per_pixel,
        "profile": {part.name: part.share for part in found.parts},
    }


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g}" if seconds < 0.1 else f"{1e3 * seconds:.0f}"


def _times(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: set[int]) -> str:
    """Return an aligned table; the columns `right` end at the right."""
    cells = [list(head), *map(list, rows)]
    widths = [max(len(row[index]) for row in cells) for index in range(len(head))]

    def line(row: Sequence[str]) -> str:
        parts = (
            text.rjust(width) if index in right else text.ljust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        return f"| {' | '.join(parts)} |"

    rule = [
        "-" * (width - 1) + ":" if index in right else "-" * width
        for index, width in enumerate(widths)
    ]
    return "\n".join([line(head), line(rule), *(line(row) for row in cells[1:])])
