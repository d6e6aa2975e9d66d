"""A record says what was read, how it was analysed and what was written; nothing in it varies."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unsplice
from unsplice import _core
from unsplice.blind.parameters import PaperParameters
from unsplice.doctor import instruction_set, parts
from unsplice.errors import ReadError, RecordError
from unsplice.image import SourceImage
from unsplice.output import json_ready
from unsplice.record import (
    LOCALIZATION_SCHEMA,
    PATCHES_SCHEMA,
    digest_of,
    input_fields,
    processor,
    read_record,
    version_of,
    versions,
)
from unsplice.result import Localization

Below = Callable[[Path], dict[str, bytes]]
PAIR = ("in/authentic.jpg", "in/edited.jpg")
PAPER = ("localize", "in/edited.jpg", "--method", "paper", "-o")


def content_of(path: Path) -> Any:
    return json.loads(path.read_bytes())


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.fixture
def record(folder: Path, run: Any) -> Path:
    """The record of one picture by the paper."""
    run(*PAPER, "out", "-q")
    return folder / "out" / "edited.jpg.run.json"


# ------------------------------------------------------------------------------ each field


def test_the_record_of_a_picture_has_these_fields_in_this_order(record: Path) -> None:
    assert list(content_of(record)) == [
        "schema", "finding", "statement", "score", "threshold", "shape", "area", "fraction",
        "regions", "method", "parameters", "details", "warnings", "seed", "max_pixels", "inputs",
        "outputs", "versions", "processor", "digests",
    ]  # fmt: skip


def test_the_record_of_patches_has_these_fields_in_this_order(folder: Path, run: Any) -> None:
    run("patches", "in/edited.jpg", "in/mask.png", "--size", "64", "--seed", "3", "-o", "set")
    content = content_of(folder / "set" / "records" / "edited.jpg.run.json")
    assert list(content) == [
        "schema", "name", "method", "parameters", "max_pixels", "warnings", "inputs", "patches",
        "outputs", "versions", "processor", "digests",
    ]  # fmt: skip
    assert content["schema"] == PATCHES_SCHEMA == "unsplice.patches/2"
    assert content["parameters"] == {
        "size": 64, "count": None, "tampered_fraction": [0.1, 0.9], "negatives": "equal", "seed": 3,
    }  # fmt: skip
    files = {one["path"]: one for one in content["outputs"]}
    rows = content["patches"]
    assert list(files) == [row[kind] for row in rows for kind in ("patch", "patch_mask")]
    for path, told in files.items():
        data = (folder / "set" / path).read_bytes()
        assert told["sha256"] == hashlib.sha256(data).hexdigest()
        assert told["size"] == len(data)


def test_settings_are_those_after_defaults(record: Path) -> None:
    content = content_of(record)
    assert content["schema"] == LOCALIZATION_SCHEMA == "unsplice.localization/2"
    assert content["method"] == "paper"
    assert PaperParameters(**content["parameters"]) == PaperParameters()
    assert content["seed"] is None
    assert content["max_pixels"] == 256_000_000


def test_an_input_is_told_by_its_bytes_and_by_its_pixels(record: Path, folder: Path) -> None:
    data = (folder / "in" / "edited.jpg").read_bytes()
    pixels = unsplice.read_image(folder / "in" / "edited.jpg").pixels
    assert content_of(record)["inputs"]["image"] == {
        "path": "in/edited.jpg",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "format": "JPEG",
        "shape": [192, 256, 3],
        "dtype": "uint8",
        "pixels_sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
        "orientation": 1,
    }


def source_of(pixels: Any) -> SourceImage:
    return SourceImage(pixels=pixels, path=None, sha256="", size=0, format="PNG")


def test_the_hash_of_the_pixels_knows_no_memory_layout_and_no_byte_order() -> None:
    pixels = np.arange(4 * 6 * 3, dtype=np.uint16).reshape(4, 6, 3) * 700
    expected = hashlib.sha256(b"".join(int(v).to_bytes(2, "little") for v in pixels.flat))
    for same in (pixels, pixels.astype(">u2"), np.asfortranarray(pixels), pixels[::-1][::-1]):
        assert source_of(same).pixels_sha256 == expected.hexdigest()
    assert source_of(pixels[::-1]).pixels_sha256 != expected.hexdigest()
    gray = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert source_of(gray).pixels_sha256 == hashlib.sha256(bytes(range(24))).hexdigest()


def test_versions_are_those_that_are_installed() -> None:
    assert versions() == {
        "unsplice": unsplice.__version__,
        "Python": platform.python_version(),
        "NumPy": version("numpy"),
        "OpenCV": version_of("opencv"),
        "PyWavelets": version("PyWavelets"),
    }
    instructions = _core.instruction_set()
    assert processor() == {"architecture": platform.machine(), "instructions": instructions}


def test_the_doctor_tells_the_same_versions() -> None:
    shown = {part.name: part.version.split()[0] for part in parts()}
    assert {name: shown[name] for name in versions()} == versions()
    assert instruction_set() == processor()["instructions"]


def test_of_two_opencvs_side_by_side_the_loaded_one_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    monkeypatch.setattr("importlib.metadata.version", lambda name: f"9.{len(name)}")
    version_of.cache_clear()
    try:
        assert version_of("opencv") == cv2.__version__
    finally:
        version_of.cache_clear()


def test_the_digests_are_over_json_without_blanks(record: Path) -> None:
    content = content_of(record)
    files = {"outputs": content["outputs"], "inputs": content["inputs"]}
    text = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert content["digests"]["files"] == hashlib.sha256(text.encode()).hexdigest()
    assert digest_of(files) == content["digests"]["files"]


def test_no_field_can_change_without_a_digest_that_tells(record: Path) -> None:
    content = content_of(record)
    told = {}
    for name in content.keys() - {"schema", "digests"}:
        other = content | {name: [content[name]]}
        told[name] = [
            part
            for part, names in (
                ("parameters", ("method", "parameters", "seed", "max_pixels")),
                ("files", ("inputs", "outputs")),
                ("versions", ("versions", "processor")),
            )
            if name in names
        ] or ["result"]
        changed = unsealed(record, other)
        assert changed == told[name]


def unsealed(record: Path, content: Any) -> list[str]:
    from dataclasses import replace

    return replace(read_record(record), content=content).changed_parts()


# ------------------------------------------------------------------------ nothing that varies


def test_records_are_the_same_bytes_for_every_number_of_threads_and_workers(
    folder: Path, run: Any, below: Below
) -> None:
    (folder / "in" / "mask.png").unlink()
    kinds = {
        "paper": ("localize", "-r", "in", "--method", "paper"),
        "compare": ("compare", *PAIR),
        "patches": ("patches", *PAIR[1:], "mask.png", "--size", "64"),
    }
    run("compare", *PAIR, "-o", "c", "-q")
    (folder / "mask.png").write_bytes((folder / "c" / "edited.jpg.mask.png").read_bytes())
    for name, words in kinds.items():
        left = []
        for number in "12":
            out = f"{name}{number}"
            ran = run(*words, "-o", out, "--jobs", number, "--threads", number, "-q")
            assert ran.code == 0
            left.append({key: data for key, data in below(folder / out).items() if "run" in key})
        assert left[0]
        assert left[0] == left[1]


@pytest.mark.usefixtures("folder")
def test_the_lines_of_a_resumed_run_are_those_of_the_first(run: Any) -> None:
    first = json.loads(run(*PAPER, "out", "--json").out)
    again = json.loads(run(*PAPER, "out", "--json", "--resume").out)
    assert (first.pop("resumed"), again.pop("resumed")) == (False, True)
    del first["seconds"], again["seconds"]
    assert list(again) == list(first)
    assert again == first


@pytest.mark.parametrize("ruin", ["threshold", "sigma", "deep", "cut"])
def test_a_damaged_record_is_made_again_by_resuming(
    record: Path, folder: Path, run: Any, below: Below, ruin: str
) -> None:
    whole = below(folder / "out")
    content = content_of(record)
    damaged = {
        "threshold": content | {"threshold": 0.125},
        "sigma": content | {"parameters": content["parameters"] | {"sigma": 9.0}},
    }
    data = record.read_bytes()
    record.write_bytes({"deep": b"[" * 200_000, "cut": data[:-9]}.get(ruin, b""))
    if ruin in damaged:
        write(record, damaged[ruin])
    assert run(*PAPER, "out", "--resume", "-q").code == 0
    assert below(folder / "out") == whole


# ---------------------------------------------------------------------------- saved from Python


def test_a_result_saved_from_python_names_its_inputs(folder: Path) -> None:
    source = unsplice.read_image("in/edited.jpg")
    result = unsplice.localize(source, method="paper")
    saved = result.save(folder / "out", name="edited.jpg", inputs={"image": source})
    read = read_record(saved["record"])
    assert read.inputs["image"].path == "in/edited.jpg"
    assert read.changed_parts() == []
    assert read.content["inputs"]["image"] == {"path": "in/edited.jpg"} | input_fields(source)
    assert read.content["details"] == json_ready(result.details)


def test_a_result_of_an_array_has_a_record_that_says_it_cannot_be_verified(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    result: Localization = unsplice.localize(pixels, method="paper")
    from_memory = unsplice.decode_image(result.encoded()["overlay"])
    for name, inputs in (
        ("a", None),
        ("b", {"image": {"path": "x"}}),
        ("c", {"image": from_memory}),
    ):
        saved = result.save(tmp_path, name=name, inputs=inputs)  # type: ignore[arg-type]
        with pytest.raises(RecordError) as caught:
            read_record(saved["record"])
        assert caught.value.code == "E144"


# ------------------------------------------------------------------------- reading: hostile ones


def test_a_record_is_read_as_it_was_written(record: Path, folder: Path) -> None:
    read = read_record(record)
    assert read.content == content_of(record)
    assert read.schema == LOCALIZATION_SCHEMA
    assert read.folder == folder / "out"
    assert {kind: one.path for kind, one in read.outputs.items()} == {
        kind: f"edited.jpg.{kind}.png" for kind in ("mask", "overlay", "heatmap")
    }


NO_RECORDS: list[tuple[bytes, str]] = [
    (b"", "Expecting value"),
    (b"\xff\xfe", "utf-8"),
    (b"[1]", "no JSON object"),
    (b"{" * 5000, "Expecting property name"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nested too deep"),
    (b"[" * 200_000, "nested too deep"),
    (b'{"a":' * 40 + b"1" + b"}" * 40, "nested too deep"),
    (b'{"a": 1, "a": 2}', "twice"),
    (b'{"a": NaN}', "NaN is no number"),
    (b'{"a": -Infinity}', "-Infinity is no number"),
    (b'{"a": ' + b"1" * 5000 + b"}", "digits"),
]


@pytest.mark.parametrize(("data", "reason"), NO_RECORDS)
def test_what_is_no_record_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "a.run.json"
    path.write_bytes(data)
    with pytest.raises(RecordError) as caught:
        read_record(path)
    assert caught.value.code == "E141"
    assert reason in caught.value.what


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.run.json"
    with path.open("wb") as file:
        file.truncate(2**26 + 1)
    with pytest.raises(RecordError, match="more than 67,108,864 bytes"):
        read_record(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.run.json")
    with pytest.raises(ReadError, match="E103"):
        read_record(tmp_path / "a.run.json")


def changed(content: Any, way: str, value: Any) -> Any:
    """`content` with the value at a dotted `way` replaced, or taken out if it is `...`."""
    *above, last = way.split(".")
    inner = content
    for name in above:
        inner = inner[name]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return content


HOSTILE: list[tuple[str, Any, str]] = [
    ("schema", ..., "E143"),
    ("schema", "unsplice.localization/1", "E143"),
    ("schema", ["x"] * 1000, "E143"),
    ("score", ..., "E142"),
    ("more", 1, "E142"),
    ("digests", ..., "E142"),
    ("digests", [], "E142"),
    ("versions", {"Python": 3}, "E142"),
    ("processor", None, "E142"),
    ("method", 7, "E142"),
    ("seed", 1, "E142"),
    ("max_pixels", "1", "E142"),
    ("parameters", [], "E142"),
    ("inputs", [], "E142"),
    ("inputs", {}, "E144"),
    ("inputs.image", "in/edited.jpg", "E142"),
    ("inputs.image.sha256", ..., "E144"),
    ("inputs.image.sha256", "A" * 64, "E142"),
    ("inputs.image.sha256", "0" * 63, "E142"),
    ("inputs.image.pixels_sha256", None, "E142"),
    ("inputs.image.size", -1, "E142"),
    ("inputs.image.size", True, "E142"),
    ("inputs.image.size", 1.5, "E142"),
    ("inputs.image.size", 10**30, "E142"),
    ("inputs.image.shape", [1], "E142"),
    ("inputs.image.shape", [1, "2"], "E142"),
    ("inputs.image.dtype", "object", "E142"),
    ("inputs.image.dtype", ["uint8"], "E142"),
    ("inputs.image.format", None, "E142"),
    ("inputs.image.orientation", 9, "E142"),
    ("inputs.image.path", 3, "E142"),
    ("inputs.image.path", "", "E142"),
    ("inputs.image.path", "a\0b", "E142"),
    ("inputs.image.path", "\ud800", "E142"),
    ("inputs.image.path_base64", "!", "E142"),
    ("inputs.image.path_base64", 5, "E142"),
    ("inputs.image.path_base64", "AAAA", "E142"),
    ("inputs.image.path_base64", "ZXRjL3Bhc3N3ZA==", "E142"),  # of another path
    ("outputs", [], "E142"),
    ("outputs.mask", ..., "E142"),
    ("outputs.more", {}, "E142"),
    ("outputs.mask", None, "E142"),
    ("outputs.mask.sha256", ..., "E142"),
    ("outputs.mask.path", "../../../etc/passwd", "E146"),
    ("outputs.mask.path", "/etc/passwd", "E146"),
    ("outputs.mask.path", "a/../../b", "E146"),
    ("outputs.mask.path", ".", "E146"),
]


@pytest.mark.parametrize(("way", "value", "code"), HOSTILE)
def test_a_record_that_makes_no_sense_is_refused(
    record: Path, way: str, value: Any, code: str
) -> None:
    write(record, changed(content_of(record), way, value))
    with pytest.raises(RecordError) as caught:
        read_record(record)
    assert caught.value.code == code
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("way", "value"),
    [
        ("name", "x/edited.jpg"),
        ("name", "/" * 500),
        ("name", ""),
        ("name", 5),
        ("outputs", {}),
        ("outputs", [5]),
    ],
)
def test_a_record_of_patches_that_makes_no_sense_is_refused(
    folder: Path, run: Any, way: str, value: Any
) -> None:
    run("patches", "in/edited.jpg", "in/mask.png", "--size", "64", "-o", "set", "-q")
    path = folder / "set" / "records" / "edited.jpg.run.json"
    write(path, changed(content_of(path), way, value))
    with pytest.raises(RecordError, match="E142"):
        read_record(path)


def test_a_name_that_is_no_utf_8_is_kept_byte_by_byte(folder: Path, run: Any) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    try:
        (folder / "in" / name).write_bytes((folder / "in" / "edited.jpg").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert run("localize", f"in/{name}", "--method", "paper", "-o", "out", "-q").code == 0
    read = read_record(folder / "out" / f"{name}.run.json")
    assert read.inputs["image"].path == f"in/{name}"
    assert read.outputs["mask"].path == f"{name}.mask.png"
    assert run("verify", folder / "out" / f"{name}.run.json").code == 0
