"""Run the tests with a core that was built with sanitizers: ``make sanitize``, ``-threads``.

The core is built by the preset of CMakePresets.json into build/PRESET, and installed into an
environment of its own beside it, which borrows all else from this one. The sanitizer's library is
loaded before Python, which knows nothing of it. Reports go to files: one that a test swallows,
because a process was meant to fail, counts like any other.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
import venv
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# name: (preset, libraries to load first, variables, arguments of pytest)
KINDS = {
    "address": (
        "address-sanitizer",
        # libstdc++ early, or exceptions are thrown before the sanitizer knows how.
        ("libasan.so", "libstdc++.so.6"),
        {
            # Python frees little at its end; NumPy may ask for more than there is, and copes.
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after"
            "_return=1:quarantine_size_mb=64",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
        (),
    ),
    "threads": (
        "thread-sanitizer",
        ("libtsan.so",),
        {"TSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'thread_suppressions.txt'}"},
        ("-k", "thread", "tests"),
    ),
}
# Tests that cannot run so, and why.
DESELECTED: dict[str, dict[str, str]] = {
    "address": {
        "tests/test_core.py::test_memory_that_runs_out_is_a_memory_error": "limits the address"
        " space, of which the sanitizer takes terabytes",
    },
    "threads": {},
}


def install(preset: str) -> Path:
    """Build the core, install it into its environment; return the interpreter of that."""
    folder = ROOT / "build" / f"{preset}-venv"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    borrowed = folder / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text("\n".join(packages) + "\n")
    python = folder / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps",
         "--editable", ROOT, f"-Cbuild-dir=build/{preset}", f"-Ccmake.args=--preset={preset}",
         "-Ccmake.build-type=RelWithDebInfo", "-Cinstall.strip=false"],
        check=True,
    )  # fmt: skip
    return python


def library(name: str) -> str:
    """Return the path of a library of the compiler."""
    compiler = os.environ.get("CXX", "g++")
    found = subprocess.run(
        [compiler, f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True, check=True
    )
    return str(Path(found.stdout.strip()).resolve())


def counts(report: Path) -> dict[str, int]:
    """Return how many tests ran, failed and were skipped, by the report of pytest."""
    suite = next(ET.parse(report).iter("testsuite")).attrib  # noqa: S314, written here
    skipped = int(suite["skipped"])
    failed = int(suite["failures"]) + int(suite["errors"])
    return {"tests": int(suite["tests"]) - skipped, "skipped": skipped, "failed": failed}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*KINDS])
    parser.add_argument("--piece", help="a word: the figures of several runs are added up")
    parser.add_argument("--no-install", action="store_true", help="the core is there already")
    arguments, more = parser.parse_known_args()
    preset, libraries, variables, chosen = KINDS[arguments.kind]
    python = ROOT / "build" / f"{preset}-venv" / "bin" / "python"
    if not arguments.no_install:
        python = install(preset)
    folder = ROOT / "build" / "sanitize" / arguments.kind
    piece = arguments.piece or "whole"
    if not piece.replace("-", "").isalnum():
        parser.error("--piece must be of letters, digits and hyphens")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{piece}.report*"):
        old.unlink()
    log = f"log_path={folder / piece}.report"
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(library(name) for name in libraries),
        **{name: f"{value}:{log}" for name, value in variables.items()},
    }
    left_out = [f"--deselect={test}" for test in DESELECTED[arguments.kind]]
    results = folder / f"{piece}.xml"
    words = [python, "-m", "pytest", "-p", "no:cacheprovider", f"--junitxml={results}"]
    start = time.monotonic()
    done = subprocess.run(
        [*words, *left_out, *(more or chosen)], env=environment, cwd=ROOT, check=False
    )
    reports = [
        line
        for path in sorted(folder.glob(f"{piece}.report*"))
        for line in re.findall(
            r"^.*(?:ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:).*$",
            path.read_text(errors="replace"),
            re.MULTILINE,
        )
    ]
    figures = {**counts(results), "reports": len(reports), "minutes": time.monotonic() - start}
    figures["minutes"] = round(figures["minutes"] / 60, 1)
    for line in reports[:20]:
        print(line)
    write_fragment(arguments.kind, piece, figures)
    print(f"{arguments.kind}: {figures}")
    return 1 if reports or done.returncode else 0


def write_fragment(kind: str, piece: str, figures: dict[str, float]) -> None:
    """Put the figures of a run beside those of the others in build/reliability/sanitizers.json."""
    path = ROOT / "build" / "reliability" / "sanitizers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fragment = {
        "name": "sanitizers",
        "command": "make sanitize && make sanitize-threads",
        "figures": {},
    }
    if path.exists():
        fragment = json.loads(path.read_text())
    every = fragment["figures"]
    assert isinstance(every, dict)
    kept = every.get(kind, {}).get("pieces", {}) if piece != "whole" else {}
    pieces = {**kept, piece: figures}
    every[kind] = {
        "pieces": pieces,
        "deselected": DESELECTED[kind],
        **{name: sum(each[name] for each in pieces.values()) for name in figures},
    }
    path.write_text(json.dumps(fragment, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
