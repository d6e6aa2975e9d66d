"""Backgrounds with little or no detail: what was pasted is all that is busy there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from consistent import assert_consistent, found
from scenes import pasted, saved, scene
from unsplice import compare

SAVINGS = {"lossless": (None, None), "JPEG": (90, 75), "JPEG from PNG": (None, 80)}


def as_saved(image: np.ndarray, quality: int | None) -> np.ndarray:
    return image if quality is None else saved(image, quality)


def rectangle(shape: tuple[int, int], top: int, left: int, rows: int, cols: int) -> np.ndarray:
    where = np.zeros(shape, bool)
    where[top : top + rows, left : left + cols] = True
    return where


def photograph(rows: int, cols: int) -> np.ndarray:
    return cv2.resize(scene(2), (cols, rows), interpolation=cv2.INTER_LINEAR)


def flat(level: int) -> np.ndarray:
    return np.full((200, 200, 3), level, np.uint8)


def page(lines: int) -> np.ndarray:
    """Return a white page with lines of text at its top."""
    image = np.full((600, 800, 3), 255, np.uint8)
    for line in range(lines):
        cv2.putText(
            image, "Pack my box with five dozen liquor jugs", (40, 60 + 34 * line),
            cv2.FONT_HERSHEY_SIMPLEX, 0.9, (20, 20, 20), 2, cv2.LINE_AA,
        )  # fmt: skip
    return image


def backdrop(noise: float) -> np.ndarray:
    """Return a studio's backdrop: light from one side, and a little noise."""
    light = np.linspace(110, 190, 256)[np.newaxis, :, np.newaxis] + np.zeros((192, 1, 3))
    noisy = light + np.random.default_rng(0).normal(0, noise, light.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("saving", SAVINGS)
@pytest.mark.parametrize("level", [0, 90, 180, 255])
@pytest.mark.parametrize("paste", ["plain", "photograph"])
def test_a_rectangle_on_a_flat_picture_is_found(saving, level, paste):
    first, second = SAVINGS[saving]
    where = rectangle((200, 200), 60, 50, 70, 90)
    donor = flat((level + 100) % 256) if paste == "plain" else photograph(200, 200)
    if paste == "photograph" and level == 180:
        level = 230  # the sky of the photograph is about 180
    spliced = as_saved(pasted(flat(level), where, donor), second)
    result = compare(as_saved(flat(level), first), spliced)
    assert result.finding == "spliced"
    assert found(result.mask, where) > 0.9
    assert_consistent(result, spliced)


@pytest.mark.parametrize("saving", SAVINGS)
@pytest.mark.parametrize("lines", [1, 3, 6])
def test_a_photograph_on_a_page_of_text_is_found(saving, lines):
    first, second = SAVINGS[saving]
    where = rectangle((600, 800), 280, 300, 280, 326)
    assert where.mean() == pytest.approx(0.19, abs=0.005)
    authentic = page(lines)
    spliced = as_saved(pasted(authentic, where, photograph(600, 800)), second)
    result = compare(as_saved(authentic, first), spliced)
    assert result.finding == "spliced"
    assert found(result.mask, where) > 0.9
    assert_consistent(result, spliced)


@pytest.mark.parametrize("saving", SAVINGS)
@pytest.mark.parametrize("noise", [0, 1.5])
def test_a_photograph_before_a_plain_backdrop_is_found(saving, noise):
    first, second = SAVINGS[saving]
    where = rectangle((192, 256), 50, 70, 90, 110)
    authentic = backdrop(noise)
    spliced = as_saved(pasted(authentic, where, scene(2)[::-1]), second)
    result = compare(as_saved(authentic, first), spliced)
    assert result.finding == "spliced"
    assert found(result.mask, where) > 0.9
    assert_consistent(result, spliced)


@pytest.mark.parametrize("quality", [60, 80, 95])
@pytest.mark.parametrize("name", ["flat", "page", "smooth backdrop", "backdrop"])
def test_a_plain_picture_that_was_only_saved_is_left_alone(quality, name):
    images = {"flat": flat(180), "page": page(3)}
    images |= {"smooth backdrop": backdrop(0), "backdrop": backdrop(1.5)}
    spliced = saved(images[name], quality)
    result = compare(images[name], spliced)
    assert result.finding in ("nothing-found", "identical")
    assert_consistent(result, spliced)
