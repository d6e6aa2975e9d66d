"""What the documents tell people to type works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import unsplice
from docs.site.figures import FIGURES
from unsplice.cli import cli
from unsplice.cli.options import PAIR_METHODS
from unsplice.errors import MESSAGES

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "training/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# Pages that are followed from their beginning to their end.
FOLLOWED = [ROOT / "docs/quick-start.md", *sorted((ROOT / "docs/recipes").glob("*.md"))]
# Commands that install what is installed here already.
INSTALLING = {
    "python3 -m venv .venv",
    ".venv/bin/python -m pip install '.[report,parquet]'",
    ".venv/bin/python -m pip install datasets",
    ". .venv/bin/activate",
}
# What does not end with 0, as the page says.
ENDS = {"unsplice localize -r incoming -o triage": 1}


def commands() -> list[str]:
    """Every command line of unsplice in a block or in quotes, without comments and results."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text("utf-8").replace("\\\n", " ")  # a line that goes on
        found += re.findall(r"^unsplice (?:[a-z].*)$", text, re.MULTILINE)
        found += re.findall(r"`(unsplice [a-z]+ [^`A-Z]+)`", text)
    return found


@pytest.mark.parametrize("line", commands())
def test_every_command_line_is_understood(line: str) -> None:
    _, verb, *words = shlex.split(line, comments=True)
    cli.commands[verb].make_context(verb, words)


def test_there_are_command_lines_to_check() -> None:
    assert len(commands()) >= 8


def test_the_python_example_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "in")
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENTS[0].read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(example, names)  # noqa: S102 - our own README
    assert (folder / "in" / "out" / "edited.jpg.mask.png").exists()
    assert len(names["patches"]) > 0  # type: ignore[arg-type]


@pytest.mark.parametrize("path", FOLLOWED, ids=lambda path: path.stem)
def test_a_page_can_be_followed_from_beginning_to_end(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = None
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    for language, text in blocks:
        if language == "python" and "from datasets" in text:
            # A process of its own: the library looks for its server and its cache at import.
            offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "cache")}
            done = subprocess.run(
                [sys.executable, "-c", text],
                check=True,
                env=offline,
                capture_output=True,
                text=True,
            )
            printed = done.stdout
        elif language == "python":
            exec(text, names)  # noqa: S102 - our own pages
            printed = capsys.readouterr().out
        elif language == "text":
            assert printed is not None
            assert_alike(printed, text)
            printed = None
        else:
            assert language == ""
            for line in text.splitlines():
                program, *words = shlex.split(line, comments=True)
                if program == "unsplice":
                    assert run(*words).code == ENDS.get(line, 0), line
                elif line not in INSTALLING:
                    subprocess.run(["sh", "-c", line], check=True)
            capsys.readouterr()
    assert not printed, "what is printed stands on the page"


NUMBER = r"\d+\.\d+"


def assert_alike(printed: str, expected: str) -> None:
    """The same words, and numbers that differ by the last digit at most: sums are NumPy's."""
    assert re.sub(NUMBER, "#", printed) == re.sub(NUMBER, "#", expected)
    for got, wanted in zip(re.findall(NUMBER, printed), re.findall(NUMBER, expected), strict=True):
        digits = len(wanted.partition(".")[2])
        assert abs(float(got) - float(wanted)) <= 1.5 * 10**-digits, printed


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere_and_codes_exist(path: Path) -> None:
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (path.parent / target).exists(), target
    assert set(re.findall(r"\b[EWN]\d{3}\b", text)) <= set(MESSAGES)
    for name in re.findall(r"`(?:bench|tests|docs)/[^`]+`", text):
        assert (ROOT / name.strip("`")).exists() or "NAME" in name


def test_pages_ask_for_the_figures_that_are_made_and_for_no_others() -> None:
    asked = {
        name
        for path in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"^<!-- figure: (.+) -->$", path.read_text("utf-8"), re.MULTILINE)
    }
    assert asked == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_seen_and_read(name: str) -> None:
    figure = FIGURES[name]()
    assert figure.caption
    for panel in figure.panels:
        assert panel.caption
        assert panel.alt
        assert unsplice.decode_image(panel.encoded()).pixels.shape[:2] == panel.picture.shape[:2]


def test_the_picture_of_the_readme_is_small() -> None:
    assert (ROOT / "docs/unsplice.jpg").stat().st_size < 150_000


def test_the_methods_of_the_command_line_are_those_of_compare() -> None:
    assert get_args(get_type_hints(unsplice.compare)["method"]) == PAIR_METHODS
