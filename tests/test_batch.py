"""Tables and folders in, one outcome a pair out, past every bad one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import unsplice.batch as batch_module
from unsplice import step_pictures
from unsplice.batch import ComparePairs, LocalizeImages, refuse_beside, run
from unsplice.blind.parameters import PaperParameters
from unsplice.errors import OutputError, ReadError, UsageError
from unsplice.inputs import SingleImage
from unsplice.outcomes import Outcome, error_row, summary_row, unmatched_rows
from unsplice.pairs import Pair, has_masks, masked_of, match_folders, pairs_of, single_pair


def compare_pairs(pairs: Any, **options: Any) -> Any:
    return run(ComparePairs(**options), pairs, failed=Outcome.failed)


def localize_images(pictures: Any, **options: Any) -> Any:
    return run(LocalizeImages(**options), pictures, failed=Outcome.failed)


STEPS: Any = {"method": "paper", "steps": True}


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "pairs.csv"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def test_pairs_are_read_relative_to_the_table_with_names_that_mirror_its_folder(
    tmp_path: Path,
) -> None:
    pairs = pairs_of(
        table(tmp_path, "authentic,spliced\na/1.jpg,b/1.jpg\n/far/2.jpg,/far/s/2.jpg\n../3,../4\n")
    )
    assert [(pair.authentic, pair.spliced, pair.name) for pair in pairs] == [
        (tmp_path / "a/1.jpg", tmp_path / "b/1.jpg", "b/1.jpg"),
        (Path("/far/2.jpg"), Path("/far/s/2.jpg"), "2.jpg"),
        (tmp_path / "../3", tmp_path / "../4", "4"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "authentic,tampered\na.jpg,b.jpg\n",
        "original;spliced\r\na.jpg;b.jpg\r\n",
        "\ufeffid\tSpliced \t AUTHENTIC\n1\tb.jpg\ta.jpg\n\n",
        'authentic,spliced,note\n"a.jpg","b.jpg","two\nlines"\n',
    ],
)
def test_tables_come_in_many_dialects(tmp_path: Path, text: str) -> None:
    (pair,) = pairs_of(table(tmp_path, text))
    assert (pair.authentic.name, pair.spliced.name, pair.error) == ("a.jpg", "b.jpg", None)


def test_a_name_that_is_not_utf8_survives_the_table(tmp_path: Path) -> None:
    (pair,) = pairs_of(table(tmp_path, b"authentic,spliced\na.jpg,caf\xe9.jpg\n"))
    assert os.fsencode(pair.spliced.name) == b"caf\xe9.jpg"


def test_backslashes_of_another_system_are_understood_unless_they_are_meant(tmp_path: Path) -> None:
    (tmp_path / "x\\b.jpg").write_bytes(b"")
    (pair,) = pairs_of(table(tmp_path, "authentic,spliced\nx\\a.jpg,x\\b.jpg\n"))
    assert pair.authentic == tmp_path / "x" / "a.jpg"
    assert pair.spliced == tmp_path / "x\\b.jpg"


def test_a_bad_line_becomes_a_pair_with_an_error_and_keeps_its_place(tmp_path: Path) -> None:
    pairs = pairs_of(
        table(tmp_path, "authentic,spliced\na.jpg,\na.jpg,b.jpg\na.jpg\na.jpg,b\0.jpg\n")
    )
    assert [pair.error.code if pair.error else None for pair in pairs] == [
        "E183", None, "E183", "E183",
    ]  # fmt: skip
    assert pairs[0].error is not None
    assert "line 2 of" in pairs[0].error.what


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "E181", 'no column "authentic"'),
        ("a.jpg,b.jpg\n", "E181", 'no column "authentic"'),
        ("authentic,image\na,b\n", "E181", 'no column "spliced"'),
        ("authentic,spliced\n", "E182", "pairs.csv"),
        ('authentic,spliced\n"a.jpg,b.jpg\n', "E181", "cannot read the table"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "E181", "not UTF-8 text"),
    ],
)
def test_what_is_no_table_is_refused(
    tmp_path: Path, text: str | bytes, code: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        pairs_of(table(tmp_path, text))
    assert caught.value.code == code


def test_a_missing_table_and_a_folder_in_its_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError) as missing:
        pairs_of(tmp_path / "none.csv")
    assert missing.value.code == "E101"
    with pytest.raises(UsageError, match="is a directory"):
        pairs_of(tmp_path)


def test_pictures_with_masks_are_told_from_pairs_by_the_columns(tmp_path: Path) -> None:
    path = table(tmp_path, "image,mask\na.jpg,a.png\n")
    assert has_masks(path)
    (image,) = masked_of(path)
    assert (image.image, image.mask, image.name) == (
        tmp_path / "a.jpg",
        tmp_path / "a.png",
        "a.jpg",
    )
    assert not has_masks(table(tmp_path, "authentic,spliced\na,b\n"))


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_folders_are_matched_by_path_then_by_path_without_extension(tmp_path: Path) -> None:
    authentic = touch(tmp_path / "a", "1.jpg", "x/2.jpg", "y/2.png", "3.png", "3.tif", "4.JPG")
    spliced = touch(
        tmp_path / "s", "1.jpg", "1.png", "x/2.png", "y/2.png", "3.jpg", "4.jpg", "5.jpg",
        ".hidden.jpg", "notes.txt", ".git/1.jpg",
    )  # fmt: skip
    pairs, unmatched = match_folders(authentic, spliced)
    found = {
        pair.name: (
            pair.authentic.relative_to(authentic).as_posix(),
            pair.spliced.relative_to(spliced).as_posix(),
        )
        for pair in pairs
    }
    assert found == {
        "1.jpg": ("1.jpg", "1.jpg"),
        "4.jpg": ("4.JPG", "4.jpg"),
        "x/2.png": ("x/2.jpg", "x/2.png"),
        "y/2.png": ("y/2.png", "y/2.png"),
    }
    reasons = {one.path.relative_to(tmp_path).as_posix(): one.reason for one in unmatched}
    assert reasons.keys() == {"a/3.png", "a/3.tif", "s/1.png", "s/3.jpg", "s/5.jpg"}
    assert reasons["s/3.jpg"].startswith("more than one picture")
    assert reasons["s/5.jpg"] == "no picture of that name"
    assert {row["code"] for row in unmatched_rows(unmatched)} == {"W211"}


def test_a_link_to_a_folder_above_does_not_lead_round_in_circles(tmp_path: Path) -> None:
    touch(tmp_path / "a", "1.jpg")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    pairs, _ = match_folders(tmp_path / "a", tmp_path / "a")
    assert [pair.name for pair in pairs] == ["1.jpg"]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "a", "1.txt")
    touch(tmp_path / "b", "1.jpg")
    for first, second in (("a", "b"), ("b", "a")):
        with pytest.raises(UsageError) as caught:
            match_folders(tmp_path / first, tmp_path / second)
        assert caught.value.code == "E182"


def test_a_run_goes_on_past_every_bad_pair(folder: Path) -> None:
    (folder / "in" / "text.jpg").write_text("not a picture", "utf-8")
    given = folder / "in"
    pairs = [
        Pair(given / "authentic.jpg", given / "missing.jpg", "1"),
        Pair(given / "authentic.jpg", given / "text.jpg", "2"),
        Pair(given, given / "edited.jpg", "3"),
        Pair(given / "authentic.jpg", given / "edited.jpg", "4"),
    ]
    outcomes = list(compare_pairs(pairs, output=folder / "out"))
    assert [outcome.error.code if outcome.error else None for outcome in outcomes] == [
        "E101", "E111", "E102", None,
    ]  # fmt: skip
    assert [outcome.result is None for outcome in outcomes] == [True, True, True, False]
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "4.heatmap.png", "4.mask.png", "4.overlay.png", "4.run.json",
    ]  # fmt: skip
    record = json.loads((folder / "out" / "4.run.json").read_bytes())
    assert record["inputs"]["spliced"]["sha256"] == outcomes[3].inputs["spliced"]["sha256"]
    assert record["inputs"]["spliced"]["shape"] == [192, 256, 3]


@pytest.mark.parametrize(
    ("raised", "code"), [(MemoryError(), "E190"), (ZeroDivisionError("x"), "E199")]
)
def test_a_fault_of_the_method_ends_one_pair_and_not_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, code: str
) -> None:
    honest, calls = batch_module.compare, []

    def fails_once(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise raised
        return honest(*arguments, **options)

    monkeypatch.setattr(batch_module, "compare", fails_once)
    pair = single_pair(folder / "in" / "authentic.jpg", folder / "in" / "edited.jpg")
    first, second = compare_pairs([pair, pair])
    assert first.error is not None
    assert first.error.code == code
    assert second.error is None


def test_a_full_disk_ends_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OutputError("E160", folder="out", free="0 bytes", needed="1 MB")

    monkeypatch.setattr("unsplice.result.write_file", full)
    pair = single_pair(folder / "in" / "authentic.jpg", folder / "in" / "edited.jpg")
    with pytest.raises(OutputError, match="no space left"):
        list(compare_pairs([pair, pair], output=folder / "out"))


def test_output_beside_an_input_is_refused_before_anything_is_done(folder: Path) -> None:
    pair = Pair(folder / "in" / "authentic.jpg", folder / "in" / "edited.jpg", "in/edited.jpg")
    for output in (folder / "in", folder):  # the mirrored tree may lead there as well
        with pytest.raises(OutputError) as caught:
            refuse_beside([pair], output)
        assert caught.value.code == "E163"


def test_a_pair_with_results_is_refused_before_it_is_compared(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "edited.jpg.run.json").write_bytes(b"old")
    monkeypatch.setattr(batch_module, "compare", lambda *_, **__: pytest.fail("was compared"))
    pair = single_pair(folder / "in" / "authentic.jpg", folder / "in" / "edited.jpg")
    (outcome,) = compare_pairs([pair], output=folder / "out")
    assert outcome.error is not None
    assert outcome.error.code == "E161"


def test_outcomes_are_ready_for_json_and_for_tables(
    folder: Path, below: Callable[[Path], dict[str, bytes]]
) -> None:
    before = below(folder / "in")
    name = os.fsdecode(b"caf\xe9.jpg")
    (folder / "in" / name).write_bytes(before["edited.jpg"])
    pairs = [
        single_pair(folder / "in" / "authentic.jpg", folder / "in" / name),
        single_pair(folder / "in" / "authentic.jpg", folder / "in" / "none.jpg"),
    ]
    good, bad = compare_pairs(pairs, output=folder / "out")
    line = json.loads(json.dumps(good.to_dict(), allow_nan=False))
    assert line["name"] == "caf\\xe9.jpg"
    assert line["inputs"]["spliced"]["path_base64"]
    assert line["finding"] == "spliced"
    row = summary_row(good, folder / "out")
    assert row["mask"] == "caf\\xe9.jpg.mask.png"
    assert row["area"] == line["area"] > 0
    line = bad.to_dict()
    assert line["error"]["code"] == "E101"
    assert "finding" not in line
    assert bad.error is not None
    assert error_row("x", Path("x"), bad.error)["help"]
    assert isinstance(bad, Outcome)


def test_the_analysed_file_does_not_hang_on_an_order() -> None:
    pair = Pair(Path("a.jpg"), Path("b.jpg"), "b.jpg")
    assert pair.analysed == Path("b.jpg")
    assert SingleImage(Path("c.jpg"), "c.jpg").analysed == Path("c.jpg")
    (outcome,) = compare_pairs([pair])  # neither is there
    assert outcome.given is pair
    assert outcome.error is not None
    assert outcome.error.code == "E101"


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_record_never_stands_beside_steps_of_another_reading(
    folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    pictures = [SingleImage(folder / "in" / "edited.jpg", "edited.jpg")]
    list(localize_images(pictures, output=folder / "out", **STEPS))
    record = folder / "out" / "edited.jpg.run.json"
    assert record.exists()
    honest, written = step_pictures.write_file, []

    def ends(path: Path, data: bytes, **options: Any) -> None:
        if len(written) == after:
            raise KeyboardInterrupt
        written.append(path)
        honest(path, data, **options)

    monkeypatch.setattr(step_pictures, "write_file", ends)
    other = PaperParameters.preset("closest-to-text")
    with pytest.raises(KeyboardInterrupt):
        list(
            localize_images(
                pictures, output=folder / "out", overwrite=True, parameters=other, **STEPS
            )
        )
    assert len(list((folder / "out").glob("*.steps/*.png"))) == after
    assert not record.exists()


def test_a_record_that_does_not_go_keeps_its_steps(
    folder: Path, monkeypatch: pytest.MonkeyPatch, below: Callable[[Path], dict[str, bytes]]
) -> None:
    pictures = [SingleImage(folder / "in" / "edited.jpg", "edited.jpg")]
    list(localize_images(pictures, output=folder / "out", **STEPS))
    before, honest = below(folder / "out"), Path.unlink

    def refuses(path: Path, *, missing_ok: bool = False) -> None:
        if path.suffix == ".json":
            raise PermissionError(13, "Permission denied")
        honest(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuses)
    other = PaperParameters.preset("closest-to-text")
    with pytest.raises(OutputError) as caught:
        list(
            localize_images(
                pictures, output=folder / "out", overwrite=True, parameters=other, **STEPS
            )
        )
    assert caught.value.code == "E162"
    assert below(folder / "out") == before


def test_steps_that_cannot_be_listed_are_told_in_coded_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    (folder / "out" / "edited.jpg.steps").mkdir(parents=True)
    monkeypatch.setattr(Path, "iterdir", refuses)
    pictures = [SingleImage(folder / "in" / "edited.jpg", "edited.jpg")]
    with pytest.raises(OutputError, match=r"edited.jpg.steps: permission denied"):
        list(localize_images(pictures, output=folder / "out"))


def test_steps_of_blind_mode_do_not_outlive_its_results(folder: Path) -> None:
    edited = folder / "in" / "edited.jpg"
    list(localize_images([SingleImage(edited, "edited.jpg")], output=folder / "out", **STEPS))
    pair = single_pair(folder / "in" / "authentic.jpg", edited)
    (outcome,) = compare_pairs([pair], output=folder / "out", overwrite=True)
    assert outcome.error is None
    assert not (folder / "out" / "edited.jpg.steps").exists()


@pytest.mark.usefixtures("folder")
def test_a_method_that_is_not_known_is_refused_before_anything_is_done() -> None:
    unknown: Any = "Paper"
    with pytest.raises(ValueError, match="method must be"):
        localize_images([], method=unknown)
    with pytest.raises(ValueError, match="method must be"):
        compare_pairs([], method=unknown)
