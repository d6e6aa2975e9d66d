"""A journal gives back what was finished, whatever ended the run that wrote it."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from test_summary import AUTHENTIC_ROW, ROW
from unsplice.errors import OutputError
from unsplice.evaluation.run import journal as journal_module
from unsplice.evaluation.run.journal import RECORD, Journal

RECORDED = {
    "schema": "x/1", "seed": 0, "attacks": ["none", "jpeg:70"],
    "methods": [{"name": "one", "parameters": {"sigma": 0.01, "radius": 14}}],
    "samples": [{"name": "a.jpg"}, {"name": "b.jpg"}],
}  # fmt: skip
ROWS = (replace(ROW, f1=1 / 3, strength=70.0), AUTHENTIC_ROW)


def reopened(folder: Path, record: dict[str, Any] = RECORDED, **options: Any) -> Journal:
    return Journal.open(folder, record, results=["images.csv"], **options)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three finished tasks, of which the second failed at first."""
    with reopened(tmp_path / "out") as journal:
        assert journal.finished == {}
        journal.append(7, ROWS)
        journal.append(2, [replace(ROW, error="E101")])
        journal.append(2, [ROW])
        journal.append(0, [replace(ROW, name="caf\\xe9 \u20ac.jpg")])
    return tmp_path / "out"


def numbers(folder: Path) -> list[int]:
    with reopened(folder, resume=True) as journal:
        return list(journal.finished)


def test_rows_come_back_exactly_and_the_last_of_a_task_counts(folder: Path) -> None:
    with reopened(folder, resume=True) as journal:
        assert journal.finished == {
            7: ROWS, 2: (ROW,), 0: (replace(ROW, name="caf\\xe9 \u20ac.jpg"),),
        }  # fmt: skip


def test_a_run_can_be_continued_again_and_again(folder: Path) -> None:
    with reopened(folder, resume=True) as journal:
        journal.append(1, ROWS)
    assert numbers(folder) == [7, 2, 0, 1]


def test_a_last_line_that_was_cut_off_anywhere_is_not_believed_and_not_in_the_way(
    folder: Path,
) -> None:
    path = folder / "journal"
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for end in range(start, len(whole)):
        path.write_bytes(whole[:end])
        with reopened(folder, resume=True) as journal:
            assert list(journal.finished) == [7, 2]
            journal.append(0, [replace(ROW, name="caf\\xe9 \u20ac.jpg")])
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.replace(b"0.25", b"0.26"),
        lambda line: b"\0" * len(line),
        lambda line: line[:40],
        lambda line: line + line,
        lambda _: b"",
    ],
)
def test_a_damaged_line_is_not_believed_and_the_others_are(
    folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = folder / "journal"
    lines = path.read_bytes().split(b"\n")
    assert lines[1].partition(b" ")[2].startswith(b'{"task": 7')
    lines[1] = damage(lines[1])
    path.write_bytes(b"\n".join(lines))
    assert numbers(folder) == [2, 0]


@pytest.mark.parametrize("cut", [0, 1, 30, -1])
def test_a_journal_without_its_first_line_is_begun_again(folder: Path, cut: int) -> None:
    path = folder / "journal"
    head = path.read_bytes().split(b"\n")[0]
    path.write_bytes(head[:cut])
    assert numbers(folder) == []
    assert path.read_bytes() == head + b"\n"


def test_the_journal_of_another_run_is_not_believed(folder: Path, tmp_path: Path) -> None:
    other = RECORDED | {"seed": 1}
    reopened(tmp_path / "other", other).close()
    (tmp_path / "other/journal").write_bytes((folder / "journal").read_bytes())
    with reopened(tmp_path / "other", other, resume=True) as journal:
        assert journal.finished == {}


def test_resuming_where_nothing_is_starts_a_run(tmp_path: Path) -> None:
    with reopened(tmp_path / "deep/out", resume=True) as journal:
        assert journal.finished == {}
    assert json.loads((tmp_path / "deep/out" / RECORD).read_bytes()) == RECORDED


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"seed": 3}, "seed was 0, now 3"),
        ({"attacks": ["none"]}, "attacks was none, jpeg:70, now none"),
        ({"attacks": ["none", "jpeg:80"]}, 'attacks was "jpeg:70", now "jpeg:80"'),
        (
            {"methods": [{"name": "one", "parameters": {"sigma": 0.01, "radius": 9}}]},
            "was parameters radius 14, now parameters radius 9",
        ),
        (
            {"methods": [*RECORDED["methods"], {"name": "two"}]},  # type: ignore[misc]
            "methods was one, now one, two",
        ),
        ({"samples": [{"name": "a.jpg"}, {"name": "c.jpg"}]}, 'was name "b.jpg", now name "c.jpg"'),
        ({"schema": "x/2"}, 'schema was "x/1", now "x/2"'),
    ],
)
def test_other_settings_are_refused_and_named(
    folder: Path, now: dict[str, Any], words: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(OutputError) as caught:
        reopened(folder, RECORDED | now, resume=True)
    assert caught.value.code == "E170"
    assert words in caught.value.what
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


FOREIGN_RECORDS = [b"{", b"[]", b"{}", b'{"schema": "y/1"}', b'{"schema": 3}', b"x"]


@pytest.mark.parametrize("content", FOREIGN_RECORDS)
@pytest.mark.parametrize("wish", [{}, {"resume": True}, {"overwrite": True}])
def test_a_record_that_is_none_of_ours_is_kept_whatever_is_asked_for(
    folder: Path, content: bytes, wish: dict[str, bool], below: Any
) -> None:
    (folder / RECORD).write_bytes(content)
    (folder / "images.csv").write_bytes(b"mine")
    before = below(folder)
    with pytest.raises(OutputError, match=RECORD) as caught:
        reopened(folder, **wish)
    assert caught.value.code == "E161"
    assert below(folder) == before


@pytest.mark.parametrize("left", [RECORD, "journal", "images.csv"])
@pytest.mark.parametrize("wish", [{}, {"resume": True}, {"overwrite": True}])
def test_files_that_no_run_left_are_neither_removed_nor_changed(
    tmp_path: Path, left: str, wish: dict[str, bool], below: Any
) -> None:
    (tmp_path / left).write_bytes(b"x")
    before = below(tmp_path)
    with pytest.raises(OutputError, match=left) as caught:
        reopened(tmp_path, **wish)
    assert caught.value.code == "E161"
    assert below(tmp_path) == before


def test_an_earlier_run_is_neither_replaced_nor_continued_unasked(folder: Path, below: Any) -> None:
    before = below(folder)
    with pytest.raises(OutputError, match=RECORD) as caught:
        reopened(folder)
    assert caught.value.code == "E161"
    assert below(folder) == before


@pytest.mark.parametrize("wish", [{}, {"resume": True}, {"overwrite": True}])
def test_an_empty_journal_alone_is_a_run_that_was_killed_at_once_and_in_nobodys_way(
    tmp_path: Path, wish: dict[str, bool]
) -> None:
    (tmp_path / "journal").touch()
    with reopened(tmp_path, **wish) as journal:
        assert journal.finished == {}


@pytest.mark.parametrize("wish", [{}, {"resume": True}, {"overwrite": True}])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_in_the_place_of_the_journal_is_not_followed(
    folder: Path, tmp_path: Path, wish: dict[str, bool], there: bool
) -> None:
    target = tmp_path / "target"
    if there:
        target.write_bytes(b"precious")
    (folder / "journal").unlink()
    (folder / "journal").symlink_to(target)
    with pytest.raises(OutputError, match="journal: it is a symbolic link") as caught:
        reopened(folder, **wish)
    assert caught.value.code == "E162"
    assert target.exists() == there
    assert not there or target.read_bytes() == b"precious"


def test_a_record_behind_a_link_is_none_of_ours(folder: Path, tmp_path: Path) -> None:
    (folder / RECORD).rename(tmp_path / "elsewhere.json")
    (folder / RECORD).symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(OutputError, match=RECORD) as caught:
        reopened(folder, overwrite=True)
    assert caught.value.code == "E161"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_pipe_in_the_place_of_the_journal_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "journal")
    with pytest.raises(OutputError, match="it is not a regular file") as caught:
        reopened(tmp_path)
    assert caught.value.code == "E162"


def test_a_folder_in_the_place_of_a_result_is_told(folder: Path) -> None:
    (folder / "images.csv").mkdir()
    with pytest.raises(OutputError, match=r"images\.csv") as caught:
        reopened(folder, overwrite=True)
    assert caught.value.code == "E162"


@pytest.mark.parametrize("now", [{}, {"seed": 5}])
def test_overwriting_forgets_the_earlier_run_with_its_results(
    folder: Path, now: dict[str, Any]
) -> None:
    (folder / "images.csv").write_bytes(b"old")
    (folder / "mine.txt").write_bytes(b"kept")
    with reopened(folder, RECORDED | now, overwrite=True) as journal:
        assert journal.finished == {}
        assert not (folder / "images.csv").exists()
        assert json.loads((folder / RECORD).read_bytes()) == RECORDED | now
    assert (folder / "mine.txt").read_bytes() == b"kept"


def test_two_processes_cannot_work_in_one_folder(folder: Path) -> None:
    with (
        reopened(folder, resume=True),
        pytest.raises(OutputError, match="another process is at work") as caught,
    ):
        reopened(folder, overwrite=True)
    assert caught.value.code == "E172"
    assert numbers(folder) == [7, 2, 0]


@pytest.mark.parametrize("wish", [{}, {"resume": True}, {"overwrite": True}])
def test_of_runs_that_begin_together_one_begins_and_the_others_are_told_of_it(
    tmp_path: Path, wish: dict[str, bool]
) -> None:
    together = threading.Barrier(4)
    open_, codes, journals = os.open, list[str](), list[Journal]()

    def open_together(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("journal"):
            with suppress(threading.BrokenBarrierError):  # once they have met
                together.wait(5)
            together.abort()
        return open_(path, *arguments, **options)

    def begin() -> None:
        try:
            journals.append(reopened(tmp_path / "out", **wish))
        except OutputError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "open", open_together)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert codes == ["E172"] * 3
    (journal,) = journals
    with journal:
        journal.append(7, ROWS)
    assert numbers(tmp_path / "out") == [7]


def test_a_journal_that_is_removed_while_its_lock_is_awaited_is_made_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, path = journal_module.keep_others_out, folder / "journal"
    times = []

    def remove_first(*arguments: Any) -> None:
        lock(*arguments)
        if not times:
            path.unlink()
        times.append(1)

    monkeypatch.setattr(journal_module, "keep_others_out", remove_first)
    with reopened(folder, resume=True) as journal:
        assert journal.finished == {}
        journal.append(1, ROWS)
    assert len(times) == 2
    assert numbers(folder) == [1]


def test_a_journal_that_does_not_get_to_the_disk_is_told_unless_something_worse_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    journal = reopened(folder, resume=True)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OutputError) as caught, journal:
        pass
    assert caught.value.code == "E160"
    assert journal._file.closed
    monkeypatch.undo()
    journal = reopened(folder, resume=True)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(KeyboardInterrupt), journal:
        raise KeyboardInterrupt


def test_a_file_that_cannot_be_brought_to_a_disk_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    with reopened(folder, resume=True):
        monkeypatch.setattr(os, "fsync", refuse)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError) as caught:
        reopened(tmp_path / "file" / "out")
    assert caught.value.code == "E162"


def test_a_full_disk_is_told_and_what_was_kept_stays_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        """A file that takes ten bytes and no more."""

        def __init__(self, file: Any) -> None:
            self.file, self.room = file, 10

        def write(self, data: memoryview) -> int:
            if not self.room:
                raise OSError(28, "No space left on device")
            written: int = self.file.write(data[: self.room])
            self.room = 0
            return written

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    with reopened(folder, resume=True) as journal:
        monkeypatch.setattr(journal, "_file", Full(journal._file))
        with pytest.raises(OutputError) as caught:
            journal.append(9, ROWS)
    assert caught.value.code == "E160"
    assert numbers(folder) == [7, 2, 0]
