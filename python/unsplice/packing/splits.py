"""Which pictures go into training, validation and test: by the picture, never by the patch.

Patches of one picture share pixels and the traces of one camera, and so do all that was pasted onto
one authentic picture: a network that has seen some of them knows the others. Pictures that share a
file stay together, and each such group is drawn as a whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from unsplice.errors import UsageError

__all__ = ["WHOLE", "Groups", "Splits", "parse_splits"]

# What loaders call the only split of a set.
WHOLE = "train"
# What is a name to every loader: in file names, in the shell, in YAML.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}\Z")
# Few digits: an exponent could ask for a number of a billion.
_SHARE = re.compile(r"\d{1,9}(\.\d{1,9})?\Z|\.\d{1,9}\Z|\d{1,9}/\d{1,9}\Z")


@dataclass(frozen=True)
class Splits:
    """Shares by name, and the seed that they are drawn with.

    Attributes
    ----------
    shares : mapping of str to Fraction
        In the order as given; they sum to 1.
    seed : int
        Another seed draws others.

    Examples
    --------
    >>> splits = parse_splits("train=0.8,test=0.2", seed=1)
    >>> [splits.of("a" * 64), splits.of("b" * 64), splits.of("c" * 64), splits.of("0" * 64)]
    ['train', 'test', 'train', 'train']
    """

    shares: Mapping[str, Fraction]
    seed: int = 0

    def of(self, key: str) -> str:
        """Return the split of the group that is known by `key`, whatever other groups there are."""
        digest = hashlib.sha256(f"{self.seed}:{key}".encode()).digest()
        drawn = Fraction(int.from_bytes(digest[:8], "big"), 2**64)
        reached = Fraction(0)
        for name, share in self.shares.items():
            reached += share
            if drawn < reached:
                return name
        raise AssertionError("the shares sum to 1, and what is drawn is below")


def parse_splits(text: str | None, *, seed: int = 0) -> Splits:
    """Return the splits that a text such as ``train=0.8,validation=0.1,test=0.1`` asks for.

    Parameters
    ----------
    text : str or None
        Names and shares; a share is a decimal number or a fraction such as ``1/3``. None is
        everything in one split, ``train``.
    seed : int
        Of the drawing.

    Raises
    ------
    UsageError
        E218 if the text cannot be read, or the shares do not sum to 1 exactly.

    Examples
    --------
    >>> dict(parse_splits("train=2/3,test=1/3").shares)
    {'train': Fraction(2, 3), 'test': Fraction(1, 3)}
    """
    if text is None:
        return Splits({WHOLE: Fraction(1)}, seed)
    shares: dict[str, Fraction] = {}
    for part in text.split(","):
        name, equals, share = (word.strip() for word in part.partition("="))
        if not equals:
            raise _unreadable(text, f'"{part.strip()}" has no share')
        if not _NAME.match(name):
            reason = f'"{name}" is no name of up to 32 letters, digits and _, a letter first'
            raise _unreadable(text, reason)
        if name.casefold() in (known.casefold() for known in shares):
            raise _unreadable(text, f'"{name}" is there twice')
        if not _SHARE.match(share) or share.endswith("/" + "0" * len(share.partition("/")[2])):
            raise _unreadable(text, f'"{share}" is no share')
        shares[name] = Fraction(share)
        if not 0 < shares[name] <= 1:
            raise _unreadable(text, f'the share of "{name}" is not above 0 and at most 1')
    total = sum(shares.values())
    if total != 1:
        raise _unreadable(text, f"the shares sum to {float(total)!r}, not to 1")
    return Splits(shares, seed)


def _unreadable(text: str, reason: str) -> UsageError:
    return UsageError("E218", text=text, reason=reason)


class Groups:
    """Pictures that share a file, be it the authentic picture or the same one under two names.

    `add` tells of each picture; `key` then returns what its group is known by: the lowest hash of
    an authentic picture in it, or else of the pictures themselves. A picture that is added later
    changes that only if it brings together what stood apart, or gives an authentic picture to
    those that had none.

    Examples
    --------
    >>> groups = Groups()
    >>> groups.add("spliced-1", ["authentic-1"])
    >>> groups.add("spliced-2", ["authentic-1"])
    >>> groups.add("alone")
    >>> groups.key("spliced-1"), groups.key("spliced-2"), groups.key("alone")
    ('authentic-1', 'authentic-1', 'alone')
    """

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._authentic: set[str] = set()
        self._keys: dict[str, str] = {}

    def add(self, picture: str, authentic: Iterable[str] = ()) -> None:
        """Add a picture by its hash, with those of the authentic pictures that it was made from."""
        self._keys.clear()
        top = self._top(picture)
        for other in authentic:
            self._authentic.add(other)
            joined = self._top(other)
            if joined != top:
                self._above[joined] = top

    def key(self, picture: str) -> str:
        """Return the key of the group of a picture that was added."""
        if not self._keys:
            for one in sorted(self._above):  # authentic ones first, then the lowest hash
                if one in self._authentic:
                    self._keys.setdefault(self._top(one), one)
            for one in sorted(self._above):
                self._keys.setdefault(self._top(one), one)
        return self._keys[self._top(picture)]

    def _top(self, one: str) -> str:
        """Return what stands for the group of `one`; the ways there are halved as they are gone."""
        above = self._above
        above.setdefault(one, one)
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one
