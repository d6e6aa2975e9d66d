"""The doctor tells what is installed, what is in force, and what is broken; explain, the codes."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import cv2
import pytest
import pywt

import unsplice.doctor as doctor
from unsplice.cli import cli
from unsplice.errors import MESSAGES
from unsplice.limits import EVERY_LIMIT, most_bytes
from unsplice.record import version_of


def examined(run: Any, exit_code: int = 0) -> dict[str, dict[str, Any]]:
    ran = run("doctor", "--json")
    assert ran.code == exit_code, ran
    record = json.loads(ran.out)
    assert record["ok"] == (exit_code == 0)
    return {one["name"]: one for one in (*record["parts"], *record["checks"])}


def test_everything_that_decides_is_told(run: Any) -> None:
    found = examined(run)
    text = run("doctor").out
    for name in (
        "unsplice", "Python", "C++ core", "NumPy", "OpenCV", "PyWavelets", "click", "tqdm",
        "Pebble", "OpenCV from", "JPEG library", "JPEG codec", "instructions", "cores", "threads",
        "temporary", "configuration",
    ):  # fmt: skip
        assert name in found
        assert re.search(rf"^{re.escape(name)} ", text, re.MULTILINE)
    assert found["JPEG codec"]["found"] == "answers as the core does"


def test_every_limit_is_told_as_it_is_in_force(run: Any, monkeypatch: Any, tmp_path: Path) -> None:
    def told() -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in json.loads(run("doctor", "--json").out)["limits"]}

    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "3")
    expected = {one.name: one._asdict() for one in EVERY_LIMIT}
    expected["threads"]["value"] = 3
    assert told() == expected
    text = run("doctor").out
    for limit in EVERY_LIMIT:
        (line,) = re.findall(rf"^  {limit.name} {{2,}}.*", text, re.MULTILINE)
        assert limit.what in line
        assert limit.option in line
        assert limit.code in line
        assert limit.value is None or f"{limit.value:,.0f} " in line
    (tmp_path / "x.toml").write_text(
        "[limits]\nmax_pixels = 5_000\ntimeout = 0.4\njobs = 3\nthreads = 2\n", "utf-8"
    )
    monkeypatch.setenv("UNSPLICE_CONFIG", str(tmp_path / "x.toml"))
    values = {"max_pixels": 5000, "timeout": 0.4, "threads": 2, "jobs": 3, "file": most_bytes(5000)}
    assert {name: told()[name]["value"] for name in values} == values
    assert re.search(r"^  timeout +0\.4 ", run("doctor").out, re.MULTILINE)


def test_limits_options_settings_and_the_documented_table_agree(run: Any, tmp_path: Path) -> None:
    options = {option: limit for limit in EVERY_LIMIT if (option := limit.option)}
    assert {f"--{limit.name.replace('_', '-')}" for limit in options.values()} == set(options)
    every = {
        name: option
        for verb in ("localize", "compare", "patches", "evaluate", "verify")
        for option in cli.commands[verb].params
        for name in option.opts
    }
    for name, limit in options.items():
        assert every[name].to_info_dict()["default"] == limit.value
        path = tmp_path / "limits.toml"
        path.write_text(f"[limits]\n{limit.name} = 2\n", "utf-8")
        assert f"{limit.name.replace('_', '-')} = 2" in run("config", "--config", path).out
    known = {one.name: one.value for one in EVERY_LIMIT}
    assert every["--max-pixels"].type.max == known["most max_pixels"]
    assert every["--jobs"].type.max == known["most jobs"]
    page = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text("utf-8")
    page = page.partition("## Limits")[2]
    cells = [line.strip("| ").split(" |") for line in page.splitlines() if line.startswith("| ")]
    documented = {name.strip("`"): [one.strip() for one in rest] for name, *rest in cells}
    for limit in EVERY_LIMIT:
        value, way, *code = documented[limit.name]
        assert limit.value is None or value == f"{limit.value:,.0f}"
        assert (f"`{limit.option}`" in way) == bool(limit.option)
        assert "".join(code) == limit.code
    assert [name for name in documented if name in known] == list(known)


def test_every_dependency_is_looked_at() -> None:
    wanted = {re.match(r"[\w.-]+", one)[0].lower() for one in requires("unsplice") or []
              if "extra ==" not in one}  # type: ignore[index] # fmt: skip
    assert wanted == {name.lower() for _, _, name in doctor.REQUIRED if name}


def test_the_packages_of_the_extras_are_looked_at(run: Any, monkeypatch: Any) -> None:
    asked = ["numpy>=2", 'no-such_thing>=1; extra == "x"', "torch; extra == 'training'"]
    monkeypatch.setattr(doctor, "requires", lambda _: asked)
    found = examined(run)
    assert found["no-such_thing"]["version"] == ""
    assert found["no-such_thing"]["problem"] is None
    assert "torch" not in found


def test_a_version_is_that_of_the_package_manager(run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(pywt, "__version__", "0.0.1")
    assert examined(run)["PyWavelets"]["version"] == version("PyWavelets")


def test_two_packages_of_opencv_break_each_other(
    run: Any, monkeypatch: Any, request: pytest.FixtureRequest
) -> None:
    known = {"opencv-python": "4.14.0", "opencv-python-headless": "4.15.0"}

    def told(name: str) -> str:
        if name in known:
            return known[name]
        if name.startswith("opencv"):
            raise PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(doctor, "version", told)
    monkeypatch.setattr("importlib.metadata.version", told)  # for records
    found = examined(run, exit_code=1)
    assert found["OpenCV from"]["found"] == "opencv-python 4.14.0, opencv-python-headless 4.15.0"
    assert "BROKEN (side by side" in run("doctor").out
    del known["opencv-python"]
    version_of.cache_clear()
    request.addfinalizer(version_of.cache_clear)
    assert examined(run)["OpenCV"]["version"] == "4.15.0"


def test_another_jpeg_codec_is_a_warning(run: Any, monkeypatch: Any) -> None:
    decode = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda *given: decode(*given) // 2)
    found = examined(run)
    assert "samples differ" in found["JPEG codec"]["warning"]
    assert "warning (" in run("doctor").out


def test_a_folder_for_temporary_files_that_cannot_be_written_is_broken(
    run: Any, monkeypatch: Any
) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refuse)
    assert "Permission denied" in examined(run, exit_code=1)["temporary"]["problem"]


def test_the_configuration_in_force_is_told_and_a_broken_one_is_broken(
    run: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    assert examined(run)["configuration"]["found"].startswith("no file (")
    path = tmp_path / "x.toml"
    monkeypatch.setenv("UNSPLICE_CONFIG", str(path))
    assert "E101" in examined(run, exit_code=1)["configuration"]["problem"]
    path.write_text("[limits]\nmax_pixels = 5\n", "utf-8")
    assert examined(run)["configuration"]["found"] == str(path)
    path.write_text("[limits]\nmax_pixels = 'x'\n", "utf-8")
    assert "E202" in examined(run, exit_code=1)["configuration"]["problem"]


def test_explain_tells_every_code_as_json(run: Any) -> None:
    lines = [json.loads(line) for line in run("explain", "--json").out.splitlines()]
    assert [line["code"] for line in lines] == list(MESSAGES)
    (one,) = (json.loads(line) for line in run("explain", "e130", "--json").out.splitlines())
    assert one in lines
    assert one["fields"] == ["path", "cols", "rows", "pixels", "limit", "memory"]
    assert one["exit_code"] == 1
    assert all((line["exit_code"] is None) == (line["code"][0] != "E") for line in lines)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("E161", "\n  exit code: 4 "),
        ("E161", "\n  see also: E160, E162"),
        ("W230", "\n  scope: every result of the method"),
        ("W230", "\n  kind: warning"),
        ("N301", "\n  kind: note"),
    ],
)
def test_explain_tells_what_follows_from_a_code(run: Any, code: str, words: str) -> None:
    assert words in run("explain", code).out
