"""Write a trained network as the package reads it: ``python -m training.export --help``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import numpy as np
import torch
from numpy.typing import NDArray

from training.model import DILATIONS, POOLED, FusionModule
from training.train import ABSOLUTE, Example, Normalization, load_examples, predicted, restored
from unsplice.blind.evidence.maps import MAP_NAMES, SCALAR_NAMES

__all__ = ["Line", "arrays_of", "export", "probability_line"]


class Line(NamedTuple):
    """Each logit x becomes ``scale x + shift``."""

    scale: float = 1.0
    shift: float = 0.0


AS_IT_IS: Final = Line()
_MOST_STEPS: Final = 100


def arrays_of(trained: dict[str, Any], line: Line = AS_IT_IS) -> dict[str, NDArray[Any]]:
    """Return what `unsplice.blind.fusion.network.load_network` documents.

    Parameters
    ----------
    trained : dict
        What `training.train` wrote.
    line : Line
        Makes the logistic function of a block's logit a probability also on pictures that were not
        trained on. The logit of the picture stays as it was.
    """
    state = {name: value.numpy() for name, value in trained["state"].items()}
    arrays: dict[str, Any] = {
        "map_names": np.array(MAP_NAMES),
        "centered": np.array([name not in ABSOLUTE for name in MAP_NAMES]),
        "scale": trained["scale"].numpy(),
        "scalar_names": np.array(SCALAR_NAMES),
        "scalar_mean": trained["scalar_mean"].numpy(),
        "scalar_scale": trained["scalar_scale"].numpy(),
        "entry_weights": state["entry.weight"][:, :, 0, 0],
        "entry_bias": state["entry.bias"],
        "dilations": np.array(DILATIONS, np.int64),
        "pooled": np.array(POOLED, np.int64),
        "exit_weights": state["exit.weight"][:, :, 0, 0],
        "exit_bias": state["exit.bias"],
    }
    for ours, theirs in (("scalar", "scalars"), ("detection", "detection")):
        arrays[f"{ours}_hidden_weights"] = state[f"{theirs}.0.weight"]
        arrays[f"{ours}_hidden_bias"] = state[f"{theirs}.0.bias"]
        arrays[f"{ours}_weights"] = state[f"{theirs}.2.weight"]
        arrays[f"{ours}_bias"] = state[f"{theirs}.2.bias"]
    for i in range(len(DILATIONS)):
        arrays[f"block{i}_weights"] = state[f"blocks.{i}.weight"]
        arrays[f"block{i}_bias"] = state[f"blocks.{i}.bias"]
        arrays[f"block{i}_gain"] = state["gains"][i]
        if i in POOLED:
            arrays[f"block{i}_pool_weights"] = state[f"pools.{i}.weight"]
            arrays[f"block{i}_pool_bias"] = state[f"pools.{i}.bias"]
    arrays["exit_weights"] = arrays["exit_weights"] * np.float32(line.scale)
    arrays["exit_bias"] = arrays["exit_bias"] * np.float32(line.scale) + np.float32(line.shift)
    # Its last two inputs are logits.
    weights = arrays["detection_hidden_weights"].copy()
    weights[:, -2:] /= np.float32(line.scale)
    arrays["detection_hidden_weights"] = weights
    arrays["detection_hidden_bias"] = arrays["detection_hidden_bias"] - np.float32(
        line.shift
    ) * weights[:, -2:].sum(axis=1)
    return {name: np.ascontiguousarray(value) for name, value in arrays.items()}


def probability_line(model: FusionModule, held: list[Example], normal: Normalization) -> Line:
    """Return the scale and the shift that make probabilities of logits, by Platt's method.

    Logistic regression of what is spliced on the logits of the blocks of `held`, pictures that were
    not trained on, by Newton's method; spliced pictures alone, which all weigh the same.
    """
    x, y, weight = [], [], []
    for example in held:
        truth = example.truth.ravel() >= 128
        if truth.any():
            x.append(predicted(model, example, normal)[0].ravel().astype(np.float64))
            y.append(truth)
            weight.append(np.full(truth.size, 1 / truth.size))
    if not x:
        raise click.UsageError("no picture to validate on is spliced")
    logits, spliced, weights = np.concatenate(x), np.concatenate(y), np.concatenate(weight)
    design = np.column_stack([logits, np.ones_like(logits)])

    def loss(line: NDArray[np.float64]) -> float:
        return float((weights * np.logaddexp(0, (1 - 2 * spliced) * (design @ line))).sum())

    line = np.array([1.0, 0.0])
    for _ in range(_MOST_STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ line, -30, 30)))
        gradient = design.T @ (weights * (p - spliced))
        if np.abs(gradient).max() < 1e-9 * weights.sum():
            break
        curvature = (design * (weights * p * (1 - p))[:, np.newaxis]).T @ design
        step = np.linalg.solve(curvature + 1e-9 * weights.sum() * np.eye(2), gradient)
        # Newton's steps overshoot where all is sure: shorter ones, until it gets better.
        while loss(line - step) > loss(line) and np.abs(step).max() > 1e-12:
            step /= 2
        line -= step
    else:
        raise click.ClickException("no line makes probabilities of the logits: train for longer")
    if not line[0] > 0:
        raise click.ClickException("the higher the logits, the less is spliced: it learned nothing")
    return Line(float(line[0]), float(line[1]))


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--validation", required=True, type=click.Path(exists=True, path_type=Path),
              help="Maps of pictures that were not trained on.")  # fmt: skip
def export(model: Path, output: Path, validation: Path) -> None:
    """Write MODEL, a file of training.train, as OUTPUT, an .npz file."""
    trained = torch.load(model, weights_only=True)
    network, normal = restored(trained)
    line = probability_line(network, load_examples(validation), normal)
    with output.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays_of(trained, line))
    click.echo(
        f"{output}: {output.stat().st_size:,} bytes, logits {line.scale:.3f} x {line.shift:+.3f}"
    )


if __name__ == "__main__":
    export()
