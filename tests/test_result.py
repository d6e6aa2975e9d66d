"""A localization can be looked at, written down and kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pytest

import unsplice.result as result_module
from unsplice.errors import Notice, OutputError
from unsplice.record import output_fields
from unsplice.result import Finding, Localization, Region


def a_localization(image: Any = None, mask: Any = None, **changes: Any) -> Localization:
    if mask is None:
        mask = np.zeros((40, 60), bool)
        mask[10:30, 20:50] = True
    if image is None:
        image = np.full((*mask.shape, 3), 200, np.uint8)
    fields: dict[str, Any] = {
        "image": image,
        "mask": mask,
        "heatmap": mask.astype(np.float32) * 0.75,
        "regions": (Region(600, (10, 20, 30, 50), (19.5, 34.5), 0.9),),
        "threshold": 0.5,
        "score": 0.97,
        "finding": "spliced",
        "statement": "A region was pasted.",
        "method": "evidence",
        "parameters": {"min_area": np.int64(12)},
        "details": {"shift": (np.float32(1.5), 0), "residual": float("inf")},
        "warnings": (Notice("W204", "CMYK"),),
    }
    return Localization(**(fields | changes))


def test_the_boundary_is_the_rim_of_the_mask_and_not_the_frame_of_the_picture() -> None:
    mask = np.zeros((6, 8), bool)
    mask[:3, :4] = True
    expected = np.zeros_like(mask)
    expected[2, :4] = True
    expected[:3, 3] = True
    np.testing.assert_array_equal(a_localization(mask=mask).boundary(), expected)


def test_the_overlay_dims_the_rest_and_draws_the_border_over_it() -> None:
    overlay = a_localization().overlay()
    assert overlay.dtype == np.uint8
    assert overlay.shape == (40, 60, 3)
    assert overlay[20, 35].tolist() == [200, 200, 200]
    assert overlay[2, 2].tolist() == [120, 120, 120]
    magenta = (overlay == (255, 0, 255)).all(axis=2)
    assert np.flatnonzero(magenta[20]).tolist() == [19, 20, 21, 48, 49, 50]


@pytest.mark.parametrize(
    "image",
    [
        np.full((40, 60), 200, np.uint8),
        np.full((40, 60), 200 * 256 + 17, np.uint16),
        np.full((40, 60, 3), 200 * 256 + 17, ">u2"),
    ],
)
def test_the_overlay_of_gray_and_deep_pictures_is_8_bit_rgb(image: Any) -> None:
    overlay = a_localization(image).overlay()
    assert overlay.dtype == np.uint8
    assert overlay[20, 35].tolist() == [200, 200, 200]


def test_what_is_only_suspected_is_neither_in_the_record_nor_in_the_files(tmp_path: Path) -> None:
    plain, suspicious = a_localization(), a_localization(suspected=np.ones((40, 60), bool))
    assert plain.suspected is None
    assert suspicious.to_dict() == plain.to_dict()
    for name, result in (("a", plain), ("b", suspicious)):
        result.save(tmp_path / name, name="edited.jpg")
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in "ab"
    )
    assert first == second


def test_where_nothing_was_found_the_overlay_is_a_copy_of_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    image.flags.writeable = False
    overlay = a_localization(image, np.zeros((9, 7), bool)).overlay()
    np.testing.assert_array_equal(overlay, image)
    assert not np.shares_memory(overlay, image)


def test_the_dictionary_is_strict_json_with_a_versioned_layout() -> None:
    record = a_localization().to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["schema"] == "unsplice.localization/2"
    assert record["shape"] == [40, 60]
    assert record["area"] == 600
    assert record["fraction"] == 0.25
    assert record["regions"] == [
        {"area": 600, "bounding_box": [10, 20, 30, 50], "centroid": [19.5, 34.5], "score": 0.9}
    ]
    assert record["parameters"] == {"min_area": 12}
    assert record["details"] == {"shift": [1.5, 0], "residual": None}
    assert record["warnings"] == [{"code": "W204", "text": "CMYK", "scope": "picture"}]


def test_saving_writes_mask_overlay_heat_map_and_a_record_that_names_their_hashes(
    tmp_path: Path,
) -> None:
    paths = a_localization().save(tmp_path / "new", name="edited.jpg")
    assert {kind: path.name for kind, path in paths.items()} == {
        "mask": "edited.jpg.mask.png",
        "overlay": "edited.jpg.overlay.png",
        "heatmap": "edited.jpg.heatmap.png",
        "record": "edited.jpg.run.json",
    }
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in paths.values()
    )
    mask = cv2.imdecode(np.frombuffer(paths["mask"].read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(mask, a_localization().mask * np.uint8(255))
    heatmap = cv2.imdecode(np.frombuffer(paths["heatmap"].read_bytes(), np.uint8), -1)
    assert set(np.unique(heatmap)) == {0, 191}
    record = json.loads(paths["record"].read_bytes())
    for kind in ("mask", "overlay", "heatmap"):
        data = paths[kind].read_bytes()
        assert record["outputs"][kind] == output_fields(paths[kind].name, data)


def test_saving_again_is_refused_unless_asked_for(tmp_path: Path) -> None:
    result = a_localization()
    result.save(tmp_path, name="a.jpg")
    with pytest.raises(OutputError) as caught:
        result.save(tmp_path, name="a.jpg")
    assert caught.value.code == "E161"
    result.save(tmp_path, name="a.jpg", overwrite=True, inputs={"spliced": {"path": "x"}})
    record = json.loads((tmp_path / "a.jpg.run.json").read_bytes())
    assert record["inputs"] == {"spliced": {"path": "x"}}


def test_one_result_in_the_way_keeps_all_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "a.jpg.run.json").write_bytes(b"old")
    with pytest.raises(OutputError):
        a_localization().save(tmp_path, name="a.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg.run.json"]


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    paths = a_localization().save(tmp_path / "out", name="../../x/a.jpg")
    assert paths["mask"] == tmp_path / "out" / "x" / "a.jpg.mask.png"


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_record_never_stands_beside_pictures_of_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    paths = a_localization().save(tmp_path, name="a.jpg")
    honest, written = result_module.write_file, []

    def ends(path: Path, data: bytes, **options: Any) -> None:
        if len(written) == left:
            raise KeyboardInterrupt
        written.append(path)
        honest(path, data, **options)

    monkeypatch.setattr(result_module, "write_file", ends)
    with pytest.raises(KeyboardInterrupt):
        a_localization(mask=np.eye(40, 60, dtype=bool)).save(tmp_path, name="a.jpg", overwrite=True)
    assert not paths["record"].exists()
    assert paths["mask"].exists()


def test_a_record_that_cannot_be_removed_keeps_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.jpg.run.json" / "in").mkdir(parents=True)
    with pytest.raises(OutputError) as caught:
        a_localization().save(tmp_path, name="a.jpg", overwrite=True)
    assert caught.value.code == "E162"
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg.run.json"]


def test_what_has_regions_to_tell_of_was_found() -> None:
    found = {finding for finding in get_args(Finding) if a_localization(finding=finding).found}
    assert found == {"spliced", "marked", "mostly-replaced"}
