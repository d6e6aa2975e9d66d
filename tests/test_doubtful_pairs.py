"""Pairs that do not fit each other well: the finding, the statement and the codes say so."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from skimage import data

from consistent import assert_consistent, codes, found
from scenes import disc, pasted, saved, scene
from unsplice import compare

SHAPE = (384, 384)
DOUBTFUL = ("misaligned", "unrelated")


def photograph(name: str) -> np.ndarray:
    return cv2.resize(getattr(data, name)(), SHAPE, interpolation=cv2.INTER_AREA)


ASTRONAUT, COFFEE = photograph("astronaut"), photograph("coffee")
LEFT, RIGHT = disc(SHAPE, 200, 90, 45), disc(SHAPE, 200, 300, 45)


def lens(image: np.ndarray, strength: float) -> np.ndarray:
    """Return `image` seen through a lens that no affine map undoes."""
    rows, cols = image.shape[:2]
    y, x = np.mgrid[:rows, :cols].astype(np.float32)
    x, y = 2 * x / cols - 1, 2 * y / rows - 1
    bend = 1 + strength * (x * x + y * y)
    return cv2.remap(
        image,
        ((x * bend + 1) * cols / 2).astype(np.float32),
        ((y * bend + 1) * rows / 2).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )


# Parts without a counterpart


@pytest.mark.parametrize("quality", [None, 85])
def test_a_paste_is_found_in_the_part_that_the_authentic_picture_shows(quality):
    spliced = pasted(ASTRONAUT, LEFT, COFFEE)
    if quality is not None:
        spliced = saved(spliced, quality)
    result = compare(ASTRONAUT[:, :250], spliced)
    assert result.finding == "spliced"
    assert found(result.mask, LEFT) > 0.9
    assert result.details["compared_share"] == pytest.approx(250 / 384, abs=0.02)
    assert "W215" in codes(result)
    assert_consistent(result, spliced)


@pytest.mark.parametrize("quality", [None, 85])
def test_a_paste_outside_of_what_was_compared_is_not_denied(quality):
    whole = data.astronaut()
    spliced = pasted(whole, disc((512, 512), 200, 400, 60), whole[::-1])
    if quality is not None:
        spliced = saved(spliced, quality)
    result = compare(whole[:, :250], spliced)
    assert result.details["compared_share"] < 0.55
    assert "W215" in codes(result)
    assert "has no counterpart" in result.statement
    assert_consistent(result, spliced)


@pytest.mark.parametrize("quality", [None, 85])
def test_a_canvas_extended_by_another_photograph_is_said_to_be(quality):
    spliced = np.concatenate([pasted(ASTRONAUT, RIGHT, COFFEE), COFFEE[:, :250]], axis=1)
    if quality is not None:
        spliced = saved(spliced, quality)
    result = compare(ASTRONAUT, spliced)
    assert result.finding == "spliced"
    assert found(result.mask[:, :384], RIGHT) > 0.9
    assert "W215" in codes(result)
    assert result.details["compared_share"] == pytest.approx(384 / 634, abs=0.02)
    assert_consistent(result, spliced)


def test_a_larger_authentic_picture_leaves_nothing_uncompared():
    result = compare(ASTRONAUT, pasted(ASTRONAUT, LEFT, COFFEE)[:, :250])
    assert result.finding == "spliced"
    assert result.details["compared_share"] > 0.95
    assert "W215" not in codes(result)
    assert_consistent(result, ASTRONAUT[:, :250])


@pytest.mark.parametrize("cols", [1, 20, 60, 100])
def test_what_shares_less_than_three_tenths_is_not_judged(cols):
    result = compare(ASTRONAUT[:, :cols], ASTRONAUT)
    assert result.finding in DOUBTFUL
    assert_consistent(result, ASTRONAUT)


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_single_pixel_is_no_background(level):
    pixel = np.full((1, 1, 3), level, np.uint8)
    for pair in ((pixel, scene()), (scene(), pixel)):
        result = compare(*pair)
        assert_consistent(result, pair[1])
    assert compare(pixel, scene()).finding in DOUBTFUL


# What differs by more than saving explains


@pytest.mark.parametrize("levels", [(0, 255), (255, 0), (0, 60)])
@pytest.mark.parametrize("shape", [(64, 96), (192, 256)])
def test_flat_pictures_of_two_levels_are_no_match(levels, shape):
    first, second = (np.full((*shape, 3), level, np.uint8) for level in levels)
    result = compare(first, second)
    assert result.finding in DOUBTFUL
    assert_consistent(result, second)


@pytest.mark.parametrize("image", [scene(), ASTRONAUT, COFFEE], ids=["scene", "face", "cup"])
@pytest.mark.parametrize("quality", [None, 90])
def test_red_and_blue_exchanged_are_no_match(image, quality):
    exchanged = np.ascontiguousarray(image[..., ::-1])
    if quality is not None:
        exchanged = saved(exchanged, quality)
    result = compare(image, exchanged)
    assert result.finding in DOUBTFUL
    assert_consistent(result, exchanged)


@pytest.mark.parametrize("image", [scene(), ASTRONAUT], ids=["scene", "face"])
def test_a_negative_is_no_match(image):
    result = compare(image, 255 - image)
    assert result.finding in DOUBTFUL
    assert_consistent(result, 255 - image)


# Geometry that no candidate undoes


@pytest.mark.parametrize("strength", [0.06, 0.07, 0.08, 0.09, 0.1])
def test_a_lens_that_is_not_undone_leaves_a_doubtful_mask(strength):
    where = disc(SHAPE, 200, 200, 60)
    bent = lens(pasted(COFFEE, where, ASTRONAUT), strength)
    result = compare(COFFEE, bent)
    assert result.finding == "misaligned"
    assert "W213" in codes(result)
    assert "could not be brought to match" in result.statement
    assert found(result.mask, lens(where.astype(np.uint8), strength) > 0) > 0.5
    assert_consistent(result, bent)


@pytest.mark.parametrize("strength", [0.02, 0.05, 0.1, 0.2, 0.4, 0.8])
def test_a_lens_of_any_strength_is_never_said_to_match(strength):
    bent = lens(pasted(ASTRONAUT, disc(SHAPE, 200, 200, 60), COFFEE), strength)
    result = compare(ASTRONAUT, bent)
    assert result.finding != "nothing-found"
    assert_consistent(result, bent)


# Cost


STRIPS = """
import resource
import numpy as np
import unsplice
random = np.random.default_rng(0)
tall = random.integers(0, 256, (8000, 1, 3), np.uint8)
wide = random.integers(0, 256, (1, 8000, 3), np.uint8)
unsplice.compare(tall[:64].repeat(64, axis=1), wide[:, :64].repeat(64, axis=0))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for pair in ((tall, wide), (wide, tall)):
    print(unsplice.compare(*pair).finding)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux")
def test_a_column_and_a_row_of_pixels_take_no_canvas_that_holds_both():
    ran = subprocess.run(
        [sys.executable, "-c", STRIPS], capture_output=True, text=True, check=True, timeout=120
    )
    first, second, grown = ran.stdout.split()
    assert {first, second} <= set(DOUBTFUL)
    assert int(grown) < 300 * 1024
