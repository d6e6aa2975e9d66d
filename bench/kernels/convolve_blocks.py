"""convolve_blocks against the BLAS of NumPy, and PyTorch.

On small whole numbers, which no order of summation rounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from unsplice import pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer
from unsplice.blind.fusion.kernels import convolve_blocks

WIDTH = 32
SIDE = 12  # of the crop

torch = peer("torch")


def whole_numbers(*shape: int) -> Any:
    return np.random.default_rng(0).integers(-8, 9, shape).astype(np.float32)


def by_numpy(maps: Any, weights: Any, bias: Any, dilation: int) -> Any:
    """Multiply all weights with all windows."""
    inputs, rows, cols = maps.shape
    padded = np.pad(maps, ((0, 0), (dilation, dilation), (dilation, dilation)))
    windows = np.empty((inputs, 3, 3, rows, cols), np.float32)
    for i in range(3):
        for j in range(3):
            top, left = i * dilation, j * dilation
            windows[:, i, j] = padded[:, top : top + rows, left : left + cols]
    result = weights.reshape(len(weights), -1) @ windows.reshape(9 * inputs, rows * cols)
    return (result + bias[:, np.newaxis]).reshape(-1, rows, cols)


def by_pytorch(maps: Any, weights: Any, bias: Any, dilation: int) -> Any:
    torch.set_num_threads(1)
    tensors = (torch.from_numpy(array) for array in (maps[np.newaxis], weights, bias))
    return torch.nn.functional.conv2d(*tensors, padding=dilation, dilation=dilation)[0].numpy()


def contest_at(size: pictures.Size, dilation: int) -> Contest:
    maps = whole_numbers(WIDTH, size[0] // 8, size[1] // 8)
    layer = whole_numbers(WIDTH, WIDTH, 3, 3), whole_numbers(WIDTH)
    part = np.ascontiguousarray(maps[:, :SIDE, :SIDE])
    peers = {"NumPy matmul": lambda: by_numpy(maps, *layer, dilation)}
    if torch:
        peers["PyTorch conv2d"] = lambda: by_pytorch(maps, *layer, dilation)
    return Contest(
        "convolve_blocks",
        f"32 maps, dilation {dilation}",
        lambda: convolve_blocks(maps, *layer, dilation=dilation, num_threads=1),
        peers,
        crop=Crop(
            lambda: convolve_blocks(part, *layer, dilation=dilation),
            lambda: pure_python.convolve_blocks(part, *layer, dilation),
            maps[0].size / SIDE**2,
        ),
    )


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield layers as the network of the method "fusion" has them."""
    for dilation in (1, 8):
        yield contest_at(size, dilation)
