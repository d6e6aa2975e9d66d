"""Splits are by picture: what shares a file stays together, and stays where it is."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsplice.errors import UsageError
from unsplice.packing.splits import Groups, parse_splits

THREE = "train=0.8,validation=0.1,test=0.1"


def sha(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def test_shares_are_met_about_and_every_seed_draws_others() -> None:
    drawn = [[parse_splits(THREE, seed=seed).of(sha(n)) for n in range(4000)] for seed in (0, 1)]
    counts = Counter(drawn[0])
    assert 3100 < counts["train"] < 3300
    assert 320 < counts["validation"] < 480
    assert 320 < counts["test"] < 480
    assert drawn[0] != drawn[1]


def test_a_drawing_never_changes() -> None:
    splits = parse_splits("a=0.5,b=1/4,c=0.25", seed=3)
    assert (
        "".join(splits.of(sha(n)) for n in range(40)) == "aacccacabaaccbcaacabbaacbcaaaabacaabccaa"
    )


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        (None, {"train": Fraction(1)}),
        ("a=1", {"a": Fraction(1)}),
        (" a = .5 , b_1=0.50 ", {"a": Fraction(1, 2), "b_1": Fraction(1, 2)}),
        ("a=1/3,b=1/3,c=1/3", dict.fromkeys("abc", Fraction(1, 3))),
        ("a=0.7,b=0.2,c=0.1", {"a": Fraction(7, 10), "b": Fraction(1, 5), "c": Fraction(1, 10)}),
    ],
)
def test_shares_are_read(text: str | None, shares: dict[str, Fraction]) -> None:
    assert dict(parse_splits(text).shares) == shares


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", '"" has no share'),
        ("train", '"train" has no share'),
        ("train=0.8,", '"" has no share'),
        ("train=0.8,test=0.1", "sum to 0.9, not to 1"),
        ("train=0.8,test=0.200000001", "sum to 1.000000001, not to 1"),
        ("train=0.8,test=0.3", "sum to 1.1, not to 1"),
        ("a=1,b=0", "is not above 0"),
        ("a=2", "is not above 0 and at most 1"),
        ("a=-1,b=2", '"-1" is no share'),
        ("a=nan", '"nan" is no share'),
        ("a=1e9999999999", "is no share"),
        ("a=1/0", '"1/0" is no share'),
        ("a=1/00", '"1/00" is no share'),
        ("a=½,b=½", "is no share"),
        ("a=0.5,A=0.5", '"A" is there twice'),
        ("../x=1", "is no name"),
        ("a-b=1", "is no name"),
        ("=1", "is no name"),
        ("a" * 33 + "=1", "is no name"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_splits(text)
    assert caught.value.code == "E218"
    assert reason in caught.value.what


def keys(pictures: list[tuple[str, str | None]]) -> dict[str, str]:
    groups = Groups()
    for picture, authentic in pictures:
        groups.add(picture, [authentic] if authentic else [])
    return {picture: groups.key(picture) for picture, _ in pictures}


PICTURES = st.tuples(st.integers(0, 12).map(sha), st.none() | st.integers(0, 12).map(sha)).filter(
    lambda one: one[0] != one[1]
)


@given(st.lists(PICTURES, max_size=14))
def test_what_shares_a_file_however_far_has_one_key_and_nothing_else_has(
    pictures: list[tuple[str, str | None]],
) -> None:
    found = keys(pictures)
    together = {one: {one} for pair in pictures for one in pair if one}
    for _ in together:  # the plain way: what meets is joined, until nothing changes
        for picture, authentic in pictures:
            if authentic:
                joined = together[picture] | together[authentic]
                for one in joined:
                    together[one] = joined
    for one in found:
        for other in found:
            assert (found[one] == found[other]) == (other in together[one])


@given(st.lists(PICTURES, max_size=14), st.randoms())
def test_the_order_of_the_pictures_is_of_no_account(
    pictures: list[tuple[str, str | None]], random: object
) -> None:
    mixed = pictures.copy()
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert keys(mixed) == keys(pictures)


def test_pictures_that_are_added_leave_the_others_where_they_are() -> None:
    few = [(sha(n), sha(n % 5 + 100)) for n in range(20)] + [(sha(n), None) for n in range(20, 40)]
    more = few + [(sha(n), sha(n % 9 + 100)) for n in range(40, 60)] + [(sha(70), None)]
    assert keys(few).items() <= keys(more).items()


def test_an_authentic_picture_that_is_a_source_itself_goes_with_what_was_made_of_it() -> None:
    found = keys([(sha(1), sha(9)), (sha(9), None), (sha(2), None)])
    assert found == {sha(1): sha(9), sha(9): sha(9), sha(2): sha(2)}
