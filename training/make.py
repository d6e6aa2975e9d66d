"""Make a set of pictures from photographs: ``python -m training.make --help``."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

from training.forgeries import KINDS, make_forgery
from training.photographs import SPLITS, Split, list_photographs
from unsplice.errors import UnspliceError
from unsplice.output import encode_png
from unsplice.workers import run_in_workers

__all__ = ["make"]

_A_TASK = 10  # pictures from one photograph, which is decoded once


@dataclass(frozen=True)
class _Task:
    """Some pictures with one host."""

    numbers: range
    host: Path
    photographs: list[Path]
    output: Path
    seed: int
    kind: str | None
    uncompressed: bool | None


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--split", type=click.Choice(SPLITS), default="train", show_default=True)
@click.option(
    "--count", type=click.IntRange(min=1), default=3000, show_default=True, help="Pictures."
)
@click.option("--seed", default=1, show_default=True)
@click.option("--kind", type=click.Choice(KINDS), help="All of one kind.")
@click.option("--uncompressed", is_flag=True, help="Never saved with loss.")
@click.option("--jobs", default=2, show_default=True)
def make(
    folders: tuple[Path, ...],
    output: Path,
    split: Split,
    count: int,
    seed: int,
    kind: str | None,
    uncompressed: bool,
    jobs: int,
) -> None:
    """Make pictures from the photographs of a split, and a manifest of them."""
    photographs = list_photographs(folders, split)
    if not photographs:
        raise click.UsageError(
            f"no photographs of the split {split!r} in {', '.join(map(str, folders))}"
        )
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise click.UsageError(f"{output} exists, and is no empty folder")
    if any(output.resolve().is_relative_to(folder.resolve()) for folder in folders):
        raise click.UsageError(f"{output} lies among the photographs")
    output.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(seed).permutation(-(-count // _A_TASK)) % len(photographs)
    tasks = [
        _Task(
            range(_A_TASK * index, min(_A_TASK * (index + 1), count)),
            photographs[host], photographs, output, seed, kind, uncompressed or None,
        )
        for index, host in enumerate(order)
    ]  # fmt: skip
    rows = []
    with tqdm(total=count, unit="picture") as progress:
        for task, done in run_in_workers(_make, tasks, jobs=jobs, name_of=lambda t: t.host):
            if isinstance(done, UnspliceError):
                raise click.ClickException(str(done)) from done
            rows += done
            progress.update(len(task.numbers))
    rows.sort(key=lambda row: row["tampered"])
    with (output / "made.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, ["set", "kind", "authentic", "tampered", "mask", "steps"])
        table.writeheader()
        table.writerows(rows)
    record = {
        "split": split,
        "count": count,
        "seed": seed,
        "photographs": [p.name for p in photographs],
    }
    (output / "made.json").write_text(json.dumps(record, indent=1), "utf-8")


def _make(task: _Task) -> list[dict[str, str]]:
    rows = []
    donors = [path for path in task.photographs if path != task.host] or task.photographs
    # A few donors a task, or each would be decoded for a single picture.
    chooser = np.random.default_rng((task.seed, task.numbers.start))
    few = [donors[i] for i in chooser.choice(len(donors), min(4, len(donors)), replace=False)]
    for number in task.numbers:
        rng = np.random.default_rng((task.seed, number, 1))
        made = make_forgery(task.host, few, rng, kind=task.kind, uncompressed=task.uncompressed)
        name, mask = f"{number:06}{made.suffix}", ""
        (task.output / name).write_bytes(made.data)
        if made.mask.any():
            mask = f"{number:06}.mask.png"
            (task.output / mask).write_bytes(encode_png(made.mask.astype(np.uint8) * 255))
        rows.append(
            {
                "set": "made", "kind": made.kind if mask else "authentic", "authentic": "",
                "tampered": name, "mask": mask, "steps": "; ".join(made.steps),
            }
        )  # fmt: skip
    return rows


if __name__ == "__main__":
    make()
