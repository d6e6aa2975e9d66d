"""What the tests let workers do; workers find these functions by the name of the module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from unsplice.batch import LocalizeImages
from unsplice.evaluation.run.task import Task, TaskResult, run_task
from unsplice.inputs import Input
from unsplice.outcomes import Outcome

__all__ = ["Starved", "behave", "note_and_wait", "run_task_or_die", "square", "threads_of"]


def square(number: int) -> int:
    return number * number


def behave(manner: str) -> str:
    """Answer, or do what nobody hopes for."""
    if manner == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if manner == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if manner == "leave":
        os._exit(3)
    if manner == "hang":
        time.sleep(600)
    if manner == "raise":
        raise ValueError("on purpose")
    if manner == "memory":
        raise MemoryError
    return manner.upper()


def threads_of(_: int) -> tuple[int, str, bool]:
    """Return the threads that OpenCV would use, what is done on Ctrl-C, and whether it waits."""
    import cv2

    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return cv2.getNumThreads(), str(signal.getsignal(signal.SIGINT)), signal.SIGINT in blocked


def note_and_wait(folder: str) -> None:
    """Leave a file named after the process, then hang."""
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)


def run_task_or_die(task: Task) -> TaskResult:
    """Do a task of an evaluation, but for those of one picture."""
    if task.sample.name == "t1.jpg":
        os.kill(os.getpid(), signal.SIGKILL)
    return run_task(task)


class Starved(LocalizeImages):
    """Localize, but as on a machine that is short of memory.

    A picture called ``killed`` takes more than its control group may have, if there is one in the
    environment, and is else killed as the kernel does it; one called ``large`` gets no more of the
    address space than is taken already.
    """

    def __call__(self, one: Input) -> Outcome:
        if one.name.startswith("killed"):
            group = os.environ.get("UNSPLICE_TEST_GROUP")
            if group is None:
                os.kill(os.getpid(), signal.SIGKILL)
            else:
                Path(group, "cgroup.procs").write_text(str(os.getpid()), "ascii")
                bytearray(400_000_000)
        if not one.name.startswith("large"):
            return super().__call__(one)
        import resource

        before = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + 2**24
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
        try:
            return super().__call__(one)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)
