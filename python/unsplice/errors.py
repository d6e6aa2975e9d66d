"""Every coded message of unsplice: what happened, why, and the way out.

Codes are stable: scripts may rely on them, `unsplice explain CODE` prints them in full. E is an
error, W a warning (the result stands, with care), N a note. E10x is reaching the file, E11x to
E14x its content, E15x the pair, E16x the output, E18x the request; E199 is a fault of unsplice.

A wrong argument in a Python call is a plain `TypeError` or `ValueError` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "MESSAGES",
    "ImageError",
    "Message",
    "Notice",
    "OutputError",
    "PairError",
    "ReadError",
    "UnspliceError",
    "UsageError",
    "printable",
]


@dataclass(frozen=True)
class Message:
    """One entry of the catalogue; `what` may hold fields in braces."""

    what: str
    cause: str
    help: str


MESSAGES: dict[str, Message] = {
    "E101": Message(
        "no such file: {path}",
        "the path does not lead to a file (or a link in it is broken or circular)",
        "check the spelling; paths are relative to the current folder",
    ),
    "E135": Message(
        "image is smaller than a patch: {cols} x {rows} (a patch is {size} x {size})",
        "patches are shifted to lie inside the picture, never padded, and this one has no room",
        'ask for a smaller patch, or pass pad="reflect" to continue the picture by reflection',
    ),
    "W220": Message(
        "no border patches: the mask is {state}",
        "a border patch is centred on the border between spliced and authentic pixels",
        "check that the mask belongs to this picture and that True means spliced",
    ),
    "W221": Message(
        "small spliced regions: no {size} x {size} window reaches a spliced share of {low:g}",
        "the lower bound of the share was let go, so the border patches are mostly authentic",
        "ask for a smaller patch (half the size) to get patches with a larger share",
    ),
    "W222": Message(
        "no border patches: no {size} x {size} window on the border keeps the rule",
        "every window has a spliced share outside {low:g} to {high:g} or too little of the border",
        "ask for another patch size or widen the bounds of the share",
    ),
    "W223": Message(
        "{found} of {wanted} authentic patches: the rest of the picture has no room for more",
        "an authentic {size} x {size} patch keeps {margin} pixels away from every spliced pixel",
        "ask for a smaller patch, or take authentic patches from other pictures",
    ),
}


def printable(text: object) -> str:
    r"""Return `text` safe for a terminal: control characters and undecodable bytes are escaped.

    Examples
    --------
    >>> printable("photo\x1b[2J.jpg")
    'photo\\x1b[2J.jpg'
    """
    escaped = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in escaped
    )


class UnspliceError(Exception):
    """An error with a code of the catalogue.

    Parameters
    ----------
    code : str
        Key of `MESSAGES`.
    **fields : object
        Values for the braces of the message; strings are made printable.

    Attributes
    ----------
    code, what, cause, help : str
        The code and the three lines of the message.
    fields : dict
        The values as given.
    """

    def __init__(self, code: str, **fields: object) -> None:
        message = MESSAGES[code]
        shown = {
            name: value if isinstance(value, int | float) else printable(value)
            for name, value in fields.items()
        }
        self.code = code
        self.fields = fields
        self.what = message.what.format(**shown)
        self.cause = message.cause.format(**shown)
        self.help = message.help.format(**shown)
        super().__init__(f"[{code}] {self.what}; {self.cause}; {self.help}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the fields when the error crosses a process border."""
        return _rebuild, (type(self), self.code, self.fields)


def _rebuild(kind: type[UnspliceError], code: str, fields: dict[str, object]) -> UnspliceError:
    return kind(code, **fields)


class ReadError(UnspliceError, OSError):
    """A file cannot be reached or read (E10x)."""


class ImageError(UnspliceError, ValueError):
    """A file or array is not a picture that unsplice can analyse (E11x to E14x)."""


class PairError(UnspliceError, ValueError):
    """Two pictures cannot be compared (E15x)."""


class OutputError(UnspliceError, OSError):
    """A result cannot be written (E16x)."""


class UsageError(UnspliceError, ValueError):
    """A request makes no sense as put (E18x)."""


@dataclass(frozen=True)
class Notice:
    """A warning (W) or note (N) that accompanies a result."""

    code: str
    text: str

    @classmethod
    def of(cls, code: str, **fields: object) -> Notice:
        """Make the notice `code` of the catalogue with `fields` filled in."""
        shown = {
            name: value if isinstance(value, int | float) else printable(value)
            for name, value in fields.items()
        }
        return cls(code, MESSAGES[code].what.format(**shown))
