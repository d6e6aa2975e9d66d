"""What holds for an installation: one version, the systems it is for, an OpenCV that fails."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import check_release
import unsplice
from unsplice import UnspliceError, decode_image
from unsplice.cli import main
from unsplice.limits import OLDEST_OPENCV
from unsplice.output import encode_png

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
in_a_checkout = pytest.mark.skipif(not WORKFLOWS, reason="the sdist has no workflows")


# ----------------------------------------------------------------------------------- version


def test_the_version_is_that_of_pyproject_everywhere() -> None:
    assert unsplice.__version__ == importlib.metadata.version("unsplice") == PROJECT["version"]


def test_the_version_stands_in_no_other_file() -> None:
    version = re.escape(PROJECT["version"])
    folders = [(ROOT / "cpp").rglob("*.?pp")]
    folders += [(ROOT / name).rglob("*.py") for name in ("python", "bench", "training")]
    sources = [path for folder in folders for path in folder]
    sources += [ROOT / "CMakeLists.txt", ROOT / "Makefile", *WORKFLOWS]
    stated = re.compile(rf"(?i)version\W.{{0,20}}\b{version}\b")
    for path in sources:
        if path.name != "_version.py":  # written by the build
            assert not stated.search(path.read_text("utf-8")), path


CHANGELOG = "# Changelog\n\n## [1.2.3] - 2026-05-04\n\n- Something.\n"


@pytest.mark.parametrize(
    ("tag", "version", "changelog", "told"),
    [
        ("v1.2.3", "1.2.3", CHANGELOG, []),
        ("v1.2.4", "1.2.3", CHANGELOG, ["the tag is 'v1.2.4'"]),
        ("1.2.3", "1.2.3", CHANGELOG, ["the tag is '1.2.3'"]),
        ("v1.2.4", "1.2.4", CHANGELOG, ["CHANGELOG.md lacks the line '## [1.2.4]"]),
        ("v1.2.3", "1.2.3", CHANGELOG.replace("2026-05-04", "unreleased"), ["CHANGELOG.md lacks"]),
        ("v1.2", "1.3", CHANGELOG, ["the tag is", "CHANGELOG.md lacks"]),
    ],
)
def test_a_tag_that_is_no_release_is_refused(
    tag: str, version: str, changelog: str, told: list[str]
) -> None:
    found = check_release.problems(tag, f'[project]\nversion = "{version}"\n', changelog)
    assert len(found) == len(told)
    for problem, start in zip(found, told, strict=True):
        assert problem.startswith(start)


# ----------------------------------------------------------------------------------- systems


def test_wheels_classifiers_and_requirement_name_the_same_versions() -> None:
    classified = [
        line.rpartition(" ")[2]
        for line in PROJECT["classifiers"]
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", line)
    ]
    built = [line.removesuffix("-*") for line in PYPROJECT["tool"]["cibuildwheel"]["build"]]
    assert built == [f"cp{version.replace('.', '')}" for version in classified]
    assert PROJECT["requires-python"] == f">={classified[0]}"


def test_the_oldest_opencv_that_is_taken_is_the_oldest_that_is_required() -> None:
    oldest = ".".join(map(str, OLDEST_OPENCV))
    assert f"opencv-python>={oldest}" in PROJECT["dependencies"]


@in_a_checkout
def test_every_action_is_pinned_by_a_commit_with_its_version_beside() -> None:
    used = [
        line for path in WORKFLOWS for line in re.findall(r"uses: (.*)", path.read_text("utf-8"))
    ]
    assert len(used) > 10
    for line in used:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line
    # The same action is the same commit everywhere.
    pins = dict(line.partition(" ")[0].split("@") for line in used)
    assert all(pins[line.split("@")[0]] in line for line in used)


@in_a_checkout
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_write_nothing_and_knows_no_secret(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.search(r"^permissions:\n  contents: read\n\n", text, re.MULTILINE)
    granted = re.findall(r"^ +([\w-]+): write$", text, re.MULTILINE)
    allowed = ["id-token", "attestations", "id-token"] if path.name == "release.yml" else []
    assert granted == allowed
    assert "secrets." not in text
    assert "pull_request_target" not in text


# ----------------------------------------------------------------------- an OpenCV that fails


@pytest.fixture
def without_opencv(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which OpenCV lacks a system library."""
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file')\n", "utf-8"
    )
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def outcome(environment: dict[str, str], *words: str) -> Any:
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, check=False
    )


def test_without_opencv_kernels_and_their_definitions_work(without_opencv: Any) -> None:
    done = outcome(
        without_opencv,
        "-c",
        "import numpy as np, unsplice, unsplice.pure_python as slow\n"
        "image = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7\n"
        "assert (unsplice.median_filter(image) == slow.median_filter(image)).all()\n"
        "print(unsplice.label_components(image > 99).areas.tolist())\n"
        "import cv2",
    )
    assert done.stdout == "[20]\n"
    assert done.stderr.endswith(
        "ImportError: libGL.so.1: cannot open shared object file: No such file\n"
    )


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("explain", "E191")])
def test_without_opencv_the_command_line_answers(words: Any, without_opencv: Any) -> None:
    done = outcome(without_opencv, "-m", "unsplice.cli", *words)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_opencv_the_doctor_names_what_lacks(without_opencv: Any) -> None:
    done = outcome(without_opencv, "-m", "unsplice.cli", "doctor")
    assert done.returncode == 1
    assert re.search(
        r"^OpenCV .*DOES NOT LOAD \(.*libGL\.so\.1.*explain E191`$", done.stdout, re.MULTILINE
    )
    assert done.stderr == ""


@pytest.mark.parametrize("words", [("demo",), ("localize", "a.jpg"), ("compare", "a.jpg", "b.jpg")])
def test_without_opencv_what_needs_it_tells_the_way_out(
    words: Any, without_opencv: Any, tmp_path: Path
) -> None:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(encode_png(np.zeros((64, 64, 3), np.uint8)))
    done = subprocess.run(
        [sys.executable, "-m", "unsplice.cli", *words], cwd=tmp_path, env=without_opencv,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error[E191]: OpenCV cannot be loaded: libGL.so.1" in done.stderr
    assert "pip install opencv-python-headless" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", ["4.10.0", "4.13.9", "3.4.18", "4.9.0-dev"])
def test_an_opencv_that_is_too_old_reads_nothing(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encode_png(np.zeros((8, 8), np.uint8))
    monkeypatch.setattr(cv2, "__version__", version)
    with pytest.raises(UnspliceError, match=f"OpenCV {version} is too old") as caught:
        decode_image(data)
    assert caught.value.code == "E198"
    assert "opencv-python-headless>=4.14" in caught.value.help


def test_the_doctor_finds_an_opencv_that_is_too_old(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cv2, "__version__", "4.13.0")
    assert main(["doctor"]) == 1
    assert "BROKEN (version 4.13.0 reads no pictures: see `unsplice explain E198`)" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("version", ["4.14.0", "4.100.0", "5.0.0-pre", "10.0", "of tomorrow"])
def test_an_opencv_that_is_new_enough_reads(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode_png(np.zeros((8, 8), np.uint8))
    monkeypatch.setattr(cv2, "__version__", version)
    assert decode_image(data).pixels.shape == (8, 8)
