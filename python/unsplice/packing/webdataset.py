"""WebDataset: tar files, in which the files of one sample share the beginning of their names."""

from __future__ import annotations

import io
import json
import tarfile

from unsplice.output import json_ready
from unsplice.packing.samples import Sample, Shard, ShardedFormat

__all__ = ["WebDataset"]


class WebDataset(ShardedFormat):
    """``SPLIT-NNNNNN.tar`` with ``KEY.image.png``, ``KEY.mask.png`` and ``KEY.json`` a patch.

    The key is the number of the patch in the index: a name could hold a dot, at which a key ends.
    """

    def begin(self) -> Shard:
        """Return an empty shard."""
        return _Tar()

    def name(self, split: str, _: str, number: int) -> str:
        """Return the name of a shard."""
        return f"{split}-{number:06d}.tar"


class _Tar:
    """A tar file whose heads say nothing of when, where and by whom it was made."""

    def __init__(self) -> None:
        self._file = io.BytesIO()
        self._tar = tarfile.open(  # noqa: SIM115 - closed by `close`
            fileobj=self._file, mode="w", format=tarfile.USTAR_FORMAT
        )

    def add(self, sample: Sample) -> int:
        """Add the three files of a sample."""
        facts = json.dumps(json_ready(sample.patch.row), ensure_ascii=False, allow_nan=False)
        key = f"{sample.patch.number:09d}"
        for ending, data in (
            ("image.png", sample.image), ("mask.png", sample.mask), ("json", facts.encode()),
        ):  # fmt: skip
            member = tarfile.TarInfo(f"{key}.{ending}")  # no time, no owner, mode 644
            member.size = len(data)
            self._tar.addfile(member, io.BytesIO(data))
        return self._file.tell()

    def close(self) -> bytes:
        """Return the file."""
        self._tar.close()
        return self._file.getvalue()
