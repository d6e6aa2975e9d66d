"""What the site has beyond its Markdown files: figures, the table of error codes, pages of the top.

Loaded by MkDocs; see mkdocs.yml. A page asks by a comment, which is invisible where the Markdown is
read as it is: ``<!-- figure: NAME -->``, ``<!-- error codes -->``.
"""

from __future__ import annotations

import html
import re
import string
import sys
from pathlib import Path
from typing import Any, Final

from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.utils import get_relative_url

from unsplice.errors import MESSAGES

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent

# Files outside docs/ that are pages, too.
TOP_PAGES: Final = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "training.md": "training/README.md",
}

FIGURE: Final = re.compile(r"^<!-- figure: ([a-z-]+) -->$", re.MULTILINE)
ERROR_CODES: Final = "<!-- error codes -->"

_figures: dict[str, Any] = {}


def on_files(files: Files, config: Any) -> Files:
    """Make the figures, and add them and the pages of the top."""
    # Beside this file, which is in no package.
    sys.path.insert(0, str(HERE))
    try:
        from figures import FIGURES
    finally:
        sys.path.pop(0)
    for name, source in TOP_PAGES.items():
        files.append(File.generated(config, name, content=_page(source)))
    for name, make in FIGURES.items():
        figure = make()
        _figures[name] = figure
        for number, panel in enumerate(figure.panels, 1):
            path = f"pictures/{name}-{number}{panel.extension}"
            files.append(File.generated(config, path, content=panel.encoded()))
    return files


def _page(source: str) -> str:
    """Return a file of the top with its links as they are from the pages beside it."""
    text = (ROOT / source).read_text("utf-8")
    names = {top: page for page, top in TOP_PAGES.items()}

    def moved(match: re.Match[str]) -> str:
        target = str((ROOT / source).parent.joinpath(match[1]).resolve().relative_to(ROOT))
        return f"]({names.get(target, target.removeprefix('docs/'))})"

    return re.sub(r"\]\((?![a-z]+:|#)([^)#]+)\)", moved, text)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:  # noqa: ARG001
    """Put in what the page asks for."""
    names = {f"../{top}": name for name, top in TOP_PAGES.items()}
    for top, name in names.items():
        markdown = markdown.replace(f"]({top})", f"]({name})")
    if ERROR_CODES in markdown:
        markdown = markdown.replace(ERROR_CODES, error_codes())
    return FIGURE.sub(lambda match: _figure_html(match[1], page), markdown)


def _figure_html(name: str, page: Any) -> str:
    if name not in _figures:
        raise PluginError(f"{page.file.src_path} asks for an unknown figure: {name}")
    figure = _figures[name]
    parts = []
    for number, panel in enumerate(figure.panels, 1):
        url = get_relative_url(f"pictures/{name}-{number}{panel.extension}", page.url)
        rows, cols = panel.picture.shape[:2]
        parts.append(
            f'<div><a href="{url}"><img src="{url}" alt="{html.escape(panel.alt)}" '
            f'width="{cols}" height="{rows}" loading="lazy"></a>'
            f"<span>{panel.caption}</span></div>"
        )
    return (
        f'<figure class="panels" id="{name}"><div>{"".join(parts)}</div>'
        f"<figcaption>{figure.caption}</figcaption></figure>"
    )


def error_codes() -> str:
    """Return the catalogue of messages as Markdown, a heading a code."""
    lines = []
    for code, message in MESSAGES.items():
        what, cause, way_out = (
            _with_names(text) for text in (message.what, message.cause, message.help)
        )
        lines += [f"### {code}", "", f"**{what}**", "", f"- Cause: {cause}", f"- Help: {way_out}"]
        lines.append("")
    return "\n".join(lines)


def _with_names(text: str) -> str:
    """Return a text of the catalogue with the names of its fields in slanted letters."""
    return "".join(
        html.escape(before).replace("*", r"\*").replace("_", r"\_")
        + (f"*{name}*" if name is not None else "")
        for before, name, _, _ in string.Formatter().parse(text)
    )


@event_priority(-100)  # after the index of the search is written
def on_post_build(config: Any) -> None:
    """Write the index of the search as a script, too: a page on a disk may load nothing else."""
    folder = Path(config.site_dir) / "search"
    index = (folder / "search_index.json").read_text("utf-8")
    (folder / "search_index.js").write_text(f"var __index = {index}", "utf-8")
