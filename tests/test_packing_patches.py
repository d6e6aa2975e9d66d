"""Patch sets in other formats: what goes in comes out, in the libraries that read them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tarfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow.parquet as pq
import pytest

from packed_sets import SIZE, change_cell, make_mixed, make_pairs, make_patches, pack, patch_files
from unsplice import read_image
from unsplice.cli import main
from unsplice.cli import pack as verb
from unsplice.errors import OutputError, ReadError, RecordError, UnspliceError, UsageError
from unsplice.output import encode_png
from unsplice.packing.pack import FORMATS, PATCH_FORMATS, RESULT_FORMATS
from unsplice.packing.results import Segmentation

Below = Callable[[Path], dict[str, bytes]]
SPLIT = "train=0.6,test=0.4"


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patch set of pairs."""
    top = tmp_path_factory.mktemp("patches")
    return make_patches(make_pairs(top / "in"), top / "set")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A patch set of pictures of different kinds."""
    top = tmp_path_factory.mktemp("mixed")
    return make_patches(make_mixed(top / "in"), top / "set")


@pytest.fixture
def own(patches: Path, tmp_path: Path) -> Path:
    """A copy of the patch set, to be damaged."""
    return Path(shutil.copytree(patches, tmp_path / "set", symlinks=True))


def splits_of(packed: Path, form: str) -> dict[str, list[dict[str, Any]]]:
    """The facts of every patch by split, as each format has them."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if form == "images":
        for row in pq.read_table(packed / "index.parquet").to_pylist():
            found[row["split"]].append(row)
    elif form == "parquet":
        for path in sorted(packed.glob("data/*.parquet")):
            found[path.name.split("-")[0]] += pq.read_table(path).to_pylist()
    elif form == "webdataset":
        for path in sorted(packed.glob("*.tar")):
            with tarfile.open(path) as tar:
                for name in tar.getnames():
                    if name.endswith(".json"):
                        facts = json.loads(tar.extractfile(name).read())  # type: ignore[union-attr]
                        found[path.name.split("-")[0]].append(facts)
    else:
        for path in sorted(packed.glob("*.npz")):
            with np.load(path) as arrays:
                rows = zip(arrays["sha256"], arrays["sources"], strict=True)
                found[path.name.split("-")[0]] += [
                    {"sha256": str(sha), "source": str(source)} for sha, source in rows
                ]
    return found


@pytest.mark.parametrize("form", PATCH_FORMATS)
def test_no_source_straddles_two_splits_and_no_authentic_picture_does(
    patches: Path, tmp_path: Path, form: Any
) -> None:
    found = splits_of(pack(patches, tmp_path / "out", form, SPLIT), form)
    assert set(found) == {"train", "test"}
    assert sum(map(len, found.values())) == sum(1 for _ in patch_files(patches))
    sources = {split: {Path(row["source"]).name for row in rows} for split, rows in found.items()}
    authentic = {split: {name[:2] for name in names} for split, names in sources.items()}
    assert not sources["train"] & sources["test"]
    assert not authentic["train"] & authentic["test"]  # s0.0 and s0.1 were pasted onto a0
    assert sum(map(len, sources.values())) == 8


def test_every_format_draws_the_same_splits(patches: Path, tmp_path: Path) -> None:
    drawn = []
    for form in PATCH_FORMATS:
        found = splits_of(pack(patches, tmp_path / form, form, SPLIT), form)
        drawn.append({split: {row["sha256"] for row in rows} for split, rows in found.items()})
    assert all(one == drawn[0] for one in drawn)


@pytest.mark.parametrize("form", PATCH_FORMATS)
def test_the_same_set_gives_the_same_bytes_wherever_it_lies(
    patches: Path, own: Path, tmp_path: Path, below: Below, form: Any, monkeypatch: Any
) -> None:
    one = below(pack(patches, tmp_path / "one", form, SPLIT))
    os.utime(own / "index.csv", (1, 1))
    monkeypatch.chdir(tmp_path)
    assert below(pack(Path("set"), Path("two"), form, SPLIT)) == one


def test_a_set_that_was_resumed_gives_the_same_bytes(
    patches: Path, own: Path, tmp_path: Path, below: Below, run: Any
) -> None:
    (own / "index.csv").unlink()
    next((own / "records").rglob("*.json")).unlink()
    table = patches.parent / "in" / "pairs.csv"
    words = ("patches", "--pairs", table, "-o", own, "--size", str(SIZE), "--jobs", "1")
    assert run(*words, "--resume").code == 0
    two = below(pack(own, tmp_path / "two", "webdataset"))
    assert two == below(pack(patches, tmp_path / "one", "webdataset"))


def test_png_files_are_copied_as_they_are_and_the_index_leads_to_them(
    patches: Path, tmp_path: Path
) -> None:
    packed = pack(patches, tmp_path / "out", "images", SPLIT)
    rows = pq.read_table(packed / "index.parquet").to_pylist()
    for row, (known, image, mask) in zip(rows, patch_files(patches), strict=True):
        assert (packed / row["image"]).read_bytes() == image
        assert (packed / row["mask"]).read_bytes() == mask
        assert row["image"].split("/")[:2] == ["images", row["split"]]
        for column in ("source", "sha256"):
            assert row[column] == known[column]
        for column in ("row", "col", "size", "label", "seed"):
            assert row[column] == int(known[column])
        assert row["tampered_fraction"] == float(known["tampered_fraction"])
        assert row["small"] is (known["small"] == "1")


def test_arrays_are_the_pixels_of_every_kind(mixed: Path, tmp_path: Path) -> None:
    packed = pack(mixed, tmp_path / "out", "npz", compress=True)
    kinds = {path.name.split("-")[1]: np.load(path) for path in packed.glob("*.npz")}
    assert set(kinds) == {"rgb8", "gray8", "rgb16"}
    seen = 0
    for arrays in kinds.values():
        assert arrays["masks"].dtype == bool
        for number, patch in enumerate(arrays["patches"]):
            image = read_image(mixed / str(patch)).pixels
            mask = read_image(mixed / str(patch).replace("images/", "masks/")).pixels
            assert arrays["images"].dtype == image.dtype
            np.testing.assert_array_equal(arrays["images"][number], image)
            np.testing.assert_array_equal(arrays["masks"][number], mask == 255)
            corner = f".r{arrays['corners'][number][0]:05d}.c{arrays['corners'][number][1]:05d}."
            assert corner in str(patch)
            assert ("authentic", "boundary")[arrays["labels"][number]] in str(patch)
            seen += 1
    assert seen == sum(1 for _ in patch_files(mixed))


@pytest.mark.parametrize(
    ("form", "pattern"),
    [("webdataset", "*.tar"), ("parquet", "data/*.parquet"), ("npz", "*.npz")],
)
def test_a_shard_is_full_at_the_first_of_its_limits(
    patches: Path, tmp_path: Path, form: Any, pattern: str
) -> None:
    total = sum(1 for _ in patch_files(patches))
    by_count = pack(patches, tmp_path / "count", form, shard_patches=7)
    manifest = json.loads((by_count / "dataset.json").read_bytes())
    held = [one["patches"] for one in manifest["files"] if "patches" in one]
    assert held == [7] * (total // 7) + [total % 7] * (total % 7 > 0)
    assert len(list(by_count.glob(pattern))) == len(held)
    by_size = pack(patches, tmp_path / "size", form, shard_megabytes=0.02)
    assert 1 < len(list(by_size.glob(pattern))) <= total
    rows = [row["sha256"] for row in splits_of(by_size, form)["train"]]
    assert rows == [row["sha256"] for row, _, _ in patch_files(patches)]


def test_the_heads_of_a_tar_file_tell_nothing_of_who_made_it(patches: Path, tmp_path: Path) -> None:
    packed = pack(patches, tmp_path / "out", "webdataset")
    with tarfile.open(packed / "train-000000.tar") as tar:
        members = tar.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {
        (0, 0, 0, "", "", 0o644)
    }
    assert [m.name for m in members[:3]] == [
        "000000000.image.png", "000000000.mask.png", "000000000.json",
    ]  # fmt: skip


def test_the_manifest_tells_of_every_file_and_count(patches: Path, tmp_path: Path) -> None:
    packed = pack(patches, tmp_path / "out", "parquet", SPLIT, seed=1)
    manifest = json.loads((packed / "dataset.json").read_bytes())
    for one in manifest["files"]:
        data = (packed / one["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (one["bytes"], one["sha256"])
    splits = manifest["splits"]
    assert sum(split["patches"] for split in splits.values()) == sum(
        1 for _ in patch_files(patches)
    )
    assert sum(split["pictures"] for split in splits.values()) == 8
    assert sum(split["groups"] for split in splits.values()) == 4
    assert [split["share"] for split in splits.values()] == ["3/5", "2/5"]
    assert manifest["seed"] == 1
    index = (patches / "index.csv").read_bytes()
    assert manifest["from"]["sha256"] == hashlib.sha256(index).hexdigest()
    assert str(tmp_path) not in json.dumps(manifest)


@pytest.mark.parametrize("form", PATCH_FORMATS)
def test_nothing_is_replaced_unasked_and_overwrite_leaves_the_new_set_alone(
    patches: Path, tmp_path: Path, below: Below, form: Any
) -> None:
    packed = pack(patches, tmp_path / "out", form, SPLIT, **(
        {} if form == "images" else {"shard_patches": 5}
    ))  # fmt: skip
    (packed / "notes.txt").write_bytes(b"mine")
    with pytest.raises(OutputError) as caught:
        pack(patches, packed, form)
    assert caught.value.code == "E161"
    (packed / "dataset.json").unlink()  # as a killed run leaves it
    with pytest.raises(OutputError) as caught:
        pack(patches, packed, form)
    assert caught.value.code == "E161"
    pack(patches, packed, "npz", overwrite=True)
    fresh = below(pack(patches, tmp_path / "fresh", "npz"))
    left = below(packed)
    left.pop("README.md", None)  # without dataset.json nobody knows whose it is
    assert left == {**fresh, "notes.txt": b"mine"}


def test_a_card_goes_with_the_set_that_it_is_of(patches: Path, tmp_path: Path) -> None:
    packed = pack(patches, tmp_path / "out", "parquet")
    pack(patches, packed, "npz", overwrite=True)
    assert sorted(path.name for path in packed.iterdir()) == [
        "dataset.json", "train-rgb8-000000.npz",
    ]  # fmt: skip


def test_a_set_is_never_written_beside_its_own_or_over_that_of_another_verb(
    patches: Path, own: Path
) -> None:
    for output in (own, own / "packed", own / "images"):
        with pytest.raises(OutputError) as caught:
            pack(own, output, "npz", overwrite=True)
        assert caught.value.code == "E163"
    with pytest.raises(OutputError) as caught:
        pack(patches, own, "npz", overwrite=True)
    assert caught.value.code == "E161"
    assert (own / "index.csv").is_file()


@pytest.mark.parametrize("removed", [["index.csv"], ["index.csv", "records"], ["records"]])
def test_a_set_that_is_not_finished_is_refused(
    own: Path, tmp_path: Path, removed: list[str]
) -> None:
    for name in removed:
        shutil.rmtree(own / name) if (own / name).is_dir() else (own / name).unlink()
    with pytest.raises(UsageError) as caught:
        pack(own, tmp_path / "out", "npz")
    assert caught.value.code == "E215"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("patch", "/etc/passwd", "E217"),
        ("patch", "images/boundary/../../../secret.png", "E217"),
        ("patch_mask", "../secret.png", "E217"),
        ("patch", "images/boundary/other.png.r00000.c00000.png", "E216"),
        ("patch", "images/boundary/x.png", "E216"),
        ("patch", "", "E217"),
        ("patch_mask", "masks/boundary/x.png", "E216"),
        ("sha256", "0" * 64, "E216"),
        ("row", "1", "E216"),
        ("row", "-1", "E216"),
        ("row", "1" * 40, "E216"),
        ("label", "2", "E216"),
        ("label", "0", "E216"),
        ("size", "33", "E216"),
        ("size", "1000000000", "E216"),
        ("tampered_fraction", "nan", "E216"),
        ("tampered_fraction", "x", "E216"),
        ("small", "7", "E216"),
        ("seed", "", "E216"),
    ],
)
def test_an_index_is_not_taken_at_its_word(
    own: Path, tmp_path: Path, column: str, value: str, code: str
) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    change_cell(own / "index.csv", column, value)
    with pytest.raises(UnspliceError) as caught:
        pack(own, tmp_path / "out", "webdataset")
    assert caught.value.code == code
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_links_that_lead_out_are_not_followed(own: Path, tmp_path: Path) -> None:
    row, image, _ = next(patch_files(own))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.png").write_bytes(image)
    (own / row["patch"]).unlink()
    (own / row["patch"]).symlink_to(outside / "secret.png")
    for _ in range(2):
        with pytest.raises(ReadError) as caught:
            pack(own, tmp_path / "out", "webdataset")
        assert caught.value.code == "E217"
        folder = (own / row["patch"]).parent  # then the whole folder
        if not folder.is_symlink():
            (own / row["patch"]).unlink()
            (own / row["patch"]).write_bytes(image)
            folder.rename(outside / "moved")
            folder.symlink_to(outside / "moved")
    shutil.move(own / "records", outside / "records")
    (own / "records").symlink_to(outside / "records")
    with pytest.raises(ReadError) as caught:
        pack(own, tmp_path / "out", "webdataset")
    assert caught.value.code == "E217"


def spoil_gone(path: Path) -> None:
    path.unlink()


def spoil_empty(path: Path) -> None:
    path.write_bytes(b"")


def spoil_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def spoil_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def spoil_size(path: Path) -> None:
    path.write_bytes(encode_png(np.zeros((SIZE, SIZE - 1), np.uint8)))


def spoil_large(path: Path) -> None:
    path.write_bytes(encode_png(np.zeros((2 * SIZE, SIZE), np.uint8)))


def spoil_huge(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bytes(2_000_000))


def tell(folder: Path, path: Path) -> None:
    """Let the record tell of a file as it is now, as whoever makes up a set would."""
    if not path.is_file():
        return
    data = path.read_bytes()
    name = path.relative_to(folder).as_posix()
    for record in (folder / "records").rglob("*.json"):
        content = json.loads(record.read_bytes())
        for one in content["outputs"]:
            if one["path"] == name:
                one |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
                record.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("column", ["patch", "patch_mask"])
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize(
    "spoil",
    [spoil_gone, spoil_empty, spoil_cut, spoil_pipe, spoil_size, spoil_large, spoil_huge],
)
def test_a_file_that_is_not_what_was_cut_leaves_no_set(
    own: Path, tmp_path: Path, spoil: Callable[[Path], None], told: bool, column: str
) -> None:
    row = list(patch_files(own))[-1][0]
    spoil(own / row[column])
    if told:
        tell(own, own / row[column])
    with pytest.raises(UnspliceError) as caught:
        pack(own, tmp_path / "out", "webdataset", shard_patches=5)
    assert caught.value.code == ("E122" if told and spoil is spoil_cut else "E216")
    assert not (tmp_path / "out" / "dataset.json").exists()
    assert list((tmp_path / "out").glob("*.tar"))  # and what is there is whole


def test_a_mask_in_color_is_none(own: Path, tmp_path: Path) -> None:
    row, image, _ = next(patch_files(own))
    (own / row["patch_mask"]).write_bytes(image)
    tell(own, own / row["patch_mask"])
    with pytest.raises(ReadError) as caught:
        pack(own, tmp_path / "out", "webdataset")
    assert "it is no 8-bit gray mask" in caught.value.what


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", '{"schema": "unsplice.patches/1"}',
             '{"schema": "unsplice.localization/1"}',
             '{"schema": "unsplice.patches/1", "inputs": {"image": {"sha256": "x"}}}'],
)  # fmt: skip
def test_a_record_that_says_nothing_is_an_error(own: Path, tmp_path: Path, text: str) -> None:
    next(iter(sorted((own / "records").rglob("*.json")))).write_text(text, "utf-8")
    with pytest.raises(RecordError):
        pack(own, tmp_path / "out", "webdataset")
    assert not (tmp_path / "out").exists()


def test_a_record_of_another_kind_or_of_no_picture_is_an_error(own: Path, tmp_path: Path) -> None:
    record = next(iter(sorted((own / "records").rglob("*.json"))))
    content = json.loads(record.read_bytes())
    other = content | {"inputs": {"authentic": content["inputs"]["authentic"]}}
    record.write_text(json.dumps(other), "utf-8")
    with pytest.raises(ReadError) as caught:
        pack(own, tmp_path / "out", "webdataset")
    assert (caught.value.code, "tells of no picture" in caught.value.what) == ("E216", True)
    mask = patch_files(own)
    words = ["localize", str(own / next(mask)[0]["patch"]), "--method", "paper", "-q", "-o"]
    assert main([*words, str(tmp_path / "one")]) == 0
    (found,) = (tmp_path / "one").glob("*.json")
    shutil.copy(found, record)
    with pytest.raises(ReadError) as caught:
        pack(own, tmp_path / "out", "webdataset")
    assert (caught.value.code, "of the kind unsplice.loc" in caught.value.what) == ("E216", True)


def test_names_of_any_bytes_are_packed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    table = make_mixed(folder)
    os.rename(folder / "gray.png", os.fsencode(folder) + b"/caf\xe9 \\x41\n,=.png")  # noqa: PTH104
    lines = ["image,mask", "color.png,color.truth.png"]
    data = "\n".join(lines).encode() + b'\n"caf\xe9 \\x41\n,=.png",gray.truth.png\n'
    table.write_bytes(data)
    patches = make_patches(table, tmp_path / "set")
    packed = pack(patches, tmp_path / "out", "images")
    rows = pq.read_table(packed / "index.parquet").to_pylist()
    assert len({row["source"] for row in rows}) == 2
    assert all((packed / row[kind]).is_file() for row in rows for kind in ("image", "mask"))
    assert len(list((packed / "images").rglob("*.png"))) == len(rows)
    found = splits_of(pack(patches, tmp_path / "tar", "webdataset"), "webdataset")
    assert len(found["train"]) == len(rows)


def test_a_set_without_patches_is_nothing_to_pack(own: Path, tmp_path: Path) -> None:
    header = (own / "index.csv").read_text("utf-8").splitlines()[0]
    (own / "index.csv").write_text(header + "\n", "utf-8")
    for record in (own / "records").rglob("*.run.json"):
        record.unlink()
    with pytest.raises(UsageError) as caught:
        pack(own, tmp_path / "out", "npz")
    assert caught.value.code == "E215"
    (own / "index.csv").write_text("patch,source\n", "utf-8")
    with pytest.raises(UsageError) as caught:
        pack(own, tmp_path / "out", "npz")
    assert "lacks the column" in caught.value.what


@pytest.mark.parametrize(("form", "package"), [("parquet", "pyarrow"), ("images", "pyarrow")])
def test_a_package_that_is_not_installed_is_named_before_anything_is_written(
    patches: Path, tmp_path: Path, monkeypatch: Any, run: Any, form: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    ran = run("pack", patches, "-o", tmp_path / "out", "--format", form)
    assert ran.code == 2
    assert "error[E189]: Parquet needs the package pyarrow" in ran.err
    assert not (tmp_path / "out").exists()


def test_the_command_line_tells_counts_and_what_is_empty(
    patches: Path, tmp_path: Path, run: Any
) -> None:
    total = sum(1 for _ in patch_files(patches))
    words = ("pack", patches, "--format", "npz", "--split", "train=0.999,test=0.001")
    ran = run(*words, "-o", tmp_path / "one")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == (
        f"train  8 pictures, {total // 2} boundary and {total // 2} authentic patches"
    )
    assert ran.out.splitlines()[1] == "test  0 pictures, 0 boundary and 0 authentic patches"
    assert 'warning[W250]: no picture fell into the split "test"' in ran.err
    ran = run(*words, "-o", tmp_path / "two", "--json", "-q")
    summary = json.loads(ran.out)
    assert ran.err == ""
    assert summary["splits"]["train"]["patches"] == total
    assert (summary["format"], summary["files"]) == ("npz", 1)
    files = (tmp_path / "two").rglob("*.npz")
    assert summary["bytes"] == sum(path.stat().st_size for path in files)


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["--format", "npzz"], 'unknown format "npzz"', 2),
        (["--format", "coco"], "error[E219]", 2),
        (["--format", "npz", "--segmentation", "rle"], "--segmentation is for the format coco", 2),
        (["--format", "images", "--shard-mb", "3"], "--shard-mb is for the format", 2),
        (["--format", "parquet", "--compress"], "--compress is for the format npz alone", 2),
        (["--format", "npz", "--shard-mb", "nan"], "must be a number of megabytes", 2),
        (["--format", "npz", "--split", "a=0.5"], "error[E218]", 2),
        (["--format", "coco", "--segmentation", "x"], 'unknown segmentation "x"', 2),
    ],
)
def test_words_that_make_no_sense_together_are_told(
    patches: Path, tmp_path: Path, run: Any, words: list[str], told: str, code: int
) -> None:
    ran = run("pack", patches, "-o", tmp_path / "out", *words)
    assert (ran.code, told in ran.err) == (code, True)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_none_is_told(tmp_path: Path, run: Any) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name, told in (("gone", "E101"), ("file", "E215"), ("empty", "E215")):
        ran = run("pack", tmp_path / name, "-o", tmp_path / "out", "--format", "npz")
        assert f"error[{told}]" in ran.err


def test_the_formats_of_the_command_line_are_those_that_there_are() -> None:
    assert verb.FORMATS == FORMATS == (*PATCH_FORMATS, *RESULT_FORMATS)
    assert get_args(Segmentation) == verb.SEGMENTATIONS


@pytest.mark.parametrize("change", ["last", "first twice", "apart", "a picture"])
def test_an_index_that_lost_or_repeats_lines_is_refused(
    own: Path, tmp_path: Path, run: Any, change: str
) -> None:
    head, *lines = (own / "index.csv").read_text("utf-8").splitlines()
    changed = {
        "last": lines[:-1],
        "first twice": [lines[0], *lines],
        "apart": [*lines[1:], lines[0]],
        "a picture": [line for line in lines if line.split(",")[2] != lines[-1].split(",")[2]],
    }[change]
    assert 0 < len(changed) != len(lines) or change == "apart"
    (own / "index.csv").write_text("\n".join([head, *changed, ""]), "utf-8")
    ran = run("pack", own, "-o", tmp_path / "out", "--format", "npz")
    assert ran.code == 1
    assert "error[E216]" in ran.err
    assert not (tmp_path / "out" / "dataset.json").exists()
