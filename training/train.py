"""Train the network on extracted maps: ``python -m training.train --help``."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.model import FusionModule
from unsplice.blind.evidence.maps import FAMILIES, MAP_NAMES

__all__ = ["train"]

_LARGEST_CROP: Final = 56  # blocks
_BATCH: Final = 8
_CLIP: Final = 6.0
_SCALAR_CLIP: Final = 4.0
# Families that are hidden now and then, so that none is leaned on alone.
_HIDDEN: Final = 0.12

# Maps that keep their zero: they are evidence as they stand, not against the rest of the picture.
ABSOLUTE: Final = frozenset(FAMILIES["jpeg-history"])
# What a picture shows says nothing for or against a splice.
CONTENT: Final = ("mean_y", "mean_cb", "mean_cr", "clipped")


@dataclass(eq=False)
class Example:
    """One picture."""

    maps: NDArray[np.float16]
    scalars: NDArray[np.float32]
    truth: NDArray[np.uint8]
    kind: str
    name: str


def load_examples(folder: Path) -> list[Example]:
    """Return the pictures of a folder, centred."""
    centered = np.array([name not in ABSOLUTE for name in MAP_NAMES])
    examples = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as file:
            maps = file["maps"].astype(np.float32)
            flat = maps.reshape(len(maps), -1)
            middle = np.partition(flat, (flat.shape[1] - 1) // 2, axis=1)
            center = middle[:, (flat.shape[1] - 1) // 2] * centered
            maps -= center[:, np.newaxis, np.newaxis]
            examples.append(
                Example(
                    maps.astype(np.float16), file["scalars"], file["truth"],
                    str(file["kind"]), str(file["name"]),
                )
            )  # fmt: skip
    return examples


def scales_of(examples: list[Example]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the spread of each map, and mean and spread of each scalar."""
    squares = np.mean(
        [(e.maps.astype(np.float32).clip(-1000, 1000) ** 2).mean(axis=(1, 2)) for e in examples],
        axis=0,
    )
    scalars = np.array([e.scalars for e in examples])
    return (
        np.maximum(np.sqrt(squares), 1e-3).astype(np.float32),
        scalars.mean(axis=0).astype(np.float32),
        np.maximum(scalars.std(axis=0), 1e-2).astype(np.float32),
    )


def families() -> list[list[int]]:
    """Return the places of the maps of each family."""
    place = {name: i for i, name in enumerate(MAP_NAMES)}
    return [[place[name] for name in names] for names in FAMILIES.values()]


def drawn_crop(example: Example, rng: np.random.Generator) -> tuple[Any, Any]:
    """Cut a part of a picture and mirror it, at random."""
    rows, cols = example.truth.shape
    height = min(rows, int(rng.integers(24, _LARGEST_CROP + 1)))
    width = min(cols, int(rng.integers(24, _LARGEST_CROP + 1)))
    top, left = int(rng.integers(rows - height + 1)), int(rng.integers(cols - width + 1))
    maps = example.maps[:, top : top + height, left : left + width]
    truth = example.truth[top : top + height, left : left + width]
    if rng.random() < 0.5:
        maps, truth = maps[:, ::-1], truth[::-1]
    if rng.random() < 0.5:
        maps, truth = maps[:, :, ::-1], truth[:, ::-1]
    return maps.astype(np.float32), truth.astype(np.float32) / 255


def loss_of(logits: torch.Tensor, detection: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return cross entropy a block, overlap where there is something, and that of the picture."""
    result = functional.binary_cross_entropy_with_logits(logits, truth)
    spliced = bool((truth > 0.5).sum() >= 4)
    if spliced:
        p = torch.sigmoid(logits)
        result = result + 0.5 * (1 - (2 * (p * truth).sum() + 1) / (p.sum() + truth.sum() + 1))
    target = torch.tensor(float(spliced))
    return result + 0.2 * functional.binary_cross_entropy_with_logits(detection, target)


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("validation", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--epochs", default=10, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--rate", default=2e-3, show_default=True)
def train(
    folder: Path, validation: Path, output: Path, epochs: int, seed: int, threads: int, rate: float
) -> None:
    """Train on the maps in FOLDER; VALIDATION decides nothing, it is printed."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    examples = load_examples(folder)
    scale, scalar_mean, scalar_scale = scales_of(examples)
    model = FusionModule(len(scale), len(scalar_mean))
    average = copy.deepcopy(model)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 1e-2}, {"params": others, "weight_decay": 0.0}],
        lr=rate,
    )
    steps = epochs * (len(examples) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.05)
    groups = families()
    content = [MAP_NAMES.index(name) for name in CONTENT if name in MAP_NAMES]
    held = load_examples(validation)
    begun, step = time.monotonic(), 0
    for epoch in range(epochs):
        order = rng.permutation(len(examples))
        total = 0.0
        for first in range(0, len(order) - _BATCH + 1, _BATCH):
            optimizer.zero_grad()
            for index in order[first : first + _BATCH]:
                maps, truth = drawn_crop(examples[index], rng)
                x = np.clip(maps / scale[:, None, None], -_CLIP, _CLIP)
                s = (examples[index].scalars - scalar_mean) / scalar_scale
                s = np.clip(s, -_SCALAR_CLIP, _SCALAR_CLIP)
                for group in groups:
                    if rng.random() < _HIDDEN:
                        x[group] = 0
                if rng.random() < 0.5:
                    x[content] = 0
                if rng.random() < 0.3:
                    x += rng.normal(0, 0.15, x.shape).astype(np.float32)
                logits, detection = model(torch.from_numpy(x), torch.from_numpy(s))
                loss = loss_of(logits, detection, torch.from_numpy(truth)) / _BATCH
                loss.backward()
                total += float(loss.detach())
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            keep = min(0.998, step / (step + 20))
            with torch.no_grad():
                for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                    kept.mul_(keep).add_(new, alpha=1 - keep)
        seconds = time.monotonic() - begun
        found = measure(average, held, scale, scalar_mean, scalar_scale)
        click.echo(
            f"epoch {epoch + 1}: loss {total / (len(order) // _BATCH):.4f}, "
            f"{seconds:.0f} s, validation {json.dumps(found)}"
        )
        output.mkdir(parents=True, exist_ok=True)
        torch.save(
            {
                "state": average.state_dict(), "scale": scale, "scalar_mean": scalar_mean,
                "scalar_scale": scalar_scale, "maps": MAP_NAMES,
            },
            output / "model.pt",
        )  # fmt: skip


def predicted(
    model: FusionModule, example: Example, scale: Any, scalar_mean: Any, scalar_scale: Any,
    hidden: list[int] | None = None,
) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """Return the logits of a picture, and its own."""
    x = np.clip(example.maps.astype(np.float32) / scale[:, None, None], -_CLIP, _CLIP)
    if hidden:
        x[hidden] = 0
    s = np.clip((example.scalars - scalar_mean) / scalar_scale, -_SCALAR_CLIP, _SCALAR_CLIP)
    with torch.no_grad():
        logits, detection = model(torch.from_numpy(x), torch.from_numpy(s))
    return logits.numpy(), float(detection)


def measure(
    model: FusionModule, examples: list[Example], scale: Any, scalar_mean: Any, scalar_scale: Any,
    hidden: list[int] | None = None,
) -> dict[str, float]:  # fmt: skip
    """Return F1 at 0.5 and at the best threshold by kind, and how well pictures are told apart."""
    fixed: dict[str, list[float]] = {}
    best: dict[str, list[float]] = {}
    positive, negative = [], []
    for example in examples:
        logits, detection = predicted(model, example, scale, scalar_mean, scalar_scale, hidden)
        truth = example.truth >= 128
        if not truth.any():
            negative.append(detection)
            continue
        positive.append(detection)
        scores = [f1(logits > level, truth) for level in np.linspace(-4, 4, 17)]
        fixed.setdefault(example.kind, []).append(scores[8])
        best.setdefault(example.kind, []).append(max(scores))
    result = {}
    for kind in fixed:
        result[kind] = round(float(np.mean(fixed[kind])), 3)
        result[f"{kind} best"] = round(float(np.mean(best[kind])), 3)
    if positive and negative:
        wins = np.mean(np.array(positive)[:, None] > np.array(negative)[None])
        result["pictures"] = round(float(wins), 3)
    return result


def f1(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return F1 over blocks."""
    both = float(np.count_nonzero(found & truth))
    return 2 * both / max(float(np.count_nonzero(found) + np.count_nonzero(truth)), 1.0)


if __name__ == "__main__":
    train()
