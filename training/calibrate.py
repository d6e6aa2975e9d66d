"""Fit the gate: ``python -m training.calibrate --help``."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from training.photographs import SPLITS, Split, list_photographs
from training.untouched import untouched
from unsplice.blind.fusion.gate import GATE_LIMIT, GATE_NAMES, gate_of
from unsplice.blind.fusion.judgement import judge
from unsplice.blind.fusion.network import load_network
from unsplice.blind.source import blind_source
from unsplice.errors import UnspliceError
from unsplice.image import decode_image
from unsplice.workers import run_in_workers

__all__ = ["calibrate"]

_RATES: Final = (0.01, 0.02, 0.05, 0.1)
_FEWEST: Final = 10
_RIDGE: Final = 1.0


@dataclass(frozen=True)
class _Task:
    path: Path
    network: Path
    seed: int
    rounds: int  # 0: the picture itself, one of the manifest
    kind: str


@dataclass(frozen=True, eq=False)
class Row:
    """What the gate weighs of one picture."""

    kind: str  # "spliced" or "authentic"
    table_known: bool
    variant: str  # what became of an untouched photograph
    name: str  # its path
    numbers: NDArray[np.float64]


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--network", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--spliced", required=True, type=click.Path(exists=True, path_type=Path),
              help="A manifest of training.make.")  # fmt: skip
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--split", "splits", type=click.Choice(SPLITS), multiple=True,
              default=("train", "validation"), show_default=True)  # fmt: skip
@click.option("--rounds", default=4, show_default=True, help="Variants of each photograph.")
@click.option("--seed", default=5, show_default=True)
@click.option("--numbers", type=click.Path(path_type=Path),
              help="A table to write: what the gate weighs, picture by picture.")  # fmt: skip
@click.option("--jobs", default=2, show_default=True)
def calibrate(
    folders: tuple[Path, ...],
    network: Path,
    spliced: Path,
    output: Path,
    splits: tuple[Split, ...],
    rounds: int,
    seed: int,
    numbers: Path | None,
    jobs: int,
) -> None:
    """Fit the gate on untouched photographs of FOLDERS and on spliced pictures."""
    photographs = [path for split in splits for path in list_photographs(folders, split)]
    if not photographs:
        raise click.UsageError(f"no photographs of {' or '.join(splits)} in the folders")
    tasks = [
        _Task(path, network, seed + index, rounds, "authentic")
        for index, path in enumerate(photographs)
    ]
    with spliced.open(newline="", encoding="utf-8") as stream:
        for line in csv.DictReader(stream):
            kind = "spliced" if line["mask"] else "authentic"
            tasks.append(_Task(spliced.parent / line["tampered"], network, 0, 0, kind))
    rows: list[Row] = []
    for _, done in tqdm(run_in_workers(_numbers, tasks, jobs=jobs), total=len(tasks)):
        if isinstance(done, UnspliceError):
            raise click.ClickException(str(done)) from done
        rows += done
    rows.sort(key=lambda row: (row.kind, row.variant, row.name))
    if numbers is not None:
        with numbers.open("w", newline="", encoding="utf-8") as stream:
            table = csv.writer(stream)
            table.writerow(["kind", "table_known", "variant", "name", *GATE_NAMES])
            table.writerows(
                [row.kind, int(row.table_known), row.variant, row.name, *row.numbers]
                for row in rows
            )
    record = {}
    for name, known in (("jpeg", True), ("other", False)):
        try:
            record[name] = fitted([row for row in rows if row.table_known == known])
        except ValueError as error:
            raise click.ClickException(f"{name}: {error}") from error
    output.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    click.echo(json.dumps({name: one["measured"] for name, one in record.items()}, indent=1))


def fitted(rows: list[Row]) -> dict[str, Any]:
    """Fit a logistic regression and its thresholds; return the record of a gate.

    Raises
    ------
    ValueError
        If there are not some pictures of either kind.
    """
    spliced = sum(row.kind == "spliced" for row in rows)
    if min(spliced, len(rows) - spliced) < _FEWEST:
        raise ValueError(
            f"a gate needs {_FEWEST} spliced and {_FEWEST} authentic pictures of its kind, got "
            f"{spliced} and {len(rows) - spliced}"
        )
    x = np.array([row.numbers for row in rows])
    y = np.array([row.kind == "spliced" for row in rows], float)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-3)
    z = np.clip((x - mean) / scale, -GATE_LIMIT, GATE_LIMIT)
    weights, bias = _regression(z, y)
    record: dict[str, Any] = {
        "names": list(GATE_NAMES),
        "mean": _rounded(mean),
        "scale": _rounded(scale),
        "weights": _rounded(weights),
        "bias": float(np.round(bias, 6)),
        "thresholds": [[1.0, 0.0]],
    }
    gate = gate_of(record)
    scores = np.array([gate.score(numbers) for numbers in x])
    valid = x[:, GATE_NAMES.index("history_valid")] > 0.5
    authentic = scores[y < 0.5]
    variants = np.array([row.variant.rstrip("-0123456789") for row in rows])
    record["thresholds"], measured = [], []
    for rate in _RATES:
        least = _least_score(authentic, valid[y < 0.5], rate)
        if least is None:
            continue
        passed = valid | (scores >= least)
        record["thresholds"].append([rate, least])
        by_variant = {
            name: float(np.mean(passed[variants == name])) for name in sorted({*variants} - {""})
        }
        measured.append(
            {
                "rate": rate, "threshold": least, "authentic passed": float(passed[y < 0.5].mean()),
                "authentic passed by history": float(valid[y < 0.5].mean()),
                "spliced passed": float(passed[y > 0.5].mean()), "by variant": by_variant,
            }
        )  # fmt: skip
    record["pictures"] = {"authentic": int((y < 0.5).sum()), "spliced": int((y > 0.5).sum())}
    record["measured"] = measured
    return record


def _least_score(scores: NDArray[Any], valid: NDArray[Any], rate: float) -> float | None:
    """Return the lowest score, in steps of 1/4096, that at most a share of pictures passes.

    What the history lets pass counts, too. None where that is more already, or where so few
    pictures cannot tell.
    """
    if rate * len(scores) < 1:
        return None
    for step in range(4097):
        if np.mean(valid | (scores >= step / 4096)) <= rate:
            return step / 4096
    return None


def _regression(z: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Fit by Newton's method; both classes weigh the same."""
    design = np.column_stack([z, np.ones(len(z))])
    balance = np.where(y > 0.5, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[-1] = 0
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (balance * (p - y)) + ridge * beta
        curvature = (design * (balance * p * (1 - p))[:, None]).T @ design + np.diag(ridge)
        beta -= np.linalg.solve(curvature, gradient)
    return beta[:-1], float(beta[-1])


def _rounded(values: NDArray[Any]) -> list[float]:
    return [float(value) for value in np.round(values, 6)]


def _numbers(task: _Task) -> list[Row]:
    network = load_network(task.network)
    made: Iterable[tuple[str, bytes]] = [("", task.path.read_bytes())]
    if task.rounds:
        rng = np.random.default_rng(task.seed)
        made = ((name, data) for name, _, data in untouched(task.path, rng, rounds=task.rounds))
    rows = []
    for variant, data in made:
        found = judge(blind_source(decode_image(data, path=variant)), network, num_threads=1)
        rows.append(Row(task.kind, found.table_known, variant, os.fspath(task.path), found.numbers))
    return rows


if __name__ == "__main__":
    calibrate()
