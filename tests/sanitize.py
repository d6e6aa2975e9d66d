"""Run the tests with a core that was built with sanitizers: ``make sanitize``, ``-threads``.

The core is built by the preset of CMakePresets.json into build/PRESET, and installed into an
environment of its own beside it, which borrows all else from this one. The sanitizer's library is
loaded before Python, which knows nothing of it. Reports go to files: one that a test swallows,
because a process was meant to fail, counts like any other.

Every file of tests is a process of its own, and some run at a time: one that a sanitizer ends takes
no others with it.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import venv
import xml.etree.ElementTree as ET
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from reliability.figures import write_figures

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kind:
    """A sanitizer, and what it needs."""

    preset: str
    libraries: tuple[str, ...]  # what is loaded before all else
    variables: dict[str, str]
    command: str
    chosen: tuple[str, ...] = ()  # arguments of pytest
    # Files and tests that cannot run so, and why.
    left_out: dict[str, str] = field(default_factory=dict)


# Tests of what another program makes of our files.
FOREIGN = {
    "tests/test_report_in_browser.py": "Chromium, which cannot have another library loaded first",
}
RACE = "tests/test_core.py::test_input_that_another_thread_changes_does_not_end_the_process"
KINDS = {
    "address": Kind(
        "address-sanitizer",
        # libstdc++ early, or exceptions are thrown before the sanitizer knows how.
        ("libasan.so", "libstdc++.so.6"),
        {
            # Python frees little at its end; NumPy may ask for more than there is, and copes.
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after"
            "_return=1:quarantine_size_mb=64",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
        "make sanitize",
        left_out={
            **FOREIGN,
            "tests/test_core.py::test_memory_that_runs_out_is_a_memory_error": "limits the address"
            " space, of which the sanitizer takes terabytes",
            "tests/test_golden.py::test_an_older_processor_computes_the_same_bits": "is run by an"
            " emulator, which fills all memory there is with that of the sanitizer",
        },
    ),
    "threads": Kind(
        "thread-sanitizer",
        ("libtsan.so",),
        {"TSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'thread_suppressions.txt'}"},
        "make sanitize-threads",
        ("-k", "thread"),
        {
            **FOREIGN,
            RACE: "is a data race of the caller",
        },
    ),
}
LONGEST = 3600  # seconds for a file of tests
EXAMPLES = "python/unsplice"


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


def files(arguments: list[str]) -> list[str]:
    """Return the files with tests that pytest would take, those with most first.

    The examples in docstrings, a few a file, are run together.
    """
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    found = subprocess.run(
        [*words, *arguments], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    names = [line.split("::")[0] for line in found.stdout.splitlines() if "::" in line]
    tests = Counter(EXAMPLES if name.startswith(EXAMPLES) else name for name in names)
    if not tests:
        sys.exit(f"no tests:\n{found.stdout}")
    return [name for name, _ in tests.most_common()]


@dataclass(frozen=True)
class Run:
    """A file of tests that was run, or what of it there was time for."""

    file: str
    outcomes: Counter[str]
    failed: list[str]  # by name
    seconds: float


def run(file: str, words: list[str], environment: dict[str, str], results: Path) -> Run:
    """Run a file of tests, or those that are named; what it prints lies beside the results."""
    results.unlink(missing_ok=True)
    with results.with_suffix(".log").open("wb") as log:
        try:
            code = subprocess.run(
                [*words, f"--junitxml={results}"], env=environment, cwd=ROOT, check=False,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=LONGEST,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            code = 124
    found = told(file, results)
    if code not in (0, 1, 5):  # 5: none was chosen
        found.outcomes["failed"] += 1
        found.failed.append(f"{file}: pytest ended with {code}")
    return found


def told(file: str, results: Path) -> Run:
    """Return what came of a file of tests by the report of pytest."""
    outcomes, failed = Counter[str](), []
    if not results.exists():
        return Run(file, outcomes, failed, 0.0)
    suite = next(ET.parse(results).iter("testsuite"))  # noqa: S314, written here
    for case in suite.iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "passed"
        outcome = "skipped" if "skipped" in kinds else outcome
        outcomes[outcome] += 1
        if outcome == "failed":
            failed.append(f"{file}::{case.get('name')}")
    return Run(file, outcomes, failed, float(suite.get("time", 0)))


def reports(folder: Path) -> list[str]:
    """Return what the sanitizers of all processes reported, a line each."""
    pattern = r"^.*(?:ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:).*$"
    found = []
    for path in sorted(folder.glob("report.*")):
        text = path.read_text(errors="replace")
        # Tests of workers that die let them kill themselves.
        if not re.search(r"Sanitizer: SEGV .*\n(?:.*\n){0,3} +#0 \w+ in kill ", text):
            lines = re.findall(pattern, text, re.MULTILINE)
            found += [f"{path.name}: {line}" for line in lines]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=[*KINDS])
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="files at a time")
    parser.add_argument("--no-install", action="store_true", help="the core is there already")
    parser.add_argument("--resume", action="store_true", help="run what has not ended yet")
    arguments, more = parser.parse_known_args()
    # Where a shell started this behind itself, tests of interruptions would not be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kind = KINDS[arguments.kind]
    python = ROOT / "build" / f"{kind.preset}-venv" / "bin" / "python"
    if not arguments.no_install:
        python = install(kind.preset)
    folder = ROOT / "build" / "sanitize" / arguments.kind
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if not arguments.resume:
            old.unlink()
    first = [*map(library, kind.libraries), os.environ.get("LD_PRELOAD", "")]
    environment = {**os.environ, "LD_PRELOAD": " ".join(filter(None, first))}
    for name, value in kind.variables.items():
        given = (value, os.environ.get(name, ""), f"log_path={folder / 'report'}")
        environment[name] = ":".join(filter(None, given))
    left_out = [
        f"--deselect={name}" if "::" in name else f"--ignore={name}" for name in kind.left_out
    ]
    asked = more or [*kind.chosen]
    chosen = files([*left_out, *asked])
    names = {
        file: [word for word in asked if word.split("::")[0].startswith(file)] for file in chosen
    }
    options = [word for word in asked if not any(word in named for named in names.values())]
    words = [str(python), "-m", "pytest", "-p", "no:cacheprovider", *left_out, *options]
    runs = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        waiting = []
        for file, named in names.items():
            results = folder / f"{file.replace('/', '-')}.xml"
            if arguments.resume and results.exists():
                waiting.append(pool.submit(told, file, results))
            else:
                chosen_words = [*words, *(named or [file])]
                waiting.append(pool.submit(run, file, chosen_words, environment, results))
        for each in waiting:
            runs.append(each.result())
            done = runs[-1]
            print(f"{done.file}: {dict(done.outcomes)} in {done.seconds:.0f} s", flush=True)
    outcomes = sum((each.outcomes for each in runs), Counter[str]())
    found = reports(folder)
    figures = {
        "files of tests": len(runs),
        "tests run": outcomes["passed"] + outcomes["failed"],
        **{name: outcomes[name] for name in ("passed", "failed", "skipped")},
        "reports": len(found),
        "minutes of tests": round(sum(each.seconds for each in runs) / 60, 1),
        "left out": kind.left_out,
        "failures": [name for each in runs for name in each.failed],
    }
    for line in [*figures["failures"], *found][:40]:
        print(line)
    if not more:
        path = write_figures(f"sanitize-{arguments.kind}", kind.command, figures)
        print(path.relative_to(ROOT))
    print(", ".join(f"{name}: {value}" for name, value in [*figures.items()][:7]))
    return 1 if found or outcomes["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
