"""What SECURITY.md promises: it names a test for each point, and the tests are there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crowded import easy_case, lay_out

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "python").rglob("*.py"))
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")

# ---------------------------------------------------------------- the page


def names_of_tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_threat_model_names_is_there() -> None:
    named = re.findall(r"`(tests/\w+\.py)::(test_\w+)`", PAGE)
    assert len(named) >= 40
    for file, name in named:
        assert name in names_of_tests(ROOT / file), f"{file}::{name}"


def test_every_point_of_the_threat_model_names_a_test_or_says_that_it_is_not_defended() -> None:
    points = re.findall(r"^### (.+)\n((?:(?!^#).*\n)*)", PAGE, re.MULTILINE)
    assert len(points) >= 12
    for title, text in points:
        assert "`tests/" in text, title
    assert "\n## What is not defended\n" in PAGE


def test_the_threat_model_links_to_what_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert target.startswith("https://") or (ROOT / target).exists(), target


# ---------------------------------------------------------------- what the code does not do

# Reading what was pickled runs it; the others start programs, or run text.
FORBIDDEN = {
    "pickle", "_pickle", "cPickle", "shelve", "marshal", "dill", "cloudpickle", "joblib", "code",
    "subprocess", "pty", "webbrowser", "socket", "ssl", "ftplib", "smtplib", "http", "requests",
    "urllib.request", "aiohttp", "xmlrpc", "xml", "yaml", "ctypes", "cffi",
}  # fmt: skip
CALLS = {"eval", "exec", "compile", "__import__"}
METHODS = {"system", "popen", "execv", "execve", "execvp", "spawnv", "posix_spawn", "startfile"}
FORBIDDEN |= {f"os.{method}" for method in METHODS}  # from os import system


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""
            yield from (f"{node.module}.{one.name}" for one in node.names)


def forbidden_in(text: str) -> list[str]:
    """Return what in a module reads pickles, starts programs, runs text or calls up a network."""
    tree = ast.parse(text)
    found = [
        name for name in imported(tree) if name in FORBIDDEN or name.split(".")[0] in FORBIDDEN
    ]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in CALLS:
            found.append(called.id)
        if isinstance(called, ast.Attribute):
            owner = called.value.id if isinstance(called.value, ast.Name) else ""
            if owner == "os" and called.attr in METHODS:
                found.append(f"os.{called.attr}")
            allowed = {one.arg: ast.unparse(one.value) for one in node.keywords}
            reads = called.attr in ("load", "fromfile", "read_array") and owner in ("np", "numpy")
            if reads and allowed.get("allow_pickle") != "False":
                found.append(f"np.{called.attr} without allow_pickle=False")
            if allowed.get("allow_pickle", "False") != "False":
                found.append("allow_pickle")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_reads_no_pickle_starts_no_program_and_calls_up_no_network(path: Path) -> None:
    assert forbidden_in(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from pickle import loads", "import urllib.request", "eval('1')",
        "from http import client", "import subprocess as s", "import os\nos.system('x')",
        "from os import system",
        "import numpy as np\nnp.load('x')", "np.load('x', allow_pickle=True)",
        "def f():\n import socket",
    ],
)  # fmt: skip
def test_what_is_forbidden_is_found(text: str) -> None:
    assert forbidden_in(text)


# Ends the process where something is asked for that no run over files of this machine needs: an
# address, a connection, another program.
GUARD = """
import os
import sys
FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind",
             "socket.sendto", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn",
             "os.fork", "os.spawn", "urllib.Request", "pickle.find_class")
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.utime", "os.chmod", "os.chown",
           "os.truncate", "os.link", "os.symlink", "os.setxattr", "shutil.rmtree", "shutil.move")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
EVIDENCE = os.path.abspath("in")
def is_evidence(path):
    whole = os.path.abspath(os.fsdecode(path)) if isinstance(path, (str, bytes)) else ""
    return whole == EVIDENCE or whole.startswith(EVIDENCE + os.sep)
def guard(event, arguments):
    if event in FORBIDDEN:
        print(f"FORBIDDEN {event} {arguments!r}", file=sys.stderr, flush=True)
        os._exit(99)
    opened = event == "open" and (arguments[2] or 0) & WRITES and is_evidence(arguments[0])
    if opened or (event in CHANGES and any(map(is_evidence, arguments))):
        print(f"WRITES {event} {arguments!r}", file=sys.stderr, flush=True)
        os._exit(98)
"""
RUN = (
    GUARD
    + """
import json
import unsplice
sys.addaudithook(guard)
from unsplice.cli import main
for words in json.loads(sys.argv[1]):
    code = main(words)
    print(f"ENDED {code} {words}", file=sys.stderr)
    if code not in (0, 1):
        sys.exit(code)
"""
)


def guarded(folder: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *words], cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_importing_the_package_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    script = (
        GUARD
        + "\nsys.addaudithook(guard)\nimport unsplice\nunsplice.localize\nimport unsplice.cli\n"
    )
    done = guarded(tmp_path, script)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_verb_calls_up_a_network_or_a_program_or_writes_to_its_input(tmp_path: Path) -> None:
    import json

    lay_out(tmp_path, easy_case())
    (tmp_path / "in" / "ghost.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\nquit\n")
    (tmp_path / "masks.csv").write_text("image,mask\nin/edited.jpg,in/mask.png\n", "utf-8")
    (tmp_path / "web.csv").write_text(
        "authentic,spliced\nhttp://127.0.0.1:9/a.jpg,in/edited.jpg\n", "utf-8"
    )
    a, b, m = "in/authentic.jpg", "in/edited.jpg", "in/mask.png"
    verbs: list[list[str]] = [
        ["localize", b, "in/ghost.jpg", "-o", "out", "--report", "--steps", "--jobs", "1"],
        ["compare", a, b, "-o", "pair", "--report"],
        ["compare", "--pairs", "web.csv", "--jobs", "1"],
        ["patches", b, m, "-o", "patches", "--size", "64"],
        ["pack", "patches", "-o", "packed", "--format", "webdataset"],
        ["evaluate", "masks.csv", "--jobs", "1", "--method", "paper"],
        ["verify", "-r", "out", "--hashes-only", "--jobs", "1"],
        ["explain", "E120"], ["config"],
    ]  # fmt: skip
    done = guarded(tmp_path, RUN, json.dumps(verbs))
    assert done.returncode == 0, done.stderr
    assert "FORBIDDEN" not in done.stderr
    assert done.stderr.count("ENDED") == len(verbs)
    assert "error[E112]" in done.stderr  # and no Ghostscript was asked
    assert "error[E101]" in done.stderr  # an address in a table is a file that is not there


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "FORBIDDEN socket"),
        ("import subprocess; subprocess.run(['true'])", "FORBIDDEN subprocess.Popen"),
        ("open('in/x', 'w')", "WRITES open"),
        ("import os; open(os.path.abspath('in/x').encode(), 'ab')", "WRITES open"),
        ("import os; os.utime('in')", "WRITES os.utime"),
        ("import os; os.replace('in', 'out')", "WRITES os.rename"),
    ],
)
def test_the_guard_sees_what_it_forbids(statement: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    done = guarded(tmp_path, f"{GUARD}\nsys.addaudithook(guard)\n{statement}")
    assert done.returncode in (98, 99)
    assert told in done.stderr


# ---------------------------------------------------------------- dependencies


def test_what_is_installed_with_the_package_is_listed_with_its_license() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    page = (ROOT / "docs" / "installation.md").read_text("utf-8").partition("## Licenses")[2]
    listed = dict(re.findall(r"^\| ([\w-]+) \| ([^|]+) \|", page, re.MULTILINE))
    wanted: dict[str, Any] = {"": project["dependencies"], **project["optional-dependencies"]}
    wanted.pop("training")
    for requirement in (one for group in wanted.values() for one in group):
        name = re.match(r"[\w-]+", requirement)
        assert name is not None
        assert listed.get(name[0]), name[0]
