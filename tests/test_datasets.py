"""Public sets in the folders in which people download them, with their known defects."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from unsplice.errors import ImageError, UsageError
from unsplice.evaluation import datasets
from unsplice.evaluation.datasets import (
    DATASETS,
    Sample,
    columbia,
    left_out,
    merge_samples,
    read_dataset,
    read_datasets,
    read_truth,
    select_samples,
)

Encode = Callable[..., bytes]
SHAPE = (48, 64)
TRUTH = np.zeros(SHAPE, bool)
TRUTH[10:30, 20:50] = True


def put(root: Path, *names: str | bytes) -> None:
    """Make empty files: listing a set opens none of its pictures."""
    for name in names:
        path = root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def told(samples: list[Sample], root: Path) -> dict[str, tuple[str, str | None]]:
    """Kind, and mask or code, of each sample by name."""
    found: dict[str, tuple[str, str | None]] = {}
    for sample in samples:
        assert sample.image == root / sample.name
        last = sample.error.code if sample.error else None
        if last is None and sample.mask is not None:
            last = sample.mask.relative_to(root).as_posix()
        found[sample.name] = (sample.kind, last)
    assert len(found) == len(samples)
    return found


def reason(sample: Sample) -> str:
    assert sample.error is not None
    return sample.error.what


# CASIA

CASIA1 = {
    "Au/Au_ani_0001.jpg": ("authentic", None),
    "Tp/CM/Sp_S_CND_A_pla0016_pla0016_0196.jpg": (
        "copy-move", "CASIA 1.0 groundtruth/CM/Sp_S_CND_A_pla0016_pla0016_0196_gt.png",
    ),
    "Tp/Sp/Sp_D_CND_A_pla0005_pla0023_0281.jpg": (
        "splice", "CASIA 1.0 groundtruth/Sp/Sp_D_CND_A_pla0005_pla0023_0281_gt.png",
    ),
}  # fmt: skip


def put_casia1(root: Path, tampered: str = "Tp", truth: str = "CASIA 1.0 groundtruth") -> None:
    for name, (_, mask) in CASIA1.items():
        put(root, name.replace("Tp", tampered, 1) if name.startswith("Tp") else name)
        if mask is not None:
            put(root, mask.replace("CASIA 1.0 groundtruth", truth))


def test_casia1_is_read_as_it_is_downloaded(tmp_path: Path) -> None:
    put_casia1(tmp_path)
    put(tmp_path, "Au/Thumbs.db", "Authentic_list.txt", "CASIA 1.0 groundtruth/list.txt")
    samples = read_dataset(tmp_path)
    assert told(samples, tmp_path) == CASIA1
    assert {sample.dataset for sample in samples} == {"casia1"}
    assert read_dataset(tmp_path, name="casia1") == samples
    assert [sample.name for sample in samples] == sorted(CASIA1)


@pytest.mark.parametrize(
    ("above", "tampered", "truth"),
    [
        ("", "Modified Tp/Tp", "CASIA 1.0 groundtruth"),
        ("CASIA 1.0 dataset/CASIA 1.0 dataset", "ModifiedTp", "casia1.0GROUNDTRUTH"),
        ("zip", "tp", "CASIA_1_groundtruth"),
        ("", "tampered", "mask"),
        ("", "Tp", "Gt"),
    ],
)
def test_casia_folders_go_by_many_names_at_many_depths(
    tmp_path: Path, above: str, tampered: str, truth: str
) -> None:
    put_casia1(tmp_path / above, tampered, truth)
    assert [(sample.kind, sample.error) for sample in read_dataset(tmp_path)] == [
        ("authentic", None),
        ("copy-move", None),
        ("splice", None),
    ]


def test_masks_beside_the_set_in_their_own_repository_are_found_without_its_samples(
    tmp_path: Path,
) -> None:
    put(tmp_path, "CASIA1/Au/Au_ani_0001.jpg", "CASIA1/Sp/Sp_D_x_0281.jpg")
    clone = "casia1groundtruth-master"
    put(tmp_path, f"{clone}/CASIA 1.0 groundtruth/Sp/Sp_D_x_0281_gt.png")
    put(tmp_path, f"{clone}/Samples/Sp/Sp_D_x_0281_combine.png", f"{clone}/cover.png")
    assert told(read_dataset(tmp_path), tmp_path) == {
        "CASIA1/Au/Au_ani_0001.jpg": ("authentic", None),
        "CASIA1/Sp/Sp_D_x_0281.jpg": (
            "splice", f"{clone}/CASIA 1.0 groundtruth/Sp/Sp_D_x_0281_gt.png",
        ),
    }  # fmt: skip


def test_renamed_casia_files_are_matched_by_their_number_and_say_so(tmp_path: Path) -> None:
    put(tmp_path, "Tp/Sp_D_NND_A_nat0054_nat0054_0189.jpg", "Tp/Sp_D_y_ani0100.0288.jpg")
    put(tmp_path, "Gt/Sp_S_NND_A_nat0054_nat0054_0189_gt.png", "Gt/Sp_D_z_ani0100_0288_gt.png")
    first, second = read_dataset(tmp_path)
    assert first.mask == tmp_path / "Gt/Sp_S_NND_A_nat0054_nat0054_0189_gt.png"
    assert first.kind == "copy-move"  # as the corrected name of the mask says
    assert second.mask == tmp_path / "Gt/Sp_D_z_ani0100_0288_gt.png"
    for sample in (first, second):
        assert sample.error is None
        assert [notice.code for notice in sample.warnings] == ["W240"]


def test_three_pictures_of_casia2_under_other_sources_find_their_masks(tmp_path: Path) -> None:
    put(tmp_path, "Tp/Tp_D_NNN_M_B_art00037_nat10103_10108.tif", "Tp/Tp_D_ok_10109.jpg")
    put(tmp_path, "Gt/Tp_D_NNN_M_B_art00037_txt10112_10108_gt.png", "Gt/Tp_D_ok_10109_gt.png")
    (first, second) = read_dataset(tmp_path)
    assert (first.error, len(first.warnings)) == (None, 1)
    assert (second.error, second.warnings) == (None, ())


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        (["Sp_D_a_0001.jpg", "Sp_D_b_0001.jpg"], ["Sp_D_c_0001_gt.png"]),
        (["Sp_D_a_0001.jpg"], ["Sp_D_b_0001_gt.png", "Sp_D_c_0001_gt.png"]),
        (["Sp_D_a_0001.jpg", "Sp_D_b_0001.jpg"], ["Sp_D_b_0001_gt.png"]),
        (["Sp_D_NRN_A_cha0011_sec0011_0542.jpg"], ["Sp_D_x_0543_gt.png"]),
        (["Sp_D_nonumber.jpg"], ["Sp_D_number_gt.png"]),
    ],
)
def test_a_number_that_is_not_of_one_picture_and_one_free_mask_matches_nothing(
    tmp_path: Path, pictures: list[str], masks: list[str]
) -> None:
    put(tmp_path, *(f"Tp/{name}" for name in pictures), *(f"Gt/{name}" for name in masks))
    found = told(read_dataset(tmp_path), tmp_path)
    assert found[f"Tp/{pictures[0]}"] == ("splice", "E136")


def test_the_original_names_give_way_to_the_corrected_ones(tmp_path: Path) -> None:
    put(tmp_path, "Modified Tp/Tp/Sp/Sp_S_x_0001.jpg", "Original Tp/Tp/Sp/Sp_D_x_0001.jpg")
    put(tmp_path, "groundtruth/Sp/Sp_S_x_0001_gt.png")
    modified, original = read_dataset(tmp_path)
    assert (modified.error, modified.kind) == (None, "copy-move")
    assert "Modified Tp is measured" in reason(original)


def test_original_names_alone_are_read(tmp_path: Path) -> None:
    put(tmp_path, "Original Tp/Sp/Sp_D_x_0001.jpg", "groundtruth/Sp/Sp_D_x_0001_gt.png")
    assert [sample.error for sample in read_dataset(tmp_path)] == [None]


def test_casia2_is_read_with_every_format_and_the_kind_of_its_names(tmp_path: Path) -> None:
    put(tmp_path, "Au/Au_ani_00001.jpg", "Au/Au_txt_30029.bmp", "Tp/Thumbs.db", "Tp/_list.txt")
    put(tmp_path, "Tp/Tp_D_CRN_S_N_x_y_11818.TIF", "Tp/Tp_S_NRN_M_N_x_x_10988.jpg")
    put(tmp_path, "CASIA 2 Groundtruth/Tp_D_CRN_S_N_x_y_11818_gt.png")
    put(tmp_path, "CASIA 2 Groundtruth/Tp_S_NRN_M_N_x_x_10988_gt.png")
    samples = read_dataset(tmp_path)
    assert {sample.dataset for sample in samples} == {"casia2"}
    assert told(samples, tmp_path) == {
        "Au/Au_ani_00001.jpg": ("authentic", None),
        "Au/Au_txt_30029.bmp": ("authentic", None),
        "Tp/Tp_D_CRN_S_N_x_y_11818.TIF": (
            "splice", "CASIA 2 Groundtruth/Tp_D_CRN_S_N_x_y_11818_gt.png",
        ),
        "Tp/Tp_S_NRN_M_N_x_x_10988.jpg": (
            "copy-move", "CASIA 2 Groundtruth/Tp_S_NRN_M_N_x_x_10988_gt.png",
        ),
    }  # fmt: skip


def test_a_casia2_mask_that_lies_the_other_way_is_refused_not_turned(
    tmp_path: Path, encode: Encode
) -> None:
    put(tmp_path, "Tp/Tp_D_CNN_M_N_sec00011_cha00085_11227.jpg", "Gt/x")
    mask = tmp_path / "Gt/Tp_D_CNN_M_N_sec00011_cha00085_11227_gt.png"
    mask.write_bytes(encode(TRUTH.T.astype(np.uint8) * 255, ".png"))
    (sample,) = read_dataset(tmp_path)
    with pytest.raises(ImageError, match=r"E138.*64 x 48.*48 x 64"):
        read_truth(sample, (*SHAPE, 3))


def test_both_casias_in_one_folder_are_told_apart_only_by_name(tmp_path: Path) -> None:
    put_casia1(tmp_path / "v1")
    put(tmp_path, "v2/Au/Au_ani_00001.jpg", "v2/Tp/Tp_D_x_00001.tif", "v2/Gt/Tp_D_x_00001_gt.png")
    with pytest.raises(UsageError, match=r"E187.*casia1 and casia2: say which"):
        read_dataset(tmp_path)
    assert len(read_dataset(tmp_path, name="casia1")) == 3
    assert [sample.name for sample in read_dataset(tmp_path, name="casia2")] == [
        "v2/Au/Au_ani_00001.jpg",
        "v2/Tp/Tp_D_x_00001.tif",
    ]


def test_what_lies_outside_the_folder_of_the_set_is_not_of_it(tmp_path: Path) -> None:
    put_casia1(tmp_path / "casia")
    put(tmp_path, "other/Au/1.jpg", "other/tampered/2.jpg", "other/mask/2.png")
    assert {sample.name.partition("/")[0] for sample in read_dataset(tmp_path)} == {"casia"}


# Columbia


def edge_mask(truth: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The four colors: brighter within 5 pixels of the border."""
    painted = np.zeros((*truth.shape, 3), np.uint8)
    kernel = np.ones((11, 11), np.uint8)
    whole = truth.astype(np.uint8)
    near = (cv2.dilate(whole, kernel) != cv2.erode(whole, kernel)).astype(bool)
    painted[..., 1] = np.where(truth, np.where(near, 255, 200), 0)
    painted[..., 0] = np.where(truth, 0, np.where(near, 255, 200))
    return painted


NAME = "canong3_canonxt_sub_01"


def put_columbia(root: Path, encode: Encode, masks: str = "4cam_splc/edgemask") -> None:
    put(root, "4cam_auth/canong3_02_sub_01.tif", "4cam_auth/edgemask/canong3_02_edgemask.jpg")
    put(root, f"4cam_splc/{NAME}.tif", f"{masks}/{NAME}_edgemask.jpg")
    put(root, f"{masks}/{NAME}_edgemask_3.jpg")
    (root / masks / f"{NAME}_edgemask.jpg").write_bytes(encode(edge_mask(TRUTH), ".jpg", 75))


@pytest.mark.parametrize("masks", ["4cam_splc/edgemask", "4cam_splc/4cam_splc/EdgeMask"])
def test_columbia_is_read_with_its_colored_masks(
    tmp_path: Path, encode: Encode, masks: str
) -> None:
    root = tmp_path / "Columbia"
    put_columbia(root, encode, masks)
    authentic, splice = read_dataset(tmp_path)
    assert (authentic.name, authentic.kind) == (
        "Columbia/4cam_auth/canong3_02_sub_01.tif", "authentic",
    )  # fmt: skip
    assert (splice.dataset, splice.kind, splice.mask_encoding) == ("columbia", "splice", "columbia")
    truth = read_truth(splice, (*SHAPE, 3)).mask
    assert np.count_nonzero(truth != TRUTH) <= 4  # chroma is stored at half the resolution
    assert truth[TRUTH].mean() > 0.99


def test_a_blue_band_and_a_gray_mask_are_not_taken_for_an_edge_mask(
    tmp_path: Path, encode: Encode
) -> None:
    put_columbia(tmp_path, encode)
    path = tmp_path / f"4cam_splc/edgemask/{NAME}_edgemask.jpg"
    painted = edge_mask(TRUTH)
    painted[15:25] = (0, 0, 255)
    for wrong in (painted, TRUTH.astype(np.uint8) * 255):
        path.write_bytes(encode(wrong, ".png"))
        with pytest.raises(ImageError, match="E140"):
            read_truth(read_dataset(tmp_path)[1], (*SHAPE, 3))


def test_an_edge_mask_of_another_size_is_refused(tmp_path: Path, encode: Encode) -> None:
    put_columbia(tmp_path, encode)
    with pytest.raises(ImageError, match="E138"):
        read_truth(read_dataset(tmp_path)[1], (64, 48, 3))


def test_black_and_white_masks_serve_where_columbia_has_no_edge_mask(
    tmp_path: Path, encode: Encode
) -> None:
    put_columbia(tmp_path, encode)
    put(tmp_path, f"4cam_splc/GT/{NAME}_gt.png", "4cam_splc/nikond70_canonxt_sub_02.bmp")
    put(tmp_path, "4cam_splc/GT/nikond70_canonxt_sub_02_gt.png", "4cam_splc/=cmd.tif")
    found = {sample.name: sample for sample in read_dataset(tmp_path)}
    assert found[f"4cam_splc/{NAME}.tif"].mask_encoding == "columbia"
    other = found["4cam_splc/nikond70_canonxt_sub_02.bmp"]
    assert (other.mask_encoding, other.error) == ("binary", None)
    assert "_edgemask" in reason(found["4cam_splc/=cmd.tif"])


def test_masks_of_both_kinds_are_given_to_pictures_in_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    assign = columbia.assign_masks
    monkeypatch.setattr(columbia, "assign_masks", lambda *a: passes.append(1) or assign(*a))
    stems = [f"4cam_splc/canong3_canonxt_sub_0{n}" for n in range(1, 4)]
    put(tmp_path, *(f"{stem}.tif" for stem in stems))
    put(tmp_path, "4cam_splc/edgemask/canong3_canonxt_sub_01_edgemask.jpg")
    put(tmp_path, *(f"4cam_splc/gt/canong3_canonxt_sub_0{n}_gt.png" for n in (1, 2)))
    samples = read_dataset(tmp_path)
    assert [sample.mask and sample.mask.parent.name for sample in samples] == [
        "edgemask", "gt", None,
    ]  # fmt: skip
    assert [sample.mask_encoding for sample in samples] == ["columbia", "binary", "binary"]
    assert passes == [1]


def test_the_folder_of_splices_alone_is_recognized(tmp_path: Path, encode: Encode) -> None:
    put_columbia(tmp_path, encode)
    assert [sample.name for sample in read_dataset(tmp_path / "4cam_splc")] == [f"{NAME}.tif"]


# IMD2020


def test_imd2020_is_read_folder_by_folder(tmp_path: Path) -> None:
    put(tmp_path, "IMD/1a1ogs/1a1ogs_orig.jpg", "IMD/1a1ogs/c8tf5mq_0.png")
    put(tmp_path, "IMD/1a1ogs/c8tf5mq_0_mask.png", "IMD/z14/c8tf5mq_0.jpg")
    put(tmp_path, "IMD/z14/00030_fake.jpg", "IMD/z14/00030_fake_mask.png")
    samples = read_dataset(tmp_path)
    assert {sample.dataset for sample in samples} == {"imd2020"}
    assert told(samples, tmp_path) == {
        "IMD/1a1ogs/1a1ogs_orig.jpg": ("authentic", None),
        "IMD/1a1ogs/c8tf5mq_0.png": ("tampered", "IMD/1a1ogs/c8tf5mq_0_mask.png"),
        "IMD/z14/00030_fake.jpg": ("tampered", "IMD/z14/00030_fake_mask.png"),
        "IMD/z14/c8tf5mq_0.jpg": ("tampered", "E136"),  # the mask is in another folder
    }


def test_two_pictures_that_claim_one_mask_are_both_in_doubt(tmp_path: Path) -> None:
    put(tmp_path, "a/a_orig.jpg", "a/x_0.png", "a/x_0.jpg", "a/x_0_mask.png", "a/y_0.jpg")
    put(tmp_path, "a/y_0_mask.png", "a/y_0_mask.jpg")
    found = {sample.name: sample for sample in read_dataset(tmp_path)}
    assert "also that of a/x_0.png" in reason(found["a/x_0.jpg"])
    assert "also that of a/x_0.jpg" in reason(found["a/x_0.png"])
    assert "2 masks" in reason(found["a/y_0.jpg"])


# OSN


def test_pictures_sent_through_networks_share_the_masks_of_their_set(tmp_path: Path) -> None:
    root = tmp_path / "ImageForgeriesOSN_Dataset"
    for folder in ("CASIA", "CASIA_Facebook", "CASIA_Wechat"):
        put(root, f"{folder}/Sp_S_x_0001.jpg")
    put(root, "CASIA_GT/Sp_S_x_0001_gt.png", "DSO_Weibo/splicing-01.png", "DSO_GT/no_gt.png")
    put(root, f"Columbia_Whatsapp/{NAME}.jpg", f"Columbia_GT/{NAME}_gt.png")
    put(root, "NIST16_Facebook/NC2016_1.jpg", "NIST16_GT/NC2016_1_gt.png")
    samples = read_dataset(tmp_path)
    rows = [
        (sample.dataset, sample.kind, sample.error.code if sample.error else sample.mask)
        for sample in samples
    ]
    casia = root / "CASIA_GT/Sp_S_x_0001_gt.png"
    assert rows == [
        ("osn-casia", "copy-move", casia),
        ("osn-casia-facebook", "copy-move", casia),
        ("osn-casia-wechat", "copy-move", casia),
        ("osn-columbia-whatsapp", "splice", root / f"Columbia_GT/{NAME}_gt.png"),
        ("osn-dso-weibo", "splice", "E136"),
        ("osn-nist-facebook", "tampered", root / "NIST16_GT/NC2016_1_gt.png"),
    ]
    assert {sample.mask_encoding for sample in samples} == {"binary"}


def test_repackaged_networks_have_their_masks_inside(tmp_path: Path) -> None:
    for folder in ("Casia_Facebook", "Casia_Weibo"):
        put(tmp_path, f"{folder}/CM/Sp_S_x_0001.jpg", f"{folder}/Sp/Sp_D_y_0002.jpg")
        put(tmp_path, f"{folder}/CASIA_GT/Sp_S_x_0001_gt.png", f"{folder}/CASIA_GT/Sp_D_z_0002.png")
    samples = read_dataset(tmp_path)
    assert [sample.error for sample in samples] == [None] * 4
    for sample in samples:
        assert sample.mask is not None
        assert sample.mask.parent.parent == tmp_path / sample.name.partition("/")[0]
    assert [len(sample.warnings) for sample in samples] == [0, 1, 0, 1]


# Any folder

HOSTILE = [b"caf\xe9", b"two\nlines", b"=cmd()", b"-rf", b"a b", b" "]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        (b"Tp/Sp_D_%s.jpg", b"Gt/Sp_D_%s_gt.png"),
        (b"4cam_splc/%s.tif", b"4cam_splc/edgemask/%s_edgemask.jpg"),
        (b"a/%s.png", b"a/%s_mask.png"),
        (b"DSO_Weibo/%s.png", b"DSO_GT/%s_gt.png"),
    ],
)
def test_names_of_every_kind_are_paired_and_keep_their_bytes(
    tmp_path: Path, image: bytes, mask: bytes
) -> None:
    put(tmp_path, "a/a_orig.jpg") if image.startswith(b"a/") else None
    put(tmp_path, *(image % name for name in HOSTILE), *(mask % name for name in HOSTILE))
    samples = [sample for sample in read_dataset(tmp_path) if sample.kind != "authentic"]
    assert {os.fsencode(sample.name) for sample in samples} == {image % name for name in HOSTILE}
    for sample in samples:
        assert sample.error is None
        assert sample.mask is not None
        assert sample.mask.exists()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a/1.jpg", "b/1.png"], "neither its folders nor its files"),
        (["Au/1.jpg", "Tp/2.jpg", "Gt/2.png"], "most like casia2, but lacks"),
        (["x/edgemask/2.png"], "most like columbia, but lacks"),
    ],
)
def test_an_unknown_folder_is_refused_with_what_is_known_and_how_a_manifest_looks(
    tmp_path: Path, names: list[str], words: str
) -> None:
    put(tmp_path, *names)
    with pytest.raises(UsageError) as caught:
        read_dataset(tmp_path)
    assert caught.value.code == "E187"
    assert words in caught.value.what
    assert all(name in caught.value.cause for name in DATASETS)
    assert "image,mask or authentic,tampered,mask" in caught.value.help


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "read.me")
    with pytest.raises(UsageError, match=r"E182.*nothing to do") as caught:
        read_dataset(tmp_path)
    assert "holds no pictures" in caught.value.cause


def test_a_layout_may_be_named_where_it_is_not_recognized(tmp_path: Path) -> None:
    put(tmp_path, "Au/1.jpg", "Tp/2.jpg", "Gt/2.png")
    assert told(read_dataset(tmp_path, name="casia2"), tmp_path) == {
        "Au/1.jpg": ("authentic", None),
        "Tp/2.jpg": ("tampered", "Gt/2.png"),
    }
    with pytest.raises(UsageError, match=r"E187.*columbia needs a folder 4cam_auth"):
        read_dataset(tmp_path, name="columbia")


def test_an_unknown_name_and_a_name_for_a_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r'E180.*did you mean "columbia"'):
        read_dataset(tmp_path, name="Colombia")
    (tmp_path / "own.csv").write_text("image,mask\na,b\n", "utf-8")
    with pytest.raises(UsageError, match=r"E187.*it is a file"):
        read_dataset(tmp_path / "own.csv", name="columbia")


def test_hidden_files_of_other_systems_are_passed_over(tmp_path: Path) -> None:
    put_casia1(tmp_path)
    put(tmp_path, "__MACOSX/Tp/._Sp_D_x_0001.jpg", "Tp/._Sp_D_x_0001.jpg", ".git/Tp/Sp_D_x_1.jpg")
    assert len(read_dataset(tmp_path)) == 3


# Several sets, and some pictures of a set


def table(folder: Path, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "own.csv"
    path.write_text("\n".join(["set,kind,image,mask", *lines, ""]), "utf-8")
    return path


def test_several_sets_are_one_list_in_which_each_picture_is_once_under_its_own_name(
    tmp_path: Path,
) -> None:
    put_casia1(tmp_path / "casia")
    (tmp_path / "link").symlink_to(tmp_path / "casia")
    own = table(
        tmp_path / "own", "own,splice,1.jpg,m.png", "own,authentic,2.jpg,", "own,splice,,m.png"
    )
    other = table(tmp_path / "other", "own,splice,1.jpg,m.png")
    casia = read_dataset(tmp_path / "casia")
    samples = read_datasets([tmp_path / "casia", own, tmp_path / "link", own, other])
    assert samples[:3] == casia
    assert [sample.image.parent.name for sample in samples[3:]] == ["own", "own", "", "other"]
    assert len({sample.name for sample in samples}) == len(samples) == 7
    assert samples[5].error is not None
    assert merge_samples(samples) == samples


def test_sets_that_contradict_one_another_on_a_picture_put_it_in_doubt(tmp_path: Path) -> None:
    first = table(tmp_path, "own,splice,1.jpg,m.png", "own,splice,2.jpg,m.png")
    second = first.with_name("second.csv")
    second.write_text("set,kind,image,mask\nown,authentic,1.jpg,\n", "utf-8")
    samples = read_datasets([first, second])
    codes = [sample.error and sample.error.code for sample in samples]
    assert codes == ["E140", None, "E140"]
    assert "authentic and as tampered" in reason(samples[0])


def test_pictures_beside_the_recognized_set_are_counted_with_their_folder(tmp_path: Path) -> None:
    put(tmp_path, "casia/Tp/Tp_D_x_00001.jpg", "casia/Gt/Tp_D_x_00001_gt.png")
    put(tmp_path, "casia/Gt/Tp_D_spare_00002_gt.png")
    assert left_out(tmp_path, read_dataset(tmp_path)) is None
    put(tmp_path, "other/b/1.jpg", "other/a/2.jpg", "other/a/3.png", "4.jpg")
    notice = left_out(tmp_path, read_dataset(tmp_path))
    assert notice is not None
    assert notice.code == "W241"
    assert notice.text.startswith(
        f"4 of 7 pictures below {tmp_path} are not of the set casia2 and were left out"
    )
    assert notice.text.endswith(f"the first are in {tmp_path}")


def test_spare_masks_of_columbia_are_of_the_set(tmp_path: Path) -> None:
    put(tmp_path, "4cam_auth/canong3_02_sub_01.tif", "4cam_auth/edgemask/a_edgemask.jpg")
    splice = "4cam_splc/canong3_canonxt_sub_01.tif"
    mask = "4cam_splc/edgemask/canong3_canonxt_sub_01_edgemask.jpg"
    put(tmp_path, splice, mask, mask.replace("edgemask.", "edgemask_3."))
    assert left_out(tmp_path, read_dataset(tmp_path)) is None


def test_a_path_is_not_taken_for_several(tmp_path: Path) -> None:
    for path in (tmp_path, str(tmp_path)):
        with pytest.raises(TypeError, match="paths must be several"):
            read_datasets(path)  # type: ignore[arg-type]


def test_pictures_are_selected_by_kind_and_number(tmp_path: Path) -> None:
    lines = [f"{name},{kind},{kind}{n}.jpg,m.png" for name in "ab" for n in range(3)
             for kind in ("splice", "copy-move")]  # fmt: skip
    authentic = [f"a,authentic,a{n}.jpg," for n in range(3)]
    samples = read_dataset(table(tmp_path, *lines, *authentic))
    assert select_samples(samples) == samples
    assert [s.kind for s in select_samples(samples, pictures="authentic")] == ["authentic"] * 3
    tampered = select_samples(samples, pictures="tampered", limit=2)
    assert len(tampered) == 2 * 2 * 2
    assert [s for s in samples if s in tampered] == tampered
    assert len(select_samples(samples, limit=1)) == 5


def test_a_selection_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match='did you mean "tampered"') as caught:
        select_samples([], pictures="tamperd")  # type: ignore[arg-type]
    assert caught.value.code == "E180"
    with pytest.raises(ValueError, match="limit must be >= 1, got 0"):
        select_samples([], limit=0)
    with pytest.raises(TypeError, match="limit must be an int"):
        select_samples([], limit="3")  # type: ignore[arg-type]
    assert datasets.PICTURES == ("all", "tampered", "authentic")
