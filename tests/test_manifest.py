"""Any data set as a table: what a line yields, what it cannot say, and the masks it leads to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from unsplice.errors import ImageError, ReadError, UsageError
from unsplice.evaluation.datasets import Sample, read_dataset, read_truth

Encode = Callable[..., bytes]
SQUARE = np.zeros((24, 32), bool)
SQUARE[6:14, 8:20] = True


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "own.csv"
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def told(samples: list[Sample], folder: Path) -> list[tuple[str, str, str, str | None]]:
    """Set, kind, name, and mask or code of each sample; the image is what the name says."""
    rows = []
    for sample in samples:
        assert sample.image == folder / sample.name
        last = sample.error.code if sample.error else None
        if sample.mask is not None and last is None:
            last = sample.mask.relative_to(folder).as_posix()
        rows.append((sample.dataset, sample.kind, sample.name, last))
    return rows


def test_a_line_yields_its_tampered_and_its_authentic_picture_each_once(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "Set,KIND,authentic,tampered,mask\n"
        "x,splice,a/1.jpg,t/1.jpg,m/1.png\n"
        "x,copymove,a/1.jpg,t/2.jpg,m/2.png\n"
        "y,rect,,t/3.jpg,m/3.png\n"
        "y,authentic,a/2.jpg,,\n"
        "x,splice,a/1.jpg,t/1.jpg,m/1.png\n"
        ",,,t/4.jpg,m/3.png\n",
    )
    assert told(read_dataset(path), tmp_path) == [
        ("x", "splice", "t/1.jpg", "m/1.png"),
        ("x", "authentic", "a/1.jpg", None),
        ("x", "copy-move", "t/2.jpg", "m/2.png"),
        ("y", "rect", "t/3.jpg", "m/3.png"),
        ("y", "authentic", "a/2.jpg", None),
        ("own", "tampered", "t/4.jpg", "m/3.png"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "image,mask\n1.jpg,1.png\n",
        "\ufeffMASK;Image\r\n1.png;1.jpg\r\n",
        "note\tspliced\tmask\nx\t1.jpg\t1.png\n",
    ],
)
def test_image_and_mask_are_enough_in_many_dialects(tmp_path: Path, text: str) -> None:
    assert told(read_dataset(table(tmp_path, text)), tmp_path) == [
        ("own", "tampered", "1.jpg", "1.png")
    ]


def test_an_image_may_be_called_authentic_by_its_kind(tmp_path: Path) -> None:
    path = table(tmp_path, "image,mask,kind\n1.jpg,,Authentic\n2.jpg,,pristine\n3.jpg,,splice\n")
    assert told(read_dataset(path), tmp_path) == [
        ("own", "authentic", "1.jpg", None),
        ("own", "authentic", "2.jpg", None),
        ("own", "splice", "3.jpg", "E136"),
    ]


def test_authentic_pictures_need_no_other_column(tmp_path: Path) -> None:
    path = table(tmp_path, "authentic\n1.jpg\n2.jpg\n")
    assert [sample.kind for sample in read_dataset(path)] == ["authentic", "authentic"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("splice,,,m.png", "names no picture"),
        ("splice,a.jpg,,m.png", "a mask and no tampered picture"),
        ("authentic,,t.jpg,m.png", "authentic and names a mask"),
        ("splice,,t\0.jpg,m.png", "zero byte"),
        ("splice", "names no picture"),
    ],
)
def test_a_line_that_makes_no_sense_keeps_its_place_with_an_error(
    tmp_path: Path, line: str, words: str
) -> None:
    first, second, third = read_dataset(
        table(tmp_path, f"kind,authentic,tampered,mask\n,,1.jpg,1.png\n{line}\n,,2.jpg,2.png\n")
    )
    assert (first.name, third.name) == ("1.jpg", "2.jpg")
    assert second.error is not None
    assert second.error.code == "E188"
    assert "line 3 of" in second.error.what
    assert words in second.error.what
    with pytest.raises(UsageError, match="E188"):
        read_truth(second, (24, 32))


def test_a_tampered_picture_without_a_mask_is_listed_with_the_line_that_lacks_it(
    tmp_path: Path,
) -> None:
    (sample,) = read_dataset(table(tmp_path, "image,mask\n1.jpg,\n"))
    assert sample.error is not None
    assert sample.error.code == "E136"
    assert "line 2" in sample.error.what


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (",,1.jpg,a.png\n,,1.jpg,b.png\n", "2 masks"),
        (",1.jpg,2.jpg,b.png\n,,1.jpg,a.png\n", "authentic and as tampered"),
        ("splice,,1.jpg,a.png\ncopymove,,1.jpg,a.png\n", "as splice and as copy-move"),
    ],
)
def test_a_picture_told_of_in_two_ways_is_an_error_in_each(
    tmp_path: Path, lines: str, words: str
) -> None:
    samples = read_dataset(table(tmp_path, f"kind,authentic,tampered,mask\n{lines}"))
    of_one = [sample for sample in samples if sample.image.name == "1.jpg"]
    assert len(of_one) == 2
    for sample in of_one:
        assert sample.error is not None
        assert sample.error.code == "E140"
        assert words in sample.error.what
    assert len({sample.name for sample in samples}) == len(samples)


def test_one_picture_may_have_two_masks_in_two_sets_under_two_names(tmp_path: Path) -> None:
    path = table(tmp_path, "set,image,mask\nboth,1.jpg,a.png\ntarget,1.jpg,b.png\n")
    first, second = read_dataset(path)
    assert first.error is None
    assert second.error is None
    assert first.name == "1.jpg"
    assert second.name.startswith("1.jpg~")
    assert read_dataset(path) == [first, second]


def test_several_pictures_may_share_a_mask(tmp_path: Path) -> None:
    samples = read_dataset(table(tmp_path, "image,mask\na/1.jpg,1.png\nb/1.jpg,1.png\n"))
    assert [(sample.name, sample.error) for sample in samples] == [
        ("a/1.jpg", None),
        ("b/1.jpg", None),
    ]


def test_names_of_every_kind_survive(tmp_path: Path) -> None:
    path = table(
        tmp_path, b'image,mask\ncaf\xe9.jpg,m\xff.png\n"two\nlines.jpg",=cmd.png\n=cmd(),-x\n'
    )
    samples = read_dataset(path)
    assert [os.fsencode(sample.name) for sample in samples] == [
        b"caf\xe9.jpg",
        b"two\nlines.jpg",
        b"=cmd()",
    ]
    masks = [os.fsencode(sample.mask.name) for sample in samples if sample.mask]
    assert masks == [b"m\xff.png", b"=cmd.png", b"-x"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "E181", "no column"),
        ("image\na.jpg\n", "E181", 'no column "mask"'),
        ("mask,kind\na.png,splice\n", "E181", 'no column "image", "tampered" or "authentic"'),
        ("image,tampered,mask\na,b,c\n", "E181", '"image" and "tampered" mean the same'),
        ("image,mask\n", "E182", "no lines"),
        (b"\xff\xfei\0m\0a\0g\0e\0", "E181", "not UTF-8"),
    ],
)
def test_a_table_that_is_no_manifest_is_refused(
    tmp_path: Path, text: str | bytes, code: str, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_dataset(table(tmp_path, text))
    assert caught.value.code == code
    assert words in str(caught.value)


def test_a_manifest_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="E101"):
        read_dataset(tmp_path / "no.csv")


# Reading the truth


def one(folder: Path, mask: str, data: bytes) -> Sample:
    (folder / mask).write_bytes(data)
    (sample,) = read_dataset(table(folder, f"image,mask\n1.jpg,{mask}\n"))
    return sample


def of_values(low: int, high: int) -> NDArray[np.uint8]:
    return np.where(SQUARE, high, low).astype(np.uint8)


@pytest.mark.parametrize(
    ("extension", "picture"),
    [
        (".png", of_values(0, 255)),
        (".png", of_values(127, 128)),
        (".png", of_values(0, 1)),
        (".bmp", of_values(0, 255)),
        (".tif", of_values(0, 255)),
        (".webp", np.repeat(of_values(0, 255)[..., None], 3, 2)),
        (".png", np.repeat(of_values(0, 255)[..., None], 3, 2)),
        (".png", np.stack([of_values(0, 255), of_values(0, 0), of_values(0, 0)], 2)),
        (".png", of_values(0, 255).astype(np.uint16) * 257),
    ],
)
def test_a_mask_is_read_from_any_format_and_depth(
    tmp_path: Path, encode: Encode, extension: str, picture: NDArray[np.uint8]
) -> None:
    sample = one(tmp_path, f"m{extension}", encode(picture, extension))
    assert np.array_equal(read_truth(sample, (24, 32, 3)).mask, SQUARE)


def test_a_mask_saved_as_jpeg_keeps_its_border(tmp_path: Path, encode: Encode) -> None:
    sample = one(tmp_path, "m.jpg", encode(of_values(0, 255), ".jpg", 90))
    assert np.array_equal(read_truth(sample, (24, 32)).mask, SQUARE)


def test_the_truth_of_an_authentic_picture_is_empty(tmp_path: Path) -> None:
    (sample,) = read_dataset(table(tmp_path, "authentic\n1.jpg\n"))
    truth = read_truth(sample, (3, 5, 3)).mask
    assert (truth.shape, truth.dtype, truth.any()) == ((3, 5), bool, False)


@pytest.mark.parametrize("shape", [(32, 24, 3), (24, 31), (48, 64, 3)])
def test_a_mask_of_another_size_is_refused_and_never_turned_or_resized(
    tmp_path: Path, encode: Encode, shape: tuple[int, ...]
) -> None:
    sample = one(tmp_path, "m.png", encode(of_values(0, 255), ".png"))
    with pytest.raises(ImageError, match="E138"):
        read_truth(sample, shape)


def test_a_mask_that_is_missing_or_no_picture_says_so(tmp_path: Path) -> None:
    sample = one(tmp_path, "m.png", b"<html>not found</html>")
    with pytest.raises(ImageError, match="E111"):
        read_truth(sample, (24, 32))
    (tmp_path / "m.png").unlink()
    with pytest.raises(ReadError, match="E101"):
        read_truth(sample, (24, 32))


def test_a_sample_made_by_hand_without_a_mask_has_no_truth() -> None:
    with pytest.raises(ImageError, match="E136"):
        read_truth(Sample("x", "splice", "1.jpg", Path("1.jpg")), (3, 5))
