"""The measuring stick itself: what it reads, what it counts, what it prints."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import unsplice
from unsplice.synthetic.forging import Saving
from unsplice.synthetic.pairs import make_demo_pair, make_scene

SCRIPT = Path(__file__).parent.parent / "bench" / "accuracy_pair.py"


@pytest.fixture(scope="module")
def stick():
    spec = importlib.util.spec_from_file_location("accuracy_pair", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def demo():
    return make_demo_pair()


@pytest.fixture
def manifest(tmp_path, demo):
    """Four rows, of which one has no authentic picture and one a mask of another size."""
    truth = np.repeat(demo.truth[..., None] * np.uint8(255), 3, axis=2)
    (tmp_path / "a.jpg").write_bytes(demo.authentic_file)
    (tmp_path / "s.jpg").write_bytes(demo.spliced_file)
    (tmp_path / "m.png").write_bytes(Saving(None).encode(truth))
    (tmp_path / "wrong.png").write_bytes(Saving(None).encode(truth[:-1]))
    (tmp_path / "pairs.csv").write_text(
        "set,kind,authentic,tampered,mask\n"
        "mine,splice,a.jpg,s.jpg,m.png\n"
        "mine,splice,,s.jpg,m.png\n"
        "mine,splice,a.jpg,s.jpg,wrong.png\n"
        "other,splice,a.jpg,s.jpg,m.png\n"
    )
    return tmp_path / "pairs.csv"


def test_a_manifest_gives_its_complete_rows_and_counts_the_others(stick, manifest, demo):
    pairs, left_out = stick.load_manifest_pairs(manifest, ["mine"])
    assert [pair.mask.name for pair in pairs] == ["m.png", "wrong.png"]
    assert left_out == {"mine": 1}
    pair = pairs[0].load()
    np.testing.assert_array_equal(pair.truth, demo.truth)
    np.testing.assert_array_equal(pair.spliced, demo.spliced)
    assert pair.spliced_file == manifest.parent / "s.jpg"


def test_a_perfect_method_scores_one_and_an_empty_one_zero(stick, manifest):
    pairs = [pair.load() for pair in stick.load_manifest_pairs(manifest, ["other"])[0]]
    (perfect,) = stick.score_method(lambda pair: pair.truth, pairs, name="perfect")
    (empty,) = stick.score_method(lambda pair: pair.truth & False, pairs, name="empty")
    assert (perfect.f1, perfect.boundary_f1, perfect.found, perfect.false_components) == (
        1,
        1,
        1,
        0,
    )
    assert (empty.f1, empty.boundary_f1, empty.found, empty.false_components) == (0, 0, 0, 0)


def test_a_refused_pair_counts_as_an_empty_mask_and_is_named(stick, manifest):
    def refuse(_):
        raise unsplice.ReadError("E101", path="x.jpg")

    pairs = stick.load_manifest_pairs(manifest, ["other"])[0]
    (record,) = stick.score_method(refuse, pairs)
    assert record.f1 == 0
    assert "E101" in record.problem


def test_the_table_has_the_askers_function_first_and_every_number_of_pictures(
    stick, manifest, tmp_path, capsys
):
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    for seed in (1, 2, 3):
        data = Saving(92).encode(make_scene(150, 200, seed=seed))
        (photographs / f"{seed}.jpg").write_bytes(data)
    arguments = ["--manifest", manifest, "--photos", photographs, "--count", 2, "--jobs", 1]
    arguments += ["--difficulties", "easy,lossless,tiny_100,null_graded", "--long-side", 128]
    arguments += ["--methods", "asker,absdiff", "--csv", tmp_path / "scores.csv"]
    assert stick.main([str(argument) for argument in arguments]) == 0
    printed = capsys.readouterr().out
    assert "mine: 1 rows without all three files left out" in printed
    assert "wrong.png is (511, 768), its picture (512, 768)" in printed
    lines = [line for line in printed.splitlines() if line.startswith("|")]
    headings = [heading.strip() for heading in lines[0].strip("|").split("|")]
    assert headings == [
        "method",
        "mine (n=1)",
        "mine pfa (n=1)",
        "other (n=1)",
        "other pfa (n=1)",
        "easy (n=2)",
        "lossless (n=2)",
        "synthetic mean (n=4)",
        "synthetic pfa (n=4)",
        "tiny_100 (n=2)",
        "null_graded (n=2)",
        "null pfa (n=2)",
        "s/pair (n=10)",
    ]
    assert lines[2].startswith("| asker, thresh 8, area >= 100")
    assert len(lines) == 2 + 4
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + 4 * 10


def test_photographs_are_reduced_and_cut_in_turn(stick, tmp_path):
    scene = make_scene(150, 200, seed=1)
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(Saving(None).encode(scene))
    (tmp_path / "notes.txt").write_text("no photograph")
    photographs = stick.PhotoFolder([tmp_path], long_side=100)
    assert len(photographs) == 2
    assert photographs[0].shape == photographs[1].shape == (75, 100, 3)
    np.testing.assert_array_equal(photographs[1], scene[37:112, 50:150])
    assert np.any(photographs[0] != photographs[1])


def test_the_baselines_see_pictures_of_one_size(stick, manifest):
    (source,) = stick.load_manifest_pairs(manifest, ["other"])[0]
    pair = source.load()
    smaller = stick.Pair(
        **{**vars(pair), "spliced": pair.spliced[:-7, :-3], "truth": pair.truth[:-7, :-3]}
    )
    for name, method in stick.METHODS.items():
        if name != "unsplice compare":
            assert method(smaller).shape == smaller.truth.shape


def test_nothing_to_score_is_a_usage_error(stick, capsys):
    with pytest.raises(SystemExit, match="2"):
        stick.main([])
    assert "nothing to score" in capsys.readouterr().err
