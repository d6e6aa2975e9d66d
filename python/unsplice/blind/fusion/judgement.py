"""What is measured of a picture, and what the network makes of it, before anything is decided."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unsplice.blind.evidence.maps import MAP_NAMES, SCALAR_NAMES, EvidenceMaps, block_maps
from unsplice.blind.fusion.gate import gate_numbers
from unsplice.blind.fusion.network import Network, load_network, sigmoid_of
from unsplice.blind.jpeg_history import decide_by_history
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.source import BlindSource
from unsplice.errors import UnspliceError
from unsplice.result import Localization

__all__ = ["Judgement", "judge", "shipped_network", "shipped_weights"]

_HISTORY: Final = JpegHistoryParameters()
# Mean probability, by the network alone, of what the compression history marks. Untouched pictures
# that were saved three times or more have histories that two compressions explain badly.
LEAST_AGREEMENT: Final = 0.25
OF_HISTORY: Final = np.float32(4)  # logit between a share of 0 and of 1 of a single compression


@dataclass(frozen=True, eq=False)
class Judgement:
    """What is measured before anything is decided.

    Attributes
    ----------
    evidence : EvidenceMaps
        Of the picture.
    logits : (block rows, block cols) array of float32
        Of the network.
    verdict : Localization
        What the compression history alone says.
    proven : (block rows, block cols) array of bool
        What it marks, where that counts: it is evidence, and the network agrees.
    probabilities : (block rows, block cols) array of float32
        That a block is spliced, given that the picture is: the logistic function of the logits, to
        which the odds of the history are added where it counts.
    numbers : (n,) array of float64
        What the gate weighs, in the order of `GATE_NAMES`.
    """

    evidence: EvidenceMaps
    logits: NDArray[np.float32]
    verdict: Localization
    proven: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    numbers: NDArray[np.float64]

    @property
    def by_history(self) -> bool:
        """Whether the compression history is evidence enough."""
        return bool(self.proven.any())

    @property
    def table_known(self) -> bool:
        """Whether the file tells the quantisation of its pixels."""
        return bool(self.evidence.scalars[SCALAR_NAMES.index("table_known")])


@cache
def shipped_network() -> Network:
    """Return the network that ships with the package; docs/model-card.md tells how it was made.

    Raises
    ------
    UnspliceError
        E195 if its file cannot be read, is damaged, or holds a network over other maps.
    """
    with as_file(files("unsplice.blind.fusion") / "network.npz") as path:
        network = load_network(path)
        if (network.map_names, network.scalar_names) != (MAP_NAMES, SCALAR_NAMES):
            raise UnspliceError("E195", path=path, reason="its maps are not those of this version")
        return network


@cache
def shipped_weights() -> str:
    """Return the SHA-256 of the files that decide: the network, then the gate, in hexadecimal."""
    digest = hashlib.sha256()
    for name in ("network.npz", "gate.json"):
        digest.update((files("unsplice.blind.fusion") / name).read_bytes())
    return digest.hexdigest()


def judge(
    source: BlindSource,
    network: Network,
    *,
    without: Collection[str] = (),
    num_threads: int | None = None,
) -> Judgement:
    """Measure a picture, and let the network judge its blocks.

    Parameters
    ----------
    source : BlindSource
        At least 16 pixels high and wide.
    network : Network
        Over the maps of `unsplice.blind.evidence.maps`.
    without : collection of str
        Families of maps that are not looked at, of `FAMILIES`.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Judgement
    """
    evidence = block_maps(source, _HISTORY, without=without, num_threads=num_threads)
    prediction = network.run(evidence.maps, evidence.scalars, num_threads=num_threads)
    probabilities = sigmoid_of(prediction.logits)
    verdict, compression = decide_by_history(
        source, evidence.history, _HISTORY, num_threads=num_threads
    )
    proven = np.zeros(probabilities.shape, bool)
    if verdict.finding == "spliced" and "jpeg-history" not in without:
        marked = _blocks_of(verdict.mask, evidence)
        if _mean(probabilities[marked]) >= LEAST_AGREEMENT:
            proven = marked
    if compression is not None and proven.any():
        # What needs no learning to be seen adds its odds to what was learned.
        odds = OF_HISTORY * (compression.ratio.clip(0, 1) - np.float32(0.5))
        probabilities = sigmoid_of(prediction.logits + odds)
    numbers = gate_numbers(
        prediction.logits,
        probabilities,
        prediction.detection,
        evidence.scalars,
        history_valid=bool(proven.any()),
        num_threads=num_threads,
    )
    return Judgement(evidence, prediction.logits, verdict, proven, probabilities, numbers)


def _mean(probabilities: NDArray[np.float32]) -> float:
    """Return the mean, 0 of none; in whole numbers, whose sum has one value only."""
    steps = np.rint(probabilities.astype(np.float64) * 2**16).astype(np.int64)
    return int(steps.sum()) / max(steps.size, 1) / 2**16


def _blocks_of(mask: NDArray[np.bool_], evidence: EvidenceMaps) -> NDArray[np.bool_]:
    """Return the blocks whose middle is marked."""
    rows, cols = evidence.maps.shape[1:]
    return mask[evidence.row + 4 :: 8, evidence.col + 4 :: 8][:rows, :cols]
