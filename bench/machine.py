"""On what machine and with which versions a measurement was made."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from unsplice import __version__
from unsplice.doctor import instruction_set

__all__ = ["cores", "lines"]

PEERS = (
    "opencv-python", "opencv-python-headless", "PyWavelets", "numpy", "scipy", "scikit-image",
    "pillow", "numba", "connected-components-3d", "torch",
)  # fmt: skip


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _versions() -> list[str]:
    found = []
    for name in PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def lines() -> list[str]:
    """Return what a reader of the figures must know about where they come from."""
    return [
        f"Processor: {_processor()}, {cores()} cores; unsplice runs {instruction_set()}.",
        f"System: {platform.system()} {platform.machine()}, Python {platform.python_version()}.",
        f"Versions: unsplice {__version__}, {', '.join(_versions())}.",
    ]
