"""Blind mode by compression history, from a picture to its localization."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, replace
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from consistent import assert_arrays_fit, codes, found
from scenes import disc, pasted, saved, scene
from unsplice import (
    JpegHistoryParameters,
    Localization,
    PaperParameters,
    SourceImage,
    decode_image,
    localize,
    read_image,
)
from unsplice.blind.grid import find_grid
from unsplice.blind.quantization import earlier_table, known_tables, table_name
from unsplice.blind.source import blind_source
from unsplice.jpeg import standard_tables
from unsplice.synthetic.forging import Saving

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
UNGATED = JpegHistoryParameters.preset("ungated")
SHAPE = (384, 512)
SAVED_AGAIN = [(75, 80, 95), (75, 90, 98), (85, 90, 95), (85, 90, 98)]
THIN = [(1, 1), (1, 700), (15, 15), (16, 16), (40, 90), (700, 17)]


@cache
def photograph() -> Image:
    """Return a photograph that was never compressed on this grid: it is scaled down."""
    image = data.astronaut()[:, :, :3]
    return np.asarray(cv2.resize(image, (512, 384), interpolation=cv2.INTER_AREA), np.uint8)


@cache
def truth() -> Mask:
    return disc(SHAPE, 170, 300, 62)


def spliced(first: int, *, shift: int = 3, host: Image | None = None) -> tuple[Image, Mask]:
    """Return a picture whose host was saved before, with a landscape pasted into it."""
    background = photograph() if host is None else host
    donor = scene(5, 400, 520)[shift : shift + SHAPE[0], shift : shift + SHAPE[1]]
    return pasted(saved(background, first), truth(), donor), truth()


def jpeg(image: Image, quality: int, subsampling: str = "4:2:0") -> SourceImage:
    return decode_image(Saving(quality, subsampling).encode(image))


def png(image: NDArray[Any]) -> SourceImage:
    pixels = image[..., ::-1] if image.ndim == 3 else image
    return decode_image(cv2.imencode(".png", pixels)[1].tobytes())


def history(image: Any, **changed: Any) -> Localization:
    result = localize(image, method="jpeg-history", **changed)
    pixels = image.pixels if isinstance(image, SourceImage) else image
    assert_arrays_fit(result, pixels)
    assert (result.finding == "marked") == isnan(result.score)
    assert (result.finding == "spliced") == (result.score > 0)
    assert not result.score > 1
    assert (result.finding == "nothing-found") == (not result.mask.any())
    assert 0 < result.threshold < 1
    assert result.suspected is not None
    assert (result.suspected.dtype, result.suspected.shape) == (bool, result.mask.shape)
    assert not result.found or np.array_equal(result.suspected, result.mask)
    json.dumps(result.to_dict(), allow_nan=False)
    return result


def same(first: Localization, second: Localization) -> bool:
    return (
        np.array_equal(first.mask, second.mask)
        and first.heatmap.tobytes() == second.heatmap.tobytes()
        and first.to_dict() == second.to_dict()
    )


# ------------------------------------------------------------------------------- what is found


@pytest.mark.parametrize(("first", "last"), [(70, 90), (75, 92), (80, 95), (85, 95), (80, 90)])
def test_a_paste_without_the_earlier_compression_is_found(first: int, last: int) -> None:
    image, where = spliced(first)
    result = history(jpeg(image, last))
    assert result.finding == "spliced"
    assert found(result.mask, where) > 0.85
    assert result.details["earlier"]["name"] == f"libjpeg quality {first}"
    assert result.details["last"]["name"] == f"libjpeg quality {last}"
    assert result.details["share"] == pytest.approx(1 - where.mean(), abs=0.1)
    assert result.details["gain_per_block"] > 1
    assert f"libjpeg quality {first}, then libjpeg quality {last}" in result.statement
    assert f"1 region with {100 * result.mask.mean():.1f} %" in result.statement
    assert result.regions[0].score > result.threshold


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_subsampling_of_chroma_does_not_matter(subsampling: str) -> None:
    image, where = spliced(75)
    assert found(history(jpeg(image, 92, subsampling)).mask, where) > 0.85


def test_the_paste_is_the_once_compressed_part_even_where_it_is_the_larger_one() -> None:
    image, where = spliced(75)
    host = pasted(photograph(), ~where, image)
    small = pasted(scene(5, *SHAPE), where, saved(photograph(), 75))
    result = history(
        jpeg(small, 92), parameters=replace(UNGATED, min_gain=0.0, min_share=0.0, max_area=1.0)
    )
    # The disc alone was compressed before: what is marked is all that is outside of it.
    assert found(result.mask, ~where) > 0.85
    assert found(history(jpeg(host, 92)).mask, where) > 0.85


@pytest.mark.parametrize(("rows", "cols"), [(384, 512), (381, 509), (371, 486)])
def test_odd_sizes_keep_their_shape_and_their_splice(rows: int, cols: int) -> None:
    image, where = spliced(75)
    result = history(jpeg(image[:rows, :cols], 92))
    assert found(result.mask, where[:rows, :cols]) > 0.85


def test_a_gray_picture_is_analysed_as_one() -> None:
    image, where = spliced(75)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    host = cv2.cvtColor(photograph(), cv2.COLOR_RGB2GRAY)
    once = decode_image(cv2.imencode(".jpg", host, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes())
    mixed = np.where(where, gray, once.pixels)
    data_of = cv2.imencode(".jpg", mixed, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    source = decode_image(data_of)
    assert source.pixels.ndim == 2
    assert found(history(source).mask, where) > 0.85


def test_a_table_of_its_own_is_found_step_by_step() -> None:
    image, where = spliced(75)
    table = standard_tables(75)[0].astype(np.int64)
    rng = np.random.default_rng(3)
    own = np.maximum(table + rng.integers(-2, 3, (8, 8)), 3)
    y = cv2.cvtColor(photograph(), cv2.COLOR_RGB2GRAY)
    blocks = np.ascontiguousarray(y.reshape(48, 8, 64, 8).swapaxes(1, 2) - 128.0)
    for block in blocks.reshape(-1, 8, 8):
        block[:] = cv2.idct(np.rint(cv2.dct(block) / own) * own)
    once = np.clip(np.rint(blocks.swapaxes(1, 2).reshape(SHAPE) + 128), 0, 255).astype(np.uint8)
    mixed = np.where(where, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), once)
    source = decode_image(cv2.imencode(".jpg", mixed, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    result = history(source)
    assert found(result.mask, where) > 0.85
    assert result.details["earlier"]["name"].startswith("own table near libjpeg quality 7")
    low = np.array(result.details["earlier"]["luma"])[:3, :3].ravel()[1:]
    last = np.array(result.details["last"]["luma"])[:3, :3].ravel()[1:]
    told = last % low != 0
    assert told.sum() >= 4
    assert (low == own[:3, :3].ravel()[1:])[told].all()


# ------------------------------------------------------------------------- what is not evidence


@pytest.mark.parametrize("quality", [75, 85, 90, 95, 98])
def test_an_authentic_picture_saved_once_has_no_history(quality: int) -> None:
    for image in (photograph(), scene(3, *SHAPE)):
        result = history(jpeg(image, quality))
        assert result.finding == "nothing-found"
        assert "no sign of a JPEG compression before" in result.statement
        assert not result.heatmap.any()


@pytest.mark.parametrize(("first", "last"), [(70, 90), (80, 95), (85, 92), (75, 97)])
def test_an_authentic_picture_saved_twice_is_told_so_and_nothing_more(
    first: int, last: int
) -> None:
    for image in (photograph(), scene(3, *SHAPE)):
        result = history(jpeg(saved(image, first), last))
        assert result.finding == "nothing-found"
        assert f"compressed twice (libjpeg quality {first}, then" in result.statement
        assert result.details["earlier"]["name"] == f"libjpeg quality {first}"
        assert result.details["share"] >= 0.92


@pytest.mark.parametrize(("first", "last", "again"), SAVED_AGAIN)
def test_a_paste_is_found_below_one_more_save(first: int, last: int, again: int) -> None:
    image, where = spliced(first)
    result = history(jpeg(saved(image, last), again))
    assert found(result.mask, where) > 0.7
    tables = {name: result.details[name]["name"] for name in ("earlier", "between", "last")}
    qualities = {"earlier": first, "between": last, "last": again}
    assert tables == {name: f"libjpeg quality {q}" for name, q in qualities.items()}
    told = ", then ".join(f"libjpeg quality {quality}" for quality in (first, last, again))
    assert f"compressed three times ({told})" in result.statement
    result = history(png(saved(saved(image, last), again)))
    assert found(result.mask, where) > 0.7
    two = told.rpartition(", then ")[0]
    assert f"was a JPEG before, compressed twice ({two})" in result.statement


@pytest.mark.parametrize(("first", "last", "again"), [*SAVED_AGAIN, (70, 85, 95), (60, 80, 92)])
def test_an_authentic_picture_saved_three_times_is_no_splice(
    first: int, last: int, again: int
) -> None:
    for image in (photograph(), scene(3, *SHAPE)):
        result = history(jpeg(saved(saved(image, first), last), again))
        assert result.finding == "nothing-found"


def test_a_paste_is_not_found_where_the_last_compression_is_coarser() -> None:
    image, _ = spliced(95)
    assert history(jpeg(image, 60)).finding == "nothing-found"


def test_a_picture_that_was_cropped_between_the_saves_has_no_history_on_its_grid() -> None:
    image, _ = spliced(75)
    result = history(jpeg(image[3:, 5:], 92))
    assert result.finding == "nothing-found"


def test_without_the_gate_the_strongest_differences_are_marked() -> None:
    image, where = spliced(80)
    gated, open_ = (
        history(jpeg(image, 95), parameters=replace(parameters, min_information=1e9))
        for parameters in (JpegHistoryParameters(), UNGATED)
    )
    assert gated.finding == "nothing-found"
    assert "no region clearly lacks the earlier compression" in gated.statement
    assert open_.finding == "marked"
    assert found(open_.mask, where) > 0.85
    assert gated.heatmap.tobytes() == open_.heatmap.tobytes()
    assert not gated.mask.any()
    np.testing.assert_array_equal(gated.suspected, open_.mask)


def test_where_nothing_can_be_measured_nothing_is_suspected_either() -> None:
    for image in (jpeg(photograph(), 90), jpeg(photograph()[:9, :9], 90)):
        result = history(image)
        assert result.suspected is not None
        assert not result.suspected.any()


# ------------------------------------------------------------------------- pictures of all kinds


@pytest.mark.parametrize(
    ("rows", "cols"), [(1, 1), (1, 700), (15, 15), (16, 16), (40, 90), (700, 17)]
)
def test_small_and_thin_pictures_get_an_answer(rows: int, cols: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (rows, cols, 3), np.uint8)
    assert history(image).finding == "nothing-found"
    assert history(jpeg(image, 80)).finding == "nothing-found"


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_pictures_have_no_history(level: int) -> None:
    flat = np.full((256, 256, 3), level, np.uint8)
    for picture in (flat, jpeg(flat, 90)):
        assert history(picture).finding == "nothing-found"


def test_noise_without_a_grid_is_said_to_have_none() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (256, 256, 3), np.uint8)
    result = history(noise)
    assert result.statement == "the pixels show no 8x8 grid of a JPEG compression"
    assert result.details["grid"]["origin"] == "estimated"


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, 6), (7, 1)])
def test_the_grid_of_a_png_is_estimated(down: int, right: int) -> None:
    image = saved(photograph(), 85)[down:, right:]
    grid = find_grid(blind_source(png(image)))
    assert (grid.row, grid.col) == (-down % 8, -right % 8)
    assert grid.z_score is not None
    assert grid.z_score > 8


def test_a_paste_into_a_png_that_was_a_jpeg_is_found_on_the_estimated_grid() -> None:
    image, where = spliced(70)
    for picture in (png(image[3:, 6:]), image[3:, 6:]):
        result = history(picture)
        assert result.details["grid"]["origin"] == "estimated"
        assert (result.details["grid"]["row"], result.details["grid"]["col"]) == (5, 2)
        assert "was a JPEG before (libjpeg quality 70)" in result.statement
        assert found(result.mask, where[3:, 6:]) > 0.8


def test_sixteen_bits_are_analysed_at_their_eight_highest() -> None:
    image, where = spliced(70)
    deep = (image.astype(np.uint16) << 8) + 37
    result = history(png(deep))
    assert "N307" in codes(result)
    assert found(result.mask, where) > 0.8


def test_a_jpeg_that_stores_no_luma_is_taken_by_its_pixels(tmp_path: Path) -> None:
    # The Adobe segment says that the three components are RGB; libjpeg obeys.
    image, _ = spliced(70)
    encoded = Saving(90, "4:4:4").encode(image)
    end_of_jfif = 4 + int.from_bytes(encoded[4:6], "big")
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
    path = tmp_path / "rgb.jpg"
    path.write_bytes(encoded[:2] + adobe + encoded[end_of_jfif:])
    source = read_image(path)
    assert source.jpeg is not None
    assert source.jpeg.color_space == "rgb"
    assert history(source).details["grid"]["origin"] == "estimated"


# --------------------------------------------------------------------------------- the promises


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_bit(threads: int) -> None:
    image, _ = spliced(75)
    source = jpeg(image, 92)
    assert same(history(source, num_threads=1), history(source, num_threads=threads))


def test_a_file_and_its_source_give_the_same(tmp_path: Path) -> None:
    image, _ = spliced(75)
    path = tmp_path / "edited.jpg"
    path.write_bytes(Saving(92, "4:2:0").encode(image))
    before = path.read_bytes()
    assert same(localize(path, method="jpeg-history"), history(read_image(path)))
    assert path.read_bytes() == before


def test_parameters_are_recorded_and_frozen() -> None:
    parameters = JpegHistoryParameters(frequencies=30, sigma=1.5)
    result = history(jpeg(photograph(), 90), parameters=parameters)
    assert result.parameters == asdict(parameters)
    with pytest.raises(FrozenInstanceError):
        parameters.sigma = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"gate": 1}, TypeError, "gate must be a bool"),
        ({"frequencies": 64}, ValueError, r"frequencies must be in 1..63"),
        ({"sigma": 0.0}, ValueError, "sigma must be in 0.1..100"),
        ({"min_share": 1.5}, ValueError, "min_share must be in 0..1"),
        ({"min_gain": -1}, ValueError, "min_gain must be in 0..1e"),
        ({"min_information": float("inf")}, ValueError, "min_information must be in 0..1e"),
        ({"max_leftover": "much"}, TypeError, "max_leftover must be a number"),
        ({"least_threshold": 0.8}, ValueError, "below most_threshold"),
        ({"most_threshold": 1.0}, ValueError, "which must be below 1"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(
    changed: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        JpegHistoryParameters(**changed)


def test_presets_are_named() -> None:
    assert JpegHistoryParameters.preset("gated") == JpegHistoryParameters()
    assert not UNGATED.gate
    with pytest.raises(ValueError, match="preset must be"):
        JpegHistoryParameters.preset("open")


def test_parameters_of_another_method_are_refused() -> None:
    image = photograph()
    with pytest.raises(TypeError, match="must be JpegHistoryParameters or None"):
        localize(image, method="jpeg-history", parameters=PaperParameters())
    with pytest.raises(TypeError, match="must be PaperParameters or None"):
        localize(image, method="paper", parameters=UNGATED)


def test_known_tables_are_named_after_their_quality() -> None:
    for name, table in known_tables():
        assert table_name(table) == name
    assert table_name(standard_tables(90)[0] + 1) == "own table"


def test_the_earlier_table_of_few_frequencies_is_one_of_the_known() -> None:
    from unsplice.blind.history_kernels import block_levels, count_magnitudes

    image = saved(saved(photograph(), 72), 94)
    steps = standard_tables(94)[0].astype(np.int64)
    corners = np.argwhere(np.ones((40, 50))) * 8 + (4, 4)
    earlier = earlier_table(
        block_levels(image, steps), count_magnitudes(image, corners), steps, frequencies=20
    )
    assert earlier.name == "libjpeg quality 72"
    assert earlier.share >= 0.92
