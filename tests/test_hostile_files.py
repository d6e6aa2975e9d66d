"""Files that exhaust or steer their reader, and names that do: answered, and shown harmlessly."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hostile_files import EXHAUSTING, NAMES, PAIRS, STEERING
from unsplice import UnspliceError, read_image
from unsplice.listing import listed
from unsplice.output import encode_png
from unsplice.synthetic.pairs import make_demo_pair

SMALL = encode_png(np.random.default_rng(5).integers(0, 256, (48, 56, 3), dtype=np.uint8))
CASES = [*EXHAUSTING, *STEERING]


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("name", "build", "code", "words"), CASES, ids=[case[0] for case in CASES])
def test_a_file_that_exhausts_or_steers_is_read_or_refused_in_coded_words(
    name: str, build: Callable[[], bytes], code: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(build())
    try:
        told = [f"{one.code} {one.text}" for one in read_image(path).warnings]
    except UnspliceError as error:
        told = [f"{error.code} {error}"]
    codes = [one[:4] for one in told] or [""]
    assert any(re.fullmatch(code, one) for one in codes), told
    assert re.search(words, " ".join(told)), told
    assert " ".join(told).isprintable()


@pytest.fixture
def odd_names(folder: Path) -> Path:
    """The current folder, with a small picture under every name that the file system takes."""
    (folder / "odd").mkdir()
    for name in NAMES:
        try:
            descriptor = os.open(
                os.fsencode(folder / "odd") + b"/" + name, os.O_CREAT | os.O_WRONLY
            )
        except OSError:  # Windows and macOS take fewer
            continue
        os.write(descriptor, SMALL)
        os.close(descriptor)
    return folder


def names_in(folder: Path) -> list[bytes]:
    return sorted(os.fsencode(path.name) for path in folder.iterdir())


def require_harmless(text: str) -> None:
    assert not {one for one in text if not one.isprintable() and one != "\n"}


def test_no_name_steers_a_terminal_a_spreadsheet_or_a_browser(
    odd_names: Path, run: Any, below: Callable[[Path], dict[str, bytes]]
) -> None:
    names = names_in(odd_names / "odd")
    assert len(names) > 60 or sys.platform != "linux"
    (odd_names / "list").write_bytes(b"".join(b"odd/" + name + b"\0" for name in names))
    before = below(odd_names / "odd")
    words = ("--method", "paper", "--jobs", "1")
    ran = run("localize", "--list", "list", "-o", "out", "--report", *words)
    assert ran.code == 0, ran.err
    assert ran.out.count("\n") == len(names)
    require_harmless(ran.out + ran.err)
    again = run("localize", "--list", "list", "-o", "out", "--resume", "--json", *words)
    require_harmless(again.out + again.err)
    lines = [json.loads(line) for line in again.out.splitlines()]
    assert len({line["name"] for line in lines}) == len(lines) == len(names)
    planned = run("localize", "--list", "list", "-o", "out", "--dry-run", *words)
    require_harmless(planned.out + planned.err)
    assert below(odd_names / "odd") == before
    summary = (odd_names / "out" / "summary.csv").read_text("utf-8")
    require_harmless(summary)
    assert summary.count("\n") == len(names) + 1
    assert not re.search(r'(?:^|,)"? *[=+@-][^\d]', summary, re.MULTILINE)
    for page in (odd_names / "out").rglob("*.html"):
        text = page.read_text("utf-8")
        assert not re.search(r"<script|<img src=x", text)
        assert not re.search(r'(?:href|src)="(?!\./|#|data:image/)', text)


def test_a_name_in_a_list_may_hold_what_else_ends_a_line(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("a\u2028b.jpg\r\n\n\x85.jpg\n", "utf-8", newline="")
    assert [one.name for one, _ in listed(path)] == ["a\u2028b.jpg", "\x85.jpg"]


CHEAP = ("rotate_90 6", "one pixel", "cut in two")


@pytest.mark.parametrize("name", CHEAP)
def test_a_pair_of_other_size_or_orientation_is_brought_to_match_or_refused(
    name: str, folder: Path, run: Any
) -> None:
    pair = make_demo_pair()
    (change, expected) = next((change, want) for known, change, want in PAIRS if known == name)
    (folder / "a.jpg").write_bytes(change(pair.authentic_file))
    (folder / "s.jpg").write_bytes(pair.spliced_file)
    ran = run("compare", "a.jpg", "s.jpg", "--json")
    (line,) = map(json.loads, ran.out.splitlines())
    if expected.startswith("E"):
        assert (ran.code, line["error"]["code"]) == (1, expected)
    else:
        assert (ran.code, bool(re.fullmatch(expected, line["finding"]))) == (0, True)
