"""A few of the runs that `reliability.kills` kills by the hundred; `localize` is elsewhere.

See `test_a_run_that_is_ended_in_the_middle_is_resumed_to_the_same_bytes`.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from reliability.kills import COMMANDS, Stage, broken, kill_once, make_stage

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return make_stage(tmp_path_factory.mktemp("kills"))


@pytest.mark.parametrize(
    "name",
    [
        "compare --pairs pairs.csv --jobs 1",
        "patches --pairs masks.csv --size 32 --jobs 1",
        "pack set --format images",
    ],
)
def test_a_killed_run_leaves_whole_files_only_and_is_gone_on_with_to_the_same_bytes(
    stage: Stage, name: str
) -> None:
    (command,) = [one for one in COMMANDS if one.name == name]
    for attempt in range(5):  # a run that ended before it was killed shows nothing
        folder = f"{command.words[0]}{attempt}"
        survived = kill_once(stage, command, folder, np.random.default_rng(attempt))
        if not survived.ended_before:
            break
    assert not survived.ended_before
    assert (survived.partial, survived.differing, survived.inputs_changed) == ([], [], [])


def test_what_is_not_whole_is_seen(stage: Stage, tmp_path: Path) -> None:
    results = stage.top / "in" / "results" / "tree" / "0"
    mask = (results / "s0.jpg.mask.png").read_bytes()
    for name in ("mask.png", "overlay.png", "heatmap.png", "run.json"):
        (tmp_path / f"s0.jpg.{name}").write_bytes((results / f"s0.jpg.{name}").read_bytes())
    assert list(broken(tmp_path)) == []
    (tmp_path / "s0.jpg.mask.png").write_bytes(mask[:-20])
    (tmp_path / "cut.tar").write_bytes(bytes(700))
    (tmp_path / "cut.csv").write_bytes(b"a,b\n1")
    found = [line.split(":")[0] for line in broken(tmp_path)]
    assert found == ["cut.csv", "cut.tar", "s0.jpg.mask.png", "s0.jpg.run.json"]
