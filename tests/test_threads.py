"""Threads are started for each call: a fork survives, callers may be many, the environment counts.

That any number of threads gives the same bits is tested kernel by kernel, beside its definition.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from check_instruction_sets import calls_on
from unsplice import arguments, label_components, log_cascade, median_filter

# A kernel on tables of some thousand numbers has no threads.
ON_TABLES = {"requantized_counts"}
# Above the size from which a call is shared among threads.
LARGE = np.random.default_rng(0).integers(0, 256, (1200, 1300), np.uint8)

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def digest(image: Any, num_threads: int | None = None) -> str:
    parts = (
        log_cascade(image, num_threads=num_threads),
        median_filter(image, num_threads=num_threads),
        label_components(image > 128, num_threads=num_threads).areas,
    )
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def printed_by(program: str, **environment: str) -> str:
    """Run a program in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.strip()


@forks
@pytest.mark.parametrize("used_before", [True, False])
def test_a_fork_computes_the_same_before_and_after_threads_were_used(used_before: bool) -> None:
    program = f"""
        import os
        import numpy as np
        from unsplice import log_cascade

        image = np.random.default_rng(0).integers(0, 256, (1200, 1300), np.uint8)
        if {used_before}:
            log_cascade(image, num_threads=4)
        child = os.fork()
        found = int(log_cascade(image, num_threads=4).sum())
        if child == 0:
            os._exit(0 if found == int(log_cascade(image, num_threads=1).sum()) else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), found)
    """
    expected = int(log_cascade(LARGE, num_threads=1).sum())
    assert printed_by(program) == f"0 {expected}"


def test_concurrent_callers_get_the_same_bits() -> None:
    expected = digest(LARGE, 1)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: digest(LARGE, 3), range(8))) == {expected}


def as_bytes(result: Any) -> bytes:
    """The bits of what a kernel returned: arrays, numbers, and tuples or objects of them."""
    if isinstance(result, tuple | list):
        return b"".join(as_bytes(part) for part in result)
    fields = getattr(result, "__dict__", None)
    if isinstance(result, np.ndarray | np.generic) or not fields:
        array = np.asarray(result)
        assert array.dtype.hasobject is False
        return array.tobytes()
    return b"".join(as_bytes(part) for part in fields.values())


@pytest.mark.parametrize("name", sorted(calls_on(8, 8)))
def test_sixteen_callers_of_one_kernel_on_the_same_arrays_get_the_same_bits(name: str) -> None:
    call = calls_on(160, 144)[name]
    expected = as_bytes(call())
    assert len(expected) > 1
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: as_bytes(call()), range(32))) == {expected}


STARTED_EVERY_WAY = """
import hashlib, multiprocessing, os, sys, threading
import numpy as np
from unsplice import label_components, log_cascade, median_filter

def digests(*_):
    image = np.random.default_rng(0).integers(0, 256, (1200, 1300), np.uint8)
    found = set()
    for count in (1, 2, 8):
        parts = (
            log_cascade(image, num_threads=count),
            median_filter(image, num_threads=count),
            label_components(image > 128, num_threads=count).areas,
        )
        found.add(hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest())
    return found

if __name__ == "__main__":
    image = np.random.default_rng(1).integers(0, 256, (1200, 1300), np.uint8)
    within, leave = threading.Event(), threading.Event()

    def stay_within():
        while not leave.is_set():
            within.set()
            median_filter(image, num_threads=8)

    thread = threading.Thread(target=stay_within)
    thread.start()
    within.wait()
    found = digests()
    for method, times in (("fork", 6), ("spawn", 1), ("forkserver", 2)):
        context = multiprocessing.get_context(method)
        for _ in range(times):
            with context.Pool(1) as pool:
                found |= pool.apply_async(digests).get(timeout=60)
    leave.set()
    thread.join()
    print(*found)
"""


@forks
def test_processes_started_any_way_while_a_thread_is_within_a_kernel_get_the_same_bits(
    tmp_path: Path,
) -> None:
    script = tmp_path / "script.py"
    script.write_text(STARTED_EVERY_WAY, "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script], check=True, capture_output=True, text=True,
        timeout=150,
    )  # fmt: skip
    assert done.stdout.split() == [digest(LARGE)]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system lists no threads")
def test_no_thread_outlives_a_call() -> None:
    program = """
        import numpy as np
        from pathlib import Path
        from unsplice import median_filter

        def count():
            return len(list(Path("/proc/self/task").iterdir()))

        image = np.zeros((2000, 2000), np.uint8)
        before = count()
        median_filter(image, num_threads=8)
        print(count() - before)
    """
    assert printed_by(program) == "0"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no process")
def test_the_default_is_the_cores_that_the_process_may_run_on() -> None:
    program = """
        import os
        from unsplice.arguments import thread_count

        core = min(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {core})
        print(thread_count(None))
    """
    assert printed_by(program, UNSPLICE_NUM_THREADS="") == "1"


@pytest.mark.parametrize("name", sorted(set(calls_on(8, 8)) - ON_TABLES))
def test_the_environment_is_asked_by_every_kernel(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = calls_on(37, 129)[name]
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "many")
    with pytest.raises(ValueError, match="UNSPLICE_NUM_THREADS"):
        call()


def test_the_environment_sets_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "3")
    assert arguments.thread_count(None) == 3
    assert arguments.thread_count(2) == 2
