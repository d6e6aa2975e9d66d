"""Methods against data sets: every picture under every attack, one row a method.

A task is one picture under one attack; all methods see the same attacked picture, which is read
and attacked once. Rows hold nothing that depends on the order, the time or the number of processes,
so that two runs give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from unsplice.arguments import real_number, whole_number
from unsplice.errors import OutputError, UnspliceError
from unsplice.evaluation.datasets import Sample
from unsplice.evaluation.run.journal import Journal
from unsplice.evaluation.run.plan import Plan
from unsplice.evaluation.run.rows import ImageRow
from unsplice.evaluation.run.task import Task, TaskResult, failed_task, run_task
from unsplice.interruption import uninterrupted
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.resume import file_sha256
from unsplice.shards import Shard

__all__ = ["Evaluation", "evaluate"]


class Evaluation:
    """A plan under way: what is done, and what is left.

    Parameters
    ----------
    plan : Plan
        What to do.
    journal : Journal, optional
        Where finished tasks are kept, so that another run can go on from there.
    shard : Shard, optional
        The part of the tasks that is to be done; all of them without it.

    Raises
    ------
    OutputError
        E171 if a picture or mask of a finished task has other bytes by now.
    """

    def __init__(
        self, plan: Plan, journal: Journal | None = None, *, shard: Shard | None = None
    ) -> None:
        self.plan = plan
        self.tasks = plan.tasks if shard is None else tuple(shard.take(plan.tasks))
        self._journal = journal
        self._done: dict[int, tuple[ImageRow, ...]] = {}
        if journal is not None:
            # What failed is tried again: a file may be there by now, or more memory.
            self._done = {
                number: rows
                for number, rows in journal.finished.items()
                if not any(row.error for row in rows)
            }
            _refuse_changed(plan, self._done)
        self.resumed = len(self._done)

    @property
    def remaining(self) -> list[Task]:
        """The tasks of this part that are left, in the order of the plan."""
        return [task for task in self.tasks if task.number not in self._done]

    def run(self, *, jobs: int = 1, timeout: float | None = 300.0) -> Generator[TaskResult]:
        """Do what is left; yield each task when it is done, whatever its place in the plan.

        Parameters
        ----------
        jobs : int
            Number of worker processes; 1 means this process.
        timeout : float or None
            Seconds that a task may take before its worker is ended; with one job there is no limit,
            for a process cannot end itself within a computation.

        Raises
        ------
        TypeError, ValueError
            If `jobs` is no whole number from 1 on, or `timeout` no number above 0.
        """
        whole_number(jobs, "jobs", 1)
        _require_timeout(timeout)
        with closing(_results(self.remaining, jobs, timeout)) as results:
            for result in results:
                with uninterrupted():
                    if self._journal is not None:
                        self._journal.append(result.task.number, result.rows)
                    self._done[result.task.number] = result.rows
                yield result

    @property
    def done(self) -> int:
        """Number of tasks that have rows."""
        return len(self._done)

    @property
    def rows(self) -> list[ImageRow]:
        """The rows of all that is done, in the order of the plan."""
        return [row for number in sorted(self._done) for row in self._done[number]]


def _results(tasks: Sequence[Task], jobs: int, timeout: float | None) -> Generator[TaskResult]:
    if jobs == 1 or not tasks:
        yield from map(run_task, tasks)
        return
    from unsplice.workers import run_in_workers

    answers = run_in_workers(
        run_task,
        tasks,
        jobs=min(jobs, len(tasks)),
        timeout=timeout,
        name_of=lambda task: task.sample.image,
    )
    with closing(answers):  # not when the garbage is collected: workers end where the loop ends
        for task, answer in answers:
            yield failed_task(task, answer) if isinstance(answer, UnspliceError) else answer


def _require_timeout(timeout: float | None) -> None:
    if timeout is not None and not 0 < real_number(timeout, "timeout") < math.inf:
        raise ValueError(f"timeout must be above 0 and finite, or None, got {timeout}")


def _refuse_changed(plan: Plan, done: Mapping[int, tuple[ImageRow, ...]]) -> None:
    """Raise E171 if a file of a finished task is not what it was."""
    wanted: dict[Path, str] = {}
    for number, rows in done.items():
        sample = plan.tasks[number].sample
        wanted[sample.image] = rows[0].sha256
        if sample.mask is not None and rows[0].mask_sha256:
            wanted[sample.mask] = rows[0].mask_sha256
    for path, sha256 in wanted.items():
        try:
            changed = not path.is_file() or file_sha256(path) != sha256
        except OSError:
            changed = True
        if changed:
            raise OutputError("E171", path=path)


def evaluate(
    samples: Iterable[Sample],
    *,
    methods: Iterable[str] = ("fusion",),
    attacks: Iterable[str] = (),
    seed: int = 0,
    jobs: int = 1,
    timeout: float | None = 300.0,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> list[ImageRow]:
    """Score methods on pictures, as they are and under attacks.

    Parameters
    ----------
    samples : iterable of Sample
        The pictures; see `unsplice.evaluation.datasets.read_dataset`. What is given twice counts
        once.
    methods : iterable of str
        Names of `unsplice.localize`'s methods; one that has presets gives a row for each of them,
        ``method:preset`` for one of them. Flagging everything is always added.
    attacks : iterable of str
        As `unsplice.evaluation.attacks.parse_attack` takes them; "none" is always added.
    seed : int
        Of everything random in the attacks.
    jobs : int
        Number of worker processes; 1 means this process. The rows do not depend on it.
    timeout : float or None
        Seconds that a picture may take in a worker.
    max_pixels : int
        Larger pictures are refused.

    Returns
    -------
    list of ImageRow
        By picture, attack and method, in this order; what failed has a row with its error code.

    Raises
    ------
    UsageError
        E180 if a method is unknown, E186 if an attack is.
    TypeError
        If a str stands where several are expected, something else than a `Sample` among the
        samples, or no number where one is expected.
    ValueError
        If `seed` is negative, `jobs` or `max_pixels` less than 1, or `timeout` not above 0.

    Examples
    --------
    An evaluation of no pictures has no rows:

    >>> evaluate([], methods=["paper"], attacks=["jpeg:70"])
    []
    """
    plan = Plan.of(samples, methods=methods, attacks=attacks, seed=seed, max_pixels=max_pixels)
    evaluation = Evaluation(plan)
    for _ in evaluation.run(jobs=jobs, timeout=timeout):
        pass
    return evaluation.rows
