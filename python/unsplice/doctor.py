"""What the installation is made of, and whether each part of it works."""

from __future__ import annotations

import importlib
import os
import platform
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

from unsplice._version import __version__
from unsplice.arguments import available_cores
from unsplice.limits import opencv_is_too_old
from unsplice.record import OPENCV, processor, version_of

__all__ = ["Check", "Part", "checks", "instruction_set", "parts"]

# Name, module, distribution.
REQUIRED = (
    ("C++ core", "unsplice._core", ""),
    ("NumPy", "numpy", "numpy"),
    ("OpenCV", "cv2", "opencv-python"),
    ("PyWavelets", "pywt", "PyWavelets"),
    ("click", "click", "click"),
    ("tqdm", "tqdm", "tqdm"),
    ("Pebble", "pebble", "pebble"),
    ("lazy_loader", "lazy_loader", "lazy_loader"),
)
# Of extras that a user of the package has no use for.
NOT_ASKED = {"training"}
MODULES = {"pillow": "PIL", "opencv-python": "cv2", "scikit-image": "skimage"}


@dataclass(frozen=True)
class Part:
    """One part of the installation: its version, or why it does not load.

    An optional one has no version if it is not installed, which is no problem.
    """

    name: str
    version: str
    problem: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what is wrong with it or odd about it."""

    name: str
    found: str
    problem: str | None = None
    warning: str | None = None


def parts() -> Iterator[Part]:
    """Yield every part that unsplice needs, itself first, then those that it can use."""
    yield Part("unsplice", __version__)
    yield Part("Python", f"{platform.python_version()} ({platform.machine()})")
    for name, module, distribution in REQUIRED:
        yield _part(name, module, distribution)
    for distribution in _extras():
        module = MODULES.get(distribution, distribution.replace("-", "_"))
        yield _part(distribution, module, distribution, optional=True)


def checks() -> Iterator[Check]:
    """Yield what else decides whether unsplice works here, and how."""
    yield _opencv_packages()
    yield from _jpeg()
    yield Check("instructions", instruction_set())
    cores, total = available_cores(), os.cpu_count() or 1
    yield Check("cores", f"{cores} of {total}")
    yield _temporary_folder()


def instruction_set() -> str:
    """Return the set of instructions that the core's hot loops use on this processor.

    "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2) or "x86-64"; "baseline" where the core was compiled
    for one set alone.
    """
    return processor()["instructions"]


def _extras() -> list[str]:
    """Return the distributions that the extras of unsplice ask for."""
    try:
        wanted = requires("unsplice") or []
    except PackageNotFoundError:
        wanted = []
    found: dict[str, None] = {}
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"""extra == ["']([^"']+)["']""", requirement)
        if name is not None and extra is not None and extra[1] not in NOT_ASKED:
            found[name[0].lower()] = None
    return [name for name in found if name not in {one.lower() for _, _, one in REQUIRED}]


def _part(name: str, module: str, distribution: str, *, optional: bool = False) -> Part:
    try:
        loaded = importlib.import_module(module)
    except Exception as error:  # a broken library raises whatever it likes
        if optional and isinstance(error, ModuleNotFoundError) and error.name == module:
            return Part(name, "", optional=True)
        return Part(name, "?", f"{type(error).__name__}: {error}", optional)
    return Part(name, _version(distribution, loaded), optional=optional)


def _version(distribution: str, loaded: object) -> str:
    """Return the version that the package manager knows: a module may tell a wrong one, or none."""
    if not distribution:
        return str(__version__)
    known = version_of("opencv" if distribution in OPENCV else distribution)
    return known if known != "unknown" else str(getattr(loaded, "__version__", known))


def _opencv_packages() -> Check:
    """Tell which packages of OpenCV are there: they install the same files over each other."""
    import cv2

    found = {}
    for name in OPENCV:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    told = ", ".join(f"{name} {one}" for name, one in found.items()) or "of no package"
    problem = None
    if len(found) > 1:
        problem = "side by side, which break each other: uninstall all, then install one"
    if opencv_is_too_old(cv2.__version__):
        problem = f"version {cv2.__version__} reads no pictures: see `unsplice explain E198`"
    return Check("OpenCV from", told, problem)


def _jpeg() -> Iterator[Check]:
    """Tell which JPEG library OpenCV has, and whether its pixels are those of the core."""
    import cv2
    import numpy as np

    from unsplice.blind.ela import error_level_analysis

    line = re.search(r"^\s*JPEG:\s*(.*\S)\s*$", cv2.getBuildInformation(), re.MULTILINE)
    yield Check("JPEG library", line[1] if line is not None else "unknown")
    row, col = np.mgrid[:64, :96]
    picture = np.stack([row * 4, col * 2, (row * col) % 256], -1).astype(np.uint8)
    stored = np.ascontiguousarray(picture[..., ::-1])
    data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    saved = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    levels = cv2.absdiff(stored, saved)[..., ::-1]
    differ = int((levels != error_level_analysis(picture, num_threads=1)).sum())
    if differ:
        odd = (
            f"{differ:,} of {levels.size:,} samples differ from libjpeg-turbo's: results may "
            "differ a little from those elsewhere"
        )
        yield Check("JPEG codec", "answers otherwise than the core", warning=odd)
    else:
        yield Check("JPEG codec", "answers as the core does")


def _temporary_folder() -> Check:
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        return Check("temporary", tempfile.gettempdir())
    except OSError as error:
        reason = error.strerror or str(error)
        return Check("temporary", "no folder", f"cannot be written: {reason}")
