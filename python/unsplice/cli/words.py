"""Words that an option takes, for completion: known here, so that nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from unsplice.errors import MESSAGES

__all__ = [
    "ATTACK_WORDS",
    "BLIND_PRESETS",
    "DATASET_WORDS",
    "PRESET",
    "PRESET_WORDS",
    "Codes",
    "Words",
]

_VERDICTS: Final = ("gated", "ungated")
_FAMILIES: Final = (
    "jpeg-history", "grid-votes", "ghosts", "noise", "color-filter", "co-occurrences",
)  # fmt: skip

# The methods of blind mode with their presets; a test holds them to those of the library.
BLIND_PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "fusion": (*_VERDICTS, *(f"without-{family}" for family in _FAMILIES)),
    "jpeg-history": _VERDICTS,
    "paper": ("best-measured", "closest-to-text"),
}
PRESET_WORDS: Final = tuple(dict.fromkeys(p for names in BLIND_PRESETS.values() for p in names))
ATTACK_WORDS: Final = (
    "none", "jpeg:", "gamma:", "blur:", "downsample:", "noise:", "whatsapp", "instagram",
    "facebook",
)  # fmt: skip
DATASET_WORDS: Final = ("casia1", "casia2", "columbia", "imd2020", "osn")


class Words(click.types.StringParamType):
    """Text, of which some words are known.

    What else is given passes: the verb refuses it, naming the nearest. `closed` says that it will.
    """

    def __init__(self, words: Sequence[str], *, closed: bool = True) -> None:
        self.words = tuple(words)
        self.closed = closed

    def shell_complete(self, ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Return the words that begin as what was typed does."""
        return [CompletionItem(one) for one in self._known(ctx) if one.startswith(incomplete)]

    def _known(self, _: Any) -> Sequence[str]:
        return self.words


class _Preset(Words):
    """The presets of the method that was typed before."""

    def _known(self, ctx: Any) -> Sequence[str]:
        return BLIND_PRESETS.get((ctx.params or {}).get("method") or "fusion", self.words)


PRESET: Final = _Preset(PRESET_WORDS)


class Codes(Words):
    """The codes of the catalogue, with what each says."""

    def __init__(self) -> None:
        super().__init__(tuple(MESSAGES))

    def shell_complete(self, ctx: Any, param: Any, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Return the codes that begin so, case aside, each with its message."""
        return [
            CompletionItem(code, help=message.what)
            for code, message in MESSAGES.items()
            if code.startswith(incomplete.upper())
        ]
