"""All families of evidence on one grid: names, order, and where the grid begins."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scenes import disc, pasted, saved, scene
from unsplice.blind.compression import LEAST_SIDE, measure_history
from unsplice.blind.evidence.color_filter import color_filter_maps
from unsplice.blind.evidence.cooccurrences import cooccurrence_maps
from unsplice.blind.evidence.ghosts import ghost_maps
from unsplice.blind.evidence.grid_votes import grid_vote_maps
from unsplice.blind.evidence.history import (
    HISTORY_NAMES,
    HISTORY_SCALARS,
    history_maps,
    history_scalars,
)
from unsplice.blind.evidence.maps import (
    FAMILIES,
    MAP_NAMES,
    SCALAR_NAMES,
    EvidenceMaps,
    block_maps,
)
from unsplice.blind.evidence.noise import noise_maps
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.source import BlindSource, blind_source
from unsplice.image import decode_image
from unsplice.synthetic.forging import Saving

HISTORY: Final = JpegHistoryParameters()
MEASURES: Final[dict[str, Any]] = {
    "grid-votes": grid_vote_maps,
    "ghosts": ghost_maps,
    "noise": noise_maps,
    "color-filter": color_filter_maps,
    "co-occurrences": cooccurrence_maps,
}


@cache
def picture(rows: int = 192, cols: int = 256) -> NDArray[np.uint8]:
    """Return a picture that was saved before, with a part in it that was not."""
    return pasted(saved(scene(1, rows, cols), 75), disc((rows, cols), 80, 150, 40), scene(2))


def jpeg(image: NDArray[np.uint8], quality: int) -> BlindSource:
    return blind_source(decode_image(Saving(quality, "4:2:0").encode(image)))


def assert_whole(evidence: EvidenceMaps, source: BlindSource) -> None:
    rows, cols = source.pixels.shape[:2]
    shape = (rows - evidence.row) // 8, (cols - evidence.col) // 8
    assert evidence.maps.shape == (len(MAP_NAMES), *shape)
    assert evidence.maps.dtype == np.float32
    assert np.isfinite(evidence.maps).all()
    assert evidence.scalars.shape == (len(SCALAR_NAMES),)
    assert evidence.scalars.dtype == np.float32
    assert np.isfinite(evidence.scalars).all()


def test_every_map_has_a_name_of_its_own() -> None:
    assert len(set(MAP_NAMES)) == len(MAP_NAMES) == sum(map(len, FAMILIES.values()))
    assert SCALAR_NAMES == HISTORY_SCALARS
    assert list(FAMILIES) == ["jpeg-history", *MEASURES]
    assert FAMILIES["jpeg-history"] == HISTORY_NAMES


@pytest.mark.parametrize("place", [(0, 0), (3, 6)])
def test_the_maps_are_those_of_the_families_in_the_order_of_their_names(
    place: tuple[int, int],
) -> None:
    source = blind_source(picture()[place[0] :, place[1] :])
    evidence = block_maps(source, HISTORY)
    assert_whole(evidence, source)
    # The grid is found where it lies, and every family stands on it.
    assert (evidence.row, evidence.col) == (-place[0] % 8, -place[1] % 8)
    assert evidence.history.grid is not None
    assert evidence.history.grid.origin == "estimated"
    first = 0
    for family, names in FAMILIES.items():
        maps = evidence.maps[first : first + len(names)]
        assert MAP_NAMES[first : first + len(names)] == names
        first += len(names)
        if family == "jpeg-history":
            expected = history_maps(evidence.history, HISTORY, maps.shape[1:])
        else:
            expected = MEASURES[family](source.pixels, row=evidence.row, col=evidence.col)
        assert maps.tobytes() == expected.tobytes()
    assert first == len(evidence.maps)


def test_the_grid_of_a_file_begins_at_its_corner() -> None:
    source = jpeg(picture()[3:, 6:], 90)
    evidence = block_maps(source, HISTORY)
    assert_whole(evidence, source)
    assert (evidence.row, evidence.col) == (0, 0)
    assert dict(zip(SCALAR_NAMES, evidence.scalars, strict=True))["table_known"] == 1


def test_without_a_grid_blocks_are_counted_from_the_corner() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (131, 146, 3), np.uint8)
    evidence = block_maps(blind_source(noise), HISTORY)
    assert_whole(evidence, blind_source(noise))
    assert (evidence.row, evidence.col) == (0, 0)
    assert evidence.history.compression is None
    assert not evidence.scalars.any()
    assert not evidence.maps[: len(HISTORY_NAMES)].any()


@settings(max_examples=30)
@given(
    st.integers(LEAST_SIDE, 90), st.integers(LEAST_SIDE, 90),
    st.sampled_from(["noise", "flat", "photograph", "jpeg"]),
)  # fmt: skip
def test_every_picture_from_the_least_side_on_has_whole_and_finite_maps(
    rows: int, cols: int, kind: str
) -> None:
    image = picture()[5 : 5 + rows, 3 : 3 + cols]
    if kind == "noise":
        image = np.random.default_rng(rows).integers(0, 256, (rows, cols, 3), np.uint8)
    elif kind == "flat":
        image = np.full((rows, cols, 3), rows, np.uint8)
    source = jpeg(image, 80) if kind == "jpeg" else blind_source(image)
    assert_whole(block_maps(source, HISTORY), source)


def test_a_picture_without_a_whole_block_is_refused() -> None:
    with pytest.raises(ValueError, match="block"):
        block_maps(blind_source(np.zeros((7, 64, 3), np.uint8)), HISTORY)


@pytest.mark.parametrize("num_threads", [2, 3])
def test_threads_change_no_bit(num_threads: int) -> None:
    source = blind_source(picture()[3:, 6:])
    one, more = (block_maps(source, HISTORY, num_threads=n) for n in (1, num_threads))
    assert one.maps.tobytes() == more.maps.tobytes()
    assert one.scalars.tobytes() == more.scalars.tobytes()


def test_families_that_are_left_out_are_0_everywhere() -> None:
    source = jpeg(picture(), 92)
    whole, none = (block_maps(source, HISTORY, without=one) for one in ((), tuple(FAMILIES)))
    assert whole.maps.shape == none.maps.shape
    assert not none.maps.any()
    assert dict(zip(SCALAR_NAMES, none.scalars.tolist(), strict=True)) == {
        "table_known": 1, "grid_seen": 1, "history_gain": 0, "history_share": 0,
        "deeper_gain": 0, "deeper_share": 0,
    }  # fmt: skip


# ---------------------------------------------------------------------------------- the history


def test_the_history_says_where_the_earlier_compression_is_missing() -> None:
    where = disc((192, 256), 80, 150, 40)
    history = measure_history(jpeg(picture(), 92), HISTORY)
    maps = history_maps(history, HISTORY, (24, 32))
    centers = where[4::8, 4::8]
    ratio, evidence, information = maps[:3]
    assert maps.shape == (6, 24, 32)
    assert not maps[3:].any()
    assert np.median(ratio[centers]) > 0.5 > np.median(ratio[~centers])
    assert np.median(evidence[centers]) > np.median(evidence[~centers])
    assert information.min() >= 0
    assert np.abs(maps).max() <= 30
    scalars = dict(zip(HISTORY_SCALARS, history_scalars(history).tolist(), strict=True))
    assert scalars["table_known"] == scalars["grid_seen"] == 1
    assert scalars["history_gain"] > 0.5
    assert scalars["history_share"] == pytest.approx(1 - where.mean(), abs=0.1)
    assert scalars["deeper_gain"] == scalars["deeper_share"] == 0


def test_the_history_below_one_more_save_has_maps_of_its_own() -> None:
    where = disc((192, 256), 80, 150, 40)[4::8, 4::8]
    history = measure_history(jpeg(saved(picture(), 80), 95), HISTORY)
    ratio = history_maps(history, HISTORY, (24, 32))[3]
    assert np.median(ratio[where]) > 0.5 > np.median(ratio[~where])
    scalars = dict(zip(HISTORY_SCALARS, history_scalars(history).tolist(), strict=True))
    assert scalars["deeper_gain"] > 0.5
    assert scalars["deeper_share"] == pytest.approx(1 - where.mean(), abs=0.1)


def test_a_picture_saved_once_has_no_history_to_show() -> None:
    history = measure_history(jpeg(scene(), 90), HISTORY)
    maps = history_maps(history, HISTORY, (24, 32))
    assert maps.shape == (6, 24, 32)
    assert maps.dtype == np.float32
    assert not maps.any()


def test_the_gain_is_a_multiple_of_its_step() -> None:
    for quality in (85, 92, 97):
        gain = history_scalars(measure_history(jpeg(picture(), quality), HISTORY))[2]
        assert float(gain * 4096).is_integer()


def test_gray_and_color_have_the_same_grid() -> None:
    gray = cv2.cvtColor(picture(), cv2.COLOR_RGB2GRAY)[2:, 5:]
    evidence = block_maps(blind_source(gray), HISTORY)
    assert (evidence.row, evidence.col) == (6, 3)
