"""What another quantisation would change, against its definition, SciPy and a JPEG encoder."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy import fft
from skimage import data

import strategies
from scenes import pasted, saved, scene
from unsplice import pure_python
from unsplice.blind.evidence.ghosts import GHOST_NAMES, ghost_maps
from unsplice.blind.evidence.kernels import requantization_errors
from unsplice.jpeg import standard_tables

Array = NDArray[Any]
TABLES = np.stack([standard_tables(quality)[0] for quality in (50, 75, 97)])
NOTHING = -3.912023  # log 0.02
PART = np.zeros((192, 256), bool)
PART[48:144, 64:160] = True


def assert_same_bits(result: Array, expected: Array) -> None:
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    assert result.tobytes() == expected.tobytes()


def rgb(*, least: int = 1, most: int = 20) -> st.SearchStrategy[Array]:
    shapes = strategies.sizes(least=least, most=most).map(lambda size: (*size, 3))
    return strategies.arrays_in_any_layout("uint8", shapes)


@st.composite
def step_tables(draw: st.DrawFn) -> Array:
    """Draw up to three tables; steps of 1 and 2 divide coefficients into halves most often."""
    step = st.one_of(st.integers(1, 3), st.integers(1, 300), st.just(65535))
    numbers = draw(st.lists(step, min_size=8, max_size=8))
    count = draw(st.integers(1, 3))
    tables = np.resize(np.array(numbers), (count, 8, 8)).astype(draw(st.sampled_from(["u2", "i8"])))
    return strategies.in_layout(tables, draw(strategies.layouts))


origins = st.tuples(st.integers(0, 7), st.integers(0, 7))
threads = st.integers(1, 3)


# --------------------------------------------------------------------------------- definitions


@given(rgb(), step_tables(), origins, threads)
def test_errors_have_the_bits_of_the_definition(
    image: Array, tables: Array, origin: tuple[int, int], num_threads: int
) -> None:
    row, col = origin
    result = requantization_errors(image, tables, row=row, col=col, num_threads=num_threads)
    assert_same_bits(result, pure_python.requantization_errors(image, tables, row, col))


def test_no_table_makes_no_map() -> None:
    assert requantization_errors(scene(), TABLES[:0]).shape == (0, 24, 32)


@pytest.mark.parametrize("cols", [8, 127, 128, 129, 136, 263, 300])
def test_groups_of_blocks_end_anywhere(cols: int) -> None:
    image = data.astronaut()[100:119, :cols]
    errors = pure_python.requantization_errors(image, TABLES, 3, 0)
    assert_same_bits(requantization_errors(image, TABLES, row=3, num_threads=1), errors)


@pytest.mark.parametrize("num_threads", [2, 3, 8])
def test_threads_change_no_bit(num_threads: int) -> None:
    image = np.tile(scene(), (6, 5, 1))
    expected = ghost_maps(image, row=3, col=1, num_threads=1)
    assert_same_bits(ghost_maps(image, row=3, col=1, num_threads=num_threads), expected)


def luma_coefficients(image: Array) -> Array:
    """Return the DCT of the luma of every block, in double precision by SciPy."""
    y = image @ np.array([0.299, 0.587, 0.114]) - 128
    rows, cols = y.shape[0] // 8, y.shape[1] // 8
    blocks = y[: 8 * rows, : 8 * cols].reshape(rows, 8, cols, 8).swapaxes(1, 2)
    return np.asarray(fft.dctn(blocks, axes=(2, 3), norm="ortho"))


def test_errors_of_a_photograph_are_those_of_scipy() -> None:
    image = data.astronaut()
    found = luma_coefficients(image)
    for table, errors in zip(TABLES, requantization_errors(image, TABLES), strict=True):
        changes = found - table * np.rint(found / table)
        changes[..., 0, 0] = 0
        expected = np.log((changes**2).sum(axis=(2, 3)) / 63 + 0.02)
        # A coefficient at half a step may be rounded the other way, which hardly moves its error.
        np.testing.assert_allclose(errors, expected, atol=2e-3)


# ------------------------------------------------------------------------------------ the maps


def test_each_map_has_a_name() -> None:
    image = scene()
    assert len(ghost_maps(image)) == len(GHOST_NAMES) == len(set(GHOST_NAMES))


@pytest.mark.parametrize("name", GHOST_NAMES)
def test_a_map_asks_for_the_quality_of_its_name(name: str) -> None:
    table = standard_tables(int(name.removeprefix("ghost_")))[0]
    expected = requantization_errors(scene(), table[np.newaxis])[0]
    assert_same_bits(ghost_maps(scene())[GHOST_NAMES.index(name)], expected)


def contrasts(image: Array) -> dict[str, float]:
    """Return how much darker the part is than the rest, by name: medians over the blocks."""
    inside = PART[::8, ::8]
    return {
        name: float(np.median(one[~inside]) - np.median(one[inside]))
        for name, one in zip(GHOST_NAMES, ghost_maps(image), strict=True)
    }


@pytest.fixture(scope="module")
def textured() -> NDArray[np.uint8]:
    """A picture with texture everywhere: flat blocks have no ghosts."""
    noise = np.random.default_rng(5).normal(0, 12, (192, 256, 1))
    return np.clip(scene() / 2 + 64 + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("quality", [60, 65, 70, 75, 80])
@pytest.mark.parametrize("last", [94, 97])
def test_a_part_that_was_saved_before_is_dark_in_the_map_of_its_quality(
    textured: Array, quality: int, last: int
) -> None:
    image = saved(pasted(textured, PART, saved(textured, quality)), last)
    found = contrasts(image)
    below = {name: found[name] for name in GHOST_NAMES if int(name[6:]) < 84}
    assert max(below, key=lambda name: below[name]) == f"ghost_{quality}"
    assert below[f"ghost_{quality}"] > 1.0


def test_a_part_that_was_never_saved_is_bright_where_the_rest_is_dark(textured: Array) -> None:
    image = saved(pasted(saved(textured, 70), PART, textured), 94)
    assert contrasts(image)["ghost_70"] < -1.0


def test_a_part_that_was_moved_off_its_grid_has_no_ghost(textured: Array) -> None:
    moved = np.roll(saved(np.roll(textured, (-3, -5), (0, 1)), 70), (3, 5), (0, 1))
    there = saved(textured, 70)
    on_grid, off_grid = (
        contrasts(saved(pasted(textured, PART, part), 94))["ghost_70"] for part in (there, moved)
    )
    assert off_grid < 0.5 < 1.5 < on_grid


@pytest.mark.parametrize(("row", "col"), [(5, 2), (0, 7), (3, 0)])
def test_ghosts_of_a_cropped_picture_are_on_its_grid(textured: Array, row: int, col: int) -> None:
    cropped = saved(textured, 75)[8 - row if row else 0 :, 8 - col if col else 0 :]
    map_of_75 = GHOST_NAMES.index("ghost_75")
    on_grid = ghost_maps(cropped, row=row, col=col)[map_of_75]
    off_grid = ghost_maps(cropped, row=(row + 4) % 8, col=col)[map_of_75]
    assert np.median(on_grid) < np.median(off_grid) - 2.0


def test_flat_blocks_say_nothing() -> None:
    image = np.full((24, 16, 3), 200, np.uint8)
    np.testing.assert_allclose(ghost_maps(image), NOTHING, atol=1e-3)


def test_a_faint_block_would_lose_all_it_has() -> None:
    faint = np.full((8, 8, 3), 100, np.uint8)
    faint[::2, ::2] += 2
    ghosts = ghost_maps(faint)
    everything = np.log((luma_coefficients(faint)[0, 0].ravel()[1:] ** 2).mean() + 0.02)
    np.testing.assert_allclose(ghosts[GHOST_NAMES.index("ghost_50"), 0, 0], everything, atol=1e-3)


# ------------------------------------------------------------------------------- bad arguments

PIXELS = np.zeros((16, 24, 3), np.uint8)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: requantization_errors(PIXELS[..., 0], TABLES),
            ValueError,
            r"image must have shape \(rows, cols, 3\)",
        ),
        (lambda: requantization_errors(PIXELS / 255, TABLES), TypeError, "dtype uint8"),
        (
            lambda: requantization_errors(PIXELS, TABLES[0]),
            ValueError,
            r"steps must have shape \(n, 8, 8\), got \(8, 8\)",
        ),
        (lambda: requantization_errors(PIXELS, TABLES[:, :4]), ValueError, r"got \(3, 4, 8\)"),
        (
            lambda: requantization_errors(PIXELS, 0 * TABLES),
            ValueError,
            "steps must be in 1..65535",
        ),
        (
            lambda: requantization_errors(PIXELS, TABLES.astype("u4") + 65535),
            ValueError,
            "steps must be in 1..65535, got 655",
        ),
        (lambda: requantization_errors(PIXELS, TABLES * 1.0), TypeError, "steps must have dtype"),
        (lambda: requantization_errors(PIXELS, TABLES, row=8), ValueError, "row must be in 0..7"),
        (lambda: requantization_errors(PIXELS, TABLES, col=-1), ValueError, "col must be in 0..7"),
        (lambda: ghost_maps(PIXELS, num_threads=0), ValueError, "num_threads"),
        (lambda: ghost_maps(PIXELS[:7]), ValueError, "a whole 8x8 block .* got 7 x 24"),
        (lambda: ghost_maps(PIXELS[:14], row=7), ValueError, "from row 7 and column 0 on"),
        (lambda: ghost_maps(PIXELS[:, :9], col=2), ValueError, "got 16 x 9"),
        (lambda: ghost_maps(PIXELS.tolist()), TypeError, "NumPy array"),
    ],
)
def test_bad_arguments_are_told(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()
