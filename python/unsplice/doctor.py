"""What the installation is made of, and whether each part of it loads."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass

from unsplice._version import __version__

__all__ = ["Part", "parts"]


@dataclass(frozen=True)
class Part:
    """One part of the installation: its version, or why it does not load."""

    name: str
    version: str
    problem: str | None = None


def parts() -> Iterator[Part]:
    """Yield every part that unsplice needs, itself first."""
    yield Part("unsplice", __version__)
    yield Part("Python", f"{platform.python_version()} ({platform.machine()})")
    for name, module in (
        ("C++ core", "unsplice._core"),
        ("NumPy", "numpy"),
        ("OpenCV", "cv2"),
        ("PyWavelets", "pywt"),
        ("click", "click"),
        ("tqdm", "tqdm"),
    ):
        try:
            loaded = importlib.import_module(module)
        except Exception as error:  # a broken library raises whatever it likes
            yield Part(name, "?", f"{type(error).__name__}: {error}")
        else:
            yield Part(name, _version(module, loaded))


def _version(module: str, loaded: object) -> str:
    if module == "unsplice._core":
        return str(__version__)
    if module == "click":  # asking the module itself warns
        from importlib.metadata import version

        return version("click")
    return str(getattr(loaded, "__version__", "unknown"))
