"""Compute the evidence maps of the pictures of a manifest."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unsplice.blind.evidence.maps import MAP_NAMES, SCALAR_NAMES, block_maps
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.source import blind_source
from unsplice.errors import UnspliceError
from unsplice.mask_file import read_mask
from unsplice.workers import run_in_workers

__all__ = ["extract"]


@dataclass(frozen=True)
class _Row:
    number: int
    dataset: str
    kind: str
    image: Path
    mask: Path | None
    output: Path


@click.command()
@click.argument("manifest", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path))
@click.option("--set", "datasets", multiple=True, help="Only these sets of the manifest.")
@click.option("--jobs", default=2, show_default=True)
def extract(manifest: Path, output: Path, datasets: tuple[str, ...], jobs: int) -> None:
    """Write one file of maps a picture of MANIFEST, and one for the picture it came from."""
    output.mkdir(parents=True, exist_ok=True)
    if any(output.iterdir()):
        # What was extracted before, perhaps of other pictures, would be trained on, too.
        raise click.UsageError(f"{output} is not empty")
    rows, seen = [], set()
    with manifest.open(newline="", encoding="utf-8") as stream:
        for number, line in enumerate(csv.DictReader(stream)):
            if datasets and line["set"] not in datasets:
                continue
            base = manifest.parent
            if line["tampered"]:
                mask = base / line["mask"] if line["mask"] else None
                rows.append(
                    _Row(number, line["set"], line["kind"], base / line["tampered"], mask, output)
                )
            if line["authentic"] and line["authentic"] not in seen:
                seen.add(line["authentic"])
                image = base / line["authentic"]
                rows.append(_Row(number, line["set"], "authentic", image, None, output))
    failed = 0
    with tqdm(total=len(rows), unit="picture") as progress:
        for row, done in run_in_workers(_extract, rows, jobs=jobs, name_of=lambda r: r.image):
            if isinstance(done, UnspliceError):
                progress.write(f"{row.image.name}: {done}")
                failed += 1
            progress.update()
    if failed:
        raise click.ClickException(f"{failed} of {len(rows)} pictures failed")


def _extract(row: _Row) -> None:
    source = blind_source(row.image)
    found = block_maps(source, JpegHistoryParameters(), num_threads=1)
    truth = np.zeros(found.maps.shape[1:], np.float32)
    if row.mask is not None:
        mask = read_mask(row.mask, source.pixels.shape)
        truth = _share_of_blocks(mask, found.row, found.col, truth.shape)
    name = f"{row.number:06}-{'a' if row.kind == 'authentic' else 't'}.npz"
    np.savez(
        row.output / name,
        maps=np.clip(found.maps, -1000, 1000).astype(np.float16),
        scalars=found.scalars,
        truth=np.rint(truth * 255).astype(np.uint8),
        dataset=row.dataset,
        kind=row.kind,
        name=row.image.name,
        map_names=np.array([*MAP_NAMES, *SCALAR_NAMES]),
    )


def _share_of_blocks(
    mask: NDArray[np.bool_], row: int, col: int, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Return how much of each block is spliced."""
    rows, cols = shape
    part = mask[row : row + 8 * rows, col : col + 8 * cols]
    blocks: NDArray[np.float32] = part.reshape(rows, 8, cols, 8).mean(axis=(1, 3), dtype=np.float32)
    return blocks


if __name__ == "__main__":
    extract()
