"""The methods of an evaluation, by name: those of `unsplice.localize`, and the trivial baseline.

Workers get names, not functions: a name says the same in every process and in every record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unsplice.errors import unknown_name
from unsplice.image import SourceImage
from unsplice.result import Localization

__all__ = ["BASELINE", "Method", "expand_methods", "find_method"]

#: The mask that is True everywhere: what the scores are worth for nothing.
BASELINE = "everything-flagged"


@dataclass(frozen=True)
class Method:
    """A method with its parameters.

    Attributes
    ----------
    name : str
        As `expand_methods` gives it.
    parameters : mapping
        All that decides the result, ready for JSON.
    localize : callable
        From a picture to the result, on one thread.
    """

    name: str
    parameters: Mapping[str, Any]
    localize: Callable[[SourceImage], Localization]


def expand_methods(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the rows that `names` ask for, the baseline last.

    Parameters
    ----------
    names : iterable of str
        A method alone stands for each of its presets; ``method:preset`` for the one.

    Returns
    -------
    tuple of str
        Each once, in the order asked for; `BASELINE` is always there.

    Raises
    ------
    UsageError
        E180 if a method or a preset is unknown.
    TypeError
        If `names` is a str: its letters would be taken for names.

    Examples
    --------
    >>> expand_methods(["paper"])
    ('paper:best-measured', 'paper:closest-to-text', 'everything-flagged')
    """
    from unsplice.blind.localize import METHODS

    if isinstance(names, str):
        raise TypeError(f"names must be several, such as a list, got the str {names!r}")
    expanded: list[str] = []
    for name in names:
        method, colon, preset = name.partition(":")
        if name == BASELINE:
            continue
        if method not in (*METHODS, BASELINE):
            raise unknown_name("method", method, (*METHODS, BASELINE))
        presets = _presets(method)
        if colon and preset not in (*presets, *_ablations(method)):
            raise unknown_name(f"preset of {method}", preset, (*presets, *_ablations(method)))
        chosen = [preset] if preset else presets
        expanded += [f"{method}:{one}" for one in chosen] or [method]
    return (*dict.fromkeys(expanded), BASELINE)


def find_method(name: str) -> Method:
    """Return the method of a name that `expand_methods` gave."""
    if name == BASELINE:
        return Method(BASELINE, {}, _flag_everything)
    from unsplice.blind.localize import METHODS, localize

    wanted, _, preset = name.partition(":")
    method = next(known for known in METHODS if known == wanted)
    parameters = _parameters_class(method).preset(preset) if preset else None

    def run(image: SourceImage) -> Localization:
        return localize(image, method=method, parameters=parameters, num_threads=1)

    decisive = asdict(parameters) if parameters is not None else {}
    if method == "fusion":
        from unsplice.blind.fusion.judgement import shipped_weights

        decisive["weights"] = shipped_weights()
    return Method(name, decisive, run)


def _parameters_class(method: str) -> Any:
    """Return the class of the parameters of a method that has presets, else None."""
    from unsplice.blind.localize import PARAMETERS

    known: Mapping[Any, Any] = PARAMETERS  # the baseline, which may be asked for, is none of them
    return known.get(method)


def _presets(method: str) -> Sequence[str]:
    kind = _parameters_class(method)
    return tuple(kind.PRESETS) if kind is not None else ()


def _ablations(method: str) -> Sequence[str]:
    """Return presets that are not run unless they are asked for."""
    return tuple(getattr(_parameters_class(method), "ABLATIONS", ()))


def _flag_everything(image: SourceImage) -> Localization:
    """Return the baseline's result: every pixel flagged, all as suspicious as each other."""
    shape = image.pixels.shape[:2]
    return Localization(
        image=image.pixels,
        mask=np.ones(shape, bool),
        heatmap=np.ones(shape, np.float32),
        regions=(),
        threshold=1.0,
        score=1.0,
        finding="spliced",
        statement="every pixel is flagged, whatever the picture shows",
        method=BASELINE,
        parameters={},
        details={},
    )
