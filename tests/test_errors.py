"""Every message says what happened, why, and the way out, and is safe to print."""

from __future__ import annotations

import importlib
import pickle
import re
import string
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unsplice
from unsplice.errors import (
    MESSAGES,
    ImageError,
    Notice,
    OutputError,
    PairError,
    ReadError,
    UnspliceError,
    UsageError,
    coded,
    printable,
    unknown_name,
)

SOURCES = Path(unsplice.__file__).parent


def fields_of(code: str) -> dict[str, object]:
    """A value for every field of a message; numbers where it formats numbers."""
    message = MESSAGES[code]
    fields: dict[str, object] = {}
    for text in (message.what, message.cause, message.help):
        for _, name, form, _ in string.Formatter().parse(text):
            if name is not None:
                fields[name] = 7 if form or isinstance(fields.get(name), int) else "seven"
    return fields


@pytest.mark.parametrize("code", MESSAGES)
def test_every_message_can_be_told_in_full(code: str) -> None:
    error = UnspliceError(code, **fields_of(code))
    assert error.code == code
    for line in (error.what, error.cause, error.help):
        assert line
        assert "{" not in line
        assert "\n" not in line
        assert line == line.strip()
    assert code in str(error)


@pytest.mark.parametrize("code", MESSAGES)
def test_every_message_stands_without_a_final_stop_and_has_a_code_of_its_kind(code: str) -> None:
    message = MESSAGES[code]
    assert re.fullmatch(r"[EWN]\d{3}", code)
    for line in (message.what, message.cause, message.help):
        assert not line.endswith(".")


def test_the_catalogue_is_in_order_and_no_code_is_given_twice() -> None:
    source = (SOURCES / "errors.py").read_text("utf-8")
    written = re.findall(r'^    "([EWN]\d{3})": Message\(', source, re.MULTILINE)
    assert written == list(MESSAGES)
    assert written == sorted(written, key=lambda code: ("EWN".index(code[0]), int(code[1:])))


def test_every_code_that_is_raised_is_in_the_catalogue_and_every_entry_is_used() -> None:
    used = set()
    for path in SOURCES.rglob("*.py"):
        text = path.read_text("utf-8")
        if path.name == "errors.py":
            text = text[text.index("def coded") :]
        used |= set(re.findall(r'"([EWN]\d{3})"', text))
    assert used == set(MESSAGES)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("papr", 'did you mean "paper"?'),
        ("PAPER", 'did you mean "paper"?'),
        ("best", 'did you mean "best-measured"?'),
        ("zzz", "choose one of these"),
        ("", "choose one of these"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(name: str, suggestion: str) -> None:
    error = unknown_name("thing", name, ["paper", "best-measured", "best-of-all"])
    assert isinstance(error, UsageError)
    assert (error.code, error.help) == ("E180", suggestion)
    assert error.what == f'unknown thing "{name}"'
    assert error.cause == "known: paper, best-measured, best-of-all"
    assert unknown_name("thing", name, []).cause == "known: none"


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (ReadError, OSError),
        (ImageError, ValueError),
        (PairError, ValueError),
        (OutputError, OSError),
        (UsageError, ValueError),
    ],
)
def test_each_kind_is_also_the_builtin_error_that_callers_expect(
    kind: type[UnspliceError], builtin: type[Exception]
) -> None:
    error = kind("E101", path="x.jpg")
    assert isinstance(error, builtin)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - made two words ago
    assert type(copy) is kind
    assert (copy.code, copy.fields, str(copy)) == (error.code, error.fields, str(error))


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_what_is_printable_holds_no_control_character_and_can_be_encoded(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode("utf-8")
    if text.isprintable():
        assert shown == text


def test_a_hostile_name_cannot_write_to_the_terminal() -> None:
    error = ReadError("E101", path="a\x1b[2J\r\nerror[E199]: x\u202e\udcff.jpg")
    assert error.what == r"no such file: a\x1b[2J\r\nerror[E199]: x\u202e\xff.jpg"


def test_braces_in_a_name_are_no_fields() -> None:
    assert "{path} {0}" in ReadError("E101", path="{path} {0}").what


def test_a_notice_has_its_fields_filled_in() -> None:
    notice = Notice.of("W211", unmatched=3, total=40)
    assert notice.code == "W211"
    assert notice.text.startswith("3 of 40 pictures")
    assert notice.scope == "picture"


def test_what_holds_for_a_whole_method_says_so() -> None:
    assert Notice.of("W230").scope == "method"
    scopes = {code[0] for code, message in MESSAGES.items() if message.scope == "method"}
    assert scopes == {"W"}  # errors are of what was given


def test_foreign_errors_become_coded_ones() -> None:
    given_error = ReadError("E101", path="x")
    assert coded(given_error, "x") is given_error
    assert coded(MemoryError(), "big.png").code == "E190"
    internal = coded(ZeroDivisionError("division by zero"), "x")
    assert internal.code == "E199"
    assert "ZeroDivisionError: division by zero" in internal.what
    assert isinstance(internal.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    "line",
    [
        "raise ImportError('libGL.so.1: cannot open shared object file')",
        "raise ModuleNotFoundError('no numpy', name='numpy')",
        "",
    ],
)
def test_an_opencv_that_does_not_load_is_no_fault_of_unsplice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(f"{line}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cv2")
    with pytest.raises((ImportError, AttributeError)) as caught:
        importlib.import_module("cv2").imdecode()
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    told = coded(caught.value, "x")
    assert told.code == "E191"
    assert told.__cause__ is caught.value
    assert coded(ImportError("x", name="numpy"), "x").code == "E199"


def test_memory_that_opencv_cannot_get_is_lack_of_memory() -> None:
    with pytest.raises(cv2.error) as caught:
        cv2.copyMakeBorder(
            np.zeros((1, 1), np.uint8), 0, 2**30, 0, 2**30, cv2.BORDER_CONSTANT
        )  # 2^60 bytes
    assert coded(caught.value, "a.jpg").code == "E190"
    message = "OpenCV: error: (-4:Insufficient memory) Failed to allocate 9 bytes"
    assert coded(cv2.error(message), "a.jpg").code == "E190"
    assert coded(cv2.error("OpenCV: error: (-215:Assertion failed)"), "a.jpg").code == "E199"
