"""Parquet: tables with the PNG files in them, as Hugging Face `datasets` has them; the index."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any, Final

from unsplice.errors import UsageError
from unsplice.packing.samples import PatchFormat, Sample, Shard, ShardedFormat
from unsplice.packing.target import CARD, Target

__all__ = ["Images", "Parquet", "require_pyarrow"]

# What the viewer of Hugging Face, and anything that reads a part, likes of tables with pictures.
ROW_GROUP: Final = 100
INDEX_ROW_GROUP: Final = 50_000
CLASSES: Final = ("authentic", "boundary")
_KINDS: Final = {
    "patch": "string", "source": "string", "sha256": "string", "row": "int32", "col": "int32",
    "size": "int32", "label": "int64", "tampered_fraction": "float64", "small": "bool",
    "seed": "int64",
}  # fmt: skip


def require_pyarrow() -> tuple[Any, Any]:
    """Return pyarrow and its Parquet part, or say how to get them (E189)."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "E189", purpose="Parquet", package="pyarrow", extra="parquet", reason=error
        ) from None
    return pyarrow, parquet


def _cells(sample: Sample) -> dict[str, Any]:
    row = sample.patch.row
    return {name: bool(row[name]) if name == "small" else row[name] for name in _KINDS}


@dataclass
class _Table:
    """A Parquet file that is filled a row group at a time."""

    schema: Any
    group: int
    # PNG files are compressed already, and no two are alike.
    pictures: tuple[str, ...] = ()
    _rows: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        pyarrow, parquet = require_pyarrow()
        self._arrow = pyarrow
        self._file = io.BytesIO()
        self._writer = parquet.ParquetWriter(
            self._file,
            self.schema,
            compression={
                leaf: "NONE" if leaf in self.pictures else "ZSTD" for leaf in _leaves(self.schema)
            },
            use_dictionary=["source", "sha256", "split"],
            write_statistics=[leaf for leaf in _leaves(self.schema) if leaf not in self.pictures],
        )

    def add(self, row: dict[str, Any]) -> int:
        """Add a row; return the bytes that are written, which whole groups are."""
        self._rows.append(row)
        if len(self._rows) == self.group:
            self._flush()
        return self._file.tell()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._arrow.Table.from_pylist(self._rows, self.schema))
            self._rows.clear()

    def close(self) -> bytes:
        """Return the file."""
        self._flush()
        self._writer.close()
        return self._file.getvalue()


def _leaves(schema: Any) -> list[str]:
    """Return the names of the columns as Parquet has them: those of a struct by its parts."""
    return [
        f"{one.name}.{part}" if part else one.name
        for one in schema
        for part in ([inner.name for inner in one.type] if one.type.num_fields else [""])
    ]


@dataclass
class Parquet(ShardedFormat):
    """``data/SPLIT-NNNNNN.parquet`` and a card that says which files are which split.

    The metadata of the table tells `datasets` that ``image`` and ``mask`` are pictures, and what
    the labels are called.
    """

    def __post_init__(self) -> None:
        self._arrow, _ = require_pyarrow()
        self.packages = {"pyarrow": self._arrow.__version__}

    def begin(self) -> Shard:
        """Return an empty shard."""
        return _Pictures(_schema(self._arrow))

    def name(self, split: str, _: str, number: int) -> str:
        """Return the name of a shard."""
        return f"data/{split}-{number:06d}.parquet"

    def close(self) -> None:
        """Write the rest, and the card."""
        super().close()
        splits = list(dict.fromkeys(one["split"] for one in self.target.files))
        self.target.write(CARD, _card(splits).encode())


class _Pictures:
    def __init__(self, schema: Any) -> None:
        pictures = ("image.bytes", "mask.bytes")
        self._table = _Table(schema, ROW_GROUP, pictures)
        self._waiting = 0

    def add(self, sample: Sample) -> int:
        """Add a sample."""
        self._waiting += len(sample.image) + len(sample.mask)
        name = sample.patch.place.rpartition("/")[2]
        row = {
            "image": {"bytes": sample.image, "path": name},
            "mask": {"bytes": sample.mask, "path": name},
        }
        self._table.add(row | _cells(sample))
        return self._waiting

    def close(self) -> bytes:
        """Return the file."""
        return self._table.close()


def _schema(arrow: Any) -> Any:
    picture = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    features: dict[str, Any] = {"image": {"_type": "Image"}, "mask": {"_type": "Image"}}
    for name, kind in _KINDS.items():
        features[name] = {"dtype": kind, "_type": "Value"}
    features["label"] = {"names": list(CLASSES), "_type": "ClassLabel"}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    fields = [("image", picture), ("mask", picture)]
    return arrow.schema([*fields, *_columns(arrow)], metadata=metadata)


def _columns(arrow: Any) -> list[tuple[str, Any]]:
    kinds = {"bool": arrow.bool_()}
    return [(name, kinds.get(kind) or getattr(arrow, kind)()) for name, kind in _KINDS.items()]


def _card(splits: list[str]) -> str:
    """Return a card that `load_dataset` reads the splits from."""
    lines = [line for name in splits for line in (
        f"  - split: {name}", f"    path: data/{name}-*.parquet",
    )]  # fmt: skip
    return "\n".join([
        "---", "configs:", "- config_name: default", "  data_files:", *lines, "---", "",
        "# Patches along the borders of spliced regions", "",
        "Cut by `unsplice patches`, packed by `unsplice pack`; `dataset.json` tells the versions,",
        "the splits and the hashes of the files. The mask is white where a patch is spliced;",
        "`label` is 1 for patches on the border. The splits are by source picture.", "",
    ])  # fmt: skip


@dataclass
class Images(PatchFormat):
    """PNG files in a folder a split and class, and ``index.parquet`` over all of them."""

    target: Target

    def __post_init__(self) -> None:
        arrow, _ = require_pyarrow()
        self.packages = {"pyarrow": arrow.__version__}
        columns = [("image", arrow.string()), ("mask", arrow.string()), ("split", arrow.string())]
        columns += [one for one in _columns(arrow) if one[0] != "patch"]
        self._index = _Table(arrow.schema(columns), INDEX_ROW_GROUP)

    def put(self, sample: Sample) -> None:
        """Write the two files of a sample, and its row of the index."""
        place = {}
        for top, data in (("images", sample.image), ("masks", sample.mask)):
            place[top] = f"{top}/{sample.split}/{sample.patch.place}"
            self.target.write_one_of_many(place[top], data)
        row = {"image": place["images"], "mask": place["masks"], "split": sample.split}
        self._index.add(row | {k: v for k, v in _cells(sample).items() if k != "patch"})

    def close(self) -> None:
        """Write the index."""
        self.target.write("index.parquet", self._index.close())
