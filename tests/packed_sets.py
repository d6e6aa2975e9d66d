"""Finished folders for the tests of `unsplice pack`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scenes import disc, pasted, scene
from unsplice.cli import main
from unsplice.output import encode_png
from unsplice.packing.pack import Format, Packing, Settings
from unsplice.packing.splits import parse_splits

__all__ = [
    "SIZE",
    "both",
    "change_cell",
    "make_mixed",
    "make_pairs",
    "make_patches",
    "pack",
    "patch_files",
]

SIZE = 32
SHAPE = (96, 128)


def make_pairs(folder: Path, *, authentic: int = 4, each: int = 2) -> Path:
    """Write authentic pictures, `each` times that many spliced ones, and the table of the pairs."""
    folder.mkdir(parents=True)
    lines = ["authentic,spliced"]
    for number in range(authentic):
        background = scene(300 + number, *SHAPE)
        (folder / f"a{number}.png").write_bytes(encode_png(background))
        for version in range(each):
            where = disc(SHAPE, 40 + 8 * version, 60 + 4 * number, 20)
            image = pasted(background, where, scene(400 + 2 * number + version, *SHAPE))
            (folder / f"s{number}.{version}.png").write_bytes(encode_png(image))
            lines.append(f"a{number}.png,s{number}.{version}.png")
    table = folder / "pairs.csv"
    table.write_text("\n".join(lines) + "\n", "utf-8")
    return table


def make_mixed(folder: Path) -> Path:
    """Write a color, a gray and a 16-bit picture with masks, and their table."""
    folder.mkdir(parents=True)
    color = scene(300, *SHAPE)
    kinds = {"color": color, "gray": color[..., 1], "deep": color.astype(np.uint16) * 257}
    for name, image in kinds.items():
        (folder / f"{name}.png").write_bytes(encode_png(image))
        (folder / f"{name}.truth.png").write_bytes(encode_png(disc(SHAPE, 48, 64, 20)))
    table = folder / "masks.csv"
    lines = [f"{name}.png,{name}.truth.png" for name in kinds]
    table.write_text("\n".join(["image,mask", *lines, ""]), "utf-8")
    return table


def make_patches(table: Path, output: Path) -> Path:
    """Cut patches of what a table lists."""
    words = ["patches", "--pairs", str(table), "-o", str(output), "--size", str(SIZE), "-q"]
    assert main(words) == 0
    return output


def pack(folder: Path, output: Path, form: Format, split: str | None = None, **more: Any) -> Path:
    """Pack a folder."""
    overwrite = more.pop("overwrite", False)
    seed = more.pop("seed", None)
    if seed is None:
        seed = both(folder, output.parent / "none", form, split) if split else 0
    settings = Settings(form=form, splits=parse_splits(split, seed=seed), **more)
    for _ in Packing(folder, output, settings, overwrite=overwrite).run():
        pass
    return output


def both(folder: Path, output: Path, form: Format, split: str) -> int:
    """Return the first seed with which no split is empty; what that is depends on bytes of PNG."""
    for seed in range(100):
        settings = Settings(form=form, splits=parse_splits(split, seed=seed))
        if not Packing(folder, output, settings).notices:
            return seed
    raise AssertionError(split)


def patch_files(folder: Path) -> Iterator[tuple[dict[str, str], bytes, bytes]]:
    """Yield the lines of an index with the bytes of patch and mask."""
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield (
                row,
                (folder / row["patch"]).read_bytes(),
                (folder / row["patch_mask"]).read_bytes(),
            )


def change_cell(table: Path, column: str, value: str, *, line: int = 0) -> None:
    """Change one cell of a table."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[line][column] = value
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    table.write_text(text.getvalue(), "utf-8")
