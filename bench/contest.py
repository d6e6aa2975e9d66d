"""Measure ways to the same answer against each other, in one run, taking turns.

Each round calls every contender once, so that whatever else the machine does meets all of them
alike. What is measured is the processor time of this process, which other processes do not enter;
every contender is held to one thread, so it is the time of that thread.
"""

from __future__ import annotations

import gc
import importlib
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["OURS", "Contest", "Crop", "Outcome", "Timing", "check", "hold", "peer", "require"]

OURS, DEFINITION = "unsplice", "pure Python"
ROUNDS = 15
# A peer that takes so many times as long as the best one cannot become the best: fewer rounds of it
# will do.
FAR_BEHIND, FEW_ROUNDS = 2.0, 3
# By what these take is decided who is far behind.
CALLS_OF_CHECK = 2
# A call shorter than this is repeated within its turn until the turn is as long.
SHORTEST_TURN_SECONDS = 5e-3

Call = Callable[[], Any]
Reading = Callable[[Any], Any]


@dataclass(frozen=True)
class Crop:
    """The pure-Python definition beside the kernel, on a part that it can do in its time.

    `share` is how many times the work of the part the work of the whole is.
    """

    ours: Call
    pure: Call
    share: float


@dataclass(frozen=True)
class Contest:
    """Ways to the same answer on one input.

    Attributes
    ----------
    kernel : str
        The name of the function that is measured.
    variant : str
        What it is given: the dtype, the channels, the kind of mask.
    ours : callable without arguments
        The call of unsplice.
    peers : mapping of name to callable without arguments
        The same by other libraries; those that are not installed are left out.
    readings : mapping of name to function, optional
        Brings what a contender returns into the form in which answers are compared, and raises
        AssertionError if it is wrong in another way.
    tolerance : float
        How far answers may be apart: peers in floating point round in other places.
    crop : Crop, optional
        The pure-Python definition.
    """

    kernel: str
    variant: str
    ours: Call
    peers: Mapping[str, Call]
    readings: Mapping[str, Reading] = field(default_factory=dict)
    tolerance: float = 0.0
    crop: Crop | None = None


@dataclass(frozen=True)
class Timing:
    """Seconds of processor time a call of one contender."""

    name: str
    minimum: float
    median: float
    rounds: int


@dataclass(frozen=True)
class Outcome:
    """What a contest gave: timings, ours first, and the pure-Python seconds if it has a definition.

    `pure_seconds` is extrapolated from a crop.
    """

    kernel: str
    variant: str
    timings: tuple[Timing, ...]
    pure_seconds: float | None

    @property
    def ours(self) -> Timing:
        """The kernel."""
        return self.timings[0]

    @property
    def best_peer(self) -> Timing | None:
        """The fastest of the others, by the median; None if there are no others."""
        return min(self.timings[1:], key=lambda timing: timing.median, default=None)

    @property
    def ratio(self) -> float | None:
        """How many times as long the best peer takes, by the median."""
        best = self.best_peer
        return None if best is None else best.median / self.ours.median

    @property
    def ratio_of_minima(self) -> float | None:
        """The same by the fastest call of each."""
        others = [timing.minimum for timing in self.timings[1:]]
        return min(others) / self.ours.minimum if others else None


def peer(module: str) -> Any:
    """Return the module of a peer, or None if it is not installed or does not load."""
    try:
        return importlib.import_module(module)
    except Exception:  # a broken library raises whatever it likes
        return None


def require(condition: Any, problem: str) -> None:
    """Raise AssertionError with the `problem`; a plain assert would go unchecked under -O."""
    if not condition:
        raise AssertionError(problem)


def check(contest: Contest) -> dict[str, float]:
    """Check that all contenders and the definition give one answer; return the seconds of a call.

    Raises
    ------
    AssertionError
        If one gives another answer.
    """
    seconds: dict[str, float] = {}
    expected: Any = None
    for name, call in _contenders(contest).items():
        raw = call()  # what only a first call costs
        begin = time.process_time()
        for _ in range(CALLS_OF_CHECK):
            call()
        seconds[name] = (time.process_time() - begin) / CALLS_OF_CHECK
        answer = contest.readings.get(name, _as_it_is)(raw)
        if name == OURS:
            expected = answer
        else:
            _assert_equal(f"{contest.kernel}: {name}", answer, expected, contest.tolerance)
    if contest.crop is not None:
        begin = time.process_time()
        answer = contest.crop.pure()
        seconds[DEFINITION] = (time.process_time() - begin) * contest.crop.share
        _assert_equal(f"{contest.kernel}: {DEFINITION}", answer, contest.crop.ours())
    return seconds


def hold(contest: Contest) -> Outcome:
    """Check the answers, then time all contenders in turns.

    Raises
    ------
    AssertionError
        If a contender, or the pure-Python definition, gives another answer.
    """
    first = check(contest)
    pure_seconds = first.pop(DEFINITION, None)
    # Ours may be far ahead of all; the best of the others takes part in every round all the same.
    last = FAR_BEHIND * min((first[name] for name in contest.peers), default=0.0)
    turns = {
        name: (
            max(1, round(SHORTEST_TURN_SECONDS / max(seconds, 1e-6))),
            ROUNDS if name == OURS or seconds <= last else FEW_ROUNDS,
        )
        for name, seconds in first.items()
    }
    timings = tuple(
        Timing(name, min(seconds), statistics.median(seconds), len(seconds))
        for name, seconds in _take_turns(_contenders(contest), turns).items()
    )
    return Outcome(contest.kernel, contest.variant, timings, pure_seconds)


def _contenders(contest: Contest) -> dict[str, Call]:
    return {OURS: contest.ours, **contest.peers}


def _as_it_is(raw: Any) -> Any:
    return raw


def _assert_equal(name: str, answer: Any, expected: Any, tolerance: float = 0.0) -> None:
    answers = answer if isinstance(answer, tuple) else (answer,)
    wanted = expected if isinstance(expected, tuple) else (expected,)
    for theirs, ours in zip(answers, wanted, strict=True):
        if tolerance:
            np.testing.assert_allclose(theirs, ours, rtol=0, atol=tolerance, err_msg=name)
        else:
            np.testing.assert_array_equal(theirs, ours, err_msg=name)


def _take_turns(
    contenders: Mapping[str, Call], turns: Mapping[str, tuple[int, int]]
) -> dict[str, list[float]]:
    """Return the seconds a call, by contender, of each of its rounds."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    collecting = gc.isenabled()
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
        if collecting:
            gc.enable()
    return times
