"""Blind mode on the command line: files and folders in, masks out, past every bad picture."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import unsplice
import unsplice.batch as batch_module
from tables import read_table
from unsplice.blind.paper_steps import paper_steps
from unsplice.blind.parameters import FusionParameters
from unsplice.console import result_line
from unsplice.errors import UsageError
from unsplice.inputs import SingleImage, pictures_of
from unsplice.outcomes import IMAGE_COLUMNS, Outcome
from unsplice.output import json_ready
from unsplice.record import input_fields
from unsplice.result import Localization
from unsplice.synthetic.forging import Saving, decode
from unsplice.synthetic.pairs import make_demo_pair, make_scene

ENDINGS = (".heatmap.png", ".mask.png", ".overlay.png", ".run.json")
EDITED, AUTHENTIC = "in/edited.jpg", "in/authentic.jpg"
PAPER = ("--method", "paper")

Below = Callable[[Path], dict[str, bytes]]


def results(*names: str) -> set[str]:
    return {name + ending for name in names for ending in ENDINGS}


def picture(path: Path, flags: int = cv2.IMREAD_UNCHANGED) -> Any:
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flags)


def let_it_find(monkeypatch: pytest.MonkeyPatch, finding: Any) -> None:
    honest = batch_module.localize

    def told(*arguments: Any, **options: Any) -> Localization:
        return replace(honest(*arguments, **options), finding=finding, statement="So.")

    monkeypatch.setattr(batch_module, "localize", told)


@pytest.fixture
def tree(folder: Path) -> Path:
    """A folder with pictures at two depths, one that is none, and what is to be passed over."""
    edited = (folder / EDITED).read_bytes()
    for name, data in {
        "b.jpg": edited, "deep/er/a.JPG": edited, "deep/cut.jpg": edited[:4000],
        "notes.txt": b"notes", ".hidden.jpg": edited, ".git/x.jpg": edited,
    }.items():  # fmt: skip
        (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / name).write_bytes(data)
    return folder


# ---------------------------------------------------------------------------- one picture


def test_a_picture_gives_four_files_and_one_line(folder: Path, run: Any, below: Below) -> None:
    ran = run("localize", EDITED, "-o", "out")
    assert ran.code == 0
    assert ran.out.count("\n") == 1
    assert ran.out.startswith("edited.jpg  ")
    assert ran.out.endswith("; mask out/edited.jpg.mask.png\n")
    assert set(below(folder / "out")) == results("edited.jpg")
    mask = picture(folder / "out" / "edited.jpg.mask.png")
    assert mask.shape == (192, 256)
    assert set(np.unique(mask)) <= {0, 255}


def test_what_is_written_is_what_the_library_says(folder: Path, run: Any) -> None:
    pair = make_demo_pair(seed=1)
    (folder / "demo.jpg").write_bytes(pair.spliced_file)
    run("localize", "demo.jpg", "-o", "out", "--preset", "ungated")
    parameters = FusionParameters.preset("ungated")
    result = unsplice.localize(folder / "demo.jpg", method="fusion", parameters=parameters)
    np.testing.assert_array_equal(picture(folder / "out" / "demo.jpg.mask.png") > 0, result.mask)
    record = json.loads((folder / "out" / "demo.jpg.run.json").read_bytes())
    source = unsplice.read_image(folder / "demo.jpg")
    assert record["inputs"] == {"image": {"path": "demo.jpg", **input_fields(source)}}
    result_fields = json_ready(result.to_dict())
    assert record["versions"]["unsplice"] == result_fields.pop("unsplice")
    for name, value in result_fields.items():
        assert record[name] == value


def recorded(folder: Path) -> Any:
    return json.loads((folder / "edited.jpg.run.json").read_bytes())


@pytest.mark.parametrize(
    ("method", "first", "second"),
    [
        ((), "gated", "ungated"),
        (("--method", "fusion"), "gated", "ungated"),
        (("--method", "jpeg-history"), "gated", "ungated"),
        (PAPER, "best-measured", "closest-to-text"),
    ],
)
def test_every_method_has_two_presets_and_the_first_is_its_default(
    folder: Path, run: Any, method: tuple[str, ...], first: str, second: str
) -> None:
    presets = {"default": (), "first": ("--preset", first), "second": ("--preset", second)}
    for name, words in presets.items():
        assert run("localize", EDITED, "-o", name, *method, *words).code == 0
    default, one, other = (recorded(folder / name) for name in presets)
    assert default["method"] == one["method"] == other["method"] == (method[1:] or ("fusion",))[0]
    assert default["parameters"] == one["parameters"] != other["parameters"]


def test_without_a_method_the_evidence_is_fused(folder: Path, run: Any) -> None:
    assert run("localize", EDITED, "-o", "out").code == 0
    record = recorded(folder / "out")
    assert record["method"] == "fusion"
    assert record["parameters"] == json_ready(asdict(FusionParameters()))


def test_the_compression_history_is_a_method_with_presets_of_its_own(
    folder: Path, run: Any
) -> None:
    host = decode(Saving(75, "4:2:0").encode(make_scene(256, 384, seed=1)))
    host[64:160, 130:260] = make_scene(256, 384, seed=2)[64:160, 130:260]
    path = folder / "in" / "twice.jpg"
    path.write_bytes(Saving(92, "4:2:0").encode(host))
    for preset in ((), ("--preset", "gated"), ("--preset", "ungated")):
        result = run("localize", path, "--method", "jpeg-history", *preset, "--exit-code")
        assert result.code == 3
        assert "spliced" in result.out
    wrong = run("localize", path, "--method", "jpeg-history", "--preset", "closest-to-text")
    assert wrong.code == 2


def test_without_an_output_folder_nothing_is_written(folder: Path, run: Any, below: Below) -> None:
    before = below(folder)
    assert run("localize", EDITED).code == 0
    ran = run("localize", "-r", "in")
    assert ran.code == 0
    assert ran.out.count("\n") == 3
    assert "mask out" not in ran.out
    assert below(folder) == before


def test_inputs_are_never_changed(folder: Path, run: Any, below: Below) -> None:
    before = below(folder / "in")
    for words in (("--steps", *PAPER), ("--steps", *PAPER, "--overwrite"), ("--overwrite",)):
        assert run("localize", "-r", "in", "-o", "out", *words).code == 0
    assert below(folder / "in") == before


@pytest.mark.usefixtures("folder")
def test_exit_code_3_says_that_something_was_found_only_when_asked(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for finding in ("spliced", "marked"):
        let_it_find(monkeypatch, finding)
        assert run("localize", EDITED).code == 0
        assert run("localize", EDITED, "--exit-code").code == 3
    assert run("localize", EDITED, "in/none.jpg", "--exit-code").code == 1
    let_it_find(monkeypatch, "nothing-found")
    ran = run("localize", EDITED, "--exit-code")
    assert ran.code == 0
    assert ran.out == "edited.jpg  nothing found: So\n"


@pytest.mark.parametrize(("finding", "rest"), [("marked", ""), ("spliced", ", score 0.50")])
def test_the_line_claims_what_the_finding_says_and_no_more(finding: Any, rest: str) -> None:
    mask = np.zeros((10, 10), bool)
    mask[0, :5] = True
    result = Localization(
        mask, mask, mask.astype(np.float32), (), 0.5, 0.5, finding, "It is so.", "m", {}, {}
    )
    line = result_line(Outcome(SingleImage(Path("a.jpg"), "a.jpg"), result.to_dict()))
    assert line == f"a.jpg  {finding} 5.0 % (5 px) in 0 regions{rest}"


@pytest.mark.usefixtures("folder")
def test_what_holds_for_every_result_of_the_method_is_told_once_a_run(run: Any) -> None:
    ran = run("localize", "-r", "in", *PAPER)
    assert ran.out.count("  marked ") == 3
    assert ran.err == "warning[W230]: the marked regions are no evidence that anything was pasted\n"
    assert run("localize", EDITED, "-q", *PAPER).err == ""
    told = json.loads(run("localize", EDITED, "--json", *PAPER).out)
    assert told["warnings"][-1]["code"] == "W230"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("method", ["fusion", "jpeg-history"])
@pytest.mark.parametrize("preset", ["gated", "ungated"])
def test_methods_that_say_whether_need_no_such_warning(run: Any, method: str, preset: str) -> None:
    assert run("localize", "-r", "in", "--method", method, "--preset", preset).err == ""


def test_a_score_that_means_nothing_is_left_out_of_every_output(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = batch_module.localize

    def unsure(*arguments: Any, **options: Any) -> Localization:
        return replace(honest(*arguments, **options), score=float("nan"))

    monkeypatch.setattr(batch_module, "localize", unsure)
    ran = run("localize", "-r", "in", "-o", "out", "--json")
    assert [json.loads(line)["score"] for line in ran.out.splitlines()] == [None] * 3
    assert [row["score"] for row in read_table(folder / "out" / "summary.csv")] == [""] * 3
    assert json.loads((folder / "out" / "edited.jpg.run.json").read_bytes())["score"] is None
    assert "nan" not in run("localize", EDITED).out


def test_a_file_of_an_impossible_name_is_analysed_and_told_printably(
    folder: Path, run: Any, below: Below
) -> None:
    name = os.fsdecode(b"-caf\xe9\x1b[2J\n.jpg")
    (folder / EDITED).rename(folder / name)
    ran = run("localize", "-o", "out", *PAPER, "--steps", "--", name)
    assert ran.code == 0
    assert ran.out.startswith(r"-caf\xe9\x1b[2J\n.jpg  ")
    assert ran.out.count("\n") == 1
    assert results(name) <= set(below(folder / "out"))
    line = json.loads(run("localize", "--json", "--", name).out)
    assert line["inputs"]["image"]["path_base64"]


def test_paths_in_tables_lead_to_their_files_though_they_look_like_formulas(
    folder: Path, run: Any
) -> None:
    (folder / EDITED).rename(folder / "-dash.jpg")
    run("localize", "-o", "out", "--", "-dash.jpg", "=none.jpg")
    good, bad = read_table(folder / "out" / "summary.csv")
    assert good["image"] == "./-dash.jpg"
    assert (folder / "out" / good["mask"]).is_file()
    assert bad["image"] == read_table(folder / "out" / "errors.csv")[0]["path"] == "./=none.jpg"


def test_a_picture_is_analysed_whatever_its_extension_when_it_is_named(
    folder: Path, run: Any
) -> None:
    (folder / EDITED).rename(folder / "picture")
    assert run("localize", "picture", "-o", "out").code == 0
    assert (folder / "out" / "picture.mask.png").exists()


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 40])
@pytest.mark.parametrize("kind", ["gray", "rgb", "rgba", "gray-16", "rgb-16"])
def test_every_kind_and_size_of_picture_gets_a_result_and_of_the_paper_at_least_a_coded_error(
    folder: Path, run: Any, rows: int, kind: str
) -> None:
    channels = {"gray": 1, "rgb": 3, "rgba": 4}[kind.partition("-")[0]]
    dtype: Any = np.uint16 if kind.endswith("16") else np.uint8
    levels = np.random.default_rng(rows).integers(0, np.iinfo(dtype).max, (rows, rows, channels))
    data = cv2.imencode(".png", levels.astype(dtype))[1].tobytes()
    (folder / "x.png").write_bytes(data)
    assert run("localize", "x.png", "-o", "out").code == 0
    assert picture(folder / "out" / "x.png.mask.png").shape == (rows, rows)
    ran = run("localize", "x.png", "-o", "paper", *PAPER, "--steps")
    if rows >= 16:
        assert ran.code == 0
        assert picture(folder / "paper" / "x.png.mask.png").shape == (rows, rows)
    else:
        assert ran.code == 1
        assert ran.err.startswith("error[E1")
        assert not (folder / "paper").exists()


# ------------------------------------------------------------------------ many pictures


def test_a_folder_is_searched_mirrored_and_accounted_for(
    tree: Path, run: Any, below: Below
) -> None:
    ran = run("localize", "-r", "tree", "-o", "out")
    assert ran.code == 1
    assert ran.err.count("error[E120]: ") == 1
    assert set(below(tree / "out")) == results("b.jpg", "deep/er/a.JPG") | {
        "summary.csv", "errors.csv",
    }  # fmt: skip
    rows = read_table(tree / "out" / "summary.csv")
    assert tuple(rows[0]) == IMAGE_COLUMNS
    assert [(row["name"], row["image"], row["error"]) for row in rows] == [
        ("b.jpg", "tree/b.jpg", ""),
        ("deep/cut.jpg", "tree/deep/cut.jpg", "E120"),
        ("deep/er/a.JPG", "tree/deep/er/a.JPG", ""),
    ]
    for row in rows:
        if not row["error"]:
            mask = picture(tree / "out" / row["mask"]) > 0
            assert int(row["area"]) == mask.sum()
            assert float(row["fraction"]) == pytest.approx(mask.mean(), abs=1e-6)
            record = json.loads((tree / "out" / f"{row['name']}.run.json").read_bytes())
            assert record["finding"] == row["finding"]
            assert len(record["regions"]) == int(row["regions"])
    (error,) = read_table(tree / "out" / "errors.csv")
    assert (error["name"], error["path"]) == ("deep/cut.jpg", "tree/deep/cut.jpg")
    assert error["cause"]
    assert error["help"]


def test_a_folder_needs_to_be_asked_for_and_others_go_on(tree: Path, run: Any) -> None:
    ran = run("localize", "tree", EDITED, "in/none.jpg", "-o", "out")
    assert ran.code == 1
    assert "error[E106]: this is a folder: tree\n" in ran.err
    assert "help: pass -r" in ran.err
    rows = read_table(tree / "out" / "summary.csv")
    assert [row["error"] for row in rows] == ["E106", "", "E101"]
    assert [row["code"] for row in read_table(tree / "out" / "errors.csv")] == ["E106", "E101"]
    assert (tree / "out" / "edited.jpg.mask.png").exists()


def test_one_folder_of_one_picture_gets_tables_and_one_file_none(folder: Path, run: Any) -> None:
    (folder / "one").mkdir()
    (folder / EDITED).rename(folder / "one" / "x.jpg")
    run("localize", "-r", "one", "-o", "a")
    run("localize", "-r", "one/x.jpg", "-o", "b")
    assert {path.name for path in (folder / "a").glob("*.csv")} == {"summary.csv", "errors.csv"}
    assert not list((folder / "b").glob("*.csv"))
    assert read_table(folder / "a" / "errors.csv") == []


def test_names_tell_the_folders_apart_where_there_are_several(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/x.jpg", "a/y/x.jpg", "b/X.jpg", "x.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")

    def names(*words: str) -> list[str]:
        return [one.name for one in pictures_of([Path(word) for word in words], recursive=True)]

    assert names("a") == names("a/") == names("./a") == ["x.jpg", "y/x.jpg"]
    assert names("a", "b/") == ["a/x.jpg", "a/y/x.jpg", "b/X.jpg"]
    first, second = names("a/x.jpg", "b/X.jpg")
    assert first == "x.jpg"
    assert second.startswith("X.jpg~")
    monkeypatch.chdir(folder / "a")
    assert names(".") == ["x.jpg", "y/x.jpg"]
    assert names(".", "../b") == ["a/x.jpg", "a/y/x.jpg", "b/X.jpg"]
    assert names("../b", "../x.jpg") == ["b/X.jpg", "x.jpg"]
    # What is named twice, or found in two folders, is one picture.
    assert names("..", "../b", "../x.jpg") == names("..", "../../" + folder.name)
    assert names(".", "../a", "./x.jpg", "../b") == names(".", "../b")


def test_folders_without_pictures_alone_end_the_run_before_it_begins(folder: Path) -> None:
    (folder / "bare").mkdir()
    for words in (["bare"], ["bare", "bare"]):
        with pytest.raises(UsageError) as caught:
            pictures_of([Path(word) for word in words], recursive=True)
        assert caught.value.code == "E182"
    assert pictures_of([Path("bare")])[0].error is not None


def test_a_folder_without_pictures_does_not_stop_the_others(folder: Path, run: Any) -> None:
    (folder / "bare").mkdir()
    ran = run("localize", "-r", "bare", EDITED, "-o", "out")
    assert ran.code == 1
    assert "error[E182]: nothing to do in bare\n  cause: the folder holds no pictures\n" in ran.err
    rows = read_table(folder / "out" / "summary.csv")
    assert [(row["name"], row["error"]) for row in rows] == [("bare", "E182"), ("edited.jpg", "")]


def test_a_file_that_may_not_be_read_does_not_stop_the_others(
    folder: Path, run: Any, forbid: Callable[[Path], None]
) -> None:
    secret = folder / "in" / "authentic.jpg"
    forbid(secret)
    (folder / "last.jpg").write_bytes((folder / EDITED).read_bytes())
    ran = run("localize", EDITED, "in/authentic.jpg", "last.jpg", "-o", "out")
    assert ran.code == 1
    assert "error[E104]: no permission to read: in/authentic.jpg\n" in ran.err
    rows = read_table(folder / "out" / "summary.csv")
    assert [row["error"] for row in rows] == ["", "E104", ""]


def test_a_folder_that_may_not_be_read_does_not_stop_the_others(
    tree: Path, run: Any, forbid: Callable[[Path], None]
) -> None:
    (tree / "tree" / "secret").mkdir()
    forbid(tree / "tree" / "secret")
    ran = run("localize", "-r", "tree", "-o", "out")
    assert ran.code == 1
    assert "error[E104]: no permission to read: tree/secret\n" in ran.err
    assert "extension" not in ran.err.split("E104")[1].split("error[")[0]
    rows = {row["name"]: row["error"] for row in read_table(tree / "out" / "summary.csv")}
    assert sorted(name for name, error in rows.items() if error == "E104") == ["secret"]
    assert "" in rows.values()
    ran = run("localize", "-r", "tree/secret", EDITED, "-o", "again")
    assert [row["name"] for row in read_table(tree / "again" / "errors.csv")] == ["secret"]
    assert (tree / "again" / "edited.jpg.mask.png").exists()
    ran = run("localize", "-r", "tree/secret", "-o", "third")
    assert ran.code == 1
    assert ran.err.startswith("error[E104]: no permission to read: tree/secret\n")
    assert not (tree / "third").exists()


def test_json_gives_one_object_a_picture_failures_included(tree: Path, run: Any) -> None:
    ran = run("localize", "-r", "tree", "-o", "out", "--json", "--steps", *PAPER)
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line["name"] for line in lines] == ["b.jpg", "deep/cut.jpg", "deep/er/a.JPG"]
    good, bad, _ = lines
    assert good["method"] == "paper"
    assert good["outputs"]["mask"] == "out/b.jpg.mask.png"
    assert good["outputs"]["steps"] == "out/b.jpg.steps"
    written = json.loads((tree / "out" / "b.jpg.run.json").read_bytes())
    for name in ("schema", "finding", "regions", "score", "inputs", "parameters"):
        assert written[name] == good[name]
    assert bad["error"]["code"] == "E120"
    assert "finding" not in bad
    assert ran.code == 1


def test_results_are_the_same_on_any_number_of_threads(
    folder: Path, run: Any, below: Below
) -> None:
    for method in ((), ("--preset", "ungated"), (*PAPER, "--steps")):
        for threads in ("1", "2"):
            words = ("-o", f"out{threads}", "--overwrite", *method, "--threads", threads)
            assert run("localize", EDITED, *words).code == 0
        assert below(folder / "out1") == below(folder / "out2")


def test_the_bar_counts_pictures_and_failures(
    tree: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert (tree / "tree").is_dir()
    ran = run("localize", "-r", "tree")
    assert "1 failed" in ran.err
    assert "image" in ran.err
    assert "pair" not in ran.err
    assert ran.out.count("\n") == 2
    assert "1 failed" not in run("localize", "-r", "tree", "--quiet").err


# ------------------------------------------------------------------------------- steps


def test_steps_writes_every_intermediate_picture(folder: Path, run: Any, below: Below) -> None:
    assert run("localize", EDITED, "-o", "out", "--steps", *PAPER).code == 0
    steps = paper_steps(unsplice.read_image(folder / EDITED))
    names = [f"{step.number:02d}-{step.name}.png" for step in steps]
    assert names == list(dict.fromkeys(names))
    assert {step.number for step in steps} <= set(range(3, 11))
    assert set(below(folder / "out")) == results("edited.jpg") | {
        f"edited.jpg.steps/{name}" for name in names
    }
    for step, name in zip(steps, names, strict=True):
        drawn = picture(folder / "out" / "edited.jpg.steps" / name)
        levels = step.picture * np.uint8(255) if step.picture.dtype == bool else step.picture
        np.testing.assert_array_equal(drawn[..., ::-1] if drawn.ndim == 3 else drawn, levels)


@pytest.mark.parametrize(("method", "count"), [("fusion", 9), ("jpeg-history", 3)])
def test_every_method_has_steps_and_the_result_is_the_same_with_them(
    folder: Path, run: Any, below: Below, method: str, count: int
) -> None:
    words = ("localize", EDITED, "--method", method, "-o")
    assert run(*words, "plain").code == run(*words, "out", "--steps").code == 0
    names = [f"edited.jpg.steps/{name}" for name in ("01-", "02-", "03-")]
    drawn = {name: data for name, data in below(folder / "out").items() if ".steps/" in name}
    assert len(drawn) == count
    assert [name[: len(names[0])] for name in sorted(drawn)][:3] == names
    rest = {name: data for name, data in below(folder / "out").items() if name not in drawn}
    assert rest == below(folder / "plain")
    shape = picture(folder / "out" / "edited.jpg.mask.png").shape
    for name in drawn:
        assert picture(folder / "out" / name).shape == shape


def test_a_pair_has_steps(folder: Path, run: Any, below: Below) -> None:
    words = ("compare", AUTHENTIC, EDITED, "-o")
    assert run(*words, "plain").code == run(*words, "out", "--steps").code == 0
    drawn = {name: data for name, data in below(folder / "out").items() if ".steps/" in name}
    assert [name.partition("/")[2] for name in sorted(drawn)] == [
        "01-registered.png", "02-predicted.png", "03-difference.png", "04-evidence.png",
        "05-mask.png",
    ]  # fmt: skip
    assert drawn["edited.jpg.steps/05-mask.png"] == below(folder / "out")["edited.jpg.mask.png"]
    assert below(folder / "out").items() >= below(folder / "plain").items()


def test_steps_of_an_earlier_run_are_replaced_as_a_whole_or_removed(
    folder: Path, run: Any, below: Below
) -> None:
    words = ("localize", EDITED, "-o", "out", "--steps", *PAPER)
    assert run(*words).code == 0
    whole = below(folder / "out")
    steps = folder / "out" / "edited.jpg.steps"
    (steps / "99-of-another-reading.png").write_bytes(b"old")
    (steps / "mine.txt").write_bytes(b"mine")
    for path in (folder / "out").glob("*.*.*"):
        if path.is_file():
            path.unlink()
    ran = run("localize", EDITED, "-o", "out")  # a killed run leaves steps and no record
    assert ran.code == 4
    assert "error[E161]: out/edited.jpg.steps/" in ran.err
    assert run(*words, "--overwrite").code == 0
    assert below(folder / "out") == whole | {"edited.jpg.steps/mine.txt": b"mine"}
    (steps / "mine.txt").unlink()
    assert run("localize", EDITED, "-o", "out", "--overwrite").code == 0
    assert set(below(folder / "out")) == results("edited.jpg")
    assert not steps.exists()


def test_steps_are_not_removed_through_a_link(folder: Path, run: Any, below: Below) -> None:
    (folder / "far").mkdir()
    (folder / "far" / "03-mine.png").write_bytes(b"mine")
    (folder / "out").mkdir()
    (folder / "out" / "edited.jpg.steps").symlink_to("../far")
    assert run("localize", EDITED, "-o", "out", "--overwrite").code == 0
    assert below(folder / "far") == {"03-mine.png": b"mine"}


def test_steps_are_not_written_beside_an_input(folder: Path, run: Any, below: Below) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "edited.jpg.steps").symlink_to("../in")
    before = below(folder)
    ran = run("localize", EDITED, "-o", "out", "--steps", "--overwrite", *PAPER)
    assert ran.code == 4
    assert "error[E163]" in ran.err
    assert below(folder) == before


# ----------------------------------------------------------------- what was there before


def test_results_of_another_run_are_replaced_only_when_asked(
    folder: Path, run: Any, below: Below
) -> None:
    assert run("localize", EDITED, "-o", "out").code == 0
    before = below(folder / "out")
    ran = run("localize", EDITED, "-o", "out", "--preset", "ungated")
    assert ran.code == 4
    assert "error[E161]: out/edited.jpg.mask.png exists already" in ran.err
    assert below(folder / "out") == before
    assert run("localize", EDITED, "-o", "out", "--overwrite").code == 0
    assert below(folder / "out") == before


def test_a_picture_with_results_is_refused_before_it_is_analysed_and_others_go_on(
    folder: Path, run: Any, below: Below
) -> None:
    run("localize", EDITED, "-o", "out")
    before = below(folder / "out")
    ran = run("localize", EDITED, AUTHENTIC, "-o", "out")
    assert ran.code == 1
    rows = read_table(folder / "out" / "summary.csv")
    assert [row["error"] for row in rows] == ["E161", ""]
    after = below(folder / "out")
    assert after.keys() - before.keys() == results("authentic.jpg") | {"summary.csv", "errors.csv"}
    assert {name: after[name] for name in before} == before


def test_tables_of_another_run_are_refused_before_anything_is_done(
    folder: Path, run: Any, below: Below
) -> None:
    assert run("localize", EDITED, AUTHENTIC, "-o", "out").code == 0
    (folder / "in" / "new.jpg").write_bytes((folder / EDITED).read_bytes())
    before = below(folder)
    ran = run("localize", "-r", "in", "-o", "out")
    assert ran.code == 4
    assert "error[E161]: out/summary.csv exists already" in ran.err
    assert ran.out == ""
    assert below(folder) == before
    assert run("localize", "-r", "in", "-o", "out", "--overwrite").code == 0


@pytest.mark.parametrize(
    "words",
    [
        (EDITED, "-o", "in"),
        ("-r", "in", "-o", "in/out"),
        ("-r", "in", "-o", "in"),
        ("-r", "in", "x.jpg", "-o", "."),
    ],
)
def test_output_beside_the_inputs_is_refused(
    folder: Path, run: Any, below: Below, words: tuple[str, ...]
) -> None:
    before = below(folder)
    ran = run("localize", *words)
    assert ran.code == 4
    assert ran.err.startswith("error[E163]: ")
    assert below(folder) == before


# ------------------------------------------------------------------ runs that end early


def test_an_interrupted_run_keeps_what_is_done_and_its_tables(
    tree: Path, run: Any, monkeypatch: pytest.MonkeyPatch, below: Below
) -> None:
    honest, calls = batch_module.localize, []

    def interrupted(*arguments: Any, **options: Any) -> Localization:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return honest(*arguments, **options)

    monkeypatch.setattr(batch_module, "localize", interrupted)
    ran = run("localize", "-r", "tree", "-o", "out")
    assert ran.code == 130
    assert ran.err.endswith("interrupted; what was written before is whole\n")
    assert set(below(tree / "out")) == results("b.jpg") | {"summary.csv", "errors.csv"}
    rows = read_table(tree / "out" / "summary.csv")
    assert [row["name"] for row in rows] == ["b.jpg", "deep/cut.jpg"]
    assert [row["code"] for row in read_table(tree / "out" / "errors.csv")] == ["E120"]


@pytest.mark.parametrize(
    ("raised", "code"), [(MemoryError(), "E190"), (ZeroDivisionError("x"), "E199")]
)
def test_a_fault_of_the_method_ends_one_picture_and_not_the_run(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, raised: Exception, code: str
) -> None:
    honest, calls = batch_module.localize, []

    def fails_once(*arguments: Any, **options: Any) -> Localization:
        calls.append(1)
        if len(calls) == 1:
            raise raised
        return honest(*arguments, **options)

    monkeypatch.setattr(batch_module, "localize", fails_once)
    ran = run("localize", EDITED, AUTHENTIC, "-o", "out")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    rows = read_table(folder / "out" / "summary.csv")
    assert [row["error"] for row in rows] == [code, ""]


def test_a_fault_in_drawing_the_steps_leaves_no_results_behind(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("in a step")

    monkeypatch.setattr(batch_module, "localize_in_steps", broken)
    ran = run("localize", EDITED, "-o", "out", "--steps", *PAPER)
    assert ran.code == 70
    assert ran.out == ""
    assert not (folder / "out").exists()


def test_a_full_disk_ends_the_run_with_4_and_what_is_done_stays_whole(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, below: Below
) -> None:
    real, left = os.fsync, [12]

    def fills_up(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fills_up)
    ran = run("localize", EDITED, AUTHENTIC, "in/mask.png", "-o", "out")
    assert ran.code == 4
    assert "error[E160]: no space left in out" in ran.err
    written = below(folder / "out")
    assert set(written) >= results("edited.jpg")
    assert not any(name.startswith(".") for name in written)


def test_a_link_that_leads_round_in_circles_is_followed_once(folder: Path, run: Any) -> None:
    (folder / "in" / "loop").symlink_to("..")
    assert run("localize", "-r", "in", "-o", "out").code == 0
    rows = read_table(folder / "out" / "summary.csv")
    assert {row["name"] for row in rows} == {"authentic.jpg", "edited.jpg", "mask.png"}
