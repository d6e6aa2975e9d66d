"""What an evaluation does: everything that decides its rows, for `run.json` and for the tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from unsplice._version import __version__
from unsplice.arguments import whole_number
from unsplice.evaluation.attacks import parse_attack
from unsplice.evaluation.datasets import Sample, merge_samples
from unsplice.evaluation.run import methods as known_methods
from unsplice.evaluation.run.task import Task
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.output import path_text

__all__ = ["Plan"]

SCHEMA = "unsplice.evaluation/5"


@dataclass(frozen=True)
class Plan:
    """Everything that decides the rows of an evaluation.

    Attributes
    ----------
    samples : tuple of Sample
        The pictures, in the order of the rows.
    methods : tuple of str
        As `unsplice.evaluation.run.methods.expand_methods` names them.
    attacks : tuple of str
        As `unsplice.evaluation.attacks.Attack` names them; "none" comes first.
    seed : int
        Of everything random in the attacks.
    max_pixels : int
        Larger pictures are refused.
    """

    samples: tuple[Sample, ...]
    methods: tuple[str, ...]
    attacks: tuple[str, ...]
    seed: int = 0
    max_pixels: int = DEFAULT_MAX_PIXELS

    @classmethod
    def of(
        cls,
        samples: Iterable[Sample],
        *,
        methods: Iterable[str] = ("fusion",),
        attacks: Iterable[str] = (),
        seed: int = 0,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> Plan:
        """Make a plan: methods spelled out, the baseline and "none" added.

        Samples that are given twice count once; their names are made to differ, so that each row
        says which picture it is of (see `unsplice.evaluation.datasets.merge_samples`).

        Raises
        ------
        UsageError
            E180 if a method is unknown, E186 if an attack is.
        TypeError
            If a str stands where several are expected: its letters would be taken for names; if
            `samples` holds something else, or a number is no whole one.
        ValueError
            If `seed` is negative, or `max_pixels` less than 1.
        """
        for what, given in (("samples", samples), ("methods", methods), ("attacks", attacks)):
            if isinstance(given, str):
                raise TypeError(f"{what} must be several, such as a list, got the str {given!r}")
        samples = list(samples)
        for sample in samples:
            if not isinstance(sample, Sample):
                kind = type(sample).__name__
                raise TypeError(
                    f"samples must be of Sample, as read_dataset gives them, got {kind}"
                )
        names = (parse_attack(text).name for text in ("none", *attacks))
        return cls(
            tuple(merge_samples(samples)),
            known_methods.expand_methods(methods),
            tuple(dict.fromkeys(names)),
            whole_number(seed, "seed", 0),
            whole_number(max_pixels, "max_pixels", 1),
        )

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks, picture by picture."""
        return tuple(
            Task(number, sample, attack, self.methods, self.seed, self.max_pixels)
            for number, (sample, attack) in enumerate(
                (sample, attack) for sample in self.samples for attack in self.attacks
            )
        )

    def record(self) -> dict[str, Any]:
        """Return the plan in the types of JSON, with the versions of all that computes."""
        return {
            "schema": SCHEMA,
            "versions": _versions(),
            "methods": [  # a list: their order is that of the rows
                {"name": name, "parameters": dict(known_methods.find_method(name).parameters)}
                for name in self.methods
            ],
            "attacks": list(self.attacks),
            "seed": self.seed,
            "max_pixels": self.max_pixels,
            "samples": [
                {
                    "dataset": path_text(sample.dataset),
                    "kind": path_text(sample.kind),
                    "name": path_text(sample.name),
                    "image": path_text(sample.image),
                    "mask": path_text(sample.mask) if sample.mask is not None else "",
                    "mask_encoding": sample.mask_encoding,
                    "error": sample.error.code if sample.error is not None else "",
                }
                for sample in self.samples
            ],
        }


def _versions() -> dict[str, str]:
    import cv2
    import pywt

    return {
        "unsplice": __version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pywavelets": pywt.__version__,
    }
