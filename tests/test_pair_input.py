"""Gray beside color, more than eight bits, and what a call must leave alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from consistent import assert_consistent, codes, found
from scenes import disc, made_pair, pasted, saved, scene
from unsplice import compare, decode_image

# Gray beside color

ASTRONAUT = cv2.resize(data.astronaut(), (384, 384), interpolation=cv2.INTER_AREA)
FACE = disc((384, 384), 220, 180, 50)


def gray_of(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def three_channels(gray: np.ndarray) -> np.ndarray:
    return np.repeat(gray[..., np.newaxis], 3, axis=2)


# Its luma is a hundred levels or so off everywhere, whatever it covers.
_OFF = (gray_of(ASTRONAUT).astype(int) + 128) % 256
DONOR = np.stack([_OFF * 0.9, _OFF, _OFF * 0.8], axis=2).astype(np.uint8)
GRAYS = {"2-D": gray_of, "three channels": lambda image: three_channels(gray_of(image))}


@pytest.mark.parametrize("kind", GRAYS)
@pytest.mark.parametrize("quality", [None, 85])
@pytest.mark.parametrize("gray_first", [True, False])
def test_the_gray_version_of_a_picture_matches_it(kind, quality, gray_first):
    pair = [GRAYS[kind](ASTRONAUT), ASTRONAUT]
    if not gray_first:
        pair.reverse()
    if quality is not None:
        again = saved(pair[1] if pair[1].ndim == 3 else three_channels(pair[1]), quality)
        pair[1] = again[..., 0] if pair[1].ndim == 2 else again
    result = compare(*pair)
    assert result.finding == "nothing-found"
    assert "N306" in codes(result)
    assert_consistent(result, pair[1])


@pytest.mark.parametrize("kind", GRAYS)
@pytest.mark.parametrize("quality", [None, 85])
def test_a_paste_is_found_by_luma_alone(kind, quality):
    spliced = pasted(ASTRONAUT, FACE, DONOR)
    if quality is not None:
        spliced = saved(spliced, quality)
    result = compare(GRAYS[kind](ASTRONAUT), spliced)
    assert result.finding == "spliced"
    assert found(result.mask, FACE) > 0.8
    assert "N306" in codes(result)
    assert_consistent(result, spliced)


@pytest.mark.parametrize("kind", GRAYS)
def test_a_paste_is_found_in_the_gray_version_too(kind):
    spliced = GRAYS[kind](pasted(ASTRONAUT, FACE, DONOR))
    result = compare(ASTRONAUT, spliced)
    assert result.finding == "spliced"
    assert found(result.mask, FACE) > 0.8
    assert "N306" in codes(result)
    assert_consistent(result, spliced)


def test_a_gray_jpeg_file_beside_a_color_picture_is_compared_by_luma(encode):
    spliced = decode_image(encode(gray_of(pasted(ASTRONAUT, FACE, DONOR)), ".jpg", 80))
    result = compare(ASTRONAUT, spliced)
    assert result.finding == "spliced"
    assert found(result.mask, FACE) > 0.8
    assert "N306" in codes(result)


def test_two_pictures_of_one_kind_are_not_said_to_be_of_two():
    for first in (gray_of(ASTRONAUT), three_channels(gray_of(ASTRONAUT)), ASTRONAUT):
        second = first.copy()
        second[100:150, 100:150] = 255 - second[100:150, 100:150]
        result = compare(first, second)
        assert "N306" not in codes(result)
        assert result.finding == "spliced"


# More than eight bits

SHAPE = (192, 256)
WHERE = disc(SHAPE, 90, 120, 40)
EIGHT_BITS = scene(1), pasted(scene(1), WHERE, scene(2)[::-1])


def deep(image: np.ndarray, bits: int, seed: int = 0) -> np.ndarray:
    """Return `image` as uint16 of that many bits, with noise in those that 8 do not have."""
    scale = 1 << (bits - 8)
    low = np.random.default_rng(seed).integers(0, scale, image.shape, np.uint16)
    return image.astype(np.uint16) * np.uint16(scale) + low


@pytest.mark.parametrize("method", ["evidence", "neighborhood-threshold"])
def test_eight_bits_in_sixteen_give_the_same_mask(method):
    expected = compare(*EIGHT_BITS, method=method)
    assert expected.finding == "spliced"
    wide = [image.astype(np.uint16) for image in EIGHT_BITS]
    for pair in (wide, (wide[0], EIGHT_BITS[1]), (EIGHT_BITS[0], wide[1])):
        result = compare(*pair, method=method)
        np.testing.assert_array_equal(result.mask, expected.mask)
        assert result.finding == expected.finding
        assert_consistent(result, pair[1])


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("method", ["evidence", "neighborhood-threshold"])
def test_a_pair_that_differs_in_its_low_bits_alone_is_not_identical(bits, method):
    first, second = deep(scene(), bits), deep(scene(), bits, seed=1)
    result = compare(first, second, method=method)
    assert result.finding == "nothing-found"
    assert "W210" not in codes(result)
    assert_consistent(result, second)
    assert compare(first, first.copy(), method=method).finding == "identical"


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_a_faint_paste_is_found_in_a_deep_picture(bits):
    dark = np.minimum(scene(), 240)
    first = deep(dark, bits)
    second = pasted(first, WHERE, deep(dark + np.uint8(8), bits))
    result = compare(first, second)
    assert result.finding == "spliced"
    assert found(result.mask, WHERE) > 0.9
    assert_consistent(result, second)


@pytest.mark.parametrize("bits", [10, 12])
def test_a_dark_background_and_a_bright_paste_are_taken_on_one_scale(bits):
    scale = 1 << (bits - 8)
    dark = scene().astype(np.uint16)  # as dark as a picture of eight bits in sixteen
    bright = scene(2)[::-1].astype(np.uint16) * np.uint16(scale)
    second = pasted(dark, WHERE, bright)
    result = compare(dark, second)
    assert result.finding in ("spliced", "mostly-replaced")
    assert found(result.mask, WHERE) > 0.8
    assert_consistent(result, second)


# What a call must leave alone


EVERY_WAY = ["easy", "graded", "shifted", "resized", "blurred"]


@pytest.mark.parametrize("difficulty", EVERY_WAY)
def test_the_random_states_of_the_process_are_left_alone(difficulty):
    pair = made_pair(difficulty, 2)

    def draw() -> tuple[list[float], list[float]]:
        return cv2.randu(np.zeros(8), 0, 1).ravel().tolist(), np.random.random(8).tolist()  # noqa: NPY002

    def seed() -> None:
        cv2.setRNGSeed(20)
        np.random.seed(20)  # noqa: NPY002

    seed()
    expected = draw()
    seed()
    result = compare(pair.authentic, pair.spliced)
    assert draw() == expected
    cv2.setRNGSeed(5)  # nor does the answer hang on them
    np.testing.assert_array_equal(compare(pair.authentic, pair.spliced).mask, result.mask)


def test_a_rotation_found_by_features_leaves_the_random_state_alone():
    turn = cv2.getRotationMatrix2D((192, 192), 7, 1.04)
    turned = cv2.warpAffine(pasted(ASTRONAUT, FACE, DONOR), turn, (384, 384))[40:-40, 40:-40]
    cv2.setRNGSeed(20)
    expected = cv2.randu(np.zeros(8), 0, 1)
    cv2.setRNGSeed(20)
    result = compare(ASTRONAUT, turned)
    assert result.details["registration"]["kind"] in ("affine", "refined")
    np.testing.assert_array_equal(cv2.randu(np.zeros(8), 0, 1), expected)


@pytest.mark.parametrize("method", ["evidence", "neighborhood-threshold"])
@pytest.mark.parametrize("difficulty", EVERY_WAY)
def test_a_given_number_of_threads_does_not_ask_the_environment(monkeypatch, difficulty, method):
    pair = made_pair(difficulty, 2)
    rows, cols = np.minimum(pair.authentic.shape, pair.spliced.shape)[:2]
    pictures = pair.authentic[:rows, :cols], pair.spliced[:rows, :cols]
    expected = compare(*pictures, method=method, num_threads=1)
    monkeypatch.setenv("UNSPLICE_NUM_THREADS", "zero")
    result = compare(*pictures, method=method, num_threads=1)
    np.testing.assert_array_equal(result.mask, expected.mask)
    with pytest.raises(ValueError, match=r"UNSPLICE_NUM_THREADS must be .*zero"):
        compare(*pictures, method=method)
