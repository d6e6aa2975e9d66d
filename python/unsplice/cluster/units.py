"""One unit of a run, on the machine that does it."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsplice.cluster.jobs import Answer, Job
from unsplice.cluster.parts import Committed, Layout, encode_table, versions
from unsplice.errors import UnspliceError
from unsplice.workers import Workers

__all__ = ["Unit", "do_unit", "end_workers"]

_own = threading.local()  # of each thread that does units, its process
_all: list[_Beside] = []


@dataclass(frozen=True)
class Unit:
    """Some of the inputs of a run, and all that a machine has to know to do them.

    Attributes
    ----------
    number : int
        Which it is.
    items : sequence
        The inputs.
    plan : str
        Hash of the plan.
    versions : dict
        What it is to be computed with.
    output : Path
        Where the files go.
    timeout : float or None
        Seconds that an input may take. None does it in the process of the worker itself, which a
        bad input can end.
    given_up : bool
        Whether workers died over it again and again, so that it is not tried any more.
    """

    number: int
    items: Sequence[Any]
    plan: str
    versions: dict[str, str]
    output: Path
    timeout: float | None
    given_up: bool = False


def do_unit(job: Job[Any], unit: Unit) -> Committed:
    """Do every input of a unit, then commit it; return what the marker says.

    A picture that ends its process, or takes too long, costs itself (E192, E193): each is done in a
    process beside that of the worker, which the scheduler does not know.

    Raises
    ------
    UnspliceError
        E209 if this machine has other versions.
    OutputError
        E160 or E162 if the output cannot be written.
    """
    _refuse_versions(unit.versions)
    answers: dict[int, Answer] = {}
    if unit.given_up:
        for place, item in enumerate(unit.items):
            reason = "so did every worker that was given its unit"
            error = UnspliceError("E192", path=job.name_of(item), reason=reason)
            answers[place] = job.failed(item, error)
    elif unit.timeout is None:
        answers = {place: job(item) for place, item in enumerate(unit.items)}
    else:
        calls = enumerate(unit.items)
        with _process_beside().at_work() as workers:
            done = workers.apply(
                _Numbered(job), calls, timeout=unit.timeout,
                name_of=lambda call: job.name_of(call[1]),
            )  # fmt: skip
            with closing(done):
                for (place, item), answer in done:
                    if isinstance(answer, UnspliceError):
                        answers[place] = job.failed(item, answer)
                    else:
                        answers[place] = answer
    ordered = [answers[place] for place in range(len(unit.items))]
    rows = [row for answer in ordered for row in answer.rows]
    return Layout(unit.output).commit(
        unit.plan,
        unit.number,
        len(unit.items),
        encode_table(job.columns, rows),
        rows=len(rows),
        findings=Counter(word for answer in ordered for word in answer.findings),
        errors=[error for answer in ordered for error in answer.errors],
    )


class _Numbered:
    """A job over inputs with their numbers; it can be pickled."""

    def __init__(self, job: Job[Any]) -> None:
        self._job = job

    def __call__(self, call: tuple[int, Any]) -> Answer:
        return self._job(call[1])


def _refuse_versions(wanted: dict[str, str]) -> None:
    for name, theirs in versions().items():
        if (ours := wanted.get(name, "none")) != theirs:
            raise UnspliceError("E209", what=f"{name} {ours}", theirs=theirs, ours=ours)


class _Beside:
    """The process of a thread; it ends when that is asked for, but never while it is at work.

    Other runs may be at work on the same cluster when one is over.
    """

    def __init__(self) -> None:
        self._workers = Workers(1)
        self._busy = threading.Lock()
        self._ending = False

    @contextmanager
    def at_work(self) -> Iterator[Workers]:
        """Keep the process till a unit is done."""
        try:
            with self._busy:
                yield self._workers
        finally:
            self._end_if_idle()

    def end(self) -> None:
        """End the process, now or when its unit is done."""
        self._ending = True
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._ending and self._busy.acquire(blocking=False):
            try:
                self._ending = False
                self._workers.end()
            finally:
                self._busy.release()


def _process_beside() -> _Beside:
    """Return the process of this thread, which stays for the next unit."""
    if not hasattr(_own, "beside"):
        # A worker of Dask is daemonic, which forbids children that could outlive it. These do not:
        # they end with the process that started them.
        multiprocessing.current_process().daemon = False
        _own.beside = _Beside()
        _all.append(_own.beside)
    beside: _Beside = _own.beside
    return beside


def end_workers() -> None:
    """End the processes beside this one, when a run is over; those at work, when they are done."""
    for beside in _all:
        beside.end()
