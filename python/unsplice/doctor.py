"""What the installation is made of, and whether each part of it loads."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass

from unsplice._version import __version__
from unsplice.record import processor, version_of

__all__ = ["Part", "instruction_set", "parts"]

# Where a module is not called as what is installed.
_DISTRIBUTIONS = {"cv2": "opencv", "pywt": "PyWavelets"}


@dataclass(frozen=True)
class Part:
    """One part of the installation: its version, or why it does not load.

    An optional one has no version if it is not installed, which is no problem.
    """

    name: str
    version: str
    problem: str | None = None
    optional: bool = False


def parts() -> Iterator[Part]:
    """Yield every part that unsplice needs, itself first, then those that it can use."""
    yield Part("unsplice", __version__)
    yield Part("Python", f"{platform.python_version()} ({platform.machine()})")
    for name, module in (
        ("C++ core", "unsplice._core"),
        ("NumPy", "numpy"),
        ("OpenCV", "cv2"),
        ("PyWavelets", "pywt"),
        ("click", "click"),
        ("tqdm", "tqdm"),
        ("Pebble", "pebble"),
    ):
        yield _part(name, module)
    for name, module in (("matplotlib", "matplotlib"), ("pyarrow", "pyarrow")):
        yield _part(name, module, optional=True)


def instruction_set() -> str:
    """Return the set of instructions that the core's hot loops use on this processor.

    "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2) or "x86-64"; "baseline" where the core was compiled
    for one set alone.
    """
    return processor()["instructions"]


def _part(name: str, module: str, *, optional: bool = False) -> Part:
    try:
        loaded = importlib.import_module(module)
    except Exception as error:  # a broken library raises whatever it likes
        if optional and isinstance(error, ModuleNotFoundError) and error.name == module:
            return Part(name, "", optional=True)
        return Part(name, "?", f"{type(error).__name__}: {error}", optional)
    return Part(name, _version(module, loaded), optional=optional)


def _version(module: str, loaded: object) -> str:
    if module == "unsplice._core":
        return str(__version__)
    known = version_of(_DISTRIBUTIONS.get(module, module))
    return known if known != "unknown" else str(getattr(loaded, "__version__", known))
