"""F1 against the strength of the attacks, as a picture for a report."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

from unsplice.errors import UsageError, printable
from unsplice.evaluation.run.methods import BASELINE
from unsplice.evaluation.tables.summary import Summary

__all__ = ["plot_f1_by_strength", "require_matplotlib"]

_SCORES = (("f1", "F1 of the mask"), ("best_f1", "best F1"))


def plot_f1_by_strength(summary: Sequence[Summary]) -> bytes:
    """Draw F1 and best F1 against strength, a column a family of attacks, a line a method.

    Parameters
    ----------
    summary : sequence of Summary
        As `summarize` gives them; drawn is the total, or the only set.

    Returns
    -------
    bytes
        A PNG file, entitled with the set, or "all sets", and the number of pictures: the same for
        the same `summary`. The baseline is dashed; a dotted line is a method without attack.
        Attacks without a strength, such as the presets of social networks,
        share one column.

    Raises
    ------
    UsageError
        E189 if matplotlib is not installed.
    """
    matplotlib = require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = [one for one in summary if one.scope == "total"] or summary
    families = _families(lines)
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # the picture shall not depend on who draws it
        width = 1.5 + 2.6 * max(1, len(families))
        figure = Figure(figsize=(width, 5.6), dpi=120, layout="constrained")
        FigureCanvasAgg(figure)
        panels: Any = figure.subplots(
            2, max(1, len(families)), sharex="col", sharey="row", squeeze=False
        )
        for row, (score, label) in zip(panels, _SCORES, strict=True):
            row[0].set_ylabel(label)
            for panel, (family, members) in zip(row, families.items(), strict=False):
                _draw(panel, family, members, lines, score)
            for panel in row:
                panel.set_ylim(0, 1)
                panel.grid(alpha=0.3)
        for panel, family in zip(panels[1], families, strict=False):
            panel.set_xlabel(family or "without a strength")
        handles, labels = panels[0][0].get_legend_handles_labels()
        if handles:
            figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize="small")
        figure.suptitle(_title(lines), fontsize="medium", parse_math=False, wrap=True)
        file = io.BytesIO()
        with warnings.catch_warnings():  # a set may be named in letters that the font lacks
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _title(lines: Sequence[Summary]) -> str:
    """Return which pictures the curves are over, and how many they are."""
    if not lines:
        return "no pictures"
    one = lines[0]
    parts = ["all sets"] if one.scope == "total" else [one.dataset, one.kind]
    counts = sorted({line.pictures for line in lines})
    number = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return printable(f"{', '.join(filter(None, parts))}: n = {number}")


def _families(lines: Sequence[Summary]) -> dict[str, list[Summary]]:
    """Return the attacked lines by family; those without a strength last, under ""."""
    families: dict[str, list[Summary]] = {}
    for one in lines:
        if one.attack != "none" and one.strength is not None:
            families.setdefault(one.family, []).append(one)
    rest = [one for one in lines if one.attack != "none" and one.strength is None]
    return families | ({"": rest} if rest else {})


def _draw(
    panel: Any, family: str, members: Sequence[Summary], lines: Sequence[Summary], score: str
) -> None:
    """Draw one score of one family: a line a method, and its value without attack."""
    for number, method in enumerate(dict.fromkeys(one.method for one in lines)):
        color = "0.4" if method == BASELINE else f"C{number}"
        style = "--" if method == BASELINE else "-" if family else ""
        points = [
            one for one in members if one.method == method and getattr(one, score) is not None
        ]
        if family:
            points.sort(key=lambda one: one.strength or 0.0)
        places = [one.strength if family else one.attack for one in points]
        values = [getattr(one, score) for one in points]
        panel.plot(places, values, linestyle=style, marker="o", color=color, label=method)
        for one in lines:
            unharmed = getattr(one, score)
            if one.attack == "none" and one.method == method and unharmed is not None:
                panel.axhline(unharmed, color=color, linestyle=":", linewidth=1)
    if not family:
        panel.tick_params(axis="x", labelrotation=30)


def require_matplotlib() -> Any:
    """Return matplotlib, or say how to get it (E189)."""
    try:
        import matplotlib
    except ImportError as error:
        raise UsageError(
            "E189", purpose="a plot", package="matplotlib", extra="plot", reason=error
        ) from None
    return matplotlib
