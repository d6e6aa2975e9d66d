"""The page on reliability tells what was measured, and what was measured is what is promised."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from reliability.__main__ import MEASURED, PAGE
from reliability.page import MEASUREMENTS, page_of

ROOT = Path(__file__).resolve().parents[1]
FIGURES: dict[str, dict[str, Any]] = {
    name: record["figures"] for name, record in json.loads(MEASURED.read_text("utf-8")).items()
}


def test_the_page_is_what_is_written_from_the_figures() -> None:
    assert PAGE.read_text("utf-8") == page_of(json.loads(MEASURED.read_text("utf-8")))


def test_every_measurement_is_told() -> None:
    assert FIGURES.keys() == MEASUREMENTS.keys()
    text = PAGE.read_text("utf-8")
    for record in json.loads(MEASURED.read_text("utf-8")).values():
        assert record["command"] in text


@pytest.mark.parametrize("command", MEASUREMENTS.values())
def test_every_command_that_the_page_names_is_there(command: str) -> None:
    if target := re.match(r"make ([\w-]+)", command):
        makefile = (ROOT / "Makefile").read_text("utf-8")
        assert re.search(rf"^{target[1]}:", makefile, re.MULTILINE)
    else:
        module = re.fullmatch(r"PYTHONPATH=tests python -m (reliability\.\w+)", command)
        assert module is not None
        assert importlib.util.find_spec(module[1]) is not None


@pytest.mark.parametrize(
    ("name", "figure", "least"),
    [
        ("bad-inputs", "inputs", 250),
        ("fuzz", "executions", 1_000_000),
        ("sanitize-address", "passed", 9000),
        ("sanitize-threads", "passed", 100),
        ("kills", "kills", 100),
        ("evidence", "opens", 100),
        ("soak", "pictures through localize and compare", 100_000),
        ("wheels", "smoke checks", 8),
    ],
)
def test_so_much_was_tried(name: str, figure: str, least: int) -> None:
    assert FIGURES[name][figure] >= least


@pytest.mark.parametrize(
    ("name", "figure", "most"),
    [
        ("bad-inputs", "tracebacks", 0),
        ("bad-inputs", "hangs over 10 s", 0),
        ("bad-inputs", "wrong codes", 0),
        ("bad-inputs", "inputs that were changed", 0),
        ("bad-inputs", "peak memory MB", 2000),
        ("fuzz", "findings", 0),
        ("sanitize-address", "reports", 0),
        ("sanitize-address", "failed", 0),
        ("sanitize-threads", "reports", 0),
        ("sanitize-threads", "failed", 0),
        ("kills", "partial_files", 0),
        ("kills", "resumed_trees_different", 0),
        ("kills", "inputs_changed", 0),
        ("kills", "stops_with_something_wrong", 0),
        ("evidence", "opens_for_writing", 0),
        ("evidence", "changes_asked_of_the_system", 0),
        ("soak", "memory drift percent", 5),
        ("wheels", "wheel bytes", 3_000_000),
        ("wheels", "problems", 0),
    ],
)
def test_no_more_than_that_came_of_it(name: str, figure: str, most: float) -> None:
    assert FIGURES[name][figure] <= most


def test_no_hash_differed() -> None:
    assert FIGURES["golden"]["mismatches"] == {}
