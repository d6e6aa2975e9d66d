"""A worker that dies or hangs costs its own item only, and none outlives the process it serves."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unsplice import workers
from unsplice.arguments import available_cores, thread_count
from unsplice.errors import UnspliceError
from unsplice.workers import run_in_workers
from worker_tasks import behave, note_and_wait, square, threads_of


def until(happens: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that is sure to come."""
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_every_item_comes_back_once_with_its_answer() -> None:
    answers = dict(run_in_workers(square, range(40), jobs=2))
    assert answers == {number: number * number for number in range(40)}


def test_no_items_need_no_workers() -> None:
    assert list(run_in_workers(square, [], jobs=3)) == []


def test_what_a_worker_comes_to_costs_its_own_item_only() -> None:
    manners = ["a", "die", "b", "raise", "crash", "c", "memory", "hang", "d", "leave", "e", "f"]
    answers = dict(run_in_workers(behave, manners, jobs=2, timeout=4.0))
    assert len(answers) == len(manners)
    told = {
        manner: answer.code if isinstance(answer, UnspliceError) else answer
        for manner, answer in answers.items()
    }
    assert told == {
        "a": "A", "b": "B", "c": "C", "d": "D", "e": "E", "f": "F",
        "die": "E192", "crash": "E192", "leave": "E192", "hang": "E193",
        "raise": "E199", "memory": "E190",
    }  # fmt: skip
    assert "died on die (SIGKILL)" in str(answers["die"])
    assert "died on leave (exit code 3)" in str(answers["leave"])
    assert "no result for hang within 4 s" in str(answers["hang"])
    assert "ValueError: on purpose" in str(answers["raise"])


def test_messages_call_an_item_by_its_name() -> None:
    ((_, answer),) = run_in_workers(behave, ["die"], jobs=1, name_of=lambda item: f"<{item}>.jpg")
    assert isinstance(answer, UnspliceError)
    assert "<die>.jpg" in answer.what


def test_a_worker_uses_one_thread_and_leaves_ctrl_c_to_its_parent() -> None:
    for _, answer in run_in_workers(threads_of, [1, 2], jobs=2):
        # Blocked from the first instruction on, for a worker that loads cannot ignore it yet.
        assert answer == (1, str(signal.SIG_IGN), True)


def test_an_interruption_waits_until_no_lock_of_the_pool_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take = workers._answers_of
    passed: list[str] = []

    def interrupted(*arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        answers = take(*arguments)
        passed.append("to the end")
        return answers

    monkeypatch.setattr(workers, "_answers_of", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(run_in_workers(square, range(10), jobs=1))
    assert passed == ["to the end"]
    assert multiprocessing.active_children() == []


def test_workers_that_still_start_are_ended_without_a_word(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pebble takes its locks away before it ends them, and is made slow there."""
    from pebble.pool.process import WorkerManager

    close = WorkerManager.close_channels

    def closed(manager: Any) -> None:
        close(manager)
        time.sleep(1)

    def stopped() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    monkeypatch.setattr(WorkerManager, "close_channels", closed)
    with pytest.raises(KeyboardInterrupt):
        list(run_in_workers(square, stopped(), jobs=2))
    assert capfd.readouterr().err == ""
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_killed_while_it_is_idle_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pools = []
    start = workers._started_pool

    def remember(*given: Any) -> object:
        pools.append(start(*given))
        return pools[-1]

    monkeypatch.setattr(workers, "_started_pool", remember)

    def items() -> Iterator[int]:
        """Yield two items, and kill the worker while there is nothing to do."""
        yield 1
        yield 2
        (pool,) = pools
        time.sleep(0.5)  # the second may still be under way, and then it would be its worker
        processes = list(pool._pool_manager.worker_manager.workers)
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not pool.active)
        yield 3

    assert dict(run_in_workers(square, items(), jobs=1)) == {1: 1, 2: 4, 3: 9}
    assert len(pools) == 2


def test_workers_that_cannot_start_end_the_run_with_a_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "_prepare", behave)  # it lacks its argument, and so fails
    with pytest.raises(UnspliceError, match="end as soon as they start"):
        list(run_in_workers(square, [1, 2, 3], jobs=1))


def test_to_leave_early_ends_the_workers_at_once(tmp_path: Path) -> None:
    def noted() -> list[int]:
        return [int(path.name) for path in tmp_path.iterdir()]

    def items() -> Iterator[str]:
        yield str(tmp_path)
        yield str(tmp_path)
        until(lambda: len(noted()) == 2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_in_workers(note_and_wait, items(), jobs=2))
    assert len(noted()) == 2
    assert not any(alive(pid) for pid in noted())


def test_workers_end_with_their_parent_even_if_it_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "pids"
    folder.mkdir()
    script = tmp_path / "run.py"
    script.write_text(
        "from worker_tasks import note_and_wait\n"
        "from unsplice.workers import run_in_workers\n"
        "if __name__ == '__main__':\n"
        f"    list(run_in_workers(note_and_wait, [{str(folder)!r}] * 2, jobs=2))\n",
        "utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, script], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: len(list(folder.iterdir())) == 2)
        process.kill()
    pids = [int(path.name) for path in folder.iterdir()]
    until(lambda: not any(alive(pid) for pid in pids))


def test_the_cores_are_those_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNSPLICE_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3, 4})
    assert available_cores() == thread_count(None) == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert available_cores() == thread_count(None) == os.cpu_count()
