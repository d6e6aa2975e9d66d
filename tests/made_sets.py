"""A data set that tests make: a table of spliced and authentic pictures, with truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from scenes import disc, pasted, scene
from unsplice.evaluation.run import methods
from unsplice.evaluation.run.methods import BASELINE, Method
from unsplice.evaluation.run.plan import Plan
from unsplice.image import SourceImage
from unsplice.output import encode_png
from unsplice.result import Localization
from unsplice.synthetic.forging import Saving

__all__ = ["STAND_IN", "bright_half", "make_set", "plan_of", "use_stand_in"]

STAND_IN = "stand-in"


def make_set(
    folder: Path, *, spliced: int = 3, authentic: int = 2, shape: tuple[int, int] = (64, 80)
) -> Path:
    """Write pictures, masks and the table that lists them; return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, cols = shape
    lines = ["set,kind,image,mask"]
    for number in range(spliced):
        truth = disc(shape, rows / 2, cols / 3 + number, rows / 4)
        image = pasted(scene(number, rows, cols), truth, scene(100 + number, rows, cols))
        (folder / f"t{number}.jpg").write_bytes(Saving(90, "4:4:4").encode(image))
        (folder / f"t{number}.png").write_bytes(encode_png(truth))
        lines.append(f"made,splice,t{number}.jpg,t{number}.png")
    for number in range(authentic):
        data = Saving(90, "4:2:0").encode(scene(200 + number, rows, cols))
        (folder / f"a{number}.jpg").write_bytes(data)
        lines.append(f"made,authentic,a{number}.jpg,")
    table = folder / "made.csv"
    table.write_text("\n".join(lines) + "\n", "utf-8")
    return table


def plan_of(
    table: Path, *, attacks: Sequence[str] = ("none", "jpeg:70"), names: Sequence[str] = (STAND_IN,)
) -> Plan:
    """Return a plan over the table without looking up whether the methods exist."""
    from unsplice.evaluation.datasets import read_dataset

    return Plan(tuple(read_dataset(table)), (*names, BASELINE), tuple(attacks))


def bright_half(image: SourceImage) -> Localization:
    """Flag what is brighter than the middle of the range; the heat map is the brightness."""
    pixels = image.pixels
    heatmap: NDArray[np.float32] = (
        pixels.max(axis=2) if pixels.ndim == 3 else pixels
    ) / np.float32(255)
    answer = methods.find_method(BASELINE).localize(image)
    return replace(answer, mask=heatmap > 0.5, heatmap=heatmap)


def use_stand_in(monkeypatch: pytest.MonkeyPatch, localize: object = bright_half) -> None:
    """Let `STAND_IN` be a method of this process."""
    known = methods.find_method

    def find(name: str) -> Method:
        if name == STAND_IN:
            return Method(name, {"level": 0.5}, localize)  # type: ignore[arg-type]
        return known(name)

    monkeypatch.setattr(methods, "find_method", find)
