"""How answers are read that no two ways of computing give to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from unsplice.bench.contest import Call, Reading, require

__all__ = ["rarely_off"]


def rarely_off(ours: Call, *, share: float, most: float = 1) -> Reading:
    """Return a reading for whole numbers that come from rounded ones.

    Where a number lies between two steps, another order of operations takes the other step: at most
    this share of the answers may differ from ours, and by at most so much.
    """

    def reading(raw: Any) -> Any:
        expected = ours()
        there = np.nonzero(raw != expected)
        require(len(there[0]) <= share * expected.size, f"{len(there[0])} of {raw.size} differ")
        off = raw[there].astype(np.int64) - expected[there]
        require(abs(off).max(initial=0) <= most, f"some differ by more than {most}")
        return expected

    return reading
