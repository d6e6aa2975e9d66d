"""Files appear whole or not at all, under names that lead back to the input."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsplice.errors import OutputError
from unsplice.output import (
    encode_csv,
    encode_json,
    encode_png,
    json_line,
    output_names,
    path_fields,
    refuse_beside_inputs,
    refuse_unwritable,
    remove_unfinished,
    write_file,
)

STOPPED_WHILE_WRITING = """
import os, sys, time
from unsplice import output

def stop(*_):
    print("middle", flush=True)
    time.sleep(60)

setattr(os, sys.argv[3], stop)
output.write_file(sys.argv[1], b"new" * 100_000, overwrite=sys.argv[2] == "yes")
"""


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_process_killed_in_the_middle_leaves_nothing_under_the_final_name(
    tmp_path: Path, step: str
) -> None:
    target = tmp_path / "a.png"
    _kill_in_the_middle(target, "no", step)
    assert not target.exists()


def test_a_process_killed_while_replacing_leaves_the_old_file_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.png"
    target.write_bytes(b"old")
    _kill_in_the_middle(target, "yes", "fsync")
    assert target.read_bytes() == b"old"


def _kill_in_the_middle(target: Path, overwrite: str, step: str) -> None:
    command = [sys.executable, "-c", STOPPED_WHILE_WRITING, str(target), overwrite, step]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"middle\n"
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(timeout=30) == -signal.SIGKILL


def test_missing_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_file(tmp_path / "new" / "deep" / "a.txt", b"content")
    assert [path.name for path in (tmp_path / "new" / "deep").iterdir()] == ["a.txt"]
    assert (tmp_path / "new" / "deep" / "a.txt").read_bytes() == b"content"


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_file(tmp_path / "a", b"")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_an_existing_file_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OutputError, match="exists already") as caught:
        write_file(tmp_path / "a", b"new")
    assert caught.value.code == "E161"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_overwriting_a_link_replaces_the_link_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(b"evidence")
    (tmp_path / "a").symlink_to(tmp_path / "evidence")
    with pytest.raises(OutputError):
        write_file(tmp_path / "a", b"new")
    write_file(tmp_path / "a", b"new", overwrite=True)
    assert (tmp_path / "evidence").read_bytes() == b"evidence"
    assert (tmp_path / "a").read_bytes() == b"new"
    assert not (tmp_path / "a").is_symlink()


def test_a_full_disk_is_told_with_the_free_space_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"MB free|bytes free") as caught:
        write_file(tmp_path / "a.png", bytes(2_500_000))
    assert caught.value.code == "E160"
    assert "2.5 MB" in caught.value.cause
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_hard_links_still_refuses_to_replace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unsupported)
    write_file(tmp_path / "a", b"first")
    with pytest.raises(OutputError) as caught:
        write_file(tmp_path / "a", b"second")
    assert caught.value.code == "E161"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"first"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="permission denied") as caught:
        write_file(tmp_path / "a", b"")
    assert caught.value.code == "E162"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "out").write_bytes(b"")
    for target in ("out/a", "out/deep/a"):
        with pytest.raises(OutputError) as caught:
            write_file(tmp_path / target, b"", overwrite=overwrite)
        assert caught.value.code == "E162"


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OutputError) as caught:
        write_file(tmp_path / "a", b"", overwrite=True)
    assert caught.value.code == "E162"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_name_that_is_not_utf8_is_written_and_recorded_with_its_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (out_name,) = output_names([(name, "")])
    write_file(tmp_path / f"{out_name}.json", encode_json(path_fields(name)))
    assert [os.fsencode(path.name) for path in tmp_path.iterdir()] == [b"caf\xe9.jpg.json"]
    record = json.loads((tmp_path / f"{name}.json").read_bytes())
    assert record == {"path": "caf\\xe9.jpg", "path_base64": "Y2Fm6S5qcGc="}


def test_long_names_are_cut_between_characters_and_stay_apart() -> None:
    long = "ä" * 120
    first, second = output_names([(f"{long}1.jpg", ""), (f"{long}2.jpg", "")])
    assert first != second
    for name in (first, second):
        assert len(os.fsencode(name)) <= 200
        assert name.startswith("ä" * 95)
        name.encode("utf-8")  # no half character


@given(
    st.lists(
        st.tuples(st.text(st.sampled_from("aAäÄ/.\u0308é"), min_size=1, max_size=6), st.text("xy")),
        max_size=8,
    )
)
def test_no_two_outputs_share_a_name_even_where_case_does_not_count(
    inputs: list[tuple[str, str]],
) -> None:
    names = output_names(inputs)
    assert len({name.casefold() for name in names}) == len(inputs)
    for name in names:
        assert name
        assert not name.startswith("/")
        assert ".." not in name.split("/")


def test_names_that_are_free_are_kept_in_full() -> None:
    assert output_names([("a.jpg", ""), ("a.png", ""), ("x/a.jpg", "")]) == [
        "a.jpg",
        "a.png",
        "x/a.jpg",
    ]


def test_output_beside_an_input_is_refused_also_by_way_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "case")
    evidence = tmp_path / "case" / "a.jpg"
    for folder in ("case", "link", "case/../case"):
        with pytest.raises(OutputError) as caught:
            refuse_beside_inputs([tmp_path / folder], files=[evidence])
        assert caught.value.code == "E163"
    refuse_beside_inputs([tmp_path, tmp_path / "case" / "out"], files=[evidence])


def test_output_within_a_searched_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        refuse_beside_inputs([tmp_path / "in" / "out"], trees=[tmp_path / "in"])
    assert caught.value.code == "E163"
    refuse_beside_inputs([tmp_path / "in-2"], trees=[tmp_path / "in"])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, ">u2", bool])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_a_png_holds_the_pixels_of_any_layout(dtype: str, shape: tuple[int, ...]) -> None:
    top = 2 if dtype is bool else np.iinfo(dtype).max
    array = np.random.default_rng(0).integers(0, top, shape).astype(dtype)
    for view in (array, array[::-1, ::-1], np.asfortranarray(array)):
        decoded = cv2.imdecode(np.frombuffer(encode_png(view), np.uint8), cv2.IMREAD_UNCHANGED)
        expected = view.astype(np.uint8) * 255 if dtype is bool else view
        np.testing.assert_array_equal(decoded[..., ::-1] if len(shape) == 3 else decoded, expected)


def test_an_array_that_is_no_picture_is_refused() -> None:
    with pytest.raises(TypeError, match="got float64"):
        encode_png(np.zeros((2, 2)))
    for shape in [(4,), (0, 4), (2, 2, 2), (1, 2, 2, 3)]:
        with pytest.raises(ValueError, match="array must have shape"):
            encode_png(np.zeros(shape, np.uint8))


def test_json_is_strict_whatever_the_record_holds() -> None:
    record = {
        "nan": float("nan"),
        "array": np.array([[1.5, np.inf]], np.float32),
        "count": np.int64(3),
        "flag": np.bool_(True),
        "path": Path("a") / os.fsdecode(b"\xff"),
        "name": "\ud800",
        "tuple": (1, None),
    }
    loaded = json.loads(encode_json(record), parse_constant=pytest.fail)
    assert loaded == {
        "nan": None,
        "array": [[1.5, None]],
        "count": 3,
        "flag": True,
        "path": "a/\\xff",
        "name": "\\ud800",
        "tuple": [1, None],
    }
    with pytest.raises(TypeError, match="cannot write a object as JSON"):
        encode_json({"thing": object()})


def test_json_brings_no_terminal_to_obey_and_means_the_same() -> None:
    name = "caf\xe9 \x1b[2J \x7f \x9b2J \u202egpj.exe \u2028 \U000e0041 \N{GRINNING FACE}"
    line = json_line({"name": name})
    assert line.isprintable()
    assert "caf\xe9" in line
    assert json.loads(line) == json.loads(encode_json({"name": name})) == {"name": name}
    assert all(char.isprintable() or char == "\n" for char in encode_json({"name": name}).decode())


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        ("=", "'="),
        ("+", "'+"),
        ("-", "'-"),
        ("@", "'@"),
        (" =", "' ="),
        ("\uff1d", "'\uff1d"),
        ("\t", "\\t"),
        ("\r", "\\r"),
        ("\n", "\\n"),
    ],
)
def test_no_cell_of_a_table_is_a_formula_or_breaks_the_line(start: str, shown: str) -> None:
    table = encode_csv(["name", "score"], [{"name": f"{start}cmd|x", "score": -0.5}])
    header, row = csv.reader(io.StringIO(table.decode(), newline=""))
    assert header == ["name", "score"]
    assert row == [shown + "cmd|x", "-0.5"]


def test_what_is_not_known_is_an_empty_cell() -> None:
    row = {"a": float("nan"), "b": None, "c": np.float64("nan"), "e": 0.0}
    assert encode_csv(list("abcde"), [row]) == b"a,b,c,d,e\n,,,,0.0\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError) as caught:
        write_file(pipe, b"data", overwrite=True)
    assert caught.value.code == "E162"
    assert pipe.is_fifo()
    with pytest.raises(OutputError, match="no regular file"):
        refuse_unwritable(pipe)


def test_where_a_file_can_be_made_is_known_before_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    refuse_unwritable(tmp_path / "new" / "deep" / "page.md")
    refuse_unwritable(tmp_path / "file")
    assert not (tmp_path / "new").exists()
    for path in (tmp_path, tmp_path / "file" / "page.md"):
        with pytest.raises(OutputError) as caught:
            refuse_unwritable(path)
        assert caught.value.code == "E162"


def test_what_a_killed_process_left_is_removed_and_what_another_writes_stays(
    tmp_path: Path,
) -> None:
    left = tmp_path / "sub" / ".unsplice-0123456789ab.tmp"
    left.parent.mkdir()
    left.write_bytes(b"half")
    mine = tmp_path / "sub" / ".unsplice-mine.tmp"
    mine.write_bytes(b"not named so by unsplice")
    (tmp_path / ".unsplice-aaaaaaaaaaaa.tmp").symlink_to(mine)
    code = (
        "import sys, unsplice.output as o\n"
        f"descriptor, held = o._opened(__import__('pathlib').Path({str(tmp_path)!r}, "
        "'.unsplice-ba9876543210.tmp'))\n"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        remove_unfinished(tmp_path)
        busy = tmp_path / ".unsplice-ba9876543210.tmp"
        assert busy.exists()
        assert not left.exists()
        assert mine.exists()
        process.kill()
        process.communicate()
    remove_unfinished(tmp_path)
    assert not busy.exists()
