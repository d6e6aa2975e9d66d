"""The index of many reports: small pictures that lead to them, the most suspicious first."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from unsplice.errors import printable
from unsplice.output import path_text, refuse_existing, remove_file, write_file
from unsplice.report.files import report_paths
from unsplice.report.pages import render
from unsplice.report.words import ALARMING, FINDINGS, score_in_words

__all__ = ["PER_PAGE", "index_entry", "refuse_index", "remove_index", "write_index"]

PER_PAGE = 500
MARK: Final = b'<meta name="generator" content="unsplice">'


def index_entry(name: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the index says of one result.

    Parameters
    ----------
    name : str
        Of the results, below the output folder.
    result : mapping
        As `Localization.to_dict` gives it.
    """
    files = report_paths(Path(), name)
    return {
        "name": printable(path_text(name)),
        "report": _address(files["report"]),
        "thumbnail": _address(files["thumbnail"]),
        "finding": result["finding"],
        "told": FINDINGS[result["finding"]],
        "alarming": result["finding"] in ALARMING,
        "score": result["score"],
        "shown_score": score_in_words(result["score"]),
        "share": f"{100 * result['fraction']:.2g} %",
        "regions": len(result["regions"]),
    }


def _address(path: Path) -> str:
    """Return a relative path as a page names it, whatever bytes it is of; never with a scheme."""
    return "./" + quote(os.fsencode(path.as_posix()))


def _page_name(number: int) -> str:
    return "index.html" if number == 1 else f"index-{number:03d}.html"


def _pages(folder: Path) -> list[Path]:
    """Return what may be pages of an index in `folder`."""
    return sorted([folder / _page_name(1), *folder.glob("index-[0-9][0-9][0-9].html")])


def _earlier(folder: Path) -> list[Path]:
    """Return the pages of the index of an earlier run; those that others made are not ours."""
    return [path for path in _pages(folder) if _is_ours(path)]


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARK in file.read(1024)
    except OSError:
        return False


def refuse_index(folder: Path, *, overwrite: bool) -> None:
    """Raise E161 if `folder` holds an index, unless it is of an earlier run and may be replaced."""
    ours = set(_earlier(folder))
    others = [path for path in _pages(folder) if path not in ours]
    refuse_existing(others, overwrite=False)
    refuse_existing(ours, overwrite=overwrite)


def remove_index(folder: Path) -> None:
    """Remove the index of an earlier run: its reports are gone, or are those of other results."""
    for path in _earlier(folder):
        remove_file(path, sync=False)


def write_index(
    folder: Path,
    entries: Sequence[Mapping[str, Any]],
    errors: Sequence[Mapping[str, Any]],
    *,
    overwrite: bool = False,
    per_page: int = PER_PAGE,
) -> Path:
    """Write the index of a run, a page for every `per_page` pictures.

    Parameters
    ----------
    folder : Path
        Of the results.
    entries : sequence of mapping
        As `index_entry` gives them; they are sorted by finding, the most serious first, then by
        score, then left in their order.
    errors : sequence of mapping
        Lines of ``errors.csv``.
    overwrite : bool
        Whether one of an earlier run is replaced; pages of it that are not needed are removed.
    per_page : int
        Pictures.

    Returns
    -------
    Path
        The first page, which is written last.
    """
    order = list(FINDINGS)
    ranked = sorted(entries, key=lambda one: (order.index(one["finding"]), -(one["score"] or 0)))
    count = max(1, -(-len(ranked) // per_page))
    names = [_page_name(number) for number in range(1, count + 1)]
    counts = Counter(one["told"] for one in ranked)
    shown = [
        {column: printable(error.get(column, "")) for column in ("name", "path", "code", "what")}
        for error in errors[:per_page]
    ]
    if overwrite:
        for path in _earlier(folder):
            if path.name not in names:
                remove_file(path, sync=False)
    for number in range(count, 0, -1):
        first = (number - 1) * per_page
        page = render(
            "index.html",
            {
                "entries": ranked[first : first + per_page],
                "first": first + 1,
                "total": len(ranked),
                "counts": [(told, counts[told]) for told in FINDINGS.values() if counts[told]],
                "errors": shown if number == 1 else [],
                "failed": len(errors),
                "pages": names,
                "number": number,
            },
        )
        write_file(folder / names[number - 1], page, overwrite=overwrite)
    return folder / names[0]
