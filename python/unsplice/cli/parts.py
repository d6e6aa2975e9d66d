"""``--shard I/N``: one part of a run; and ``unsplice merge``, which joins the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from unsplice.cli.options import LOCAL_FILE, Verb, debug_option, usage_error
from unsplice.errors import printable

if TYPE_CHECKING:
    from unsplice.inputs import Input
    from unsplice.shards import Shard, Table

__all__ = ["PartOfRun", "merge", "refuse_shard", "shard_option"]

Given = TypeVar("Given", bound="Input")


def _parsed(_: click.Context, parameter: click.Parameter, value: str | None) -> Shard | None:
    """Return the part that ``2/8`` means."""
    if value is None:
        return None
    from unsplice.shards import Shard

    shard = Shard.parse(value)
    if shard is None:
        problem = f'"{value}" is not I/N with I from 1 to N, such as 2/8'
        raise click.BadParameter(problem, param=parameter)
    return shard


def shard_option(verb: Verb) -> Verb:
    """Add ``--shard``, for a run in parts."""
    return click.option(
        "--shard", metavar="I/N", callback=_parsed,
        help="Do part I of N of the inputs; `unsplice merge FOLDER` joins the parts.",
    )(verb)  # fmt: skip


def refuse_shard(
    shard: Shard | None, output: Path | None, *, single: bool = False, report: bool = False
) -> None:
    """Raise E184 if there is nothing to be done in parts."""
    if shard is not None and output is None:
        raise usage_error("--shard needs -o FOLDER, the same for every part")
    if shard is not None and single:
        raise usage_error("--shard takes a part of many inputs, and one was given")
    if shard is not None and report:
        raise usage_error("--report makes an index of all pictures, and --shard sees a part alone")


@dataclass(frozen=True)
class PartOfRun(Generic[Given]):
    """What one run with ``--shard`` does, or one without: then it does everything.

    Attributes
    ----------
    given : sequence of Input
        What it is over.
    tables : Path or None
        Where its tables go.
    """

    given: Sequence[Given]
    tables: Path | None
    _shard: Shard | None
    _output: Path | None
    _record: Mapping[str, Any]

    @classmethod
    def of(
        cls, shard: Shard | None, verb: str, given: Sequence[Given], output: Path | None
    ) -> PartOfRun[Given]:
        """Return the part of a run over `given` whose tables go to `output`."""
        if shard is None or output is None:
            return cls(given, output, None, output, {})
        from unsplice.shards import list_digest

        record = {"verb": verb, "inputs": {"count": len(given), "sha256": list_digest(given)}}
        return cls(shard.take(given), shard.folder(output), shard, output, record)

    @property
    def first(self) -> bool:
        """Whether what belongs to no input goes into its tables."""
        return self._shard is None or self._shard.number == 1

    def begin(self, *, resume: bool) -> None:
        """Take back that an earlier run finished it, and tidy up after one that was killed."""
        if self._output is None:
            return
        if self._shard is not None:
            self._shard.begin(self._output)
        if resume:  # what other parts are writing is locked, and stays
            from unsplice.output import remove_unfinished

            remove_unfinished(self._output)

    def finish(self, settings: Mapping[str, Any], tables: Mapping[str, Table]) -> None:
        """Say that it is whole."""
        if self._shard is not None and self._output is not None:
            self._shard.finish(self._output, {**self._record, "settings": settings}, tables)


@click.command(short_help="Join the parts that runs with --shard left.")
@click.argument("folder", type=LOCAL_FILE)
@click.option("--overwrite", is_flag=True, help="Replace other tables in FOLDER.")
@debug_option
def merge(folder: Path, overwrite: bool) -> int:
    """Join the parts that runs with --shard I/N left in FOLDER, their -o.

    All N have to be finished. Then FOLDER holds what one run over everything leaves, to the byte.
    """
    from unsplice import shards
    from unsplice.output import remove_unfinished

    parts = shards.finished_parts(folder)
    verb = parts[0].record.get("verb")
    if verb == "evaluate":
        from unsplice.cli.evaluate import merge_evaluation

        merge_evaluation(folder, parts, overwrite=overwrite)
        return 0
    written = shards.merge_tables(folder, parts, overwrite=overwrite)
    remove_unfinished(folder)
    if verb == "patches":
        _remove_strays(folder)
    shards.remove_parts(folder, parts)
    count = parts[0].record["inputs"]["count"]
    click.echo(f"{count:,} inputs of {len(parts):,} parts: {', '.join(map(printable, written))}")
    return 0


def _remove_strays(folder: Path) -> None:
    """Remove patches that a killed part left, which no line of the index tells of."""
    from unsplice.patch_set import read_index, remove_unlisted

    remove_unlisted(folder, read_index(folder))
