"""One picture under one attack, scored with every method."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from unsplice.errors import UnspliceError, coded, printable
from unsplice.evaluation.attacks import parse_attack
from unsplice.evaluation.datasets import Sample, read_truth
from unsplice.evaluation.run import methods as known_methods
from unsplice.evaluation.run.rows import ImageRow, scored
from unsplice.image import read_image
from unsplice.output import cell_text, path_text

__all__ = ["Failure", "Task", "TaskResult", "failed_task", "run_task"]


@dataclass(frozen=True)
class Task:
    """One picture under one attack, small enough to travel to a worker."""

    number: int
    sample: Sample
    attack: str
    methods: tuple[str, ...]
    seed: int
    max_pixels: int


@dataclass(frozen=True)
class Failure:
    """Why a task, or a method in it, has no result; `method` is empty if it was none's fault."""

    method: str
    error: UnspliceError
    trace: str = field(default="", repr=False)


@dataclass(frozen=True)
class TaskResult:
    """The rows of a task, one a method, and what failed in it."""

    task: Task
    rows: tuple[ImageRow, ...]
    failures: tuple[Failure, ...] = ()


def run_task(task: Task) -> TaskResult:
    """Score every method on one picture under one attack; no error but an interruption leaves it.

    Parameters
    ----------
    task : Task
        What to do.

    Returns
    -------
    TaskResult
        One row a method, in their order; a row of what failed holds the code of the error.
    """
    blank = _blank_row(task)
    sample = task.sample
    try:
        if sample.error is not None:
            raise sample.error
        source = read_image(sample.image, max_pixels=task.max_pixels)
        blank = replace(blank, sha256=source.sha256)
        truth = None
        if not sample.authentic:
            known = read_truth(sample, source.pixels.shape, max_pixels=task.max_pixels)
            blank, truth = replace(blank, mask_sha256=known.sha256), known.mask
        attack = parse_attack(task.attack)
        stored = source.pixels.shape[:2]
        source, truth = attack(source, truth, seed=_seed_of(task.seed, blank.sha256), num_threads=1)
    except Exception as raised:
        return _failed(task, blank, coded(raised, sample.image), _trace(raised))
    rows: list[ImageRow] = []
    failures: list[Failure] = []
    for name in task.methods:
        row = replace(blank, method=name)
        try:
            rows.append(scored(row, known_methods.find_method(name).localize(source), truth))
        except Exception as raised:
            error = coded(raised, task.sample.image)
            if source.pixels.shape[:2] != stored:
                error = _of_attacked(error, task.attack)
            rows.append(replace(row, error=error.code))
            failures.append(Failure(name, error, _trace(raised)))
    return TaskResult(task, tuple(rows), tuple(failures))


def failed_task(task: Task, error: UnspliceError) -> TaskResult:
    """Return the result of a task of which nothing came but `error`."""
    return _failed(task, _blank_row(task), error, "")


def _failed(task: Task, row: ImageRow, error: UnspliceError, trace: str) -> TaskResult:
    """Return the result of a task that got no further than `row`."""
    rows = tuple(replace(row, method=name, error=error.code) for name in task.methods)
    return TaskResult(task, rows, (Failure("", error, trace),))


def _of_attacked(error: UnspliceError, attack: str) -> UnspliceError:
    """Return `error` with the attack beside the path: the size it tells is not that of the file."""
    if "path" not in error.fields:
        return error
    shown = printable(path_text(cast(Path, error.fields["path"])))
    return type(error)(error.code, **error.fields | {"path": f"{shown} after the attack {attack}"})


def _trace(raised: Exception) -> str:
    return "".join(traceback.format_exception(raised))


def _blank_row(task: Task) -> ImageRow:
    """Return what is known of every row of `task` before its picture is read."""
    attack = parse_attack(task.attack)
    return ImageRow(
        dataset=path_text(task.sample.dataset),  # a cell of a table may be no UTF-8 either
        kind=path_text(task.sample.kind),
        name=path_text(task.sample.name),
        image=cell_text(task.sample.image),
        sha256="",
        mask_sha256="",
        method="",
        attack=attack.name,
        family=attack.family,
        strength=None if attack.strength is None else float(attack.strength),
        warnings=" ".join(dict.fromkeys(notice.code for notice in task.sample.warnings)),
    )


def _seed_of(seed: int, sha256: str) -> int:
    """Return the seed of the picture whose bytes have this hash.

    No two pictures share their noise, and none depends on its name, which is made to differ from
    those of the others in the plan.
    """
    key = f"{seed} {sha256}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:6], "big")
