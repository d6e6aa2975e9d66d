"""Disks that are full, read-only or gone, files that change, workers that are killed, signals.

What is half-written is tested in `test_output`, workers alone in `test_workers`, kills by the
hundred in `reliability.kills`. Here whole commands meet the fault.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_sets import make_set
from reliability.evidence import can_trace, read_trace, trace
from reliability.kills import Stage, broken, files_below
from scenes import disc, pasted, scene
from tables import read_table
from unsplice import image as image_module
from unsplice import localize, output, read_image
from unsplice.batch import run as run_batch
from unsplice.errors import ImageError, OutputError
from unsplice.inputs import SingleImage
from unsplice.outcomes import Outcome
from unsplice.output import UNFINISHED, encode_png
from unsplice.synthetic.forging import Saving
from worker_tasks import Starved

SHAPE = (96, 128)
SMALL = {"coco": "4k", "evaluate": "8k", "masks": "8k"}  # too small for what these write
LOCALIZE = ("localize", "-r", "in/tree", "--method", "paper", "--jobs", "1")
COMPARE = ("compare", "--pairs", "in/pairs.csv", "--jobs", "1")
PATCHES = ("patches", "--pairs", "in/pairs.csv", "--size", "32", "--jobs", "1")
EVALUATE = ("evaluate", "in/made/made.csv", "--method", "everything-flagged", "--jobs", "1")
# Every kind of output, and how the command goes on when the fault is gone.
WRITING = {
    "localize": (LOCALIZE, "--resume"),
    "report": ((*LOCALIZE, "--report", "--steps"), "--resume"),
    "compare": (COMPARE, "--resume"),
    "patches": (PATCHES, "--resume"),
    "evaluate": (EVALUATE, "--resume"),
    **{form: (("pack", "in/set", "--format", form), "--overwrite")
       for form in ("images", "webdataset", "parquet", "npz")},
    "coco": (("pack", "in/results", "--format", "coco"), "--overwrite"),
    "masks": (("pack", "in/results", "--format", "masks"), "--overwrite"),
    "demo": (("demo",), "--overwrite"),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs with their table, a data set, and what two verbs make of the pairs."""
    from unsplice.cli import main

    given = tmp_path_factory.mktemp("faults") / "in"
    (given / "tree").mkdir(parents=True)
    lines = ["authentic,spliced"]
    for number in range(3):
        where = disc(SHAPE, 44 + 3 * number, 60, 20)
        image = pasted(scene(500 + number, *SHAPE), where, scene(600 + number, *SHAPE))
        (given / "tree" / f"s{number}.jpg").write_bytes(Saving(88, "4:4:4").encode(image))
        (given / f"a{number}.png").write_bytes(encode_png(scene(500 + number, *SHAPE)))
        lines.append(f"a{number}.png,tree/s{number}.jpg")
    (given / "pairs.csv").write_text("\n".join([*lines, ""]), "utf-8")
    make_set(given / "made", spliced=2, authentic=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(given)
        patch.setenv("UNSPLICE_CONFIG", "none")
        more = ("--pairs", "pairs.csv", "--jobs", "1", "-q", "-o")
        assert main(["patches", "--size", "32", *more, "set"]) == 0
        assert main(["compare", *more, "results"]) == 0
    return given


@pytest.fixture
def work(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with its own copy of the inputs in ``in``."""
    shutil.copytree(made, tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def mounted(work: Path) -> Iterator[Callable[[str], None]]:
    """Give tests a way to make ``out`` a file system of its own, and to change its options."""
    out = work / "out"
    out.mkdir()
    done = []

    def mount(options: str) -> None:
        how = f"remount,{options}" if done else options
        command = ["mount", "-t", "tmpfs", "-o", how, "none", str(out)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this user or system may not mount a file system")
        done.append(options)

    yield mount
    if done:
        subprocess.run(["umount", "--lazy", str(out)], check=True)


def undisturbed(work: Path, words: Sequence[str]) -> dict[str, bytes]:
    """What the command leaves in a folder of the same name, beside inputs of the same names."""
    from unsplice.cli import main

    shutil.copytree(work / "in", work / "again" / "in")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(work / "again")
        assert main([*words, "-q", "-o", "out"]) == 0
    return files_below(work / "again" / "out")


def unfinished(folder: Path) -> list[str]:
    return [name for name in files_below(folder) if UNFINISHED.match(Path(name).name)]


def half_written(folder: Path) -> list[str]:
    """What is under a final name and not whole; pages are not looked into."""
    return [line for line in broken(folder) if "no kind of file" not in line]


# ------------------------------------------------------------------ the disk of the output


@pytest.mark.parametrize("kind", WRITING)
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_space(
    work: Path, run: Any, below: Any, mounted: Callable[[str], None], kind: str
) -> None:
    words, again = WRITING[kind]
    given = below(work / "in")
    mounted(f"size={SMALL.get(kind, '24k')}")
    ran = run(*words, "-o", "out")
    assert ran.code == 4
    assert "error[E160]: no space left in out" in ran.err
    assert f"{again} " in ran.err or kind == "demo"
    assert (half_written(work / "out"), unfinished(work / "out")) == ([], [])
    assert below(work / "in") == given
    if kind == "demo":  # a second would take longer than all others together
        return
    mounted("size=40m")
    assert run(*words, "-o", "out", again).code == 0
    resumed, whole = below(work / "out"), undisturbed(work, words)
    if kind == "evaluate":  # which tells how long it took
        assert resumed.keys() == whole.keys()
    else:
        assert resumed == whole
    assert below(work / "in") == given


@pytest.mark.parametrize("kind", [kind for kind in WRITING if kind != "demo"])
def test_a_read_only_disk_is_told(
    work: Path, run: Any, below: Any, mounted: Callable[[str], None], kind: str
) -> None:
    words, _ = WRITING[kind]
    given = below(work / "in")
    mounted("ro")
    ran = run(*words, "-o", "out")
    assert ran.code == 4
    assert "error[E162]: cannot write to out" in ran.err
    assert "read-only file system" in ran.err
    assert below(work / "out") == {}
    assert below(work / "in") == given


def test_a_file_that_may_not_grow_is_told(work: Path) -> None:
    """As a quota does it, where nothing can be mounted either."""
    resource = pytest.importorskip("resource")
    result = localize(work / "in" / "tree" / "s0.jpg", method="paper")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(OutputError, match="file too large") as caught:
            result.save(work / "out", name="s0.jpg")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.code == "E162"
    assert (half_written(work / "out"), unfinished(work / "out")) == ([], [])


@pytest.mark.usefixtures("work")
def test_the_space_that_is_told_to_be_free_is_that_without_the_half_file(
    run: Any, mounted: Callable[[str], None]
) -> None:
    mounted("size=64k")
    ran = run("pack", "in/set", "--format", "npz", "-o", "out")
    assert "(65,536 bytes free)" in ran.err


@pytest.mark.parametrize("kind", ["localize", "compare", "patches", "images", "masks"])
@pytest.mark.parametrize("step", ["before", "within"])
def test_an_output_folder_that_is_removed_in_the_middle_is_told(
    work: Path, run: Any, monkeypatch: pytest.MonkeyPatch, kind: str, step: str
) -> None:
    """Before a file is written, its folder is made again; within, that comes too late."""
    words, again = WRITING[kind]
    count = 0

    def removing(call: Callable[..., Any]) -> Callable[..., Any]:
        def remove_then_call(*given: Any) -> Any:
            nonlocal count
            count += 1
            if count == 3:
                shutil.rmtree(work / "out")
            return call(*given)

        return remove_then_call

    if step == "before":
        monkeypatch.setattr(secrets, "token_hex", removing(secrets.token_hex))
    else:
        monkeypatch.setattr(output, "_opened", removing(output._opened))
    ran = run(*words, "-o", "out")
    assert count >= 3
    assert ran.code == 4
    if step == "before":
        assert "error[E165]: out was removed or replaced while the run" in ran.err
    else:
        assert "no such file or directory" in ran.err
        assert again in ran.err
        assert half_written(work / "out") == []
    monkeypatch.undo()
    monkeypatch.chdir(work)
    assert run(*words, "-o", "out", again).code == 0
    assert files_below(work / "out") == undisturbed(work, words)


# ------------------------------------------------------------------ the inputs


@pytest.mark.parametrize("kind", ["localize", "compare", "patches", "evaluate"])
def test_inputs_that_vanish_in_the_middle_are_told_one_by_one(
    work: Path, run: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    read, count = image_module.file_content, 0

    def vanishing(*given: Any, **named: Any) -> bytes:
        nonlocal count
        count += 1
        if count == 3:
            shutil.rmtree(work / "in")
        return read(*given, **named)

    monkeypatch.setattr(image_module, "file_content", vanishing)
    words, _ = WRITING[kind]
    ran = run(*words, "-o", "out")
    assert ran.code == 1
    assert "error[E101]: no such file: in/" in ran.err
    assert "Traceback" not in ran.err
    assert half_written(work / "out") == []
    if kind != "evaluate":
        errors = [row["code"] for row in read_table(work / "out" / "errors.csv")]
        assert errors == ["E101"] * (1 if kind == "localize" else 2)


def truncated(path: Path, _: bytes) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replaced(path: Path, other: bytes) -> None:
    path.with_name("other").write_bytes(other)
    path.with_name("other").replace(path)


def appended(path: Path, other: bytes) -> None:
    with path.open("ab") as file:
        file.write(other)


def overwritten(path: Path, other: bytes) -> None:
    with path.open("r+b") as file:
        file.write(other)
        file.truncate()


def removed(path: Path, _: bytes) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [truncated, replaced, appended, overwritten, removed])
@pytest.mark.parametrize("extension", [".jpg", ".png", ".bmp"])
@pytest.mark.parametrize("when", ["opened", "begun"])
def test_of_a_file_that_changes_while_it_is_read_the_hash_is_that_of_what_was_decoded(
    tmp_path: Path, encode: Any, monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path, bytes], None], extension: str, when: str,
) -> None:  # fmt: skip
    path = tmp_path / f"a{extension}"
    path.write_bytes(encode(scene(1, *SHAPE), extension))
    other = encode(scene(2, *SHAPE), extension)
    decoded: list[bytes] = []
    decode, size = image_module.decode_image, image_module._regular_size
    check = image_module.recognize

    def decode_noted(content: bytes, *given: Any, **named: Any) -> Any:
        decoded.append(content)
        return decode(content, *given, **named)

    def changed_when_opened(*given: Any) -> int:
        known = size(*given)
        change(path, other)
        return known

    def changed_when_begun(*given: Any) -> Any:
        change(path, other)
        monkeypatch.setattr(image_module, "recognize", check)
        return check(*given)

    monkeypatch.setattr(image_module, "decode_image", decode_noted)
    if when == "opened":
        monkeypatch.setattr(image_module, "_regular_size", changed_when_opened)
    else:
        monkeypatch.setattr(image_module, "recognize", changed_when_begun)
    try:
        source = read_image(path)
    except ImageError:  # the rest, or the beginning alone, is of another file
        assert change in (truncated, overwritten)
        return
    assert change is not truncated
    (content,) = decoded
    assert source.sha256 == hashlib.sha256(content).hexdigest()
    np.testing.assert_array_equal(source.pixels, decode(content).pixels)


def test_a_record_tells_the_bytes_that_were_analysed_though_the_file_was_changed_since(
    work: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = work / "in" / "tree" / "s0.jpg"
    before, other = path.read_bytes(), (path.parent / "s1.jpg").read_bytes()
    size = image_module._regular_size

    def changed(*given: Any) -> int:
        known = size(*given)
        replaced(path, other)
        return known

    monkeypatch.setattr(image_module, "_regular_size", changed)
    assert run("localize", path, "--method", "paper", "-o", "out").code == 0
    record = json.loads((work / "out" / "s0.jpg.run.json").read_bytes())
    assert record["inputs"]["image"]["sha256"] == hashlib.sha256(before).hexdigest()
    monkeypatch.undo()
    monkeypatch.chdir(work)
    told = run("verify", "out/s0.jpg.run.json")
    assert told.code == 1
    assert "MISMATCH" in told.out


# ------------------------------------------------------------------ workers short of memory


@pytest.fixture
def control_group(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path | None]:
    """A control group of 200 MB, whose processes the kernel kills when they need more.

    None where this user or system makes none: then a signal stands in for the kernel.
    """
    for top, limit in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = Path("/sys/fs/cgroup", top, f"unsplice-{secrets.token_hex(4)}")
        with suppress(OSError):
            group.mkdir()
            (group / limit).write_text("200000000", "ascii")
            monkeypatch.setenv("UNSPLICE_TEST_GROUP", str(group))
            yield group
            end = time.monotonic() + 10
            while group.is_dir() and time.monotonic() < end:
                with suppress(OSError):
                    group.rmdir()
                time.sleep(0.01)
            return
        with suppress(OSError):
            group.rmdir()
    yield None


def starved_run(work: Path) -> dict[str, Outcome]:
    """Run two workers over pictures of which one gets its worker killed, and one no memory."""
    tree = work / "in" / "tree"
    large = np.zeros((3000, 3000, 3), np.uint8)
    large[::7] = 90
    (tree / "large.png").write_bytes(encode_png(large))
    shutil.copy(tree / "s0.jpg", tree / "killed.jpg")
    names = ["s0.jpg", "killed.jpg", "s1.jpg", "large.png", "s2.jpg"]
    pictures = [SingleImage(tree / name, name) for name in names]
    starved = Starved(method="paper", output=work / "out")
    outcomes = list(run_batch(starved, pictures, failed=Outcome.failed, jobs=2))
    assert len(outcomes) == len(names)
    return {outcome.given.name: outcome for outcome in outcomes}


def require_told(work: Path, outcomes: dict[str, Outcome]) -> None:
    errors = {name: one.error for name, one in outcomes.items() if one.error is not None}
    assert {name: error.code for name, error in errors.items()} == {
        "killed.jpg": "E192", "large.png": "E190",
    }  # fmt: skip
    assert "died on" in errors["killed.jpg"].what
    assert "SIGKILL" in errors["killed.jpg"].what
    assert "lack of memory" in errors["killed.jpg"].cause
    left = sorted(files_below(work / "out"))
    kinds = ("heatmap.png", "mask.png", "overlay.png", "run.json")
    assert left == [f"s{number}.jpg.{kind}" for number in range(3) for kind in kinds]
    assert half_written(work / "out") == []


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the system does not tell what is in use"
)
@pytest.mark.usefixtures("control_group")
def test_pictures_for_which_there_is_no_memory_cost_themselves_alone(work: Path) -> None:
    """One worker is killed by the kernel; another gets no memory for a picture, and says so."""
    require_told(work, starved_run(work))


# ------------------------------------------------------------------ signals


def listen() -> None:  # a shell lets what it starts in the background ignore the signal
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="the system has no such signals")
@pytest.mark.parametrize(
    ("kind", "jobs", "number", "code"),
    [
        ("compare", "2", signal.SIGINT, 130),
        ("patches", "1", signal.SIGTERM, 143),
        ("images", None, signal.SIGINT, 130),
    ],
)
def test_a_run_that_is_asked_to_end_says_how_to_go_on_and_can(
    work: Path, run: Any, kind: str, jobs: str | None, number: signal.Signals, code: int
) -> None:
    words, again = WRITING[kind]
    words = (*words[:-1], jobs) if jobs is not None else words
    for copy in range(12 if kind != "images" else 0):  # so that it lasts
        with (work / "in" / "pairs.csv").open("a", encoding="utf-8") as table:
            shutil.copy(work / "in" / "tree" / "s0.jpg", work / "in" / "tree" / f"c{copy}.jpg")
            table.write(f"a0.png,tree/c{copy}.jpg\n")
    command = [sys.executable, "-m", "unsplice.cli", *words, "-o", "out"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=listen
    ) as process:
        while process.poll() is None and len(files_below(work / "out")) < 3:
            time.sleep(0.002)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    assert f"the same command with {again} ".encode() in errors
    assert b"Traceback" not in errors
    assert half_written(work / "out") == []
    words = tuple("1" if word == "2" else word for word in words)  # which start sooner
    assert run(*words, "-o", "out", again).code == 0
    assert unfinished(work / "out") == []


# ------------------------------------------------------------------ evidence

LOG = """\
7 openat(AT_FDCWD</w>, "in/a.jpg", O_RDONLY|O_CLOEXEC) = 3</w/in/a.jpg>
7 openat(AT_FDCWD</w>, "../w/in/b.jpg", O_RDONLY|O_NOATIME <unfinished ...>
7 <... openat resumed>) = 4</w/in/b.jpg>
7 openat(AT_FDCWD</w>, "out/a.png", O_WRONLY|O_CREAT|O_EXCL, 0666) = 5</w/out/a.png>
7 rename("/w/out/x", "/w/out/y") = 0
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('openat(AT_FDCWD</w>, "in/a.jpg", O_RDWR) = 3', "for_writing"),
        ('openat(5</w/in>, "a.tmp", O_WRONLY|O_CREAT, 0666 <unfinished ...>', "for_writing"),
        ('openat(AT_FDCWD</w>, "in/new", O_RDONLY|O_CREAT, 0600) = -1 EROFS', "for_writing"),
        ('creat("in/x", 0600) = 3', "for_writing"),
        ('unlinkat(AT_FDCWD</w>, "in/a.jpg", 0) = 0', "changes"),
        ('link("/w/in/a.jpg", "/w/out/a.jpg") = 0', "changes"),
        ('rename("/w/out/a", "in/a") = 0', "changes"),
        ("ftruncate(3</w/in/a.jpg>, 0) = 0", "changes"),
        ('utimensat(3</w/in/a.jpg>, NULL, [{tv_sec=0}], 0) = 0', "changes"),
        ('mkdirat(AT_FDCWD</w/in>, "sub", 0777) = 0', "changes"),
    ],
)  # fmt: skip
def test_what_would_touch_the_evidence_is_seen_in_a_trace(line: str, found: str) -> None:
    clean = read_trace(LOG.splitlines(), Path("/w/in"), Path("/w"))
    assert (clean.opens, clean.without_time_of_access) == (2, 1)
    assert (clean.for_writing, clean.changes) == ([], [])
    traced = read_trace([*LOG.splitlines(), f"8 {line}"], Path("/w/in"), Path("/w"))
    assert getattr(traced, found) == [f"8 {line}"]


@pytest.mark.skipif(can_trace() is not None, reason=str(can_trace()))
def test_evidence_is_opened_for_reading_and_nothing_else(work: Path) -> None:
    stage = Stage(work)
    (work / "work").mkdir()
    stage.seal()
    words: Sequence[str] = ("compare", "--pairs", "../in/pairs.csv", "--jobs", "2", "-o", "out")
    traced = trace(words, stage, work / "log")
    assert len(traced.files) == 7  # three pairs and their table
    assert traced.opens >= 7
    assert (traced.for_writing, traced.changes) == ([], [])
    assert stage.state() == stage.inputs
