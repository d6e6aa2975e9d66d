"""Networks with random weights, in the form of their file."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrays", "network_arrays"]

Arrays = dict[str, NDArray[Any]]


def network_arrays(
    maps: int,
    scalars: int,
    width: int,
    *,
    hidden: int = 4,
    dilations: tuple[int, ...],
    pooled: tuple[int, ...],
    seed: int = 0,
) -> Arrays:
    """Return what `unsplice.blind.fusion.network.Network.from_arrays` takes.

    Weights are so large that numbers neither grow nor fade from layer to layer.
    """
    random = np.random.default_rng(seed)

    def floats(*shape: int) -> NDArray[np.float32]:
        return (random.standard_normal(shape) / sqrt(prod(shape[1:]))).astype(np.float32)

    arrays: Arrays = {
        "map_names": np.array([f"map_{i}" for i in range(maps)]),
        "centered": np.arange(maps) % 3 != 1,
        "scale": random.uniform(0.5, 2, maps).astype(np.float32),
        "scalar_names": np.array([f"scalar_{i}" for i in range(scalars)]),
        "scalar_mean": floats(scalars),
        "scalar_scale": random.uniform(0.5, 2, scalars).astype(np.float32),
        "scalar_hidden_weights": floats(hidden, scalars),
        "scalar_hidden_bias": floats(hidden),
        "scalar_weights": floats(width, hidden),
        "scalar_bias": floats(width),
        "entry_weights": floats(width, maps),
        "entry_bias": floats(width),
        "dilations": np.array(dilations),
        "pooled": np.array(pooled, np.int64),
        "exit_weights": floats(1, width),
        "exit_bias": floats(1),
        "detection_hidden_weights": floats(hidden, 2 * width + 2),
        "detection_hidden_bias": floats(hidden),
        "detection_weights": floats(1, hidden),
        "detection_bias": floats(1),
    }
    for i in range(len(dilations)):
        arrays |= {
            f"block{i}_weights": floats(width, width, 3, 3),
            f"block{i}_bias": floats(width),
            f"block{i}_gain": floats(width) / 2,
        }
    for i in pooled:
        arrays[f"block{i}_pool_weights"] = floats(width, 2 * width)
        arrays[f"block{i}_pool_bias"] = floats(width)
    return arrays
