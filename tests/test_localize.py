"""Blind mode by the name of a method: what holds for all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from consistent import assert_arrays_fit, codes
from scenes import disc, pasted, saved, scene
from unsplice import (
    FusionParameters,
    ImageError,
    JpegHistoryParameters,
    Localization,
    PaperParameters,
    localize,
    read_image,
)
from unsplice.blind.localize import METHODS, PARAMETERS, BlindMethod
from unsplice.output import encode_png

CASES = [(method, preset) for method in METHODS for preset in PARAMETERS[method].PRESETS]
# Methods that say whether: they have an answer for every picture, however small.
SURE: list[BlindMethod] = ["fusion", "jpeg-history"]


def by(method: BlindMethod, preset: str, image: Any, **options: Any) -> Localization:
    """Localize, and check what must hold whatever the method."""
    parameters = PARAMETERS[method].preset(preset)
    result = localize(image, method=method, parameters=parameters, **options)
    if isinstance(image, np.ndarray):
        assert_arrays_fit(result, image)
    assert result.method == method
    assert result.parameters == asdict(parameters)
    assert isnan(result.score) or 0 <= result.score <= 1
    assert result.found == result.mask.any()
    if method == "paper" or preset == "ungated":
        assert result.suspected is None or (result.suspected == result.mask).all()
    else:
        assert result.finding != "marked"
    assert (result.suspected is None) == (method == "paper")
    assert ("W230" in codes(result)) == (method == "paper" and result.found)
    json.dumps(result.to_dict(), allow_nan=False)
    return result


def same(first: Localization, second: Localization) -> bool:
    return (
        np.array_equal(first.mask, second.mask)
        and first.heatmap.tobytes() == second.heatmap.tobytes()
        and first.to_dict() | {"warnings": 0} == second.to_dict() | {"warnings": 0}
    )


def splice() -> NDArray[np.uint8]:
    """Return a picture that was saved before, with a part in it that was not."""
    return pasted(saved(scene(), 75), disc((192, 256), 80, 150, 40), scene(2))


# ----------------------------------------------------------------------------------- methods


def test_the_default_is_the_gated_fusion() -> None:
    image = splice()
    assert METHODS[0] == "fusion"
    assert same(localize(image), by("fusion", "gated", image))


@pytest.mark.parametrize("method", METHODS)
def test_the_first_preset_of_a_method_is_its_default(method: BlindMethod) -> None:
    kind = PARAMETERS[method]
    assert kind.preset(kind.PRESETS[0]) == kind()
    assert same(localize(splice(), method=method), by(method, kind.PRESETS[0], splice()))


@pytest.mark.parametrize("method", METHODS)
def test_parameters_of_another_method_are_refused(method: BlindMethod) -> None:
    for kind in (FusionParameters, JpegHistoryParameters, PaperParameters):
        if kind is not PARAMETERS[method]:
            message = f"must be {PARAMETERS[method].__name__} or None, got {kind.__name__}"
            with pytest.raises(TypeError, match=message):
                localize(scene(), method=method, parameters=kind())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("image", "options", "error", "message"),
    [
        (None, {}, TypeError, "image must be a path, a SourceImage or an array, got NoneType"),
        ([[1, 2]], {}, TypeError, "got list"),
        (np.zeros((64, 64)), {}, TypeError, "uint8 or uint16 array"),
        (np.zeros((64, 64, 4), np.uint8), {}, ValueError, r"drop alpha by image\[..., :3\]"),
        (np.zeros((0, 64), np.uint8), {}, ValueError, "must have pixels"),
        (np.zeros((64, 64), np.uint8), {"parameters": {"gate": 1}}, TypeError,
         "Parameters or None, got dict"),
        (np.zeros((64, 64), np.uint8), {"num_threads": 0}, ValueError, "num_threads must be >= 1"),
        (np.zeros((64, 64), np.uint8), {"num_threads": 1.0}, TypeError, "num_threads must be"),
    ],
)  # fmt: skip
def test_a_bad_argument_is_named(
    method: BlindMethod, image: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        localize(image, method=method, **options)


@pytest.mark.parametrize(
    ("method", "error", "message"),
    [
        ("ela", ValueError, 'method must be "fusion", "jpeg-history" or "paper", got'),
        ("Fusion", ValueError, 'method must be "fusion"'),
        ("", ValueError, 'method must be "fusion"'),
        (None, TypeError, "method must be a str, got NoneType"),
        (FusionParameters(), TypeError, "method must be a str, got FusionParameters"),
    ],
)
def test_a_bad_method_is_named(method: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        localize(scene(), method=method)


# --------------------------------------------------------------------------- kinds of picture


@pytest.mark.parametrize(("method", "preset"), CASES)
def test_a_gray_picture_is_three_equal_channels(method: BlindMethod, preset: str) -> None:
    gray = splice()[:, :, 1]
    rgb = np.repeat(gray[:, :, np.newaxis], 3, axis=2)
    assert same(by(method, preset, gray), by(method, preset, rgb))


@pytest.mark.parametrize(("method", "preset"), CASES)
def test_the_low_bits_of_a_deep_picture_are_left_out_with_a_note(
    method: BlindMethod, preset: str
) -> None:
    image = splice()
    low = np.random.default_rng(0).integers(0, 256, image.shape, np.uint16)
    deep = by(method, preset, (image.astype(np.uint16) << 8) + low)
    assert same(deep, by(method, preset, image))
    assert codes(deep)[0] == "N307"


@pytest.mark.parametrize("method", METHODS)
def test_transparency_is_ignored_with_a_warning(method: BlindMethod, tmp_path: Path) -> None:
    image = splice()
    alpha = np.full(image.shape[:2], 255, np.uint8)
    alpha[:10] = 0
    path = tmp_path / "picture.png"
    path.write_bytes(cv2.imencode(".png", np.dstack([image[..., ::-1], alpha]))[1].tobytes())
    preset = PARAMETERS[method].PRESETS[0]
    result = by(method, preset, path)
    assert same(result, by(method, preset, image))
    assert codes(result)[0] == "W205"


@pytest.mark.parametrize(
    "change",
    [
        lambda image: np.asfortranarray(image),
        lambda image: np.ascontiguousarray(image[::-1])[::-1],
        lambda image: np.repeat(image, 2, axis=1)[:, ::2],
        lambda image: np.ascontiguousarray(image[..., ::-1])[..., ::-1],
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_the_layout_in_memory_does_not_matter(
    method: BlindMethod, change: Callable[..., Any]
) -> None:
    image = splice()
    assert same(localize(change(image), method=method), localize(image, method=method))


@pytest.mark.parametrize("method", METHODS)
def test_a_file_a_read_file_and_its_pixels_give_one_answer(
    method: BlindMethod, tmp_path: Path
) -> None:
    image = splice()
    path = tmp_path / "picture.png"
    path.write_bytes(encode_png(image))
    results = [
        localize(given, method=method) for given in (path, str(path), read_image(path), image)
    ]
    assert all(same(results[0], other) for other in results[1:])


@pytest.mark.parametrize(("method", "preset"), CASES)
@pytest.mark.parametrize("shape", [(16, 16), (16, 333, 3), (17, 31, 3), (257, 16, 3), (33, 18)])
def test_small_and_narrow_pictures_get_an_answer(
    method: BlindMethod, preset: str, shape: tuple[int, ...]
) -> None:
    by(method, preset, np.random.default_rng(0).integers(0, 256, shape, np.uint8))


@pytest.mark.parametrize(
    "shape", [(1, 1), (7, 7, 3), (7, 7), (15, 400, 3), (400, 15), (16, 65_501)]
)
def test_only_the_paper_refuses_pictures_for_their_size(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    with pytest.raises(ImageError):
        localize(image, method="paper")
    for method in SURE:
        for preset in ("gated", "ungated"):
            result = by(method, preset, image)
            assert (result.finding, result.mask.any()) == ("nothing-found", False)


@pytest.mark.parametrize("level", [0, 127, 255])
@pytest.mark.parametrize("method", METHODS)
def test_a_flat_picture_shows_nothing(method: BlindMethod, level: int) -> None:
    result = by(method, PARAMETERS[method].PRESETS[0], np.full((64, 80, 3), level, np.uint8))
    assert (result.finding, result.mask.any()) == ("nothing-found", False)


@pytest.mark.parametrize(("method", "preset"), CASES)
def test_the_picture_is_not_written_to(method: BlindMethod, preset: str) -> None:
    image = splice()
    before = image.tobytes()
    image.flags.writeable = False
    by(method, preset, image)
    assert image.tobytes() == before


@pytest.mark.parametrize(("method", "preset"), CASES)
@pytest.mark.parametrize("num_threads", [1, 2, 3])
def test_the_number_of_threads_changes_no_bit(
    method: BlindMethod, preset: str, num_threads: int
) -> None:
    image = np.tile(splice(), (2, 2, 1))
    assert same(by(method, preset, image, num_threads=num_threads), by(method, preset, image))
