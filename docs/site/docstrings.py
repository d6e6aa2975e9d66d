"""Docstrings, made ready for a page of Markdown: formulas, references and digital identifiers.

Loaded by griffe while it reads the sources; see ``extensions`` in mkdocs.yml.
"""

from __future__ import annotations

import re
from typing import Any

import griffe
from latex2mathml.converter import convert

import unsplice

__all__ = ["Readable", "readable"]

_MATH = re.compile(r"^( *)\.\. math::(.*(?:\n(?:\1 +\S.*|\s*$))*)", re.MULTILINE)
_INLINE_MATH = re.compile(r":math:`([^`]+)`")
_CITED = re.compile(r"\[(\d+)\]_")
_NAME = re.compile(rf"(?<!`)`(?:unsplice\.)?({'|'.join(unsplice.__all__)})`(?!`)")
_REFERENCE = re.compile(r"^( *)\.\. \[(\d+)\] ", re.MULTILINE)
_TABLE = re.compile(
    r"^( *)(=+(?: +=+)+)\n(.*?)\n\1\2$(?:\n(.*?)\n\1\2$)?", re.MULTILINE | re.DOTALL
)
_DOI = re.compile(r":doi:`([^`]+)`")


def readable(text: str) -> str:
    """Return a docstring in reStructuredText with what Markdown does not know put in its words.

    A formula becomes MathML, which browsers draw without a script.

    Examples
    --------
    >>> readable("See :doi:`10.1/x`.")
    'See [doi:10.1/x](https://doi.org/10.1/x).'
    """
    text = _TABLE.sub(_table, text)
    text = _MATH.sub(_block, text)
    text = _INLINE_MATH.sub(lambda match: convert(match[1]), text)
    text = _REFERENCE.sub(r"\1\\[\2] ", text)
    text = _CITED.sub(r"\\[\1]", text)
    text = _NAME.sub(r"[`\1`][unsplice.\1]", text)
    return _DOI.sub(r"[doi:\1](https://doi.org/\1)", text)


def _block(match: re.Match[str]) -> str:
    latex = " ".join(line.strip() for line in match[2].splitlines() if line.strip())
    formula = convert(latex, display="block")
    return f'{match[1]}<div class="formula">{formula}</div>\n'


def _table(match: re.Match[str]) -> str:
    """Return a simple table with bars between its columns; a line goes on where it begins blank."""
    indent, rule, head, body = match.groups()
    if body is None:
        head, body = "", head
    starts = [found.start() for found in re.finditer("=+", rule)]
    ends = [*starts[1:], None]
    rows: list[list[str]] = []
    for line in [head, *body.splitlines()]:
        bare = line[len(indent) :]
        cells = [bare[start:end].strip() for start, end in zip(starts, ends, strict=True)]
        if cells[0] or not rows:
            rows.append(cells)
        else:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
    rows.insert(1, ["---"] * len(starts))
    lines = (" | ".join(map(_escaped, row)) for row in rows)
    return "\n".join(f"{indent}| {line} |" for line in lines)


def _escaped(cell: str) -> str:
    """Return a cell whose bars end nothing; in code they do not."""
    parts = re.split(r"(``.*?``|`.*?`)", cell)
    return "".join(
        part if number % 2 else part.replace("|", r"\|") for number, part in enumerate(parts)
    )


class Readable(griffe.Extension):
    """Rewrites every docstring while it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of `obj`, if it has one."""
        if obj.docstring is not None:
            obj.docstring.value = readable(obj.docstring.value)
