"""The network and the edges of the method "fusion" against NumPy, OpenCV and PyTorch.

Convolutions are compared on small whole numbers, which no order of summation rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import contest
import pictures
from made_networks import network_arrays
from unsplice import localize
from unsplice.blind.compression import measure_history
from unsplice.blind.evidence.color_filter import color_filter_maps
from unsplice.blind.evidence.cooccurrences import cooccurrence_maps
from unsplice.blind.evidence.ghosts import ghost_maps
from unsplice.blind.evidence.grid_votes import grid_vote_maps
from unsplice.blind.evidence.maps import block_maps
from unsplice.blind.evidence.noise import noise_maps
from unsplice.blind.fusion.edges import refine_edges
from unsplice.blind.fusion.judgement import shipped_network
from unsplice.blind.fusion.kernels import convolve_blocks
from unsplice.blind.fusion.network import Network
from unsplice.blind.fusion.texture import with_texture
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.source import blind_source
from unsplice.image import decode_image

Show = Callable[..., None]
Array = NDArray[Any]
WIDTH = 32


def whole_numbers(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).integers(-8, 9, shape).astype(np.float32)


def convolved_by_numpy(maps: Array, weights: Array, bias: Array, dilation: int) -> Array:
    """Return the product of all weights with all windows, by the BLAS of NumPy."""
    inputs, rows, cols = maps.shape
    padded = np.pad(maps, ((0, 0), (dilation, dilation), (dilation, dilation)))
    windows = np.empty((inputs, 3, 3, rows, cols), np.float32)
    for i in range(3):
        for j in range(3):
            top, left = i * dilation, j * dilation
            windows[:, i, j] = padded[:, top : top + rows, left : left + cols]
    result = weights.reshape(len(weights), -1) @ windows.reshape(9 * inputs, rows * cols)
    return np.asarray(result + bias[:, np.newaxis]).reshape(-1, rows, cols)


def convolved_by_pytorch(maps: Array, weights: Array, bias: Array, dilation: int) -> Array:
    import torch

    torch.set_num_threads(1)
    tensors = (torch.from_numpy(array) for array in (maps[np.newaxis], weights, bias))
    result = torch.nn.functional.conv2d(*tensors, padding=dilation, dilation=dilation)
    return np.asarray(result[0])


@pytest.mark.parametrize("dilation", [1, 8])
@pytest.mark.parametrize("size", pictures.SIZES)
def bench_convolve_blocks(size: str, dilation: int, show: Show) -> None:
    rows, cols = (side // 8 for side in pictures.SIZES[size])
    maps, weights = whole_numbers(WIDTH, rows, cols), whole_numbers(WIDTH, WIDTH, 3, 3)
    bias = whole_numbers(WIDTH)
    contenders: dict[str, Callable[[], Any]] = {
        "unsplice": lambda: convolve_blocks(maps, weights, bias, dilation=dilation, num_threads=1),
        "NumPy": lambda: convolved_by_numpy(maps, weights, bias, dilation),
    }
    try:
        import torch  # noqa: F401 - is it there?
    except ImportError:
        pass
    else:
        contenders["PyTorch"] = lambda: convolved_by_pytorch(maps, weights, bias, dilation)
    timings = contest.contest(contenders)
    rate = weights.size * rows * cols / timings[0].minimum / 1e9
    met = contest.goal("8 G multiply-adds a second", rate >= 8, f"{rate:.1f} G")
    show(f"convolve_blocks, blocks of {size}, dilation {dilation}", timings, met)


def bench_network(show: Show) -> None:
    arrays = network_arrays(110, 10, WIDTH, hidden=24, dilations=(1, 2, 4, 8, 2, 1), pooled=(2, 5))
    network = Network.from_arrays(arrays)
    rows, cols = (side // 8 for side in pictures.SIZES["12 megapixels"])
    random = np.random.default_rng(0)
    maps = random.standard_normal((110, rows, cols), np.float32)
    scalars = random.standard_normal(10, np.float32)
    hidden = maps[:WIDTH]
    weights, bias = arrays["block0_weights"], arrays["block0_bias"]
    timings = contest.contest(
        {
            "Network.run": lambda: network.run(maps, scalars, num_threads=1),
            "one of its convolutions": lambda: convolve_blocks(
                hidden, weights, bias, num_threads=1
            ),
        },
        # Nothing to compare: the second is a part of the first.
        {"Network.run": lambda _: 0, "one of its convolutions": lambda _: 0},
    )
    seconds = timings[0].minimum
    met = contest.goal("1.2 s", seconds <= 1.2, f"{seconds:.2f} s")
    show("the network at 12 megapixels, one thread", timings, met)


def refined_by_opencv(image: Array, heatmap: Array, reach: int, epsilon: float) -> Array:
    """Return the same windows by means over cells, boxes and a bilinear enlargement of OpenCV."""
    size = image.shape[1::-1]
    small = (size[0] // 4, size[1] // 4)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    box = (2 * reach + 1, 2 * reach + 1)

    def mean(values: Array) -> Array:
        summed = cv2.boxFilter(values, -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)
        return np.asarray(summed) / counts

    def cells(values: Array) -> Array:
        return np.asarray(cv2.resize(values, small, interpolation=cv2.INTER_AREA))

    ones = np.ones(small[::-1], np.float32)
    counts = cv2.boxFilter(ones, -1, box, normalize=False, borderType=cv2.BORDER_CONSTANT)
    i, p = mean(cells(gray)), mean(cells(heatmap))
    variance = mean(cells(gray * gray)) - i * i
    slope = (mean(cells(gray * heatmap)) - i * p) / (variance + np.float32(epsilon))
    slopes, offsets = (cv2.resize(mean(plane), size) for plane in (slope, -slope * i))
    return np.asarray(heatmap + slopes * gray + offsets).clip(0, 1)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_refine_edges(size: str, show: Show) -> None:
    gray = pictures.gray(pictures.SIZES[size])
    image = np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])
    heatmap = pictures.gray(pictures.SIZES[size], "float32") / np.float32(255)
    ours = refine_edges(image, heatmap, num_threads=1)
    # OpenCV rounds its gray levels another way.
    np.testing.assert_allclose(ours, refined_by_opencv(image, heatmap, 4, 1e-3), atol=0.02)
    close = {"unsplice": lambda _: 0, "OpenCV": lambda _: 0}
    timings = contest.contest(
        {
            "unsplice": lambda: refine_edges(image, heatmap, num_threads=1),
            "OpenCV": lambda: refined_by_opencv(image, heatmap, 4, 1e-3),
        },
        close,
    )
    seconds = timings[0].minimum
    met = contest.goal("0.4 s at 12 megapixels", seconds <= 0.4, f"{seconds:.3f} s")
    show(f"refine_edges, {size}", timings, met)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_where_the_time_goes(size: str, show: Show) -> None:
    """Every family, the network and the edges, beside the whole, on one thread."""
    rows, cols = pictures.SIZES[size]
    gray = pictures.gray((rows, cols))
    shifted = np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])
    done, data = cv2.imencode(".jpg", shifted, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done
    decoded = decode_image(data.tobytes())
    source = blind_source(decoded)
    image, parameters = source.pixels, JpegHistoryParameters()
    found = block_maps(source, parameters, num_threads=1)
    network = shipped_network()
    logits = network.run(found.maps, found.scalars, num_threads=1).logits
    once, twice = (localize(decoded, num_threads=threads) for threads in (1, 2))
    assert np.array_equal(once.heatmap, twice.heatmap)
    heatmap = once.heatmap
    contenders: dict[str, Callable[[], Any]] = {
        "localize": lambda: localize(decoded, num_threads=1),
        "jpeg-history": lambda: measure_history(source, parameters, num_threads=1),
        "grid-votes": lambda: grid_vote_maps(image, num_threads=1),
        "ghosts": lambda: ghost_maps(image, num_threads=1),
        "noise": lambda: noise_maps(image, num_threads=1),
        "color-filter": lambda: color_filter_maps(image, num_threads=1),
        "co-occurrences": lambda: cooccurrence_maps(image, num_threads=1),
        "network": lambda: network.run(found.maps, found.scalars, num_threads=1),
        "texture": lambda: with_texture(logits, source, row=0, col=0, num_threads=1),
        "edges": lambda: refine_edges(image, heatmap, num_threads=1),
    }
    # Nothing to compare: all others are parts of the first.
    timings = contest.contest(contenders, {name: lambda _: 0 for name in contenders})
    seconds, most = timings[0].minimum, 3.0 if rows * cols > 10**7 else 0.06
    met = contest.goal(f"{most:g} s", seconds <= most, f"{seconds:.3f} s")
    show(f"where the time goes, {size}", timings, met)
