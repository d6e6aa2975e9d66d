"""The small network that turns evidence maps into one map, and its file.

A residual network of few channels on the grid of 8x8 blocks. It runs on the kernels of this package
alone, and gives the same bits for every number of threads and on every processor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp
from os import PathLike
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import dense_array, dense_planes, thread_count
from unsplice.blind.fusion.kernels import (
    FURTHEST,
    convolve_blocks,
    normalize_maps,
    plane_moments,
)
from unsplice.blind.fusion.stored_arrays import ArrayReader, stored_arrays

__all__ = ["Block", "Network", "Perceptron", "Prediction", "load_network", "sigmoid_of"]

Floats = NDArray[np.float32]

MAP_LIMIT: Final = 6.0  # normalised maps are clipped here
SCALAR_LIMIT: Final = 4.0
LEAST_VARIANCE: Final = 1e-8  # is added: a root has no slope at 0, which training needs
LOGIT_LIMIT: Final = 16  # beyond, a logistic function is 0 or 1 to within 2^-16
LOGIT_STEPS: Final = 256  # in a unit


@dataclass(frozen=True)
class Prediction:
    """What the network says of a picture.

    Attributes
    ----------
    logits : (rows, cols) array of float32
        One number a block; higher = more suspicious.
    detection : float
        Logit that anything was spliced at all.
    """

    logits: Floats
    detection: float


@dataclass(frozen=True, eq=False)
class Perceptron:
    """Two dense layers, ``W2 relu(W1 x + b1) + b2``.

    Attributes
    ----------
    hidden_weights : (hidden, inputs) array of float32
        W1.
    hidden_bias : (hidden,) array of float32
        b1.
    weights : (outputs, hidden) array of float32
        W2.
    bias : (outputs,) array of float32
        b2.
    """

    hidden_weights: Floats
    hidden_bias: Floats
    weights: Floats
    bias: Floats

    @classmethod
    def of(cls, read: ArrayReader, name: str, inputs: int, outputs: int) -> Perceptron:
        """Take the layers that are called `name` in a file."""
        hidden = read.length(f"{name}_hidden_bias")
        return cls(
            read.floats(f"{name}_hidden_weights", (hidden, inputs)),
            read.floats(f"{name}_hidden_bias", (hidden,)),
            read.floats(f"{name}_weights", (outputs, hidden)),
            read.floats(f"{name}_bias", (outputs,)),
        )

    def __call__(self, values: Floats) -> Floats:
        """Return the outputs for one vector of inputs."""
        hidden = _dense(values, self.hidden_weights, self.hidden_bias)
        return _dense(np.maximum(hidden, 0), self.weights, self.bias)


@dataclass(frozen=True, eq=False)
class Block:
    """One residual block: ``h += P [mean(h), std(h)] + p``, then ``h += a relu(W * h + b)``.

    Attributes
    ----------
    weights : (width, width, 3, 3) array of float32
        W.
    bias : (width,) array of float32
        b.
    gain : (width,) array of float32
        a, a factor a channel.
    dilation : int
        Distance of the taps in blocks.
    pool_weights, pool_bias : arrays of float32, or None
        P of shape (width, 2 width) and p of shape (width,); None where nothing is pooled.
    """

    weights: Floats
    bias: Floats
    gain: Floats
    dilation: int
    pool_weights: Floats | None = None
    pool_bias: Floats | None = None

    @classmethod
    def of(cls, read: ArrayReader, name: str, width: int, dilation: int, pools: bool) -> Block:
        """Take the block that is called `name` in a file."""
        return cls(
            read.floats(f"{name}_weights", (width, width, 3, 3)),
            read.floats(f"{name}_bias", (width,)),
            read.floats(f"{name}_gain", (width,)),
            dilation,
            read.floats(f"{name}_pool_weights", (width, 2 * width)) if pools else None,
            read.floats(f"{name}_pool_bias", (width,)) if pools else None,
        )

    def __call__(self, hidden: Floats, num_threads: int) -> Floats:
        """Return what follows `hidden`, which may change."""
        if self.pool_weights is not None and self.pool_bias is not None:
            pooled = _dense(_pooled(hidden, num_threads), self.pool_weights, self.pool_bias)
            hidden += pooled[:, None, None]
        return convolve_blocks(
            hidden,
            self.weights,
            self.bias,
            gain=self.gain,
            dilation=self.dilation,
            num_threads=num_threads,
        )


@dataclass(frozen=True, eq=False)
class Network:
    """The network as its file has it; see `load_network` for the meaning of the arrays.

    Attributes
    ----------
    map_names, scalar_names : tuple of str
        What `run` expects, in order.
    """

    map_names: tuple[str, ...]
    centered: NDArray[np.bool_]
    scale: Floats
    scalar_names: tuple[str, ...]
    scalar_mean: Floats
    scalar_scale: Floats
    scalar_layers: Perceptron
    entry_weights: Floats
    entry_bias: Floats
    blocks: tuple[Block, ...]
    exit_weights: Floats
    exit_bias: Floats
    detection_layers: Perceptron

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Network:
        """Make the network of what a file holds by name.

        Raises
        ------
        ValueError
            If an array is missing or too many, of another dtype or shape than `load_network` lists,
            or a number is not finite or out of range.
        """
        read = ArrayReader(arrays)
        map_names, scalar_names = read.names("map_names"), read.names("scalar_names")
        maps, scalars = len(map_names), len(scalar_names)
        width = read.length("entry_bias")
        dilations = read.indices("dilations", 1, FURTHEST)
        pooled = read.indices("pooled", 0, len(dilations) - 1)
        network = cls(
            map_names=map_names,
            centered=read.take("centered", (maps,), "bool"),
            scale=read.positive("scale", (maps,)),
            scalar_names=scalar_names,
            scalar_mean=read.floats("scalar_mean", (scalars,)),
            scalar_scale=read.positive("scalar_scale", (scalars,)),
            scalar_layers=Perceptron.of(read, "scalar", scalars, width),
            entry_weights=read.floats("entry_weights", (width, maps)),
            entry_bias=read.floats("entry_bias", (width,)),
            blocks=tuple(
                Block.of(read, f"block{i}", width, dilation, i in pooled)
                for i, dilation in enumerate(dilations)
            ),
            exit_weights=read.floats("exit_weights", (1, width)),
            exit_bias=read.floats("exit_bias", (1,)),
            detection_layers=Perceptron.of(read, "detection", 2 * width + 2, 1),
        )
        read.finish()
        return network

    def run(self, maps: Floats, scalars: Floats, *, num_threads: int | None = None) -> Prediction:
        """Judge the blocks of a picture, and the picture.

        Parameters
        ----------
        maps : (maps, rows, cols) array of float32
            The evidence maps of `map_names`; at least one block.
        scalars : (scalars,) array of float32
            What is known of the picture as a whole: the numbers of `scalar_names`.
        num_threads : int, optional
            Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

        Returns
        -------
        Prediction
            A logit for each block and one for the picture.

        Raises
        ------
        TypeError, ValueError
            For an array of another dtype or shape, or a number that is not finite.

        Notes
        -----
        With all convolutions as in `convolve_blocks`, mean and std over the picture, and ``s`` the
        scalars less their mean, over their scale, clipped to -4..4::

            x = clip((maps - center) / scale, -6, 6)    center: the median where centered, else 0
            h = relu(entry * x + (entry_bias + scalar_layers(s)))
            for each block:                             h += pool [mean(h), std(h)]   where pooled
                h += gain relu(block * h)               with the dilation of the block
            logits = exit * h
            detection = detection_layers([mean(h), std(h), mean of the highest 1 % of the logits
                                          (at least one), highest logit])

        The median of an even number is the lower one of the two in the middle; std is the root of
        the variance + 1e-8.
        """
        threads = thread_count(num_threads)
        entry = _as_filters(self.entry_weights)
        bias = self.entry_bias + self.scalar_layers(self._normalized_scalars(scalars))
        normalized = self._normalized(maps, threads)
        hidden = convolve_blocks(normalized, entry, bias, num_threads=threads)
        np.maximum(hidden, 0, out=hidden)
        for block in self.blocks:
            hidden = block(hidden, threads)
        logits = convolve_blocks(
            hidden, _as_filters(self.exit_weights), self.exit_bias, num_threads=threads
        )[0]
        inputs = np.concatenate([_pooled(hidden, threads), _highest(logits)])
        return Prediction(logits, float(self.detection_layers(inputs)[0]))

    def _normalized(self, maps: Floats, num_threads: int) -> Floats:
        stack = dense_planes(maps, "maps")
        if len(stack) != len(self.scale) or 0 in stack.shape[1:]:
            expected = f"({len(self.scale)}, rows, cols), with at least one block"
            raise ValueError(f"maps must have shape {expected}, got {stack.shape}")
        result = normalize_maps(
            stack, self.centered, self.scale, MAP_LIMIT, num_threads=num_threads
        )
        for name, begins_with in zip(self.map_names, result[:, 0, 0], strict=True):
            if np.isnan(begins_with):
                raise ValueError(f"maps must be finite, {name} is not")
        return result

    def _normalized_scalars(self, scalars: Floats) -> Floats:
        values = dense_array(scalars, "scalars", ("float32",), "(scalars,)", (1,), free_axes=0)
        if values.shape != self.scalar_mean.shape:
            raise ValueError(
                f"scalars must have shape {self.scalar_mean.shape}, got {values.shape}"
            )
        if not np.isfinite(values).all():
            raise ValueError("scalars must be finite")
        normalized: Floats = (values - self.scalar_mean) / self.scalar_scale
        return normalized.clip(-SCALAR_LIMIT, SCALAR_LIMIT)


def load_network(file: str | PathLike[str] | BinaryIO) -> Network:
    """Read a network from an ``.npz`` file.

    Parameters
    ----------
    file : path or binary file
        A file of NumPy arrays as `numpy.savez` writes it. With m maps, s scalars, w channels and k
        hidden units:

        ======================== ========================= =======================================
        key                      dtype and shape           meaning
        ======================== ========================= =======================================
        map_names                str (m,)                  the maps, in order
        centered                 bool (m,)                 whose median is taken off
        scale                    float32 (m,)              above 0
        scalar_names             str (s,)                  the scalars, in order
        scalar_mean              float32 (s,)
        scalar_scale             float32 (s,)              above 0
        scalar_hidden_weights    float32 (k, s)            first layer on the scalars
        scalar_hidden_bias       float32 (k,)
        scalar_weights           float32 (w, k)            second layer on the scalars
        scalar_bias              float32 (w,)
        entry_weights            float32 (w, m)            1x1 convolution of the maps
        entry_bias               float32 (w,)
        dilations                int64 (blocks,)           of the convolution of each block
        pooled                   int64 (any,)              blocks, from 0, that pool first
        block0_weights           float32 (w, w, 3, 3)      and so on for each block
        block0_bias              float32 (w,)
        block0_gain              float32 (w,)
        block0_pool_weights      float32 (w, 2 w)          of the pooled blocks alone; inputs are w
                                                           means and w standard deviations
        block0_pool_bias         float32 (w,)
        exit_weights             float32 (1, w)            1x1 convolution to the logits
        exit_bias                float32 (1,)
        detection_hidden_weights float32 (k, 2 w + 2)      first layer of the detection; inputs are
                                                           w means, w standard deviations, mean of
                                                           the highest logits, highest logit
        detection_hidden_bias    float32 (k,)
        detection_weights        float32 (1, k)            second layer of the detection
        detection_bias           float32 (1,)
        ======================== ========================= =======================================

    Returns
    -------
    Network
        As the file describes it.

    Raises
    ------
    UnspliceError
        E195 if the file cannot be read, is damaged, or holds something else.
    """
    with stored_arrays(file) as arrays:
        return Network.from_arrays(arrays)


def sigmoid_of(logits: Floats) -> Floats:
    """Return the logistic function of logits, the same bits everywhere.

    Parameters
    ----------
    logits : array of float32
        Any shape; no NaN.

    Returns
    -------
    array of float32
        ``1 / (1 + exp(-x))`` for `logits` clipped to -16..16 and rounded to multiples of 1/256 (to
        even), itself rounded to a multiple of 2^-16.

    Raises
    ------
    TypeError, ValueError
        For an array of another dtype, or with NaN.

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid_of(np.array([-np.inf, -1, 0, 3], np.float32)).tolist()
    [0.0, 0.2689361572265625, 0.5, 0.95257568359375]
    """
    if not isinstance(logits, np.ndarray) or logits.dtype != np.float32:
        kind = logits.dtype if isinstance(logits, np.ndarray) else type(logits).__name__
        raise TypeError(f"logits must be an array of float32, got {kind}")
    if np.isnan(logits).any():
        raise ValueError("logits must not be NaN")
    steps = np.rint(np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT) * np.float32(LOGIT_STEPS))
    result: Floats = _logistic_table()[steps.astype(np.int64) + LOGIT_LIMIT * LOGIT_STEPS]
    return result


@cache
def _logistic_table() -> Floats:
    # The rounding hides what the exponential functions of two C libraries may differ by.
    most = LOGIT_LIMIT * LOGIT_STEPS
    values = [
        round(2**16 / (1 + exp(-step / LOGIT_STEPS))) / 2**16 for step in range(-most, most + 1)
    ]
    return np.array(values, np.float32)


def _as_filters(weights: Floats) -> Floats:
    return weights[:, :, None, None]


def _dense(values: Floats, weights: Floats, bias: Floats) -> Floats:
    """Return ``weights @ values + bias`` in the order of `convolve_blocks`; a BLAS has its own."""
    result: Floats = convolve_blocks(values[:, None, None], _as_filters(weights), bias)[:, 0, 0]
    return result


def _pooled(hidden: Floats, num_threads: int) -> Floats:
    """Return the mean of each channel, and then the standard deviation of each."""
    mean, square = plane_moments(hidden, num_threads=num_threads).T
    deviation = np.sqrt(np.maximum(square - mean * mean, 0) + LEAST_VARIANCE)
    return np.concatenate([mean, deviation]).astype(np.float32)


def _highest(logits: Floats) -> Floats:
    """Return the mean of the highest 1 % and the highest."""
    count = max(logits.size // 100, 1)
    highest = np.partition(logits.ravel(), logits.size - count)[-count:]
    highest.sort()  # an order of its own, for the sum
    mean = plane_moments(highest.reshape(1, 1, -1))[0, 0]
    return np.array([mean, highest[-1]], np.float32)
