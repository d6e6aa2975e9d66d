"""The threshold of the highest expected F1, against its definition; and texture, weighed in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from skimage import data

from unsplice import localize
from unsplice.blind.fusion.expected_f1 import expected_f1_threshold
from unsplice.blind.fusion.texture import with_texture
from unsplice.blind.source import blind_source

Probabilities = NDArray[np.float32]
LEVELS = st.integers(0, 2**16).map(lambda level: level / 2**16)
maps = hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=2), elements=LEVELS)


def expected_f1(p: Probabilities, marked: NDArray[np.bool_]) -> float:
    values = p.astype(float)
    return float(2 * values[marked].sum() / (marked.sum() + values.sum()))


@given(maps)
def test_no_mask_of_the_most_likely_blocks_has_a_higher_expected_f1(p: Probabilities) -> None:
    masks = [p >= level for level in np.unique(p) if level > 0]
    masks = [mask for mask in masks if mask.mean() <= 0.6]
    threshold = expected_f1_threshold(p)
    assert (threshold is None) == (not masks)
    if threshold is None:
        return
    best = max(expected_f1(p, mask) for mask in masks)
    marked = p >= np.float32(threshold)
    assert 0 < threshold < 1
    assert 0 < marked.mean() <= 0.6
    assert expected_f1(p, marked) == pytest.approx(best, rel=1e-12)
    assert threshold == (p[marked].min() + p[~marked].max()) / 2


@given(maps, st.randoms(use_true_random=False))
def test_the_order_of_the_blocks_does_not_matter(p: Probabilities, random: Any) -> None:
    shuffled = p.ravel().tolist()
    random.shuffle(shuffled)
    assert expected_f1_threshold(np.array(shuffled, np.float32)) == expected_f1_threshold(p)


@pytest.mark.parametrize("level", [0.0, 0.25, 1.0])
def test_where_nothing_stands_out_there_is_no_threshold(level: float) -> None:
    assert expected_f1_threshold(np.full((4, 5), level, np.float32)) is None


def test_an_unsure_region_is_marked_generously_and_a_sure_one_closely() -> None:
    ramp = np.linspace(0, 1, 101, dtype=np.float32) ** 4
    unsure, sure = expected_f1_threshold(ramp / 4), expected_f1_threshold(ramp)
    assert unsure is not None
    assert sure is not None
    assert unsure < sure < 0.5


@pytest.mark.parametrize(("share", "inside", "outside"), [(0.02, 0.95, 0.25), (0.5, 0.9, 0.45)])
def test_a_sure_region_is_marked_though_the_rest_is_doubtful(
    share: float, inside: float, outside: float
) -> None:
    p = np.full(1000, outside, np.float32)
    p[: round(1000 * share)] = inside
    assert expected_f1_threshold(p) == pytest.approx((inside + outside) / 2, abs=1e-4)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ([0.5], TypeError),
        (np.array([0.5]), TypeError),
        (np.array([], np.float32), ValueError),
        (np.array([0.5, np.nan], np.float32), ValueError),
        (np.array([0.5, 1.5], np.float32), ValueError),
        (np.array([-0.5], np.float32), ValueError),
    ],
)
def test_what_is_no_probability_is_refused(bad: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="probabilities must be"):
        expected_f1_threshold(bad)


# --------------------------------------------------------------------------------- the texture


@pytest.mark.parametrize(("row", "col"), [(0, 0), (3, 6)])
def test_texture_is_weighed_in_as_documented(row: int, col: int) -> None:
    image = np.ascontiguousarray(data.astronaut()[:201, :300])
    shape = (201 - row) // 8, (300 - col) // 8
    logits = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    density = localize(image, method="paper").heatmap.astype(float)
    part = density[row : row + 8 * shape[0], col : col + 8 * shape[1]]
    blocks = part.reshape(shape[0], 8, shape[1], 8).mean(axis=(1, 3))
    expected = 0.4 * logits + 0.6 * (blocks - blocks.mean()) / blocks.std() - 1.2
    found = with_texture(logits, blind_source(image), row=row, col=col)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_picture_without_texture_has_none_to_weigh() -> None:
    found = with_texture(
        np.zeros((12, 12), np.float32), blind_source(np.full((96, 96), 99, np.uint8)), row=0, col=0
    )
    np.testing.assert_array_equal(found, np.float32(-1.2))


def test_a_picture_that_no_jpeg_holds_is_judged_by_the_network_alone() -> None:
    image = np.zeros((16, 65_600), np.uint8)
    logits = np.random.default_rng(1).normal(size=(2, 8200)).astype(np.float32)
    np.testing.assert_array_equal(with_texture(logits, blind_source(image), row=0, col=0), logits)
