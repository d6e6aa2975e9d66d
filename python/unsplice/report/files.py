"""Where the report of a picture goes, and that of many; writing them, and taking them away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unsplice.outcomes import Sources
from unsplice.output import refuse_existing, remove_file, write_file
from unsplice.report.content import report_context, thumbnail_of
from unsplice.report.pages import render
from unsplice.result import Localization
from unsplice.step import Step

__all__ = ["refuse_reports", "remove_reports", "report_paths", "write_report"]


def report_paths(folder: Path, name: str, *, thumbnail: bool = True) -> dict[str, Path]:
    """Return where the report of the picture `name`, and its small picture, go."""
    paths = {"report": folder / f"{name}.report.html"}
    return paths | ({"thumbnail": folder / f"{name}.thumbnail.jpg"} if thumbnail else {})


def refuse_reports(folder: Path, name: str, *, overwrite: bool) -> None:
    """Raise E161 if there is a report of an earlier run, unless it may be replaced."""
    refuse_existing(report_paths(folder, name).values(), overwrite=overwrite)


def remove_reports(folder: Path, name: str) -> None:
    """Remove the report of an earlier run: it must not stand beside other results."""
    for path in report_paths(folder, name).values():
        remove_file(path, sync=False)


def write_report(
    folder: Path,
    name: str,
    result: Localization,
    steps: Sequence[Step],
    sources: Sources,
    *,
    thumbnail: bool = False,
    overwrite: bool = False,
) -> dict[str, Path]:
    """Write the report of one picture as one file that needs no other.

    Parameters
    ----------
    folder : Path
        Of the results.
    name : str
        Of the results in it.
    result : Localization
        What was found.
    steps : sequence of Step
        What it rests on.
    sources : mapping of str to SourceImage
        The files that were read, by role; the last is the examined one.
    thumbnail : bool
        Whether a small picture for an index is written, too.
    overwrite : bool
        Whether one of an earlier run is replaced.

    Returns
    -------
    dict of str to Path
        ``report``, and ``thumbnail`` if there is one.

    Raises
    ------
    UsageError
        E189 if Jinja2 is not installed.
    OutputError
        E160, E161 or E162 if it cannot be written.
    """
    paths = report_paths(folder, name, thumbnail=thumbnail)
    page = render("report.html", report_context(name, result, steps, sources))
    write_file(paths["report"], page, overwrite=overwrite)
    if thumbnail:
        orientation = list(sources.values())[-1].orientation
        write_file(paths["thumbnail"], thumbnail_of(result, orientation), overwrite=overwrite)
    return paths
