"""What the system is asked to do with the evidence: it is read, and nothing else.

    PYTHONPATH=tests python -m reliability.evidence               # Linux with strace; two minutes

Every verb runs under strace, workers and all, over pictures, tables, patch sets and records that
lie in one folder. Each call of the system that names a path there, or a descriptor of a file there,
is looked at: files may be opened for reading only, and nothing may be made, renamed, linked, cut,
removed or given other times or rights. Hash, size and time of change are compared as well.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from made_sets import make_set
from reliability.figures import write_figures
from reliability.kills import PACKED, Stage, make_stage

__all__ = ["COMMANDS", "Traced", "can_trace", "make_evidence", "read_trace", "trace"]

OPENS = ("open", "openat", "openat2", "creat")
CHANGES = (
    "mkdir", "mkdirat", "mknod", "mknodat", "unlink", "unlinkat", "rmdir", "rename", "renameat",
    "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate", "ftruncate", "fallocate",
    "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utime", "utimes",
    "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",
    "fremovexattr",
)  # fmt: skip
WRITING = re.compile(r"\bO_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)\b")
# 1234  openat(AT_FDCWD</here>, "in/a.jpg", O_RDONLY|O_CLOEXEC) = 3</here/in/a.jpg>
CALL = re.compile(r"\A\d+ +(\w+)\((.*)")
PATHS = re.compile(r'"((?:[^"\\]|\\.)*)"|<(/[^>]*)>')

TREE, PAIRS = ("-r", "../in/tree"), ("--pairs", "../in/pairs.csv")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("localize", *TREE, "--method", "paper", "--jobs", "2", "-o", "localized"),
    ("localize", *TREE, "--method", "paper", "--resume", "-o", "localized"),
    ("localize", *TREE, "--report", "--steps", "--jobs", "1", "-o", "reported"),
    ("localize", *TREE, "--dry-run", "-o", "dry"),
    ("compare", *PAIRS, "--jobs", "2", "-o", "compared"),
    ("compare", *PAIRS, "--overwrite", "--jobs", "1", "-o", "compared"),
    ("patches", *PAIRS, "--size", "32", "--jobs", "2", "-o", "cut"),
    ("patches", "--pairs", "../in/masks.csv", "--size", "32", "--jobs", "1", "-o", "masked"),
    *(("pack", "../in/set", "--format", form, "-o", f"packed-{form}") for form in PACKED),
    ("pack", "../in/results", "--format", "coco", "-o", "packed-coco"),
    ("pack", "../in/results", "--format", "masks", "-o", "packed-masks"),
    ("verify", "-r", "../in/results", "--root", "../in"),
    ("verify", "-r", "../in/set/records", "--root", "../in", "--jobs", "1"),
    ("evaluate", "../in/made/made.csv", "--method", "everything-flagged", "-o", "evaluated"),
)


@dataclass
class Traced:
    """What the calls of one command came to."""

    files: set[str] = field(default_factory=set)
    opens: int = 0
    without_time_of_access: int = 0
    for_writing: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def can_trace() -> str | None:
    """Return why no command can be traced here; None if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-f", "-qq", "true"], capture_output=True, check=False)
    return None if done.returncode == 0 else "the system lets no process be traced"


def make_evidence(top: Path) -> Stage:
    """Make a stage with a data set, and files that are damaged, among its inputs."""
    stage = make_stage(top)
    make_set(top / "in" / "made", spliced=2, authentic=1)
    whole = (top / "in" / "tree" / "0" / "s0.jpg").read_bytes()
    (top / "in" / "tree" / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (top / "in" / "tree" / "empty.png").write_bytes(b"")
    stage.seal()
    (top / "work").mkdir()
    return stage


def trace(words: Sequence[str], stage: Stage, log: Path) -> Traced:
    """Run a command under strace; return what it did with the inputs."""
    command = ["strace", "-f", "-qq", "-y", "-s", "4096", "-o", str(log)]
    command += ["-e", "trace=" + ",".join(f"?{name}" for name in (*OPENS, *CHANGES))]
    command += [sys.executable, "-m", "unsplice.cli", *words, "-q"]
    done = subprocess.run(
        command, cwd=stage.top / "work", capture_output=True, timeout=300, check=False
    )
    if done.returncode not in (0, 1) or b"Traceback" in done.stderr:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr!r}")
    with log.open(encoding="utf-8", errors="backslashreplace") as lines:
        return read_trace(lines, stage.top / "in", stage.top / "work")


def read_trace(lines: Iterable[str], inputs: Path, folder: Path) -> Traced:
    """Return what the calls in a log of strace did with files below `inputs`.

    Parameters
    ----------
    lines : iterable of str
        The log, with paths of descriptors.
    inputs : path
        The folder that holds the evidence.
    folder : path
        What relative paths of calls that name no descriptor are relative to.
    """
    traced = Traced()
    for line in lines:
        call = CALL.match(line)
        if call is None or call[1] not in (*OPENS, *CHANGES):
            continue
        named = [path for path in _paths(call[2], folder) if _is_below(path, inputs)]
        if not named:
            continue
        if call[1] in OPENS:
            traced.opens += 1
            traced.without_time_of_access += "O_NOATIME" in call[2]
            traced.files.update(path for path in named if Path(path).is_file())
            if call[1] == "creat" or WRITING.search(call[2]):
                traced.for_writing.append(line.strip())
        else:
            traced.changes.append(line.strip())
    return traced


def _paths(arguments: str, folder: Path) -> Iterator[str]:
    """Yield each path that a call names; one in quotes is relative to the descriptor before it."""
    base = os.fspath(folder)
    for quoted, annotated in PATHS.findall(arguments.split(") = ")[0]):
        if annotated:
            base = annotated
            yield annotated
        elif quoted:
            yield os.path.normpath(os.path.join(base, quoted))  # noqa: PTH118 - text, not files


def _is_below(path: str, folder: Path) -> bool:
    return path.startswith(f"{folder}/")


def main() -> int:
    """Trace every command; write the figures."""
    argparse.ArgumentParser(description="What the system is asked to do with inputs.").parse_args()
    if reason := can_trace():
        print(f"not measured: {reason}")
        return 2
    files: set[str] = set()
    opens = quiet = 0
    for_writing: list[str] = []
    changes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="evidence-") as folder:
        stage = make_evidence(Path(folder).resolve())
        for words in COMMANDS:
            traced = trace(words, stage, stage.top / "strace.log")
            files |= traced.files
            opens += traced.opens
            quiet += traced.without_time_of_access
            for_writing += traced.for_writing
            changes += traced.changes
            told = [*traced.for_writing, *traced.changes]
            print(
                f"{' '.join(words)}: {traced.opens} opens of {len(traced.files)} files", flush=True
            )
            print("\n".join(told), end="\n" if told else "")
        after = stage.state()
        different = [n for n in stage.inputs | after if stage.inputs.get(n) != after.get(n)]
    figures = {
        "commands": len(COMMANDS),
        "files_and_folders_of_evidence": len(stage.inputs),
        "files_traced": len(files),
        "opens": opens,
        "opens_that_keep_the_time_of_access": quiet,
        "opens_for_writing": len(for_writing),
        "changes_asked_of_the_system": len(changes),
        "files_with_another_hash_size_or_time": len(different),
    }
    print(write_figures("evidence", "PYTHONPATH=tests python -m reliability.evidence", figures))
    return 1 if for_writing or changes or different else 0


if __name__ == "__main__":
    sys.exit(main())
