"""Worker processes that may die or hang without taking the others' work with them.

The pool is Pebble's: where a worker dies, the pool of the standard library gives up everything that
was still to be done, and waiting on `multiprocessing.Pool` never ends.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import wait as wait_for
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess, parent_process
from typing import TYPE_CHECKING, Any, TypeVar

from unsplice.arguments import whole_number
from unsplice.errors import UnspliceError, coded
from unsplice.interruption import uninterrupted

if TYPE_CHECKING:
    from concurrent.futures import Future

    from pebble import ProcessPool

__all__ = ["Workers", "run_in_workers"]

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def run_in_workers(
    function: Callable[[Item], Answer],
    items: Iterable[Item],
    *,
    jobs: int,
    timeout: float | None = None,
    name_of: Callable[[Item], object] = str,
) -> Generator[tuple[Item, Answer | UnspliceError]]:
    """Apply a function to items in worker processes; yield each answer as soon as it is there.

    Parameters
    ----------
    function : callable
        Of a module that can be imported; it is called with one item.
    items : iterable
        What to do; taken as it is needed. Items and answers are pickled.
    jobs : int
        Number of processes. They are started afresh (``spawn``), so a script that calls this must
        keep its own start under ``if __name__ == "__main__"``.
    timeout : float, optional
        Seconds that an item may take; then its worker is ended and replaced.
    name_of : callable
        What messages call an item.

    Yields
    ------
    tuple
        The item and its answer, or the error in place of it: E192 if its worker died, E193 if it
        took too long, or what `function` raised. Each item once, in any order.

    Notes
    -----
    Workers use one thread each, heed no Ctrl-C of the terminal, and end with the process that
    started them, however it ends. To close the generator ends them at once.
    """
    workers = Workers(jobs)
    try:
        yield from workers.apply(function, items, timeout=timeout, name_of=name_of)
    finally:
        workers.end()


class Workers:
    """Worker processes that stay for further items; see `run_in_workers`.

    Parameters
    ----------
    jobs : int
        Number of processes.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = whole_number(jobs, "jobs", 1)
        self._pool: ProcessPool | None = None
        self._processes = _Processes()

    def end(self) -> None:
        """End the processes at once, whatever they do; they are started again when needed."""
        if self._pool is not None:
            with uninterrupted():
                _end(self._pool, self._processes)
                self._pool = None

    def apply(
        self,
        function: Callable[[Item], Answer],
        items: Iterable[Item],
        *,
        timeout: float | None = None,
        name_of: Callable[[Item], object] = str,
    ) -> Generator[tuple[Item, Answer | UnspliceError]]:
        """Do as `run_in_workers` does; processes end only if the generator is closed before."""
        rest = iter(items)
        waiting: deque[Item] = deque()
        pending: dict[Future[Any], Item] = {}
        failed_starts = 0
        whole = False
        try:
            while True:
                if self._pool is None:
                    with uninterrupted():
                        self._processes = _Processes()
                        self._pool = _started_pool(self._jobs, self._processes)
                # A few more than there are workers, so that none waits for the next; not all at
                # once, for there may be a million.
                while len(pending) < 2 * self._jobs:
                    waiting.extend(itertools.islice(rest, 0 if waiting else 1))
                    if not waiting:
                        break
                    try:
                        with uninterrupted():
                            call = (function, waiting[0])
                            future = self._pool.schedule(_call, call, timeout=timeout)
                            pending[future] = waiting.popleft()
                    except RuntimeError:  # the pool has come to its end; see below
                        break
                if not pending and not waiting:
                    whole = True
                    return
                with uninterrupted():
                    answers = _answers_of(pending, name_of, timeout)
                for item, answer in answers:
                    failed_starts = 0
                    yield item, answer
                if not self._pool.active:  # a worker died while it did nothing, and took it along
                    failed_starts += 1
                    if failed_starts > 3:
                        reason = "worker processes end as soon as they start"
                        raise UnspliceError("E199", reason=reason)
                    waiting.extendleft(reversed(pending.values()))
                    pending.clear()
                    self.end()
        finally:
            if not whole:
                self.end()


def _answers_of(
    pending: dict[Future[Any], Item], name_of: Callable[[Item], object], timeout: float | None
) -> list[tuple[Item, Any]]:
    """Wait a moment for answers; take what is there from `pending`, in the order it was asked."""
    from concurrent.futures import FIRST_COMPLETED, wait

    done = wait(pending, timeout=0.2, return_when=FIRST_COMPLETED).done
    answers = []
    for future in [future for future in pending if future in done and not _is_lost(future)]:
        item = pending.pop(future)
        answers.append((item, _answer(future, name_of(item), timeout)))
    return answers


def _is_lost(future: Future[Any]) -> bool:
    """Return whether nothing was tried, for the pool came to its end before."""
    from concurrent.futures.process import BrokenProcessPool

    return isinstance(future.exception(), BrokenProcessPool)


def _answer(future: Future[Any], name: object, timeout: float | None) -> Any:
    from pebble import ProcessExpired

    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ProcessExpired):
        return UnspliceError("E192", path=name, reason=_ending(error.exitcode))
    if isinstance(error, TimeoutError) and timeout is not None:
        return UnspliceError("E193", path=name, timeout=timeout)
    return coded(error if isinstance(error, Exception) else RuntimeError(repr(error)), name)


def _ending(code: int) -> str:
    """Return how a process ended, for people."""
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"


# ------------------------------------------------------------------------------- processes


class _Processes(SpawnContext):
    """What a pool starts its workers with; it can end them all, and then starts no more."""

    def __init__(self) -> None:
        super().__init__()
        self._made: list[BaseProcess] = []
        self._ended = False
        # A class is declared there; what is called like one serves.
        self.Process = self._process  # type: ignore[assignment, misc]

    def _process(self, *arguments: Any, **named: Any) -> BaseProcess:
        if self._ended:
            raise OSError("the pool of workers has ended")  # Pebble takes it as a failed start
        process = SpawnContext.Process(*arguments, **named)
        self._made = [one for one in self._made if one.exitcode is None] + [process]
        return process

    def end(self) -> None:
        """End every worker at once, whatever it does, and wait until it has."""
        self._ended = True
        started = [process for process in self._made if process.pid is not None]
        for process in started:
            process.kill()
        for process in started:
            process.join()


def _started_pool(jobs: int, processes: _Processes) -> ProcessPool:
    """Return a pool whose workers are being started."""
    from pebble import ProcessPool

    pool = ProcessPool(jobs, initializer=_prepare, context=processes)
    # Threads and processes inherit what is blocked: Ctrl-C of the terminal goes to the whole group,
    # and a worker that still loads its modules would print a traceback. The resource tracker of
    # multiprocessing unblocks when it starts, so it has to be there before.
    resource_tracker.ensure_running()
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        if not pool.active:  # asking starts it
            raise RuntimeError("the pool of workers did not start")
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pool


def _end(pool: ProcessPool, processes: _Processes) -> None:
    """End the workers, whatever they do.

    Pebble takes away the locks of its workers before it ends them, and one that still starts would
    print a traceback about that.
    """
    pool.stop()  # type: ignore[no-untyped-call]  # Pebble's, which has no types
    processes.end()
    pool.join()


def _prepare() -> None:
    """Prepare a worker: one thread, and an end with the process that started it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # at once, also from within a computation
    parent = parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()
    import cv2

    cv2.setNumThreads(1)


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _call(function: Callable[[Item], Answer], item: Item) -> Answer:
    return function(item)
