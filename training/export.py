"""Write a trained network as the package reads it: ``python -m training.export --help``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

from training.model import DILATIONS, POOLED
from training.train import ABSOLUTE
from unsplice.blind.evidence.maps import MAP_NAMES, SCALAR_NAMES

__all__ = ["arrays_of", "export"]


def arrays_of(
    trained: dict[str, Any], *, scale: float = 1.0, shift: float = 0.0
) -> dict[str, NDArray[Any]]:
    """Return what `unsplice.blind.fusion.network.load_network` documents.

    Parameters
    ----------
    trained : dict
        What `training.train` wrote.
    scale, shift : float
        Each logit x becomes ``scale x + shift``, so that its logistic function is a probability
        also on pictures that were not trained on. The logit of the picture stays as it was.
    """
    if tuple(trained["maps"]) != MAP_NAMES:
        raise ValueError("the network was trained on other maps than this version computes")
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
    arrays["exit_weights"] = arrays["exit_weights"] * np.float32(scale)
    arrays["exit_bias"] = arrays["exit_bias"] * np.float32(scale) + np.float32(shift)
    # Its last two inputs are logits.
    weights = arrays["detection_hidden_weights"].copy()
    weights[:, -2:] /= np.float32(scale)
    arrays["detection_hidden_weights"] = weights
    arrays["detection_hidden_bias"] = arrays["detection_hidden_bias"] - np.float32(shift) * weights[
        :, -2:
    ].sum(axis=1)
    return {name: np.ascontiguousarray(value) for name, value in arrays.items()}


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--scale", default=1.0, show_default=True, help="What every logit is multiplied by.")
@click.option("--shift", default=0.0, show_default=True, help="Added to every logit.")
def export(model: Path, output: Path, scale: float, shift: float) -> None:
    """Write MODEL, a file of training.train, as OUTPUT, an .npz file."""
    trained = torch.load(model, weights_only=True)
    with output.open("wb") as stream:
        np.savez_compressed(
            stream, allow_pickle=False, **arrays_of(trained, scale=scale, shift=shift)
        )
    click.echo(f"{output}: {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    export()
