"""Ctrl-C and SIGTERM: exceptions where they do no harm, and only there."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Terminated", "terminable", "uninterrupted"]


class Terminated(BaseException):
    """The process was asked to end by SIGTERM; like KeyboardInterrupt, it is no error."""


@contextmanager
def terminable() -> Iterator[None]:
    """Within, SIGTERM raises `Terminated` in the main thread, so that what is open gets closed."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():  # no other may ask for signals
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM wait; what came meanwhile is raised at the end.

    The exception of a signal comes between any two instructions of the main thread: also between
    taking the lock of a `threading.Condition` and noting that it is to be given back. Threads that
    need the lock then wait for ever, and so does who joins them.
    """
    if threading.current_thread() is not threading.main_thread():  # no signal is raised elsewhere
        yield
        return
    came: list[int] = []
    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):
                before[number] = handler
                signal.signal(number, lambda number, _frame: came.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for one in came:
        before[signal.Signals(one)](one, None)
