"""Signals raise where that does no harm, and are neither lost nor raised elsewhere."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from unsplice.interruption import Terminated, terminable, uninterrupted


def send(number: int) -> None:
    """Send a signal to this process, and let Python come to hear of it."""
    os.kill(os.getpid(), number)
    for _ in range(1000):
        pass


def test_sigterm_becomes_an_exception_within_and_only_there() -> None:
    before = signal.getsignal(signal.SIGTERM)

    def ask() -> None:
        with terminable():
            send(signal.SIGTERM)

    with pytest.raises(Terminated):
        ask()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_a_signal_waits_for_the_end_of_what_must_not_be_interrupted(
    number: int, raised: type[BaseException]
) -> None:
    done: list[str] = []

    def work() -> None:
        with terminable():
            with uninterrupted():
                send(number)
                done.append("all of it")
            done.append("no more")

    with pytest.raises(raised):
        work()
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_a_signal_nothing_changes() -> None:
    with uninterrupted():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_error_within_comes_through() -> None:
    with pytest.raises(ZeroDivisionError), uninterrupted():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with uninterrupted():
            send(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_than_the_main_one_may_use_both() -> None:
    done: list[str] = []

    def work() -> None:
        with terminable(), uninterrupted():
            done.append("work")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["work"]
