"""What fuzzing found, one test each."""

from __future__ import annotations

import pytest

from fuzz import tiff_files
from unsplice import decode_image
from unsplice.errors import ImageError


def page() -> tiff_files.Directory:
    """Return an uncompressed picture in three strips, of which the last has a row alone."""
    found = tiff_files.parsed(tiff_files.made(9, 13))
    assert found is not None
    return found


def test_strips_that_libtiff_takes_for_wrong_are_refused() -> None:
    # The rest of the first strip means nothing, but libtiff 4.7 then guesses the sizes of all, too
    # small: 8 of 9 rows came out black, and OpenCV passed over it.
    longer = page()
    longer.strips[0] += bytes(30)
    with pytest.raises(ImageError, match="different sizes") as caught:
        decode_image(tiff_files.stored(longer))
    assert caught.value.code == "E123"


@pytest.mark.parametrize("tag", [257, 259, 277, 278, 279])
def test_a_tag_that_stands_there_twice_is_refused(tag: int) -> None:
    # Which one counts differs between what was checked and what was decoded.
    twice = page()
    entry = next(entry for entry in twice.entries if entry[0] == tag)
    twice.entries.insert(twice.entries.index(entry), (tag, 8, [n + 1 for n in entry[2]]))
    with pytest.raises(ImageError, match="E123"):
        decode_image(tiff_files.stored(twice, keep_offsets=True))


@pytest.mark.parametrize(("tag", "kind"), [(277, 8), (273, 1), (279, 9), (258, 6), (256, 2)])
def test_a_tag_of_a_type_that_decoders_pass_over_is_refused(tag: int, kind: int) -> None:
    other = page()
    other.entries = [(t, kind if t == tag else k, values) for t, k, values in other.entries]
    with pytest.raises(ImageError, match="type") as caught:
        decode_image(tiff_files.stored(other))
    assert caught.value.code == "E123"


@pytest.mark.parametrize("count", [0, 2])
def test_a_tag_of_more_values_than_decoders_take_is_refused(count: int) -> None:
    # OpenCV ignores such a predictor or orientation.
    many = page()
    many.entries.append((317, 3, [2] * count))
    with pytest.raises(ImageError, match=f"{count} values"):
        decode_image(tiff_files.stored(many))
