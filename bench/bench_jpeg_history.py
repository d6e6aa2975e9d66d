"""What the compression history of a picture costs, as a whole, and that it is found."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import contest
import pictures
from unsplice import decode_image, localize
from unsplice.synthetic.forging import Saving, decode

Show = Callable[..., None]
ROUNDS = 5
GOALS = {"384 x 256": 0.06, "12 megapixels": 2.0}  # seconds on one thread


def spliced(size: str) -> tuple[bytes, NDArray[np.bool_]]:
    """Return a JPEG with a paste in a picture that was saved before, and where it is."""
    rows, cols = pictures.SIZES[size]
    gray = pictures.gray((rows, cols))
    picture = np.dstack([np.roll(gray, (channel, 0), (0, 1)) for channel in range(3)])
    where = np.zeros((rows, cols), bool)
    where[rows // 4 : rows // 2, cols // 3 : 2 * cols // 3] = True
    image = np.where(where[..., None], picture, decode(Saving(75, "4:2:0").encode(picture)))
    return Saving(92, "4:2:0").encode(image), where


def timed(name: str, call: Callable[[], Any]) -> contest.Timing:
    """Return the processor time of a call."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        call()
        taken.append(time.process_time() - begin)
    return contest.Timing(name, min(taken), statistics.median(taken), ROUNDS)


@pytest.mark.parametrize("size", pictures.SIZES)
def bench_jpeg_history(size: str, show: Show) -> None:
    data, where = spliced(size)
    source = decode_image(data)
    result: Any = localize(source, method="jpeg-history", num_threads=1)
    assert result.finding == "spliced"
    assert (result.mask & where).sum() > 0.8 * (result.mask | where).sum()
    timings = [
        timed(method, lambda method=method: localize(source, method=method, num_threads=1))
        for method in ("jpeg-history", "paper")
    ]
    seconds = timings[0].median
    goal = contest.goal(f"{GOALS[size]:g} s", seconds <= GOALS[size], f"{seconds:.3f} s")
    show(f"jpeg-history beside the paper's method, {size}, one thread", timings, goal)
