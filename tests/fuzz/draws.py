"""Choices read from bytes: the fuzzer changes the bytes, and thereby what is chosen."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")

# Where ranges of whole numbers end.
EDGES = (
    -(2**63) - 1, -(2**63), -(2**31) - 1, -(2**31), -1, 0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31,
    2**32, 2**62, 2**63 - 1, 2**63, 2**64,
)  # fmt: skip
FLOATS = (
    0.0, -0.0, 1.0, -1.0, 0.5, 255.0, 256.0, 2.0**24, 1e-45, 1e-38, 3e38, 1e300, float("inf"),
    float("-inf"), float("nan"),
)  # fmt: skip


class Draws:
    """What some bytes choose; when they are used up, always the first of all choices."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @classmethod
    def of_seed(cls, *seed: int, length: int = 1024) -> Draws:
        """Return the choices of random bytes."""
        return cls(random.Random(repr(seed)).randbytes(length))  # noqa: S311, no secret

    def take(self, count: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def integer(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, both included."""
        span = high - low
        size = (span.bit_length() + 7) // 8
        return low + int.from_bytes(self.take(size), "big") % (span + 1)

    def chance(self, of: int) -> bool:
        """Return True once in `of` times."""
        return self.integer(1, of) == of

    def boolean(self) -> bool:
        return self.integer(0, 1) == 1

    def choice(self, items: Sequence[Item]) -> Item:
        return items[self.integer(0, len(items) - 1)]

    def number(self) -> float:
        """Return a float of any kind, also NaN and infinity."""
        if self.boolean():
            return self.choice(FLOATS)
        return float(struct.unpack("<d", self.take(8).ljust(8, b"\0"))[0])

    def share(self) -> float:
        """Return a number from 0 to 1."""
        return self.integer(0, 65535) / 65535

    def generator(self) -> np.random.Generator:
        """Return a source of bulk content, of which the bytes choose the seed."""
        return np.random.default_rng(self.integer(0, 2**16 - 1))
