"""Golden hashes: the same pictures give the same bits, always and everywhere.

``python -m reliability.golden`` holds the results against tests/golden.json: run after run, for
several numbers of threads, with the instructions of older processors (of OpenCV by its own
settings, of everything in an emulator), and with other versions of OpenCV, which it installs below
build/opencv. ``--write`` takes what this machine computes for golden from now on.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "EMULATED",
    "EMULATOR",
    "GOLDEN",
    "SETTINGS",
    "Setting",
    "computed",
    "computed_in",
    "differences",
    "read_golden",
]

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
GOLDEN = TESTS / "golden.json"
COMMAND = "PYTHONPATH=tests python -m reliability.golden"
OPENCV = ("4.14.0.94", "5.0.0.93")
THREADS = (1, 2, 8)
RUNS = 3
MINUTES = 20

Hashes = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Setting:
    """What a process is started with, before or around Python."""

    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()


SETTINGS: dict[str, Setting] = {
    "OpenCV without AVX-512": Setting({"OPENCV_CPU_DISABLE": "AVX512-SKX"}),
    "OpenCV without AVX2": Setting({"OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,FP16"}),
    "OpenCV with SSE3": Setting({"OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1"}),
    "OpenCV without IPP": Setting({"OPENCV_IPP": "disabled"}),
    "OpenCV with SSE3, without IPP": Setting(
        {"OPENCV_CPU_DISABLE": "AVX512-SKX,AVX2,FP16,AVX,SSE4.2,SSE4.1", "OPENCV_IPP": "disabled"}
    ),
}
# Processors that QEMU plays: the core, NumPy and OpenCV all take what they have. It has no AVX-512.
EMULATOR = shutil.which("qemu-x86_64") if platform.machine() == "x86_64" else None
# Without what QEMU would warn that it does not play, of which nothing here makes use.
HASWELL = "Haswell,-pcid,-x2apic,-tsc-deadline,-hle,-invpcid,-rtm"
EMULATED = {
    "a processor of 2008 (x86-64)": Setting(command=(EMULATOR or "", "-cpu", "Nehalem")),
    "a processor of 2013 (x86-64-v3)": Setting(command=(EMULATOR or "", "-cpu", HASWELL)),
}


def read_golden() -> Hashes:
    """Return the hashes that are held."""
    found: Hashes = json.loads(GOLDEN.read_text("utf-8"))
    return found


def computed(names: Sequence[str] | None = None, *, num_threads: int | None = None) -> Hashes:
    """Return the hashes of this process."""
    from reliability import golden_cases

    return golden_cases.golden(names, num_threads)


def computed_in(
    setting: Setting,
    names: Sequence[str] = (),
    *,
    masks: Path | None = None,
    timeout: float = 60 * MINUTES,
) -> tuple[Hashes, dict[str, str]]:
    """Return the hashes of a process of its own, and what it runs on."""
    options = [f"--names={json.dumps(list(names))}"] if names else []
    if masks is not None:
        options.append(f"--masks={masks}")
    above = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    given = setting.environment.get("PYTHONPATH", "").split(os.pathsep)
    paths = [path for path in (*given, str(TESTS), *above) if path]
    done = subprocess.run(
        [*setting.command, sys.executable, "-m", "reliability.golden", "--hashes", *options],
        env={**os.environ, **setting.environment, "PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        check=True,
        timeout=timeout,
    )
    found: Hashes
    found, machine = json.loads(done.stdout)
    return found, machine


def differences(found: Hashes, golden: Hashes) -> Iterator[str]:
    """Name what differs from what is held, among what was computed.

    A result of a picture that OpenCV drew or decoded in another way is not compared.
    """
    for part, results in found.items():
        for name, result in results.items():
            held = golden.get(part, {}).get(name)
            if isinstance(held, dict) and held.get("picture") != result.get("picture"):
                continue
            if held != result:
                yield f"{part}: {name}"


def machine() -> dict[str, str]:
    """Return what this process computes with."""
    import cv2

    from unsplice.doctor import instruction_set

    return {
        "core": instruction_set(),
        "opencv": cv2.__version__,
        "opencv instructions": " ".join(
            word.strip("*") for word in cv2.getCPUFeaturesLine().split() if not word.endswith("?")
        ),
        "ipp": str(cv2.ipp.useIPP()),
        "numpy": np.__version__,
    }


def _answer(names: list[str] | None, masks: Path | None) -> None:
    """Print the hashes of this process, for `computed_in`; keep the masks in a file."""
    from reliability import golden_cases

    if masks is not None:
        results = golden_cases.localizations(names or golden_cases.CASES)
        np.savez_compressed(masks, **{name: result.mask for name, result in results.items()})
    print(json.dumps([computed(names), machine()]))


def write() -> None:
    """Take the results of this machine for golden."""
    GOLDEN.write_text(json.dumps(computed(num_threads=1), indent=1) + "\n", "utf-8")
    print(f"wrote {GOLDEN.relative_to(ROOT)}")


def _overlaps(first: Path, second: Path) -> dict[str, float]:
    """Return the share of both masks that is in both, by the names of results."""
    with np.load(first) as ours, np.load(second) as theirs:
        return {
            name: 1.0
            if not (ours[name] | theirs[name]).any()
            else float((ours[name] & theirs[name]).sum() / (ours[name] | theirs[name]).sum())
            for name in ours.files
        }


def _installed_opencv(version: str) -> Path:
    folder = ROOT / "build" / "opencv" / version
    if not (folder / "cv2").is_dir():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder,
             f"opencv-python-headless=={version}"],
            check=True,
        )  # fmt: skip
    return folder


def measure(versions: Sequence[str]) -> dict[str, Any]:
    """Compute everything in every setting; return what was tried, and what differed."""
    from reliability.golden_cases import CASES, DRAWN, QUICK

    golden = read_golden()
    found: dict[str, Any] = {
        "pictures": len(CASES) + len(DRAWN),
        "hashes": sum(
            len(result) if isinstance(result, dict) else 1
            for results in golden.values()
            for result in results.values()
        ),
        "machine": machine(),
    }
    mismatches: dict[str, list[str]] = {}

    def held(name: str, hashes: Hashes) -> None:
        different = list(differences(hashes, golden))
        print(f"{name}: {len(different)} differ {different or ''}", flush=True)
        if different:
            mismatches[name] = different

    for run in range(RUNS):
        held(f"run {run + 1}", computed())
    for count in THREADS:
        held(f"{count} threads", computed(num_threads=count))
    opencv = {}
    masks = ROOT / "build" / "opencv"
    masks.mkdir(parents=True, exist_ok=True)
    computed_in(Setting(), masks=masks / "golden.npz")
    for version in versions:
        setting = Setting({"PYTHONPATH": str(_installed_opencv(version))})
        hashes, running = computed_in(setting, masks=masks / f"{version}.npz")
        held(f"OpenCV {version}", hashes)
        drawn = hashes["drawn by OpenCV"]
        opencv[version] = {
            "version": running["opencv"],
            "mask hashes equal": sum(
                result["mask"] == golden["results"][name]["mask"]
                for name, result in hashes["results"].items()
            ),
            "of": len(hashes["results"]),
            "pictures drawn alike": sum(
                result["picture"] == golden["drawn by OpenCV"][name]["picture"]
                for name, result in drawn.items()
            ),
            "of pictures drawn": len(drawn),
            "overlap of masks that differ": {
                name: round(share, 6)
                for name, share in _overlaps(masks / "golden.npz", masks / f"{version}.npz").items()
                if share < 1
            },
        }
    settings = {**SETTINGS, **(EMULATED if EMULATOR else {})}
    paths = {}
    for name, setting in settings.items():
        hashes, paths[name] = computed_in(setting, QUICK if name in EMULATED else ())
        held(name, hashes)
    return {
        **found,
        "runs": RUNS,
        "threads": list(THREADS),
        "instruction paths": paths,
        "results of an emulated processor": len(QUICK),
        "emulator": EMULATOR is not None,
        "opencv versions": opencv,
        "mismatches": mismatches,
    }


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="reliability.golden", description=__doc__)
    parser.add_argument("--write", action="store_true", help="take these results for golden")
    parser.add_argument("--opencv", nargs="*", default=OPENCV, help="versions to try")
    parser.add_argument("--hashes", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--names", type=json.loads, help=argparse.SUPPRESS)
    parser.add_argument("--masks", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write()
        return 0
    if options.hashes:
        _answer(options.names, options.masks)
        return 0
    from reliability.figures import write_figures

    figures = measure(options.opencv)
    write_figures("golden", COMMAND, figures)
    return 1 if figures["mismatches"] else 0


if __name__ == "__main__":
    sys.exit(main())
