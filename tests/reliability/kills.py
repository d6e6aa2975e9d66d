"""Runs that are killed at random moments, then gone on with: what is left, and what comes of it.

    PYTHONPATH=tests python -m reliability.kills                # 100 kills, some ten minutes
    PYTHONPATH=tests python -m reliability.kills --kills 12 --seed 5

Each run is a command in a process group of its own, which gets SIGKILL as a whole: the command, its
workers, everything. The moment is drawn: after so many files have appeared, and then so many
milliseconds, or, every other time, when the next file is being written. Then every file under a
final name is read, and compared with what an undisturbed run leaves there; then the command goes on
as its documentation says, and the whole tree is compared byte by byte. Other runs are asked to end,
by SIGINT and SIGTERM: how long that takes is measured, and what they say.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from reliability.figures import write_figures
from scenes import disc, pasted, scene
from unsplice import read_image
from unsplice.output import UNFINISHED, encode_png
from unsplice.synthetic.forging import Saving

__all__ = ["COMMANDS", "Command", "Stage", "Survived", "broken", "kill_once", "make_stage"]

SHAPE = (96, 128)
PACKED = ("images", "webdataset", "parquet", "npz")


@dataclass(frozen=True)
class Command:
    """What is run; `again` is what its documentation adds to go on with a run that was ended."""

    words: tuple[str, ...]
    again: str = "--resume"

    @property
    def name(self) -> str:
        """The verb, and what is particular."""
        return " ".join(word.removeprefix("../in/") for word in self.words)


def _with_jobs(*words: str) -> list[Command]:
    return [Command((*words, "--jobs", jobs)) for jobs in ("1", "2")]


# Relative to a folder beside that of the inputs, so that records say the same of every run.
COMMANDS = [
    *_with_jobs("localize", "-r", "../in/tree", "--method", "paper"),
    *_with_jobs("compare", "--pairs", "../in/pairs.csv"),
    *_with_jobs("patches", "--pairs", "../in/pairs.csv", "--size", "32"),
    *_with_jobs("localize", "-r", "../in/tree", "--steps"),
    *_with_jobs("patches", "--pairs", "../in/masks.csv", "--size", "32"),
    *[Command(("pack", "../in/set", "--format", form, "--shard-patches", "20"), "--overwrite")
      for form in PACKED[1:]],
    Command(("pack", "../in/set", "--format", "images"), "--overwrite"),
    Command(("pack", "../in/results", "--format", "coco"), "--overwrite"),
    Command(("pack", "../in/results", "--format", "masks"), "--overwrite"),
]  # fmt: skip


@dataclass
class Stage:
    """A folder with the inputs, and what an undisturbed run of each command left."""

    top: Path
    inputs: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    whole: dict[Command, dict[str, bytes]] = field(default_factory=dict)
    codes: dict[Command, int] = field(default_factory=dict)
    first: dict[Command, float] = field(default_factory=dict)  # seconds till a file was there

    def seal(self) -> None:
        """Remember what the inputs are."""
        self.inputs = self.state()

    def state(self) -> dict[str, tuple[str, int, int]]:
        """Return hash, size and time of change of every input, and of every folder of them."""
        return {
            path.relative_to(self.top).as_posix(): (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
                path.stat().st_size,
                path.stat().st_mtime_ns,
            )
            for path in sorted((self.top / "in").rglob("*"))
        }

    def start(self, command: Command, folder: str, *more: str) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own."""
        (self.top / folder).mkdir(exist_ok=True)
        words = [sys.executable, "-m", "unsplice.cli", *command.words, "-o", "out", "-q", *more]
        return subprocess.Popen(
            words, cwd=self.top / folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True, preexec_fn=_listen,
        )  # fmt: skip

    def undisturbed(self, command: Command) -> dict[str, bytes]:
        """Return what the command leaves when nobody kills it."""
        if command not in self.whole:
            folder = f"whole{len(self.whole):02d}"
            began = time.monotonic()
            process = self.start(command, folder)
            while process.poll() is None and not _reached(self.top / folder / "out", 1, False):
                time.sleep(0.005)
            self.first[command] = time.monotonic() - began
            process.communicate(timeout=120)
            self.codes[command] = process.returncode
            self.whole[command] = files_below(self.top / folder / "out")
            if len(self.whole[command]) < 2:
                raise RuntimeError(f"{command.name} left {list(self.whole[command])}")
        return self.whole[command]


@dataclass
class Survived:
    """What one killed run came to."""

    command: str
    ended_before: bool  # the run was done before the signal came
    present: int  # files under final names when it was killed, of `whole`
    whole: int
    writing: int  # files that were being written
    partial: list[str]
    differing: list[str]
    inputs_changed: list[str]


def make_stage(top: Path) -> Stage:
    """Make pictures, pairs, masks, a patch set and results in ``in``."""
    given = top / "in"
    given.mkdir(parents=True)
    pairs, masks = ["authentic,spliced"], ["image,mask"]
    for number in range(6):
        (given / "tree" / f"{number % 2}").mkdir(parents=True, exist_ok=True)
        where = disc(SHAPE, 40 + 3 * number, 60, 20)
        image = pasted(scene(500 + number, *SHAPE), where, scene(600 + number, *SHAPE))
        spliced, authentic = f"tree/{number % 2}/s{number}.jpg", f"a{number}.png"
        (given / spliced).write_bytes(Saving(85 + number, "4:4:4").encode(image))
        (given / authentic).write_bytes(encode_png(scene(500 + number, *SHAPE)))
        (given / f"m{number}.png").write_bytes(encode_png(where))
        pairs.append(f"{authentic},{spliced}")
        masks.append(f"{spliced},m{number}.png")
    (given / "tree" / "no-picture.jpg").write_bytes(b"no picture")
    (given / "pairs.csv").write_text("\n".join([*pairs, ""]), "utf-8")
    (given / "masks.csv").write_text("\n".join([*masks, ""]), "utf-8")
    stage = Stage(top)
    for verb, size, output in (("patches", ("--size", "32"), "set"), ("compare", (), "results")):
        words = [sys.executable, "-m", "unsplice.cli", verb, "--pairs", "pairs.csv", *size]
        subprocess.run(
            [*words, "-q", "-o", output], cwd=given, check=True, stdout=subprocess.DEVNULL
        )
    stage.seal()
    return stage


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content, those that were being written, too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _reached(output: Path, files: int, in_writing: bool) -> bool:
    """Return whether so many files are there, and one more is being written if that is asked."""
    if not files:
        return True
    names = [name for _, _, names in os.walk(output) for name in names]
    unfinished = sum(UNFINISHED.match(name) is not None for name in names)
    return len(names) - unfinished >= files and (unfinished > 0 or not in_writing)


# ----------------------------------------------------------------- what is under a final name


def broken(output: Path) -> Iterator[str]:
    """Yield each file under a final name that is not whole, or not what its record says."""
    for path in sorted(output.rglob("*")):
        if path.is_file() and not UNFINISHED.match(path.name):
            try:
                _require_whole(path, output)
            except Exception as error:
                yield f"{path.relative_to(output)}: {type(error).__name__}: {error}"


def _require_whole(path: Path, output: Path) -> None:
    """Read a file to its end; raises whatever is raised if it is not whole."""
    data = path.read_bytes()
    if path.name.endswith(".png"):
        if not data.endswith(b"IEND\xaeB`\x82"):
            raise ValueError("no end of the picture")
        read_image(path)  # checks every checksum
    elif path.name.endswith(".json"):
        # A record of patches tells of them from the top of the set on.
        cut = output / "records" in path.parents
        _require_hashes(output if cut else path.parent, json.loads(data))
    elif path.name.endswith(".csv"):
        lines = list(csv.reader(io.StringIO(data.decode(), newline="")))
        if not data.endswith(b"\n") or len({len(line) for line in lines}) != 1:
            raise ValueError("lines lack")
    elif path.name.endswith(".parquet"):
        from pyarrow import parquet

        parquet.read_table(io.BytesIO(data))
    elif path.name.endswith(".npz"):
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            for name in arrays.files:
                arrays[name].sum() if arrays[name].dtype.kind in "biuf" else len(arrays[name])
    elif path.name.endswith(".tar"):
        if not data.endswith(bytes(1024)):
            raise ValueError("no end of the archive")
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is None or len(file.read()) != member.size:
                    raise ValueError(f"{member.name} is cut")
    elif path.name != "README.md":
        raise ValueError("no kind of file that a run writes")


def _require_hashes(folder: Path, record: dict[str, object]) -> None:
    """Where a record is, what it tells of is there, with the bytes that it tells."""
    for one in [*_told(record.get("outputs")), *_told(record.get("files"))]:
        data = folder.joinpath(str(one["path"])).read_bytes()
        if hashlib.sha256(data).hexdigest() != one["sha256"]:
            raise ValueError(f"{one['path']} has another hash")


def _told(part: object) -> list[dict[str, object]]:
    """Return the files with hashes that a part of a record tells of, wherever in it."""
    if isinstance(part, dict):
        if {"path", "sha256"} <= part.keys():
            return [part]
        return [one for value in part.values() for one in _told(value)]
    return [one for value in part for one in _told(value)] if isinstance(part, list) else []


# ---------------------------------------------------------------------------------- the kill


def kill_once(stage: Stage, command: Command, folder: str, random: np.random.Generator) -> Survived:
    """Run a command, kill it at a random moment, look at what is left, go on, compare."""
    whole = stage.undisturbed(command)
    output = stage.top / folder / "out"
    files, in_writing = int(random.integers(0, len(whole))), bool(random.integers(2))
    longest = 0.03 if files else 1.2 * stage.first[command]
    seconds = float(random.uniform(0, 0.004 if in_writing and files else longest))
    process = stage.start(command, folder)
    while process.poll() is None and not _reached(output, files, in_writing):
        time.sleep(0.001)
    time.sleep(seconds)
    ended_before = process.poll() is not None
    _end_group(process)
    left = files_below(output)
    unfinished = [name for name in left if UNFINISHED.match(Path(name).name)]
    partial = list(broken(output))
    partial += [
        f"{name}: not as it is left in the end"
        for name, data in left.items()
        if name not in unfinished and whole.get(name) != data
    ]
    if not ended_before:
        process = stage.start(command, folder, command.again)
        process.communicate(timeout=120)
        code = process.returncode
    else:
        code = stage.codes[command]
    now = files_below(output)
    differing = sorted(
        name for name in whole.keys() | now.keys() if whole.get(name) != now.get(name)
    )
    if code != stage.codes[command]:
        differing.append(f"exit code {code}")
    state = stage.state()
    changed = [name for name in stage.inputs | state if stage.inputs.get(name) != state.get(name)]
    return Survived(
        command.name, ended_before, len(left) - len(unfinished), len(whole), len(unfinished),
        partial, differing, changed,
    )  # fmt: skip


@dataclass
class Stopped:
    """What one run that was asked to end came to."""

    command: str
    number: signal.Signals
    ended_before: bool
    seconds: float  # until the process was there no more
    wrong: list[str]  # what was not as it should be


def stop_once(stage: Stage, command: Command, folder: str, random: np.random.Generator) -> Stopped:
    """Run a command, ask it to end at a random moment as a terminal or a system does, go on."""
    whole = stage.undisturbed(command)
    output = stage.top / folder / "out"
    number, code = ((signal.SIGINT, 130), (signal.SIGTERM, 143))[int(random.integers(2))]
    files = int(random.integers(1, len(whole)))
    process = stage.start(command, folder)
    while process.poll() is None and not _reached(output, files, False):
        time.sleep(0.001)
    began = time.monotonic()
    ended_before = process.poll() is not None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)  # as Ctrl-C in a terminal: to the workers as well
    _, errors = process.communicate(timeout=60)
    seconds = time.monotonic() - began
    wrong = []
    if process.returncode in (stage.codes[command], None):
        ended_before = True  # the signal came when all was done
    else:
        if process.returncode != code:
            wrong.append(f"exit code {process.returncode}")
        if b"Traceback" in errors:
            wrong.append("a traceback")
        if f"the same command with {command.again} ".encode() not in errors:
            wrong.append("how to go on is not told")
    wrong += [f"left {n}" for n in files_below(output) if UNFINISHED.match(Path(n).name)]
    wrong += broken(output)
    stage.start(command, folder, command.again).communicate(timeout=120)
    now = files_below(output)
    wrong += [name for name in whole.keys() | now.keys() if whole.get(name) != now.get(name)]
    return Stopped(command.name, number, ended_before, seconds, wrong)


def _listen() -> None:
    """Heed Ctrl-C, which a shell lets those ignore that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started; return when none of them runs any more."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.005)
    raise RuntimeError("a killed process still runs")


def main() -> int:
    """Kill as many runs as asked for; write the figures."""
    asked = argparse.ArgumentParser(description="Runs that are killed, then gone on with.")
    asked.add_argument("--kills", type=int, default=100)
    asked.add_argument("--stops", type=int, default=20, help="runs that get SIGINT or SIGTERM")
    asked.add_argument("--seed", type=int, default=0)
    options = asked.parse_args()
    random = np.random.default_rng(options.seed)
    began = time.monotonic()
    survived: list[Survived] = []
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        stage = make_stage(Path(folder))
        tries = 0
        while len(survived) < options.kills:
            if tries > 2 * options.kills:
                raise RuntimeError("most runs end before they are killed")
            one = kill_once(stage, COMMANDS[tries % len(COMMANDS)], f"run{tries:03d}", random)
            tries += 1
            if one.ended_before:
                continue
            survived.append(one)
            told = [*one.partial, *one.differing, *one.inputs_changed]
            print(
                f"{len(survived):3}  {one.command}: killed with {one.present} of {one.whole} files,"
                f" {one.writing} being written{': ' if told else ''}{'; '.join(told)}",
                flush=True,
            )
        stops: list[Stopped] = []
        while len(stops) < options.stops:
            tries += 1
            command = COMMANDS[tries % len(COMMANDS)]
            stop = stop_once(stage, command, f"stop{tries:03d}", random)
            if tries > 4 * (options.kills + options.stops):
                raise RuntimeError("most runs end before they are asked to")
            if stop.ended_before and not stop.wrong:
                continue
            stops.append(stop)
            told = "; ".join(stop.wrong)
            print(f"{len(stops):3}  {stop.command}: {stop.number.name}, ended {stop.seconds:.2f} s "
                  f"later{': ' if told else ''}{told}", flush=True)  # fmt: skip
    figures = {
        "kills": len(survived),
        "commands": dict(sorted(Counter(one.command for one in survived).items())),
        "killed_while_a_file_was_being_written": sum(one.writing > 0 for one in survived),
        "killed_between_first_and_last_file": sum(0 < one.present < one.whole for one in survived),
        "files_under_final_names_examined": sum(one.present for one in survived),
        "partial_files": sum(len(one.partial) for one in survived),
        "resumed_trees_identical": sum(not one.differing for one in survived),
        "resumed_trees_different": sum(bool(one.differing) for one in survived),
        "inputs_changed": sum(len(one.inputs_changed) for one in survived),
        "stops_by_sigint_and_sigterm": len(stops),
        "stops_with_something_wrong": sum(bool(one.wrong) for one in stops),
        "longest_stop_seconds": round(max((one.seconds for one in stops), default=0.0), 2),
        "seed": options.seed,
        "seconds": round(time.monotonic() - began),
    }
    command = f"PYTHONPATH=tests python -m reliability.kills --kills {options.kills}"
    print(write_figures("kills", f"{command} --seed {options.seed}", figures))
    counted = ("partial_files", "resumed_trees_different", "inputs_changed")
    return int(any(figures[name] for name in (*counted, "stops_with_something_wrong")))


if __name__ == "__main__":
    sys.exit(main())
