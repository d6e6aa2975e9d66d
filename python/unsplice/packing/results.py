"""Results of comparing or localizing in other formats: COCO, and a tree of masks."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.errors import UnspliceError
from unsplice.image import decode_image
from unsplice.kernels import label_components
from unsplice.output import cell_text, encode_csv, json_ready
from unsplice.packing.finished import Picture, ResultFolder
from unsplice.packing.outlines import polygon_of, require_pycocotools, rle_of
from unsplice.packing.target import Target
from unsplice.record import Record

__all__ = ["Coco", "Masked", "Masks", "ResultFormat", "Segmentation", "read_masked"]

Segmentation = Literal["rle", "polygon"]
CATEGORY: Final = {"id": 1, "name": "spliced", "supercategory": "splice"}
_HEADERS: Final = 1_000_000


@dataclass(eq=False)
class Masked:
    """A picture with its mask and record, and its split."""

    picture: Picture
    record: Record = field(repr=False)
    file: bytes = field(repr=False)
    mask: NDArray[np.bool_] = field(repr=False)
    split: str = ""


def read_masked(
    folder: ResultFolder, picture: Picture, record: Record, path: Path, split: str
) -> Masked:
    """Read the mask of a picture.

    Raises
    ------
    ReadError
        E216 or E217 if it is not there, or not what the record says.
    """
    shape = record.content["shape"]
    if not (isinstance(shape, list) and len(shape) == 2 and all(type(n) is int for n in shape)):
        raise folder.damaged("its record tells no shape", path)
    pixels = shape[0] * shape[1]
    file = folder.read(path, limit=pixels + _HEADERS)
    folder.require_recorded(path, file, record.outputs.get("mask"))
    try:
        mask = decode_image(file, path=str(path), max_pixels=max(pixels, 1)).pixels
    except UnspliceError as error:
        raise folder.damaged(error.what, path) from error
    if list(mask.shape) != shape:
        size = " x ".join(map(str, mask.shape))
        raise folder.damaged(f"it is {size}, its record says {shape[0]} x {shape[1]}", path)
    return Masked(picture, record, file, mask >= 128, split)


class ResultFormat(ABC):
    """Turns masks into files of a target."""

    packages: dict[str, str] = {}  # noqa: RUF012 - set by instances that need some

    @abstractmethod
    def put(self, masked: Masked) -> None:
        """Take the next."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left."""


@dataclass
class Coco(ResultFormat):
    """``annotations/instances_SPLIT.json``: an annotation a region.

    Attributes
    ----------
    target : Target
        Where they go.
    segmentation : {"rle", "polygon"}
        Run lengths are exact; polygons have holes filled.
    """

    target: Target
    segmentation: Segmentation = "rle"
    filled: int = field(default=0, init=False)
    _images: dict[str, list[str]] = field(
        default_factory=lambda: defaultdict(list), init=False, repr=False
    )
    _annotations: dict[str, list[str]] = field(
        default_factory=lambda: defaultdict(list), init=False, repr=False
    )
    _image: int = field(default=0, init=False)
    _annotation: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.segmentation == "rle":
            require_pycocotools()

    def put(self, masked: Masked) -> None:
        """Take a picture and its regions."""
        rows, cols = masked.mask.shape
        self._image += 1
        picture, found = masked.picture, masked.record.content
        image = {
            "id": self._image, "width": cols, "height": rows,
            "file_name": picture.text, "path": picture.path, "sha256": picture.sha256,
            "finding": found.get("finding"), "score": found.get("score"),
        }  # fmt: skip
        self._images[masked.split].append(_line(image))
        components = label_components(masked.mask)
        for label, (area, box) in enumerate(
            zip(components.areas.tolist(), components.bounding_boxes.tolist(), strict=True), 1
        ):
            top, left, bottom, right = box
            region = components.labels[top:bottom, left:right] == label
            self._annotation += 1
            annotation = {
                "id": self._annotation, "image_id": self._image, "category_id": CATEGORY["id"],
                "bbox": [left, top, right - left, bottom - top], "area": area, "iscrowd": 0,
                "segmentation": self._segmentation(region, (top, left), (rows, cols)),
            }  # fmt: skip
            self._annotations[masked.split].append(_line(annotation))

    def _segmentation(
        self, region: NDArray[np.bool_], corner: tuple[int, int], shape: tuple[int, int]
    ) -> Any:
        if self.segmentation == "rle":
            return rle_of(region, corner, shape)
        self.filled += _hole_pixels(region)
        return [polygon_of(region, corner)]

    def close(self) -> None:
        """Write a file for each split that has pictures."""
        info = {"description": "Regions marked by unsplice", "version": "1"}
        for split, images in self._images.items():
            parts = [
                f'{{"info": {_line(info)},\n"licenses": [],\n"categories": [{_line(CATEGORY)}],\n',
                '"images": [\n', ",\n".join(images), '\n],\n"annotations": [\n',
                ",\n".join(self._annotations[split]), "\n]}\n",
            ]  # fmt: skip
            name = f"annotations/instances_{split}.json"
            count = len(self._annotations[split])
            self.target.write(
                name, "".join(parts).encode(), split=split, pictures=len(images), regions=count
            )


def _hole_pixels(region: NDArray[np.bool_]) -> int:
    """Return how many pixels its outline encloses that are not of the region."""
    framed = np.pad(~region, 1, constant_values=True)
    # Around an 8-connected region the background is 4-connected; the frame is part of what is out.
    outside = label_components(framed, connectivity=4)
    return int(framed.sum() - outside.areas[0])


def _line(value: dict[str, Any]) -> str:
    return json.dumps(json_ready(value), ensure_ascii=False, allow_nan=False)


@dataclass
class Masks(ResultFormat):
    """``masks/SPLIT/NAME.mask.png`` and ``masks.csv`` over all of them."""

    target: Target
    _rows: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)

    def put(self, masked: Masked) -> None:
        """Write the mask, and keep its line."""
        picture, found = masked.picture, masked.record.content
        name = f"masks/{masked.split}/{picture.text}.mask.png"
        self.target.write_one_of_many(name, masked.file)
        regions = found.get("regions")
        count = len(regions) if isinstance(regions, list) else 0
        self._rows.append(
            {
                "mask": name, "split": masked.split,
                "source": cell_text(Path(picture.path)),
                "sha256": picture.sha256, "finding": found.get("finding"),
                "score": found.get("score"), "area": int(masked.mask.sum()),
                "fraction": round(float(masked.mask.mean()), 6), "regions": count,
            }
        )  # fmt: skip

    def close(self) -> None:
        """Write the table."""
        columns = (
            "mask", "split", "source", "sha256", "finding", "score", "area", "fraction", "regions",
        )  # fmt: skip
        self.target.write("masks.csv", encode_csv(columns, self._rows))
