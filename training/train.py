"""Train the network on extracted maps: ``python -m training.train --help``."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.model import FusionModule
from unsplice.blind.evidence.maps import FAMILIES, MAP_NAMES, SCALAR_NAMES
from unsplice.blind.fusion.network import MAP_LIMIT, SCALAR_LIMIT

__all__ = ["train"]

_LARGEST_CROP: Final = 56  # blocks
_BATCH: Final = 8
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
            names = tuple(file["map_names"]) if "map_names" in file else ()
            if names != (*MAP_NAMES, *SCALAR_NAMES):
                raise click.ClickException(f"{path} holds other maps: extract again")
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


@dataclass(frozen=True, eq=False)
class Normalization:
    """What maps and scalars are divided by, and what is taken off the scalars before."""

    scale: NDArray[np.float32]
    scalar_mean: NDArray[np.float32]
    scalar_scale: NDArray[np.float32]

    @classmethod
    def of(cls, examples: list[Example]) -> Normalization:
        """Measure the spread of each map, and mean and spread of each scalar."""
        squares = [(e.maps.astype(np.float32) ** 2).mean(axis=(1, 2)) for e in examples]
        scalars = np.array([e.scalars for e in examples])
        return cls(
            np.maximum(np.sqrt(np.mean(squares, axis=0)), 1e-3).astype(np.float32),
            scalars.mean(axis=0).astype(np.float32),
            np.maximum(scalars.std(axis=0), 1e-2).astype(np.float32),
        )

    def tensors(self) -> dict[str, torch.Tensor]:
        """Return all three by name, as they are kept beside the weights."""
        return {name: torch.from_numpy(value) for name, value in asdict(self).items()}

    def scalars(self, example: Example) -> NDArray[np.float32]:
        """Return the scalars of a picture, normalised."""
        values: NDArray[np.float32] = (example.scalars - self.scalar_mean) / self.scalar_scale
        return np.clip(values, -SCALAR_LIMIT, SCALAR_LIMIT)


def restored(trained: dict[str, Any]) -> tuple[FusionModule, Normalization]:
    """Return the network of a file that `train` wrote, and what it is fed through."""
    if tuple(trained["maps"]) != (*MAP_NAMES, *SCALAR_NAMES):
        raise click.ClickException(
            "the network was trained on other maps than this version computes"
        )
    normal = Normalization(
        *(trained[name].numpy() for name in ("scale", "scalar_mean", "scalar_scale"))
    )
    model = FusionModule(len(normal.scale), len(normal.scalar_mean))
    model.load_state_dict(trained["state"])
    return model, normal


def families() -> list[list[int]]:
    """Return the places of the maps of each family."""
    place = {name: i for i, name in enumerate(MAP_NAMES)}
    return [[place[name] for name in names] for names in FAMILIES.values()]


@dataclass(eq=False)
class Batch:
    """Parts of pictures of one size, normalised."""

    maps: torch.Tensor
    scalars: torch.Tensor
    truth: torch.Tensor


def drawn_batches(
    examples: list[Example], normal: Normalization, rng: np.random.Generator
) -> Iterator[Batch]:
    """Draw an epoch of batches; pictures of about one size meet, the order is random."""
    order = rng.permutation(len(examples))
    for first in range(0, len(order), 8 * _BATCH):
        near = sorted(order[first : first + 8 * _BATCH], key=lambda i: examples[i].truth.shape)
        starts = rng.permutation(range(0, len(near) - _BATCH + 1, _BATCH))
        for start in starts:
            yield drawn_batch([examples[i] for i in near[start : start + _BATCH]], normal, rng)


def drawn_batch(chosen: list[Example], normal: Normalization, rng: np.random.Generator) -> Batch:
    """Cut parts of one size out of pictures, mirror them, and hide families of maps."""
    sides = np.array([example.truth.shape for example in chosen]).min(axis=0)
    height, width = (min(int(side), int(rng.integers(24, _LARGEST_CROP + 1))) for side in sides)
    maps = np.empty((len(chosen), len(MAP_NAMES), height, width), np.float32)
    truth = np.empty((len(chosen), height, width), np.float32)
    visible = np.ones((len(chosen), len(MAP_NAMES), 1, 1), np.float32)
    content = [MAP_NAMES.index(name) for name in CONTENT]
    for index, example in enumerate(chosen):
        rows, cols = example.truth.shape
        top, left = int(rng.integers(rows - height + 1)), int(rng.integers(cols - width + 1))
        down, right = (1 if rng.random() < 0.5 else -1 for _ in range(2))
        part = (slice(top, top + height), slice(left, left + width))
        maps[index] = example.maps[(slice(None), *part)][:, ::down, ::right]
        truth[index] = example.truth[part][::down, ::right]
        for group in families():
            visible[index, group] *= rng.random() >= _HIDDEN
        visible[index, content] *= rng.random() >= 0.5
    x = torch.from_numpy(maps) / torch.from_numpy(normal.scale)[:, None, None]
    x = x.clamp(-MAP_LIMIT, MAP_LIMIT) * torch.from_numpy(visible)
    if rng.random() < 0.3:
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        x += 0.15 * torch.randn(x.shape, generator=generator)
    scalars = np.array([normal.scalars(example) for example in chosen])
    return Batch(x, torch.from_numpy(scalars), torch.from_numpy(truth / np.float32(255)))


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Draw the next batch while one is learned."""
    with ThreadPoolExecutor(1) as pool:
        pending = pool.submit(next, batches, None)
        while (batch := pending.result()) is not None:
            pending = pool.submit(next, batches, None)
            yield batch


def loss_of(logits: torch.Tensor, detection: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return cross entropy a block, overlap where there is something, and that of the picture."""
    spliced = ((truth > 0.5).flatten(1).sum(1) >= 4).float()
    p = torch.sigmoid(logits)
    both, total = (p * truth).flatten(1).sum(1), (p + truth).flatten(1).sum(1)
    overlap = ((1 - (2 * both + 1) / (total + 1)) * spliced).mean()
    return (
        functional.binary_cross_entropy_with_logits(logits, truth)
        + 0.5 * overlap
        + 0.3 * functional.binary_cross_entropy_with_logits(detection, spliced)
    )


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.argument("validation", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--epochs", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--threads", default=2, show_default=True)
@click.option("--rate", default=2e-3, show_default=True)
@click.option("--start", type=click.Path(exists=True, path_type=Path),
              help="A model.pt to go on from, with a lower rate.")  # fmt: skip
def train(
    folder: Path, validation: Path, output: Path, epochs: int, seed: int, threads: int,
    rate: float, start: Path | None,
) -> None:  # fmt: skip
    """Train on the maps in FOLDER; VALIDATION decides nothing, it is printed."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    examples = load_examples(folder)
    if len(examples) < _BATCH:
        raise click.ClickException(f"{folder} holds {len(examples)} pictures, at least {_BATCH}")
    if start is None:
        normal = Normalization.of(examples)
        model = FusionModule(len(normal.scale), len(normal.scalar_mean))
    else:
        model, normal = restored(torch.load(start, weights_only=True))
    average = copy.deepcopy(model)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 1e-2}, {"params": others, "weight_decay": 0.0}],
        lr=rate,
    )
    steps = epochs * (len(examples) // _BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.05)
    held = load_examples(validation)
    if not held:
        raise click.ClickException(f"{validation} holds no picture")
    begun, step = time.monotonic(), 0
    for epoch in range(epochs):
        losses = []
        for batch in ahead(drawn_batches(examples, normal, rng)):
            optimizer.zero_grad()
            logits, detection = model(batch.maps, batch.scalars)
            loss = loss_of(logits, detection, batch.truth)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
            step += 1
            keep = min(0.998, step / (step + 20))
            with torch.no_grad():
                for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                    kept.mul_(keep).add_(new, alpha=1 - keep)
        seconds = time.monotonic() - begun
        found = json.dumps(measure(average, held, normal))
        click.echo(
            f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {seconds:.0f} s, validation {found}"
        )
        output.mkdir(parents=True, exist_ok=True)
        torch.save(
            {
                "state": average.state_dict(),
                **normal.tensors(),
                "maps": (*MAP_NAMES, *SCALAR_NAMES),
            },
            output / "model.pt",
        )


def predicted(
    model: FusionModule, example: Example, normal: Normalization
) -> tuple[NDArray[np.float32], float]:
    """Return the logits of a picture, and its own."""
    x = np.clip(
        example.maps.astype(np.float32) / normal.scale[:, None, None], -MAP_LIMIT, MAP_LIMIT
    )
    scalars = torch.from_numpy(normal.scalars(example))
    with torch.no_grad():
        logits, detection = model(torch.from_numpy(x)[None], scalars[None])
    return logits[0].numpy(), float(detection[0])


def measure(
    model: FusionModule, examples: list[Example], normal: Normalization
) -> dict[str, float]:
    """Return F1 at 0.5 and at the best threshold by kind, and how well pictures are told apart."""
    fixed: dict[str, list[float]] = {}
    best: dict[str, list[float]] = {}
    positive, negative = [], []
    for example in examples:
        logits, detection = predicted(model, example, normal)
        truth = example.truth >= 128
        if not truth.any():
            negative.append(detection)
            continue
        positive.append(detection)
        scores = [f1(logits > level, truth) for level in np.linspace(-4, 4, 17)]
        fixed.setdefault(example.kind, []).append(scores[8])
        best.setdefault(example.kind, []).append(max(scores))
    result = {}
    for kind in sorted(fixed):
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
