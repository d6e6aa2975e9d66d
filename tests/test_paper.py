"""Blind mode by the paper, from a picture to its localization."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, fields, replace
from math import inf, isnan, nan
from pathlib import Path
from typing import Any, get_args, get_type_hints

import cv2
import numpy as np
import pytest
import pywt
from numpy.typing import NDArray

from consistent import assert_arrays_fit, codes
from scenes import disc, pasted, saved, scene
from unsplice import ImageError, Localization, PaperParameters, localize, read_image
from unsplice.blind.paper_steps import paper_steps
from unsplice.evaluation.scores.pixels import score_mask
from unsplice.output import encode_json, encode_png

LITERAL = PaperParameters.preset("closest-to-text")
READINGS = [PaperParameters(), LITERAL]


def by_paper(image: Any, **options: Any) -> Localization:
    return localize(image, method="paper", **options)


def same(first: Localization, second: Localization) -> bool:
    return (
        np.array_equal(first.mask, second.mask)
        and np.array_equal(first.heatmap, second.heatmap)
        and first.regions == second.regions
        and first.details == second.details
    )


def splice(quality: int = 75) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return a noisy disc in a picture that was saved as a JPEG before, and the disc."""
    truth = disc((192, 256), 80, 150, 34)
    noise = np.random.default_rng(1).normal(0, 12, scene().shape)
    noisy = np.clip(np.rint(scene(2) + noise), 0, 255).astype(np.uint8)
    return pasted(saved(scene(), quality), truth, noisy), truth


# --------------------------------------------------------------------------------- the answer


@pytest.mark.parametrize("parameters", READINGS)
def test_a_result_hangs_together(parameters: PaperParameters) -> None:
    image, _ = splice()
    result = by_paper(image, parameters=parameters)
    assert_arrays_fit(result, image)
    assert result.method == "paper"
    assert result.finding == "marked"
    assert result.parameters == asdict(parameters)
    assert codes(result) == ["W230"]
    assert isnan(result.score)
    assert 0 < result.details["separability"] <= 1
    if parameters.decision == "density":
        np.testing.assert_array_equal(result.mask, result.heatmap > result.threshold)
    encode_json(result.to_dict())


def test_a_noisy_paste_into_a_compressed_picture_is_marked() -> None:
    image, truth = splice()
    scores = score_mask(by_paper(image).mask, truth)
    everything = score_mask(np.ones_like(truth), truth)
    assert scores.f1 > 0.6 > 2 * everything.f1


def paper_script(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Follow the default reading with PyWavelets and OpenCV, in double precision."""
    log = np.array([[0, 0, -1, 0, 0], [0, -1, -2, -1, 0], [-1, -2, 16, -2, -1],
                    [0, -1, -2, -1, 0], [0, 0, -1, 0, 0]], np.float32)  # fmt: skip
    parts = []
    for channel in cv2.split(image):
        approximation, details = pywt.dwt2(channel.astype(np.float64), "haar")
        bands = [
            cv2.medianBlur(band.astype(np.float32), 3).astype(np.float64)
            for band in (approximation, *details)
        ]
        back = pywt.idwt2((bands[0], tuple(bands[1:])), "haar")
        parts.append(np.abs(channel - back[: channel.shape[0], : channel.shape[1]]))
        filtered = channel
        for _ in range(3):
            filtered = cv2.filter2D(filtered, -1, log)
        parts.append(cv2.absdiff(channel, filtered).astype(np.float64))
    noise = np.round(np.max(parts, axis=0), 6)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    again = cv2.imdecode(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1], 1)
    ela = cv2.absdiff(bgr, again) @ np.array([0.25, 0.5, 0.25])
    clahe = cv2.createCLAHE(2.0, (8, 8))
    first = clahe.apply(np.clip(np.rint(noise), 0, 255).astype(np.uint8)).astype(int)
    second = clahe.apply(np.clip(np.rint(4 * ela), 0, 255).astype(np.uint8)).astype(int)
    fused = first * second
    levels = np.sort(np.unique(fused))
    above = np.array([np.count_nonzero(fused > level) for level in levels])
    points = fused > levels[np.argmax(above <= 0.01 * fused.size)]
    side = 2 * round(0.14 * min(fused.shape)) + 1
    density = cv2.boxFilter(
        points.astype(np.float64), -1, (side, side), normalize=False,
        borderType=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    scaled = np.rint(density * 255 / density.max()).astype(np.uint8)
    return np.asarray(cv2.threshold(scaled, 0, 255, cv2.THRESH_OTSU)[1] > 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_pipeline_equals_a_script_of_pywavelets_and_opencv(seed: int) -> None:
    image = saved(scene(seed, 191, 257), 85)
    np.testing.assert_array_equal(by_paper(image).mask, paper_script(image))


def test_the_default_reading_is_the_best_measured() -> None:
    image, _ = splice()
    assert same(by_paper(image), by_paper(image, parameters=PaperParameters()))
    assert not same(by_paper(image), by_paper(image, parameters=LITERAL))


@pytest.mark.parametrize("num_threads", [1, 2, 7])
def test_the_number_of_threads_changes_no_bit(num_threads: int) -> None:
    image = np.tile(splice()[0], (4, 4, 1))
    assert same(by_paper(image, num_threads=num_threads), by_paper(image))


def test_a_flat_picture_has_nothing_to_mark() -> None:
    image = np.full((64, 80, 3), 127, np.uint8)
    result = by_paper(image)
    assert_arrays_fit(result, image)
    assert (result.finding, result.score, result.mask.any()) == ("nothing-found", 0.0, False)
    assert result.warnings == ()


def test_why_nothing_is_marked_is_told() -> None:
    random = np.random.default_rng(0)
    extremes = random.integers(0, 2, (64, 64, 3), np.uint8) * np.uint8(255)
    result = by_paper(extremes, parameters=PaperParameters(enhancement="none"))
    assert result.statement == (
        "nothing is marked: more pixels than sigma allows share the highest level"
    )


# --------------------------------------------------------------------------- kinds of picture


@pytest.mark.parametrize("parameters", READINGS)
def test_a_gray_picture_is_three_equal_channels(parameters: PaperParameters) -> None:
    gray = splice()[0][:, :, 1]
    rgb = np.repeat(gray[:, :, np.newaxis], 3, axis=2)
    first, second = (by_paper(image, parameters=parameters) for image in (gray, rgb))
    assert same(first, second)


def test_the_low_bits_of_a_deep_picture_are_left_out_with_a_note() -> None:
    image, _ = splice()
    low = np.random.default_rng(0).integers(0, 256, image.shape, np.uint16)
    deep = by_paper((image.astype(np.uint16) << 8) + low)
    assert same(deep, by_paper(image))
    assert codes(deep) == ["N307", "W230"]
    assert "16-bit" in deep.warnings[0].text


@pytest.mark.parametrize(
    "change",
    [
        lambda image: np.asfortranarray(image),
        lambda image: np.ascontiguousarray(image[::-1])[::-1],
        lambda image: np.repeat(image, 2, axis=1)[:, ::2],
        lambda image: np.ascontiguousarray(image[..., ::-1])[..., ::-1],
    ],
)
def test_the_layout_in_memory_does_not_matter(change: Any) -> None:
    image, _ = splice()
    assert same(by_paper(change(image)), by_paper(image))


def test_a_file_a_read_file_and_its_pixels_give_one_answer(tmp_path: Path) -> None:
    image, _ = splice()
    path = tmp_path / "picture.png"
    path.write_bytes(encode_png(image))
    results = [by_paper(path), by_paper(str(path)), by_paper(read_image(path)), by_paper(image)]
    assert all(same(results[0], other) for other in results[1:])


def test_transparency_is_ignored_with_a_warning(tmp_path: Path) -> None:
    image, _ = splice()
    alpha = np.full(image.shape[:2], 255, np.uint8)
    alpha[:10] = 0
    path = tmp_path / "picture.png"
    path.write_bytes(cv2.imencode(".png", np.dstack([image[..., ::-1], alpha]))[1].tobytes())
    result = by_paper(path)
    assert same(result, by_paper(image))
    assert codes(result) == ["W205", "W230"]


@pytest.mark.parametrize("parameters", READINGS)
@pytest.mark.parametrize("shape", [(16, 16), (16, 333, 3), (17, 31, 3), (257, 16, 3), (33, 18)])
def test_small_and_narrow_pictures_get_an_answer(
    shape: tuple[int, ...], parameters: PaperParameters
) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert_arrays_fit(by_paper(image, parameters=parameters), image)


@pytest.mark.parametrize("shape", [(7, 7, 3), (7, 7), (1, 1), (15, 400, 3), (400, 15)])
def test_a_picture_that_is_too_small_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError) as caught:
        by_paper(np.zeros(shape, np.uint8))
    rows, cols = shape[:2]
    assert caught.value.code == "E134"
    assert f"image ({cols} x {rows}, needs 16 x 16)" in caught.value.what


def test_a_picture_that_no_jpeg_holds_is_refused() -> None:
    with pytest.raises(ImageError) as caught:
        by_paper(np.zeros((16, 65_501), np.uint8))
    assert caught.value.code == "E133"
    assert "too large for a JPEG: image (65501 x 16, " in caught.value.what


def test_the_picture_is_not_written_to() -> None:
    image, _ = splice()
    before = image.tobytes()
    image.flags.writeable = False
    by_paper(image)
    by_paper(image, parameters=LITERAL)
    assert image.tobytes() == before


# -------------------------------------------------------------------------------------- steps


@pytest.mark.parametrize("parameters", READINGS)
def test_the_steps_show_the_figures_and_end_with_the_mask(parameters: PaperParameters) -> None:
    image, _ = splice()
    steps = paper_steps(image, parameters=parameters)
    assert [step.number for step in steps] == sorted(step.number for step in steps)
    assert {step.number for step in steps} == set(range(3, 11))
    assert ("points" in {step.name for step in steps}) == (parameters.decision == "density")
    assert len({step.name for step in steps}) == len(steps)
    for step in steps:
        assert step.picture.dtype == np.uint8
        assert step.picture.shape[:2] == image.shape[:2]
        assert step.title
    np.testing.assert_array_equal(
        steps[-1].picture == 255, by_paper(image, parameters=parameters).mask
    )


def test_a_reconstruction_lies_near_the_picture_and_without_its_noise() -> None:
    image, truth = splice()
    planes = [step.picture for step in paper_steps(image) if step.name.startswith("reconstructed")]
    smooth = np.stack(planes, axis=2).astype(float)
    assert np.abs(smooth - image)[~truth].mean() < 6
    assert (
        np.abs(np.diff(smooth[truth], axis=0)).mean()
        < np.abs(np.diff(image[truth].astype(float), axis=0)).mean()
    )


# --------------------------------------------------------------------------------- parameters


def test_the_presets_are_what_they_are_named() -> None:
    assert PaperParameters.preset("best-measured") == PaperParameters()
    assert {
        name: value
        for name, value in asdict(LITERAL).items()
        if value != getattr(PaperParameters(), name)
    } == {
        "difference": "signed",
        "noise_gain": None,
        "ela_gain": None,
        "binarization": "half",
        "enhancement": "fused",
        "fusion": "union",
        "decision": "adaptive-mean",
    }
    assert set(PaperParameters.PRESETS) == {"best-measured", "closest-to-text"}
    with pytest.raises(ValueError, match='preset must be "best-measured" or "closest-to-text"'):
        PaperParameters.preset("literal")


def test_parameters_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        PaperParameters().alpha = 3  # type: ignore[misc]
    assert replace(PaperParameters(), alpha=8.0).alpha == 8.0


WORDS = {
    field.name: get_args(get_type_hints(PaperParameters)[field.name])
    for field in fields(PaperParameters)
    if all(isinstance(word, str) for word in get_args(get_type_hints(PaperParameters)[field.name]))
    and get_args(get_type_hints(PaperParameters)[field.name])
}


def test_nine_choices_are_made_by_words() -> None:
    assert sorted(WORDS) == sorted(
        ["bands", "arithmetic", "difference", "binarization", "enhancement", "fusion",
         "decision", "alpha_unit", "neighborhood"]
    )  # fmt: skip


@pytest.mark.parametrize("base", READINGS)
@pytest.mark.parametrize(
    ("name", "word"), [(name, word) for name, words in WORDS.items() for word in words]
)
def test_every_word_of_every_choice_gives_a_result(
    base: PaperParameters, name: str, word: str
) -> None:
    image = splice()[0][40:140, 90:230]
    changed: dict[str, Any] = {name: word}
    assert_arrays_fit(by_paper(image, parameters=replace(base, **changed)), image)


@pytest.mark.parametrize(
    ("name", "value"),
    [("wavelet", "db4"), ("quality", 75), ("channel_weights", (0.3, 0.4, 0.3)), ("sigma", 3.0),
     ("alpha", 6.0), ("clip_limit", 8.0), ("tiles", (3, 2)), ("noise_gain", 0.5),
     ("ela_gain", None)],
)  # fmt: skip
def test_every_number_counts(name: str, value: Any) -> None:
    image, _ = splice()
    changed: dict[str, Any] = {name: value}
    assert not np.array_equal(
        by_paper(image, parameters=replace(PaperParameters(), **changed)).heatmap,
        by_paper(image).heatmap,
    )


@pytest.mark.parametrize(("name", "value"), [("window", 51), ("offset", -20.0)])
def test_every_number_of_the_adaptive_threshold_counts(name: str, value: Any) -> None:
    image, _ = splice()
    base = replace(LITERAL, binarization="none")
    changed: dict[str, Any] = {name: value}
    assert not np.array_equal(
        by_paper(image, parameters=replace(base, **changed)).mask,
        by_paper(image, parameters=base).mask,
    )


def test_readings_that_are_equal_compare_equal() -> None:
    listed: dict[str, Any] = {"tiles": [8, 8], "channel_weights": np.array([0.25, 0.5, 0.25])}
    assert PaperParameters(**listed) == PaperParameters()
    assert hash(PaperParameters(**listed)) == hash(PaperParameters())


def test_every_reading_is_recorded_whole() -> None:
    record = json.loads(encode_json(asdict(PaperParameters(clip_limit=None))))
    assert PaperParameters(**record) == PaperParameters(clip_limit=None)


def test_the_other_name_of_haar_is_computed_the_same_way() -> None:
    image, _ = splice()
    assert same(by_paper(image), by_paper(image, parameters=PaperParameters(wavelet="db1")))


def test_a_local_threshold_has_no_single_level() -> None:
    result = by_paper(splice()[0], parameters=LITERAL)
    assert isnan(result.threshold)
    assert result.to_dict()["threshold"] is None


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("wavelet", 4, TypeError), ("bands", "some", ValueError), ("bands", None, TypeError),
        ("arithmetic", "float", ValueError), ("difference", "abs", ValueError),
        ("binarization", "otsu ", ValueError), ("enhancement", "all", ValueError),
        ("fusion", "or", ValueError), ("decision", "mean", ValueError),
        ("alpha_unit", "%", ValueError), ("neighborhood", "circle", ValueError),
        ("quality", 0, ValueError), ("quality", 90.0, TypeError), ("quality", True, TypeError),
        ("channel_weights", (1, 2), ValueError), ("channel_weights", 3, TypeError),
        ("channel_weights", (1, 2, -3), ValueError), ("channel_weights", (1e39, 0, 0), ValueError),
        ("wavelet", "hare", ValueError),
        ("wavelet", "morl", ValueError), ("channel_weights", (1, 2, inf), ValueError),
        ("tiles", (8,), ValueError), ("tiles", 8, TypeError), ("tiles", (0, 8), ValueError),
        ("noise_gain", 0, ValueError), ("noise_gain", nan, ValueError),
        ("noise_gain", "1", TypeError), ("ela_gain", -1, ValueError), ("ela_gain", inf, ValueError),
        ("clip_limit", 0, ValueError), ("clip_limit", nan, ValueError),
        ("clip_limit", inf, ValueError),
        ("sigma", -1, ValueError),
        ("sigma", 100.5, ValueError), ("sigma", nan, ValueError), ("alpha", -1, ValueError),
        ("alpha", inf, ValueError), ("window", 10, ValueError), ("window", 1, ValueError),
        ("window", 11.0, TypeError), ("offset", 256, ValueError), ("offset", nan, ValueError),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_named(name: str, value: Any, error: type[Exception]) -> None:
    changed: dict[str, Any] = {name: value}
    with pytest.raises(error, match=name):
        PaperParameters(**changed)
