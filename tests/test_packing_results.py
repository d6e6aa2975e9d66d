"""Results as COCO and as trees of masks: pycocotools reads the regions that were marked."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from packed_sets import both, change_cell, make_pairs, pack
from unsplice import label_components, read_image
from unsplice.cli import main
from unsplice.errors import ReadError, UnspliceError
from unsplice.output import encode_png
from unsplice.packing.outlines import polygon_of, rle_of

Mask = NDArray[np.bool_]
MASKS = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))
# pycocotools' own, of NumPy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
SPLIT = "train=0.6,test=0.4"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of pairs: spliced, one of them in two regions with a hole; identical, unrelated."""
    top = tmp_path_factory.mktemp("results")
    table = make_pairs(top / "in", authentic=3)
    lines = ["a0.png,a0.png", "a0.png,a1.png", "a0.png,none.png"]
    with table.open("a", encoding="utf-8") as file:
        file.write("\n".join([*lines, ""]))
    assert main(["compare", "--pairs", str(table), "-o", str(top / "out"), "-q"]) == 1
    mask = np.zeros((96, 128), bool)
    mask[10:40, 10:40] = True
    mask[20:25, 20:30] = False  # a hole
    mask[60:70, 100:128] = True
    change_mask(top / "out" / "s0.0.png.mask.png", mask)
    return top / "out"


@pytest.fixture
def own(results: Path, tmp_path: Path) -> Path:
    """A copy of the results, to be damaged."""
    return Path(shutil.copytree(results, tmp_path / "results"))


def change_mask(path: Path, mask: Mask | NDArray[np.uint8], data: bytes | None = None) -> None:
    """Write another mask, or whatever data, and let the record tell of it."""
    data = encode_png(mask) if data is None else data
    path.write_bytes(data)
    record = path.with_name(path.name.removesuffix(".mask.png") + ".run.json")
    content = json.loads(record.read_bytes())
    content["outputs"]["mask"] |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    record.write_text(json.dumps(content), "utf-8")


def split_of(packed: Path) -> dict[str, str]:
    with (packed / "masks.csv").open(encoding="utf-8", newline="") as file:
        return {Path(row["source"]).name: row["split"] for row in csv.DictReader(file)}


def read_coco(path: Path) -> COCO:
    coco = COCO()
    coco.dataset = json.loads(path.read_bytes())
    coco.createIndex()
    return coco


def regions(mask: Mask) -> list[tuple[Mask, tuple[int, int], Mask]]:
    """Each region in its box, the corner of that, and the region in the whole picture."""
    found = label_components(mask)
    boxes = found.bounding_boxes.tolist()
    return [
        (found.labels[a:c, b:d] == label, (a, b), found.labels == label)
        for label, (a, b, c, d) in enumerate(boxes, 1)
    ]


@given(MASKS)
def test_run_lengths_are_those_of_pycocotools(mask: Mask) -> None:
    for region, corner, whole in regions(mask):
        expected = coco_mask.encode(np.asfortranarray(whole, np.uint8))
        found = rle_of(region, corner, (mask.shape[0], mask.shape[1]))
        assert found["counts"].encode() == expected["counts"]
        assert found["size"] == expected["size"]
        np.testing.assert_array_equal(coco_mask.decode(found), whole)


@given(MASKS)
def test_a_polygon_is_its_region_with_holes_filled(mask: Mask) -> None:
    from skimage.morphology import flood_fill

    for region, corner, whole in regions(mask):
        outline = polygon_of(region, corner)
        filled = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([outline], *mask.shape)))
        framed = np.pad(whole, 1).astype(np.uint8)
        outside = flood_fill(framed, (0, 0), 2, connectivity=1) == 2
        np.testing.assert_array_equal(filled.astype(bool), ~outside[1:-1, 1:-1])
        points = np.array(outline).reshape(-1, 2)
        steps = np.roll(points, -1, axis=0) - points
        assert ((steps == 0).sum(axis=1) == 1).all()  # along the edges of pixels
        assert len(points) >= 4


@pytest.mark.parametrize("segmentation", ["rle", "polygon"])
def test_coco_gives_back_the_masks(
    results: Path, tmp_path: Path, capsys: Any, segmentation: Any
) -> None:
    packed = pack(results, tmp_path / "out", "coco", SPLIT, segmentation=segmentation)
    seen = {}
    for path in sorted((packed / "annotations").iterdir()):
        coco = read_coco(path)
        for picture in coco.loadImgs(coco.getImgIds()):
            expected = read_image(results / f"{picture['file_name']}.mask.png").pixels == 255
            found = np.zeros(expected.shape, bool)
            annotations = coco.loadAnns(coco.getAnnIds(picture["id"]))
            for one in annotations:
                found |= coco.annToMask(one).astype(bool)
                x, y, width, height = one["bbox"]
                assert coco_mask.toBbox(coco.annToRLE(one)).tolist() == [x, y, width, height]
            if segmentation == "polygon" and picture["file_name"] == "s0.0.png":
                assert found.sum() - expected.sum() == 50  # the hole
                expected[20:25, 20:30] = True
            np.testing.assert_array_equal(found, expected)
            areas = sum(one["area"] for one in annotations)
            assert (
                areas == (read_image(results / f"{picture['file_name']}.mask.png").pixels > 0).sum()
            )
            assert (picture["height"], picture["width"]) == expected.shape
            seen[picture["file_name"]] = len(annotations)
        assert coco.loadCats(coco.getCatIds()) == [
            {"id": 1, "name": "spliced", "supercategory": "splice"}
        ]
    capsys.readouterr()
    assert seen["s0.0.png"] == 2
    assert seen["a0.png"] == 0  # identical: nothing was pasted, and that is told
    assert len(seen) == 7
    manifest = json.loads((packed / "dataset.json").read_bytes())
    assert manifest["left_out"] == {"unrelated": 1, "failed": 1}
    assert manifest.get("hole_pixels_filled") == {"rle": None, "polygon": 50}[segmentation]
    assert sum(one["regions"] for one in manifest["files"]) == sum(seen.values())


def test_ids_are_unique_over_all_splits_and_the_file_is_the_same_again(
    results: Path, tmp_path: Path, below: Any
) -> None:
    packed = pack(results, tmp_path / "one", "coco", SPLIT)
    sets = [json.loads(path.read_bytes()) for path in (packed / "annotations").iterdir()]
    assert len(sets) == 2
    for kind in ("images", "annotations"):
        numbers = [one["id"] for part in sets for one in part[kind]]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
    pictures = {one["id"]: part for part in sets for one in part["images"]}
    assert all(pictures[one["image_id"]] is part for part in sets for one in part["annotations"])
    assert below(pack(results, tmp_path / "two", "coco", SPLIT)) == below(packed)


def test_what_was_made_of_one_authentic_picture_is_in_one_split(
    results: Path, tmp_path: Path
) -> None:
    packed = pack(results, tmp_path / "out", "masks", SPLIT)
    splits = split_of(packed)
    assert set(splits.values()) == {"train", "test"}
    for number in range(3):
        assert splits[f"s{number}.0.png"] == splits[f"s{number}.1.png"]
    assert splits["a0.png"] == splits["s0.0.png"]  # a source, and what s0 was made from
    manifest = json.loads((packed / "dataset.json").read_bytes())
    # a0 and a1 met in a pair that was left out: neither was made from the other.
    assert sum(split["groups"] for split in manifest["splits"].values()) == 3


def test_masks_are_copied_as_they_are(results: Path, tmp_path: Path) -> None:
    packed = pack(results, tmp_path / "out", "masks", SPLIT)
    with (packed / "masks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 7
    for row in rows:
        data = (packed / row["mask"]).read_bytes()
        name = Path(row["source"]).name
        assert data == (results / f"{name}.mask.png").read_bytes()
        assert row["mask"] == f"masks/{row['split']}/{name}.mask.png"
        assert int(row["area"]) == (read_image(packed / row["mask"]).pixels == 255).sum()
    assert len(list((packed / "masks").rglob("*.png"))) == 7


def test_overwriting_removes_what_was_left(results: Path, tmp_path: Path, below: Any) -> None:
    seed = both(results, tmp_path / "none", "masks", SPLIT)
    packed = pack(results, tmp_path / "out", "masks", SPLIT, seed=seed)
    pack(results, packed, "coco", overwrite=True)
    assert below(packed) == below(pack(results, tmp_path / "fresh", "coco"))
    assert not (packed / "masks").exists()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("/etc/x.mask.png", "E217"), ("../x.mask.png", "E217"), ("", "E217"),
        ("none.png.mask.png", "E216"), ("s0.0.png", "E216"), ("s0.0.png.run.json", "E216"),
    ],
)  # fmt: skip
def test_a_summary_is_not_taken_at_its_word(
    own: Path, tmp_path: Path, value: str, code: str
) -> None:
    change_cell(own / "summary.csv", "mask", value)
    with pytest.raises(ReadError) as caught:
        pack(own, tmp_path / "out", "masks")
    assert caught.value.code == code
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("spoil", ["gone", "size", "bytes", "other", "color", "link", "shape"])
def test_a_mask_that_does_not_belong_leaves_no_set(own: Path, tmp_path: Path, spoil: str) -> None:
    mask = own / "s0.0.png.mask.png"
    data = mask.read_bytes()
    mask.unlink()
    if spoil == "size":
        change_mask(mask, np.zeros((96, 127), bool))
    elif spoil == "bytes":
        change_mask(mask, np.zeros(0, bool), data[: len(data) // 2])
    elif spoil == "other":
        mask.write_bytes(encode_png(np.zeros((96, 128), bool)))
    elif spoil == "color":
        change_mask(mask, np.zeros((96, 128, 3), np.uint8))
    elif spoil == "link":
        (tmp_path / "secret.png").write_bytes(data)
        mask.symlink_to(tmp_path / "secret.png")
    elif spoil == "shape":
        mask.write_bytes(data)
        record = own / "s0.0.png.run.json"
        told = json.loads(record.read_bytes()) | {"shape": [96, "128"]}
        record.write_text(json.dumps(told), "utf-8")
    with pytest.raises(UnspliceError) as caught:
        pack(own, tmp_path / "out", "masks")
    assert caught.value.code == ("E217" if spoil == "link" else "E216")
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_polygons_need_no_package_and_run_lengths_name_theirs(
    results: Path, tmp_path: Path, monkeypatch: Any, run: Any
) -> None:
    for name in ("pycocotools", "pycocotools.mask"):
        monkeypatch.setitem(sys.modules, name, None)
    words = ("pack", results, "--format", "coco", "-o", tmp_path / "out")
    ran = run(*words)
    assert (ran.code, "needs the package pycocotools" in ran.err) == (2, True)
    ran = run(*words, "--segmentation", "polygon")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == ["train  7 pictures", "left out: 1 unrelated, 1 failed"]


def test_a_patch_format_is_not_for_results(results: Path, tmp_path: Path, run: Any) -> None:
    ran = run("pack", results, "-o", tmp_path / "out", "--format", "npz")
    assert 'error[E219]: the format "npz" is not for' in ran.err
    assert "coco, masks" in ran.err
