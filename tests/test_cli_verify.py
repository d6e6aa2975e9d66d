"""``unsplice verify`` says whether a record holds, and names what does not."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import unsplice.record as record_module
import unsplice.verification as verification_module

Below = Callable[[Path], dict[str, bytes]]
RECORD = "out/edited.jpg.run.json"


@pytest.fixture
def made(folder: Path, run: Any) -> Path:
    """A folder with the record of a picture by the paper in ``out``."""
    run("localize", "in/edited.jpg", "--method", "paper", "-o", "out", "-q")
    return folder


@pytest.fixture
def patches(folder: Path, run: Any) -> Path:
    """A folder with a set of patches of one picture and its mask."""
    run("patches", "in/edited.jpg", "in/mask.png", "--size", "64", "-o", "set", "-q")
    return folder


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    """Change a record, and seal it again as somebody would who knows how."""
    content = json.loads(path.read_bytes())
    change(content)
    content["digests"] = record_module.digests_of(content)
    path.write_text(json.dumps(content), "utf-8")


def flip(path: Path, place: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def flip_in_text(path: Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(before) >= 1
    path.write_text(text.replace(before, after, 1), "utf-8")


def whats(ran: Any) -> list[str]:
    """What differs, from a line of JSON."""
    return [one["what"] for one in json.loads(ran.out)["differences"]]


# ---------------------------------------------------------------------------------- matches


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words",
    [
        ("localize", "in/edited.jpg", "--method", "paper", "--preset", "closest-to-text"),
        ("localize", "in/edited.jpg", "--method", "jpeg-history", "--preset", "ungated"),
        ("localize", "in/edited.jpg", "--preset", "without-noise"),
        ("compare", "in/authentic.jpg", "in/edited.jpg"),
        ("compare", "in/authentic.jpg", "in/edited.jpg", "--method", "neighborhood-threshold"),
    ],
)
def test_a_record_of_every_method_matches(run: Any, words: Any) -> None:
    assert run(*words, "-o", "out", "-q").code == 0
    ran = run("verify", RECORD)
    assert (ran.code, ran.out, ran.err) == (0, f"MATCH {RECORD}\n", "")


def test_records_of_patches_match(patches: Path, run: Any) -> None:
    (patches / "t.csv").write_text("authentic,spliced\nin/authentic.jpg,in/edited.jpg\n", "utf-8")
    words = ("--size", "64", "--count", "2", "--negatives", "3", "--seed", "5", "-q")
    assert run("patches", "--pairs", "t.csv", "-o", "two", *words).code == 0
    ran = run("verify", "-r", "set", "two", "--threads", "2")
    assert ran.out == (
        "MATCH set/records/edited.jpg.run.json\nMATCH two/records/in/edited.jpg.run.json\n"
    )
    assert ran.err == "2 records: 2 match, 0 do not, 0 could not be verified\n"
    assert ran.code == 0


def test_nothing_is_written_anywhere(made: Path, run: Any, below: Below) -> None:
    flip(made / "out" / "edited.jpg.mask.png", 60)
    before = below(made)
    times = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    assert run("verify", RECORD).code == 1
    assert below(made) == before
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == times


def test_workers_say_what_one_process_says(made: Path, run: Any) -> None:
    run("compare", "in/authentic.jpg", "in/edited.jpg", "-o", "two", "-q")
    flip(made / "two" / "edited.jpg.mask.png", 60)
    one = run("verify", "-r", "out", "two", "--jobs", "1")
    two = run("verify", "-r", "out", "two", "--jobs", "2")
    assert one.code == two.code == 1
    assert sorted(one.out.splitlines()) == sorted(two.out.splitlines())
    assert one.err == two.err == "2 records: 1 match, 1 do not, 0 could not be verified\n"


# ------------------------------------------------------------------------------- one bit flipped


def test_a_bit_of_the_input_is_named(made: Path, run: Any) -> None:
    flip(made / "in" / "edited.jpg", 3000)
    ran = run("verify", RECORD, "--json")
    line = json.loads(ran.out)
    assert (ran.code, line["verdict"], line["rerun"]) == (1, "mismatch", False)
    assert whats(ran) == ["input image bytes", "input image pixels"]
    flip(made / "in" / "edited.jpg", 3000)
    flip(made / "in" / "edited.jpg", 0)  # no JPEG any more
    assert whats(run("verify", RECORD, "--json")) == ["input image bytes"]


def test_other_bytes_of_the_same_pixels_are_told_from_other_pixels(made: Path, run: Any) -> None:
    data = (made / "in" / "edited.jpg").read_bytes()
    comment = b"\xff\xfe\x00\x04hi"
    (made / "in" / "edited.jpg").write_bytes(data[:2] + comment + data[2:])
    assert whats(run("verify", RECORD, "--json")) == ["input image bytes", "input image size"]


@pytest.mark.parametrize("kind", ["mask", "heatmap", "overlay"])
def test_a_bit_of_an_output_is_named(made: Path, run: Any, kind: str) -> None:
    flip(made / "out" / f"edited.jpg.{kind}.png", 60)
    ran = run("verify", RECORD)
    assert ran.out == f"MISMATCH {RECORD}: output {kind} changed on disk\n"
    (made / "out" / f"edited.jpg.{kind}.png").unlink()
    ran = run("verify", RECORD)
    assert ran.out == f"MISMATCH {RECORD}: output {kind} is missing\n"
    assert ran.code == 1


def test_a_digit_of_the_threshold_is_named_twice_over(made: Path, run: Any) -> None:
    content = json.loads((made / RECORD).read_bytes())
    before = f'"threshold": {content["threshold"]}'
    flip_in_text(made / RECORD, before, '"threshold": 0.125')
    ran = run("verify", RECORD)
    assert ran.out == (
        f"MISMATCH {RECORD}: result changed since the record was written; "
        f"threshold is {content['threshold']}, recorded 0.125\n"
    )


def test_a_changed_score_is_named_also_in_a_record_that_was_sealed_again(
    folder: Path, run: Any
) -> None:
    run("compare", "in/authentic.jpg", "in/edited.jpg", "-o", "out", "-q")
    edit(folder / RECORD, lambda content: content.update(score=0.5))
    assert whats(run("verify", RECORD, "--json")) == ["score"]


def test_a_changed_parameter_is_named(made: Path, run: Any) -> None:
    flip_in_text(made / RECORD, '"sigma": 1.0', '"sigma": 1.5')
    found = whats(run("verify", RECORD, "--json"))
    assert found[0] == "parameters"
    assert "result mask" in found
    assert "result heatmap" not in found or "threshold" in found


def test_a_changed_parameter_in_a_sealed_record_shows_in_the_result(made: Path, run: Any) -> None:
    edit(made / RECORD, lambda content: content["parameters"].update(sigma=1.5))
    ran = run("verify", RECORD)
    assert "result mask differs in " in ran.out
    assert " of 49,152 pixels" in ran.out


def test_a_changed_hash_of_pixels_is_named(made: Path, run: Any) -> None:
    content = json.loads((made / RECORD).read_bytes())
    digest = content["inputs"]["image"]["pixels_sha256"]
    flip_in_text(made / RECORD, digest, ("1" if digest[0] == "0" else "0") + digest[1:])
    assert whats(run("verify", RECORD, "--json")) == ["files", "input image pixels"]


@pytest.mark.parametrize(
    ("way", "value", "what"),
    [
        ("finding", "spliced", "finding"),
        ("statement", "?", "statement"),
        ("area", 0, "area"),
        ("area", True, "area"),
        ("shape", [1, 2], "shape[0]"),
        ("fraction", None, "fraction"),
        ("regions", [], "regions"),
        ("details", {}, "details.points"),
        ("warnings", 5, "warnings"),
    ],
)
def test_every_field_of_the_result_is_compared(
    made: Path, run: Any, way: str, value: Any, what: str
) -> None:
    edit(made / RECORD, lambda content: content.update({way: value}))
    found = whats(run("verify", RECORD, "--json"))
    assert found
    assert all(one.startswith(way) for one in found)
    assert what in found or way == "details"


@pytest.mark.parametrize(
    ("name", "value"),
    [("format", "PNG"), ("shape", [1, 2]), ("dtype", "uint16"), ("orientation", 6), ("size", 5)],
)
def test_every_field_of_an_input_is_compared(made: Path, run: Any, name: str, value: Any) -> None:
    edit(made / RECORD, lambda content: content["inputs"]["image"].update({name: value}))
    assert whats(run("verify", RECORD, "--json")) == [f"input image {name}"]


def test_a_changed_patch_is_named(patches: Path, run: Any) -> None:
    record = "set/records/edited.jpg.run.json"
    rows = json.loads((patches / record).read_bytes())["patches"]
    flip(patches / "set" / rows[1]["patch"], 60)
    (patches / "set" / rows[2]["patch_mask"]).unlink()
    ran = run("verify", record)
    assert ran.out == (
        f"MISMATCH {record}: output {rows[1]['patch']} changed on disk; "
        f"output {rows[2]['patch_mask']} is missing\n"
    )


def test_changed_lines_of_patches_are_named(patches: Path, run: Any) -> None:
    record = "set/records/edited.jpg.run.json"
    edit(patches / record, lambda content: content["patches"][1].update(label=7))
    assert whats(run("verify", record, "--json")) == ["patches[1].label"]
    edit(patches / record, lambda content: content["parameters"].update(seed=9))
    found = whats(run("verify", record, "--json"))
    assert any(one.startswith("result images/boundary/") for one in found)


def test_versions_explain_a_mismatch_and_make_none(made: Path, run: Any) -> None:
    edit(made / RECORD, lambda content: content["versions"].update(OpenCV="4.0.0"))
    assert run("verify", RECORD).code == 0
    flip(made / "out" / "edited.jpg.mask.png", 60)
    now = record_module.versions()["OpenCV"]
    ran = run("verify", RECORD)
    assert ran.out == (
        f"MISMATCH {RECORD}: output mask changed on disk (OpenCV was 4.0.0, is {now})\n"
    )


def test_another_encoder_makes_no_mismatch(made: Path, run: Any) -> None:
    def written_otherwise(content: Any) -> None:
        for kind in ("mask", "overlay", "heatmap"):
            path = made / "out" / f"edited.jpg.{kind}.png"
            data = path.read_bytes()
            end = data.index(b"IEND") - 4
            note = b"tEXta\0b"
            note = struct.pack(">I", 3) + note + struct.pack(">I", zlib.crc32(note))
            path.write_bytes(data[:end] + note + data[end:])
            content["outputs"][kind] = record_module.output_fields(path.name, path.read_bytes())

    edit(made / RECORD, written_otherwise)
    ran = run("verify", RECORD)
    assert ran.out == f"MATCH {RECORD}\n"


# --------------------------------------------------------------------- where the inputs are


def test_an_input_is_found_from_the_current_folder_or_from_that_of_the_record(
    made: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made / "in", made / "out" / "in")
    (made / "away").mkdir()
    monkeypatch.chdir(made / "away")
    assert run("verify", made / RECORD).code == 0
    (made / "away" / "in").mkdir()  # a namesake of other bytes in front does not count
    shutil.copy(made / "in" / "authentic.jpg", made / "away" / "in" / "edited.jpg")
    assert run("verify", made / RECORD).code == 0


def test_an_input_that_moved_is_named_by_root_or_by_itself(made: Path, run: Any) -> None:
    (made / "new").mkdir()
    shutil.move(made / "in", made / "new" / "in")
    lost = run("verify", RECORD)
    assert lost.code == 1
    assert lost.out.startswith(f"NOT VERIFIED {RECORD}: E145 ")
    assert "error[E145]" in lost.err
    shutil.copy(made / "new" / "in" / "authentic.jpg", made / "out" / "edited.jpg")
    assert run("verify", RECORD).out == lost.out  # a namesake of other bytes is not meant
    shutil.copy(made / "new" / "in" / "edited.jpg", made / "out")
    assert run("verify", RECORD).code == 0  # a picture handed on with its record
    assert run("verify", RECORD, "--root", "elsewhere").code == 1
    assert run("verify", RECORD, "--input", "new/in/authentic.jpg").code == 1
    (made / "out" / "edited.jpg").unlink()
    assert run("verify", RECORD, "--root", "new").code == 0
    assert run("verify", RECORD, "--input", "new/in/edited.jpg").code == 0
    assert run("verify", RECORD, "--input", "image=new/in/edited.jpg").code == 0
    other = run("verify", RECORD, "--input", "new/in/authentic.jpg")
    assert other.out.startswith(f"MISMATCH {RECORD}: input image bytes differ")


def test_the_inputs_of_a_pair_are_named_by_their_roles(folder: Path, run: Any) -> None:
    run("compare", "in/authentic.jpg", "in/edited.jpg", "-o", "out", "-q")
    shutil.move(folder / "in", folder / "new")
    both = ("--input", "authentic=new/authentic.jpg", "--input", "spliced=new/edited.jpg")
    assert run("verify", RECORD, *both).code == 0
    alone = run("verify", RECORD, "--input", "new/edited.jpg")
    assert alone.code == 2
    assert "--input authentic=PATH --input spliced=PATH" in alone.err


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "missing argument"),
        ((RECORD, RECORD, "--input", "x"), "--input is of one record"),
        (("-r", "out", "--input", "x"), "--input is of one record"),
        ((RECORD, "--input", "x", "--input", "y"), "each needs its role"),
        ((RECORD, "--input", "image=x", "--input", "image=y"), "image is there twice"),
        ((RECORD, "--input", "image="), "the path is empty"),
        ((RECORD, "--input", "mask=x"), "--input image=PATH"),
    ],
)
def test_words_that_make_no_sense_are_told(run: Any, words: Any, told: str) -> None:
    ran = run("verify", *words)
    assert ran.code == 2
    assert told in ran.err


# ------------------------------------------------------------------------ files, folders, hashes


def test_hashes_only_makes_nothing_again(
    made: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(verification_module, "localize", forbidden)
    edit(made / RECORD, lambda content: content.update(score=0.5))
    assert json.loads(run("verify", RECORD, "--hashes-only", "--json").out) == {
        "record": RECORD, "verdict": "match", "differences": [], "explanations": [], "rerun": False,
    }  # fmt: skip
    flip(made / "out" / "edited.jpg.mask.png", 60)
    assert whats(run("verify", RECORD, "--hashes-only", "--json")) == ["output mask"]


def test_folders_are_searched_if_that_is_asked_for(made: Path, run: Any) -> None:
    (made / "out" / "run.json").write_text("{}", "utf-8")  # of an evaluation
    assert run("verify", "-r", "out", RECORD).out == f"MATCH {RECORD}\n"
    ran = run("verify", "out", RECORD, "in/edited.jpg", "none.run.json")
    assert ran.code == 1
    assert [line.split(": ")[0] for line in ran.out.splitlines()] == [
        "NOT VERIFIED out", f"MATCH {RECORD}", "NOT VERIFIED in/edited.jpg",
        "NOT VERIFIED none.run.json",
    ]  # fmt: skip
    assert [code for code in ("E147", "E141", "E101") if f"error[{code}]" in ran.err] == [
        "E147", "E141", "E101",
    ]  # fmt: skip
    empty = run("verify", "-r", "in")
    assert (empty.code, "error[E148]" in empty.err) == (1, True)


def test_a_folder_that_cannot_be_read_is_named(made: Path, run: Any, forbid: Any) -> None:
    forbid(made / "out")
    ran = run("verify", "-r", "out")
    assert ran.code == 1
    assert "error[E105]" in ran.err


# --------------------------------------------------------------------------- records of strangers


@pytest.mark.parametrize(
    ("way", "value", "told"),
    [
        ("method", "magic", '"magic" is not known'),
        ("method", "evidence", "lacks"),
        ("parameters", {}, 'lacks "alpha"'),
        ("parameters.sigma", "1.0", "sigma must be a number, got str"),
        ("parameters.sigma", -1, "sigma must be in 0..100"),
        ("parameters.sigma", 10**400, "sigma must fit a float"),
        ("parameters.sigma", [1.0], "sigma must be a number"),
        ("parameters.tiles", [8, 8, 8], "tiles"),
        ("parameters.tiles", [[8], [8]], "tiles"),
        ("parameters.tiles", [10**9, 10**9], "tiles"),
        ("parameters.wavelet", {}, "wavelet"),
        ("parameters.wavelet", "haar" * 1000, "wavelet"),
        ("parameters.quality", True, "quality"),
        ("parameters.more", 1, 'has "more", which paper has not'),
        ("inputs.mask", "image", "must be image for this method"),
    ],
)
def test_settings_that_no_run_can_have_had_are_refused(
    made: Path, run: Any, below: Below, way: str, value: Any, told: str
) -> None:
    def change(content: Any) -> None:
        *above, last = way.split(".")
        inner = content
        for name in above:
            inner = inner[name]
        inner[last] = content["inputs"]["image"] if way == "inputs.mask" else value

    edit(made / RECORD, change)
    before = below(made)
    ran = run("verify", RECORD)
    assert (ran.code, ran.out.startswith(f"NOT VERIFIED {RECORD}: E142 ")) == (1, True)
    assert told in ran.out
    assert len(ran.out) < 500
    assert "Traceback" not in ran.err
    assert below(made) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 4), ("size", "64"), ("count", -1), ("count", 0.5), ("negatives", "all"),
        ("negatives", []), ("seed", -1), ("seed", None), ("tampered_fraction", [1]),
        ("tampered_fraction", [0.9, 0.1]), ("more", 1), ("size", ...),
    ],
)  # fmt: skip
def test_cuts_that_no_run_can_have_made_are_refused(
    patches: Path, run: Any, name: str, value: Any
) -> None:
    def change(content: Any) -> None:
        content["parameters"][name] = value
        if value is ...:
            del content["parameters"][name]

    record = "set/records/edited.jpg.run.json"
    edit(patches / record, change)
    ran = run("verify", record)
    assert (ran.code, ran.out.startswith(f"NOT VERIFIED {record}: E142 ")) == (1, True)


def test_a_link_in_place_of_an_output_does_not_lead_out(made: Path, run: Any) -> None:
    mask = made / "out" / "edited.jpg.mask.png"
    mask.rename(made / "elsewhere.png")
    mask.symlink_to(made / "elsewhere.png")
    assert run("verify", RECORD).out.startswith(f"NOT VERIFIED {RECORD}: E146 ")


def test_a_pipe_in_place_of_an_input_is_not_waited_for(made: Path, run: Any) -> None:
    (made / "in" / "edited.jpg").unlink()
    os.mkfifo(made / "in" / "edited.jpg")
    assert run("verify", RECORD).out.startswith(f"NOT VERIFIED {RECORD}: E103 ")


def test_the_limit_of_pixels_is_that_of_who_verifies(made: Path, run: Any) -> None:
    edit(made / RECORD, lambda content: content.update(max_pixels=2**40))
    assert run("verify", RECORD, "--max-pixels", "1000").out.startswith(
        f"NOT VERIFIED {RECORD}: E1"
    )


def test_text_of_a_stranger_does_not_reach_the_terminal(made: Path, run: Any) -> None:
    edit(made / RECORD, lambda content: content.update(statement="\x1b[2J\ud800"))
    ran = run("verify", RECORD)
    assert "\x1b" not in ran.out + ran.err
    assert "statement" in ran.out
    assert "\\u" in run("verify", RECORD, "--json").out
