"""Runs in parts, joined again: the bytes of one run over everything, whatever the parts met."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from made_sets import make_set
from unsplice.evaluation.run.methods import BASELINE
from unsplice.shards import Shard
from unsplice.synthetic.pairs import make_demo_pair

Below = Callable[[Path], dict[str, bytes]]

LOCALIZE = ("localize", "-r", "in", "--method", "paper", "--jobs", "1", "-q", "-o")
EVALUATE = ("--jobs", "1", "--method", BASELINE, "--attack", "jpeg:70", "-q")


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five pictures, of which one is none, and a table of pairs of which one cannot be read."""
    pair = make_demo_pair(seed=3)
    names = ("b/2.jpg", "a/1.jpg", "c.jpg", "a/=3.jpg")
    for name in names:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pair.spliced_file if name != "c.jpg" else pair.authentic_file)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no picture")
    lines = [f"in/c.jpg,in/{name}" for name in (*names, "none.jpg")]
    (tmp_path / "pairs.csv").write_text("\n".join(["authentic,spliced", *lines, ""]), "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_parts_share_all_inputs_out_and_none_twice() -> None:
    items = list("abcdefg")
    parts = [list(Shard(number, 3).take(items)) for number in (1, 2, 3)]
    assert parts == [["a", "d", "g"], ["b", "e"], ["c", "f"]]


def test_localized_parts_are_joined_to_the_bytes_of_one_run(
    many: Path, run: Any, below: Below
) -> None:
    assert run(*LOCALIZE, "whole").code == 1
    codes = [run(*LOCALIZE, "parts", "--shard", f"{number}/3").code for number in (2, 1, 3)]
    assert codes == [0, 1, 0]
    assert not (many / "parts" / "summary.csv").exists()
    merged = run("merge", "parts")
    assert (merged.code, merged.err) == (0, "")
    assert merged.out == "5 inputs of 3 parts: parts/summary.csv, parts/errors.csv\n"
    assert below(many / "parts") == below(many / "whole")
    assert not (many / "parts" / "shards").exists()


def test_compared_parts_keep_pictures_without_a_partner_once(
    many: Path, run: Any, below: Below
) -> None:
    (many / "old" / "a").mkdir(parents=True)
    for name in ("c.jpg", "a/1.jpg", "alone.jpg"):
        (many / "old" / name).write_bytes((many / "in" / "c.jpg").read_bytes())
    words = ("compare", "old", "in", "--jobs", "1", "-q", "-o")
    run(*words, "whole")
    for number in (1, 2):
        run(*words, "parts", "--shard", f"{number}/2")
    assert run("merge", "parts").code == 0
    assert below(many / "parts") == below(many / "whole")


def test_patches_in_parts_are_one_set_without_strays(many: Path, run: Any, below: Below) -> None:
    words = ("patches", "--pairs", "pairs.csv", "--size", "64", "--jobs", "1", "-q", "-o")
    run(*words, "whole")
    for number in (1, 2):
        assert run(*words, "parts", "--shard", f"{number}/2").code == 2 - number
    stray = many / "parts" / "images" / "boundary" / "in" / "b" / "2.jpg.r00001.c00001.png"
    stray.write_bytes(b"of a part that was killed")
    (stray.parent / ".unsplice-0123456789ab.tmp").write_bytes(b"half written")
    assert run("merge", "parts").code == 0
    assert below(many / "parts") == below(many / "whole")


def test_an_evaluation_in_parts_gives_the_bytes_of_one(many: Path, run: Any, below: Below) -> None:
    table = make_set(many / "data")
    words = ("evaluate", table, *EVALUATE, "--limit", "2", "-o")
    whole = run(*words, "whole")
    for number in (1, 2, 3):
        ran = run(*words, "parts", "--shard", f"{number}/3")
        assert (ran.code, ran.out) == (0, f"part {number} of 3: {3 - number // 3} tasks are done\n")
    merged = run("merge", "parts")
    assert (merged.code, merged.out) == (0, whole.out)
    assert below(many / "parts") == below(many / "whole")


def test_a_part_is_resumed_and_joined_with_the_others(many: Path, run: Any, below: Below) -> None:
    run(*LOCALIZE, "whole")
    for number in (1, 2):
        run(*LOCALIZE, "parts", "--shard", f"{number}/2")
    (many / "parts" / "a" / "1.jpg.run.json").unlink()  # as a killed run leaves it
    (many / "parts" / "shards" / "1-of-2" / "shard.json").unlink()
    missing = run("merge", "parts")
    assert missing.code == 1
    assert "error[E205]: 1 of 2 shards in parts are not finished: 1\n" in missing.err
    again = run(*LOCALIZE, "parts", "--shard", "1/2")
    assert (again.code, "error[E161]" in again.err) == (4, True)
    assert run(*LOCALIZE, "parts", "--shard", "1/2", "--resume").code == 1
    assert run("merge", "parts").code == 0
    assert below(many / "parts") == below(many / "whole")


def test_parts_of_other_settings_or_inputs_are_not_joined(many: Path, run: Any) -> None:
    run(*LOCALIZE, "parts", "--shard", "1/2")
    run(*LOCALIZE, "parts", "--shard", "2/2", "--preset", "closest-to-text")
    ran = run("merge", "parts")
    assert ran.code == 1
    assert "error[E206]: the shards in parts are not of one run: settings.parameters." in ran.err
    (many / "in" / "d.jpg").write_bytes(b"")
    run(*LOCALIZE, "parts", "--shard", "2/2", "--overwrite")
    assert "not of one run: inputs." in run("merge", "parts").err
    run(*LOCALIZE, "parts", "--shard", "3/3", "--overwrite")
    assert "the number of shards is 2 in one, 3 in another" in run("merge", "parts").err


def test_a_merge_that_was_killed_is_made_again(many: Path, run: Any, below: Below) -> None:
    for number in (1, 2):
        run(*LOCALIZE, "parts", "--shard", f"{number}/2")
    before = below(many / "parts")
    assert run("merge", "parts").code == 0
    after = below(many / "parts")
    for name in set(before) - set(after):  # as if killed before the parts were removed
        (many / "parts" / name).parent.mkdir(parents=True, exist_ok=True)
        (many / "parts" / name).write_bytes(before[name])
    assert run("merge", "parts").code == 0
    assert below(many / "parts") == after
    assert "error[E207]: there are no shards in parts" in run("merge", "parts").err


def test_a_part_without_its_tables_is_not_finished(many: Path, run: Any) -> None:
    for number in (1, 2):
        run(*LOCALIZE, "parts", "--shard", f"{number}/2")
    (many / "parts" / "shards" / "1-of-2" / "summary.csv").unlink()
    told = run("merge", "parts")
    assert (told.code, "error[E205]" in told.err) == (1, True)


def test_other_tables_are_replaced_only_when_asked(many: Path, run: Any) -> None:
    for number in (1, 2):
        run(*LOCALIZE, "parts", "--shard", f"{number}/2")
    (many / "parts" / "summary.csv").write_text("of somebody else", "utf-8")
    assert "error[E161]" in run("merge", "parts").err
    assert run("merge", "parts", "--overwrite").code == 0


def test_more_parts_than_inputs_leave_some_empty(many: Path, run: Any, below: Below) -> None:
    words = ("compare", "--pairs", "pairs.csv", "--jobs", "1", "-q", "-o")
    run(*words, "whole")
    for number in range(1, 8):
        run(*words, "parts", "--shard", f"{number}/7")
    assert run("merge", "parts").code == 0
    assert below(many / "parts") == below(many / "whole")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*LOCALIZE, "out", "--shard", "0/2"), '"0/2" is not I/N with I from 1 to N'),
        ((*LOCALIZE, "out", "--shard", "x"), '"x" is not I/N'),
        ((*LOCALIZE[:-1], "--shard", "1/2"), "--shard needs -o FOLDER"),
        (("localize", "in/c.jpg", "-o", "out", "--shard", "1/2"), "one was given"),
        (
            ("patches", "--pairs", "pairs.csv", "-o", "out", "--shard", "1/2", "--overwrite"),
            "--shard and --overwrite exclude each other",
        ),
    ],
)
def test_words_that_make_no_sense_together_are_told(
    run: Any, words: tuple[str, ...], told: str
) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_part_says_what_it_is_of(many: Path, run: Any) -> None:
    run(*LOCALIZE, "parts", "--shard", "2/2")
    record = json.loads((many / "parts" / "shards" / "2-of-2" / "shard.json").read_bytes())
    assert (record["verb"], record["shard"], record["of"]) == ("localize", 2, 2)
    assert record["settings"]["method"] == "paper"
    assert record["inputs"]["count"] == 5
    assert record["tables"]["summary.csv"] == {"first": 0, "lines": [1, 1]}
