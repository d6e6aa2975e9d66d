"""Bad files, names, pairs, tables, settings, records and calls: each is answered in coded words.

    PYTHONPATH=tests python -m reliability.bad_inputs

Every input of the tables that the tests have is given to the command line and to Python, in a
process of its own that is forked from this one; the worst also to an installed ``unsplice`` that
starts anew. Looked at are the code and the exit code, whether a traceback shows, how long it takes
apart from waiting for a core (a process over 10 s is ended), the memory of that process at its
peak, and whether the files that were given are still the same: content, time of change,
permissions. Needs Linux or macOS.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import hostile_files as hostile
import test_bad_calls
import test_bad_files as bad
import test_bad_python_calls
import test_configuration
import test_image
import test_record
import unsplice
from crowded import crowd, easy_case, lay_out
from reliability.figures import write_figures
from unsplice.cli import main
from unsplice.cli.codes import exit_code_of_code

COMMAND = "PYTHONPATH=tests python -m reliability.bad_inputs"
LONGEST = 10.0  # seconds
MOST_MEMORY = 2000.0  # MB
CODE = re.compile(r"\b(?:error|warning|note)\[([EWN]\d{3})\]")
A, B = "in/authentic.jpg", "in/edited.jpg"


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int  # its exit code; -N after signal N
    out: str
    err: str
    seconds: float  # apart from those in which it waited for a core
    megabytes: float
    hung: bool


@dataclass
class Tally:
    """What was tried, and what went wrong."""

    inputs: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    tracebacks: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    peak: tuple[float, str] = (0.0, "")
    slowest: tuple[float, str] = (0.0, "")

    def note(self, what: str, ended: Ended, *, problem: str | None, inputs: int = 1) -> None:
        """Count a call over that many inputs, and what is wrong with how it ended."""
        self.calls += 1
        self.peak = max(self.peak, (ended.megabytes, what))
        self.slowest = max(self.slowest, (ended.seconds / inputs, what))
        if ended.hung:
            self.hangs.append(what)
        elif "Traceback" in ended.err or "[E199]" in ended.err or ended.code < 0:
            self.tracebacks.append(f"{what}: exit code {ended.code}: {ended.err[-300:]}")
        elif problem is not None:
            self.wrong.append(f"{what}: {problem}")


def forked(call: Callable[[], int], folder: Path, *, inputs: int = 1) -> Ended:
    """Run `call` over that many inputs in a child of this process, in `folder`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = os.fork()
        if child == 0:
            code = 70
            try:
                os.chdir(folder)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - to the end
                sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - to the end
                code = call()
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                with contextlib.suppress(Exception):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        hung = False
        while True:
            ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            seconds = time.perf_counter() - began - waited_for_a_core(child)
            if ended is not None:
                break
            if not hung and seconds > LONGEST * inputs:
                hung = True
                os.kill(child, signal.SIGKILL)
            time.sleep(0.002)
        _, status, used = os.wait4(child, 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    unit = 1e6 if sys.platform == "darwin" else 1e3
    memory = used.ru_maxrss / unit
    return Ended(os.waitstatus_to_exitcode(status), *texts, seconds, memory, hung)


def waited_for_a_core(process: int) -> float:
    """Return the seconds that a process could have run and others had the cores.

    They say how busy the machine is; to sleep, to wait for a pipe or for the disk is its own time.
    """
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text("ascii").split()[1]) / 1e9
    except OSError:  # no Linux
        return 0.0


def command(words: Sequence[str], folder: Path, *, inputs: int = 1) -> Ended:
    """Run the command line in a child of this process, where everything is imported already."""
    return forked(lambda: main(words), folder, inputs=inputs)


def program(words: Sequence[str], folder: Path) -> Ended:
    """Run the command line as a program of its own."""
    arguments = [sys.executable, "-m", "unsplice.cli", *words]

    def replace() -> int:
        os.execv(sys.executable, arguments)  # noqa: S606 - Python itself

    return forked(replace, folder)


def states(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return what must stay as it is of everything below `folder`."""
    found: dict[str, tuple[object, ...]] = {}
    for root, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = Path(root, name)
            state = path.lstat()
            digest = ""
            if path.is_file() and not path.is_symlink() and state.st_size < 2**31:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = (digest, state.st_size, state.st_mtime_ns, state.st_mode)
    return found


def told(ended: Ended, code: str, words: str = "") -> str | None:
    """Return what is wrong with a run that should have told `code`, a regular expression."""
    codes = CODE.findall(ended.err)
    wrong = [one for one in codes if one[0] == "E"]
    if code == "" or (code.startswith("|") and not wrong):
        return f"told {wrong}: {ended.err[:300]}" if wrong or ended.code else None
    matching = [one for one in codes if re.fullmatch(code.removeprefix("|"), one)]
    if not matching:
        return f"expected {code}, told {codes}: {ended.err[:300]}"
    expected = exit_code_of_code(matching[0]) if matching[0][0] == "E" else 0
    if ended.code != expected:
        return f"{matching[0]} and exit code {ended.code}, not {expected}"
    if words and not re.search(words, ended.err):
        return f"{words!r} is not in {ended.err[:300]!r}"
    if matching[0][0] == "E" and not ("\n  cause: " in ended.err and "\n  help: " in ended.err):
        return "told without cause and help"
    return None


def python(call: Callable[[], object], kind: type[BaseException] | None, match: str) -> Ended:
    """Make a call in Python in a child: its exit code is 0 if it raises what it should."""

    def attempt() -> int:
        try:
            value = call()
        except Exception as error:
            if kind is not None and isinstance(error, kind) and re.search(match, str(error)):
                return 0
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
        if kind is None and re.search(match, str(value)):
            return 0
        print(f"returned {value}", file=sys.stderr)
        return 1

    return forked(attempt, Path.cwd())


def answered(ended: Ended) -> str | None:
    return None if ended.code == 0 else ended.err[:300]


def _codes_of(path: Path | bytes) -> str:
    source = unsplice.read_image(path) if isinstance(path, Path) else unsplice.decode_image(path)
    return " ".join(f"[{one.code}]" for one in source.warnings)


# ---------------------------------------------------------------- what is tried


def try_files(tally: Tally, work: Path, group: str, cases: Iterable[hostile.Case]) -> None:
    """Give each file to `localize`, `compare` and both readers."""
    good = easy_case().authentic
    for name, build, code, words in cases:
        folder = work / "case"
        given = folder / "in"
        given.mkdir(parents=True)
        data = build()
        (given / name).write_bytes(data)
        (given / "good.jpg").write_bytes(good)
        before = states(given)
        tally.inputs[group] += 1
        ended = command(["localize", f"in/{name}", "-o", "out"], folder)
        tally.note(f"localize {name}", ended, problem=told(ended, code, words))
        ended = command(["compare", "in/good.jpg", f"in/{name}"], folder)
        refused = code if code.startswith("E") else ""
        tally.note(f"compare {name}", ended, problem=told(ended, refused))
        kind = unsplice.ImageError if code.startswith("E") else None
        match = "" if code.startswith("|") or not code else rf"\[({code})\]"
        ended = python(lambda path=given / name: _codes_of(path), kind, match)
        tally.note(f"read_image {name}", ended, problem=answered(ended))
        match = "" if code == "W201" else match
        ended = python(lambda data=data: _codes_of(data), kind, match)
        tally.note(f"decode_image {name}", ended, problem=answered(ended))
        if states(given) != before:
            tally.touched.append(name)
        shutil.rmtree(folder)


def try_all_files(tally: Tally, work: Path) -> None:
    """Give every file of the tables."""
    damaged = [*bad.CASES, *((name, build, "E124", "") for name, build in bad.DECODER_CASES)]
    odd = [
        (name, build, expected[0] if expected else "", re.escape(words))
        for name, build, expected, words in test_image.FINE
    ]
    try_files(tally, work, "damaged and foreign files", damaged)
    try_files(tally, work, "odd but sound files", odd)
    try_files(tally, work, "orientations", hostile.ORIENTED)
    try_files(tally, work, "files that exhaust", hostile.EXHAUSTING)
    try_files(tally, work, "files that steer", hostile.STEERING)
    try_again_anew(tally, work, hostile.EXHAUSTING)


def try_again_anew(tally: Tally, work: Path, cases: Iterable[hostile.Case]) -> None:
    """Give the worst files to an ``unsplice`` that starts anew."""
    for name, build, code, words in cases:
        folder = work / "anew"
        folder.mkdir()
        (folder / name).write_bytes(build())
        before = states(folder)
        ended = program(["localize", name], folder)
        tally.note(f"unsplice localize {name}", ended, problem=told(ended, code, words))
        if states(folder) != before:
            tally.touched.append(name)
        shutil.rmtree(folder)


def try_paths(tally: Tally, work: Path) -> None:
    """What is no regular file: nothing may wait for it."""
    for make, code in bad.PATHS:
        if make is bad.unreadable and os.geteuid() == 0:
            continue
        folder = work / "paths"
        folder.mkdir()
        path = make(folder)
        tally.inputs["pipes, devices, links"] += 1
        words = ["localize", str(path)]
        expected = "E106" if code == "E102" else code
        for run in (command, program):
            ended = run(words, work)
            tally.note(f"localize {make.__name__}", ended, problem=told(ended, expected))
        ended = python(lambda path=path: unsplice.read_image(path), unsplice.ReadError, code)
        tally.note(f"read_image {make.__name__}", ended, problem=answered(ended))
        shutil.rmtree(folder)
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(work)
        server.bind("s.jpg")
        tally.inputs["pipes, devices, links"] += 1
        ended = command(["localize", "s.jpg"], work)
        tally.note("localize a socket", ended, problem=told(ended, "E103"))
    for device in ("/dev/zero", "/dev/random", "/dev/tty", "/dev/stdin", "/proc/self/mem"):
        if os.path.exists(device):  # noqa: PTH110 - says no where it may not look
            tally.inputs["pipes, devices, links"] += 1
            ended = command(["localize", device], work)
            tally.note(f"localize {device}", ended, problem=told(ended, "E10[1345]|E110"))


def try_names(tally: Tally, work: Path) -> None:
    """Give a folder of odd names to each verb: one result each, no word that steers."""
    folder = work / "names"
    (folder / "in").mkdir(parents=True)
    data = easy_case().spliced
    count = 0
    for name in hostile.NAMES:
        with contextlib.suppress(OSError):  # not every file system takes every name
            descriptor = os.open(os.fsencode(folder / "in") + b"/" + name, os.O_CREAT | os.O_WRONLY)
            os.write(descriptor, data)
            os.close(descriptor)
            count += 1
    tally.inputs["odd names"] += count
    before = states(folder / "in")
    method = ["--method", "paper", "--jobs", "1"]
    names = sorted(os.fsencode(path.name) for path in (folder / "in").iterdir())
    (folder / "list").write_bytes(b"".join(b"in/" + name + b"\0" for name in names))
    for label, words in (
        ("-r", ["localize", "-r", "in", "-o", "out", "--report", *method]),
        ("--list", ["localize", "--list", "list", "-o", "listed", *method]),
        ("--json", ["localize", "--list", "list", "--json", *method]),
        (
            "--dry-run",
            ["localize", "--list", "list", "-o", "listed", "--dry-run", "--resume", *method],
        ),
        ("--resume", ["localize", "--list", "list", "-o", "listed", "--resume", *method]),
        ("verify", ["verify", "-r", "listed", "--hashes-only", "--jobs", "1"]),
        (
            "compare",
            [
                "compare",
                "in",
                "in",
                "-o",
                "pairs",
                "--method",
                "neighborhood-threshold",
                "--jobs",
                "1",
            ],
        ),
    ):
        ended = command(words, folder, inputs=count)
        problem = told(ended, "")
        shown = ended.out + ended.err
        steering = {one for one in shown if not one.isprintable() and one != "\n"}
        if steering:
            problem = f"shows {steering}"
        if label in ("--list", "--json") and ended.out.count("\n") != count:
            problem = f"{ended.out.count(chr(10))} lines for {count} pictures"
        tally.note(f"names: {label}", ended, problem=problem, inputs=count)
    for table in sorted(folder.glob("*/*.csv")):
        if table.parent.name == "in":
            continue
        text = table.read_text("utf-8")
        if re.search(r'(?:^|,)"?[=+@-][^0-9]', text, re.MULTILINE):
            tally.wrong.append(f"{table.name} has a cell that is a formula")
        if any(not one.isprintable() and one != "\n" for one in text):
            tally.wrong.append(f"{table.name} has a control character")
    for page in folder.glob("out/*.html"):
        text = page.read_text("utf-8")
        if re.search(
            r"<script|<img src=x|javascript:", text.replace("javascript:alert(1).jpg", "")
        ):
            tally.wrong.append(f"{page.name} holds markup of a name")
    for name in names[::3]:
        path = Path("in", os.fsdecode(name))
        ended = command(["localize", "--method", "paper", "--", str(path)], folder)
        tally.note(f"localize {name!r}", ended, problem=told(ended, ""))
        ended = python(lambda path=folder / path: _codes_of(path), None, "")
        tally.note(f"read_image {name!r}", ended, problem=answered(ended))
    if states(folder / "in") != before:
        tally.touched.append("names")
    shutil.rmtree(folder)


def try_pairs(tally: Tally, work: Path) -> None:
    """Give pairs that differ in size, orientation, or in everything."""
    pair = unsplice.synthetic.pairs.make_demo_pair()
    for name, change, expected in hostile.PAIRS:
        folder = work / "pairs"
        folder.mkdir()
        (folder / "a.jpg").write_bytes(change(pair.authentic_file))
        (folder / "s.jpg").write_bytes(pair.spliced_file)
        before = states(folder)
        tally.inputs["odd pairs"] += 1
        for words in (["a.jpg", "s.jpg"], ["s.jpg", "a.jpg"]):
            ended = command(["compare", *words, "--json"], folder)
            problem = told(ended, expected if expected.startswith("E") else "")
            if problem is None and not expected.startswith("E"):
                finding = json.loads(ended.out)["finding"]
                problem = (
                    None if re.fullmatch(expected, finding) else f"found {finding}, not {expected}"
                )
            tally.note(f"compare {name}, {words[0]} first", ended, problem=problem)
        words = ["compare", "a.jpg", "s.jpg", "--method", "neighborhood-threshold"]
        ended = command(words, folder)
        sizes = expected if expected.startswith("E") else "|E150"
        tally.note(f"compare {name} pixel by pixel", ended, problem=told(ended, sizes))
        if states(folder) != before:
            tally.touched.append(name)
        shutil.rmtree(folder)


def try_calls(tally: Tally, work: Path) -> None:
    """Make the bad calls of the command line, and those with bad settings."""
    case = easy_case()
    for number, (name, (words, code, coded, named)) in enumerate(test_bad_calls.BAD_CALLS.items()):
        folder = work / f"calls{number}"
        folder.mkdir()
        lay_out(folder, case)
        crowd(folder, case)
        before = states(folder)
        tally.inputs["bad calls"] += 1
        ended = command(words, folder)
        problem = told(ended, f"{coded}.*") if coded else None
        if ended.code != code or (named and named not in ended.err):
            problem = f"exit code {ended.code}, not {code}: {ended.err[:300]}"
        tally.note(f"call: {name}", ended, problem=problem)
        if {path: state for path, state in states(folder).items() if path in before} != before:
            tally.touched.append(name)
        shutil.rmtree(folder)
    folder = work / "settings"
    folder.mkdir()
    lay_out(folder, case)
    for name, (text, coded, named) in test_configuration.BAD_FILES.items():
        (folder / "settings.toml").write_text(text, "utf-8")
        tally.inputs["bad settings"] += 1
        ended = command(["compare", A, B, "-o", "out", "--config", "settings.toml"], folder)
        problem = told(ended, coded)
        if named not in ended.err or (folder / "out").exists():
            problem = f"{named!r} is not in {ended.err[:300]!r}"
        tally.note(f"settings: {name}", ended, problem=problem)


def try_tables(tally: Tally, work: Path) -> None:
    """Give tables and lists that are damaged, endless or lead elsewhere to every verb with one."""
    folder = work / "tables"
    folder.mkdir()
    lay_out(folder, easy_case())
    tables: dict[str, tuple[bytes, str]] = {
        "nothing": (b"", "E181"),
        "zeros": (bytes(1000), "E181"),
        "UTF-16": ("image,mask\na,b\n".encode("utf-16"), "E181"),
        "no line": (b"authentic,spliced,image,mask\n", "E182|E181"),
        "an open quote": (b'authentic,spliced,mask\n"a,b\n', "E181|E188|E1.."),
        "one column twice": (b"authentic,authentic,spliced,mask,mask\na,b,c,d,e\n", "E181"),
        "a million columns": (b"authentic,spliced,mask," + b"a," * 1_000_000 + b"\n", "E181|E182"),
        "a long cell": (b"authentic,spliced,mask\n" + b"x" * 1_000_000 + b",b,c\n", "E1.."),
        "a zero byte": (b"authentic,spliced,mask\na\0b,c,d\n", "E1.."),
        "a page": (b"<html><body>404</body></html>\n", "E181"),
        "a picture": (easy_case().authentic, "E181"),
        "the web": (b"authentic,spliced,mask\nhttp://127.0.0.1:9/a.jpg,b,c\n", "E1.."),
        "a service": (b"authentic,spliced,mask\nftp://127.0.0.1:9/a.jpg,b,c\n", "E1.."),
        "a wrapped path": (b"authentic,spliced,mask\nlocal:///etc/hostname,b,c\n", "E1.."),
        "devices": (b"authentic,spliced,mask\n/dev/zero,/dev/zero,/dev/zero\n", "E1.."),
        "itself": (b"authentic,spliced,mask\nt.csv,t.csv,t.csv\n", "E1.."),
        "a folder": (b"authentic,spliced,mask\nin,in,in\n", "E1.."),
    }  # fmt: skip
    for name, (content, code) in tables.items():
        (folder / "t.csv").write_bytes(content)
        before = states(folder / "in")
        tally.inputs["bad tables"] += 1
        for words in (
            ["compare", "--pairs", "t.csv", "-o", "out/c"],
            ["patches", "--pairs", "t.csv", "-o", "out/p"],
            ["evaluate", "t.csv", "--jobs", "1", "--method", "paper"],
        ):
            ended = command(words, folder)
            found = CODE.findall(ended.err)
            problem = None
            if ended.code not in (1, 2) or not any(re.fullmatch(code, one) for one in found):
                problem = (
                    f"exit code {ended.code}, expected {code}, told {found}: {ended.err[:300]}"
                )
            tally.note(f"{words[0]} table: {name}", ended, problem=problem)
            shutil.rmtree(folder / "out", ignore_errors=True)
        if states(folder / "in") != before:
            tally.touched.append(name)
    addresses = (
        "http://127.0.0.1:9/a.jpg", "https://name:secret@127.0.0.1:9/a.jpg", "local://etc/hostname",
        "data://x", "zip://a", "github://a/b", "filecache::s3://a/b", "://", "http://", "file://",
        "http://[::1", "http://\x1b[2J/", "memory://a", "s3://",
    )  # fmt: skip
    for address in addresses:
        tally.inputs["bad addresses"] += 1
        ended = command(["localize", address], folder)
        problem = None
        if ended.code not in (1, 2) or not CODE.findall(ended.err):
            problem = f"exit code {ended.code}: {ended.err[:300]}"
        if "secret" in ended.err + ended.out or "\x1b" in ended.err:
            problem = "tells a secret or steers the terminal"
        tally.note(f"localize {address!r}", ended, problem=problem)


def try_records(tally: Tally, work: Path) -> None:
    """Give records to `verify` that were damaged, or written by somebody who means ill."""
    folder = work / "records"
    folder.mkdir()
    lay_out(folder, easy_case())
    made = command(["localize", B, "--method", "paper", "-o", "out"], folder)
    assert made.code == 0, made.err
    record = folder / "out" / "edited.jpg.run.json"
    sound = record.read_bytes()

    def verify(name: str, content: bytes, code: str) -> None:
        record.write_bytes(content)
        before = states(folder)
        tally.inputs["bad records"] += 1
        for rerun in ([], ["--hashes-only"]):
            ended = command(["verify", "out/edited.jpg.run.json", *rerun], folder)
            tally.note(f"record: {name}", ended, problem=told(ended, code))
        if states(folder) != before:
            tally.touched.append(name)

    for content, reason in test_record.NO_RECORDS:
        verify(reason, content, "E141")
    for way, value, code in test_record.HOSTILE:
        content = test_record.changed(json.loads(sound), way, value)
        verify(f"{way} = {str(value)[:40]!r}", json.dumps(content).encode(), code)


def try_python(tally: Tally, _: Path) -> None:
    """Make the bad calls in Python."""
    for name, (call, kind, match) in test_bad_python_calls.BAD_CALLS.items():
        tally.inputs["bad calls in Python"] += 1
        ended = python(call, kind, match)
        tally.note(f"Python: {name}", ended, problem=answered(ended))


# ---------------------------------------------------------------- the whole


PARTS: dict[str, Callable[[Tally, Path], None]] = {
    "files": try_all_files,
    "paths": try_paths,
    "names": try_names,
    "pairs": try_pairs,
    "calls": try_calls,
    "tables": try_tables,
    "records": try_records,
    "python": try_python,
}


def main_program() -> int:
    """Try everything; write the figures; return 1 if anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=PARTS, help="try a part alone")
    chosen = parser.parse_args().only or list(PARTS)
    os.environ |= {"UNSPLICE_CONFIG": "none", "UNSPLICE_NUM_THREADS": "1"}
    os.environ.pop("UNSPLICE_DEBUG", None)
    began = time.perf_counter()
    tally = Tally()
    with tempfile.TemporaryDirectory() as work:
        for part in chosen:
            try_part = PARTS[part]
            try_part(tally, Path(work))
        os.chdir("/")
    for title, found in (
        ("traceback", tally.tracebacks), ("over 10 s", tally.hangs), ("wrong", tally.wrong),
        ("touched", tally.touched),
    ):  # fmt: skip
        for one in found:
            print(f"{title}: {one}", file=sys.stderr)
    figures = {
        "inputs": sum(tally.inputs.values()),
        "inputs by kind": dict(tally.inputs),
        "calls": tally.calls,
        "tracebacks": len(tally.tracebacks),
        "hangs over 10 s": len(tally.hangs),
        "wrong codes": len(tally.wrong),
        "inputs that were changed": len(tally.touched),
        "peak memory MB": round(tally.peak[0]),
        "of": tally.peak[1],
        "slowest seconds": round(tally.slowest[0], 2),
        "which is": tally.slowest[1],
        "minutes": round((time.perf_counter() - began) / 60, 1),
    }
    print(json.dumps(figures, indent=1))
    if len(chosen) == len(PARTS):
        print(write_figures("bad-inputs", COMMAND, figures))
    failed = tally.tracebacks or tally.hangs or tally.wrong or tally.touched
    return 1 if failed or tally.peak[0] > MOST_MEMORY else 0


if __name__ == "__main__":
    sys.exit(main_program())
