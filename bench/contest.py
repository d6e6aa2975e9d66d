"""Measure ways to the same answer against each other, in one run, taking turns.

Each round calls every contender once, so that whatever else the machine does meets all of them
alike. What is measured is the processor time of this process, which other processes do not enter;
every contender is held to one thread, so it is the time of that thread.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Timing", "contest", "goal", "ratio_to_best", "table"]

ROUNDS = 9
# Slow contenders get fewer rounds, and the table says how many.
SLOW_SECONDS, SLOW_ROUNDS = 1.0, 3
# A call shorter than this is repeated within its turn until the turn is as long.
SHORTEST_TURN_SECONDS = 1e-2


@dataclass(frozen=True)
class Timing:
    """Seconds a call of one contender."""

    name: str
    minimum: float
    median: float
    rounds: int
    note: str = ""


def _assert_equal(name: str, answer: Any, expected: Any) -> None:
    answers = answer if isinstance(answer, tuple) else (answer,)
    wanted = expected if isinstance(expected, tuple) else (expected,)
    for ours, theirs in zip(answers, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=f"{name} gives another answer")


def contest(
    contenders: Mapping[str, Callable[[], Any]],
    answers: Mapping[str, Callable[[Any], Any]] | None = None,
) -> list[Timing]:
    """Check that all contenders give one answer, then time them in turns.

    Parameters
    ----------
    contenders : mapping of name to callable without arguments
        The first is the one that the others are compared with.
    answers : mapping of name to function, optional
        Brings what a contender returns into the form in which answers are compared.
    """
    turns: dict[str, tuple[int, int]] = {}  # calls in a turn, rounds
    expected: Any = None
    for index, (name, call) in enumerate(contenders.items()):
        call()  # what only a first call costs
        begin = time.process_time()
        result = call()
        seconds = time.process_time() - begin
        answer = (answers or {}).get(name, lambda raw: raw)(result)
        if index == 0:
            expected = answer
        else:
            _assert_equal(name, answer, expected)
        calls = max(1, round(SHORTEST_TURN_SECONDS / max(seconds, 1e-6)))
        turns[name] = (calls, SLOW_ROUNDS if seconds > SLOW_SECONDS else ROUNDS)
    del result, answer, expected

    times: dict[str, list[float]] = {name: [] for name in contenders}
    gc.disable()
    try:
        for turn in range(ROUNDS):
            for name, call in contenders.items():
                calls, rounds = turns[name]
                if turn >= rounds:
                    continue
                begin = time.process_time()
                for _ in range(calls):
                    call()
                times[name].append((time.process_time() - begin) / calls)
    finally:
        gc.enable()
    return [
        Timing(name, min(seconds), statistics.median(seconds), len(seconds))
        for name, seconds in times.items()
    ]


def ratio_to_best(timings: list[Timing]) -> float:
    """Return how many times longer the best of the others takes than the first, by minimum."""
    return min(other.minimum for other in timings[1:]) / timings[0].minimum


def table(title: str, timings: list[Timing]) -> str:
    """Return one line a contender: minimum, median, and the ratio to the first."""
    first = timings[0]
    width = max(len(timing.name) for timing in timings)
    lines = [f"\n{title}", f"  {'':{width}}   min ms   median ms   x min   x median   rounds"]
    for timing in timings:
        line = (
            f"  {timing.name:{width}} {timing.minimum * 1e3:8.3f} {timing.median * 1e3:11.3f}"
            f" {timing.minimum / first.minimum:7.1f} {timing.median / first.median:10.1f}"
            f" {timing.rounds:8d}  {timing.note}"
        )
        lines.append(line.rstrip())
    lines.append(f"  best of the others / {first.name}: {ratio_to_best(timings):.2f}")
    return "\n".join(lines)


def goal(what: str, met: bool, measured: str) -> str:
    """Return a line that says whether a goal was met; no assertion, for machines may be busy."""
    return f"  goal: {what}: {'met' if met else 'MISSED'} ({measured})"
