"""Show in some seconds that an installed unsplice works: ``python smoke.py``.

A plain script for a machine that has the package and what it needs at run time, nothing else: no
test runner, no compiler, no checkout. Run it from outside the repository, so that the installed
package is what is imported. With ``--bare`` it also demands that no compiler can be found at all.
It prints a line a check, and ends with 1 where one failed.
"""

from __future__ import annotations

import argparse
import importlib.machinery
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

COMPILERS = (
    *("cc", "c++", "gcc", "g++", "clang", "clang++", "cl", "clang-cl"),
    *("ld", "make", "cmake", "ninja"),
)


class CheckError(Exception):
    """What a check found, and what it should have found."""


def expect(found: object, wanted: object, what: str) -> None:
    """Demand that `found` is `wanted`."""
    if found != wanted:
        raise CheckError(f"{what}: got {found!r}, expected {wanted!r}")


def expect_at_least(found: float, least: float, what: str) -> None:
    """Demand that `found` is no smaller than `least`; nan is smaller."""
    if not found >= least:
        raise CheckError(f"{what}: got {found}, expected {least} or more")


def expect_same(found: Any, wanted: Any, what: str) -> None:
    """Demand the same type, shape and bits of two arrays."""
    import numpy as np

    found, wanted = np.asarray(found), np.asarray(wanted)
    expect((found.dtype, found.shape), (wanted.dtype, wanted.shape), f"{what}: type and shape")
    if found.tobytes() != wanted.tobytes():
        different = int((found != wanted).sum())
        raise CheckError(f"{what}: {different} of {found.size} elements differ from the definition")


# ---------------------------------------------------------------------------------- the checks


def import_is_light() -> str:
    """Import the package; it must be the installed one, and load nothing heavy."""
    import unsplice

    loaded = sorted({"numpy", "cv2", "pywt"} & set(sys.modules))
    expect(loaded, [], "loaded by `import unsplice` alone")
    expect(unsplice.__version__, importlib.metadata.version("unsplice"), "version")
    missing = [name for name in unsplice.__all__ if not hasattr(unsplice, name)]
    expect(missing, [], "public names that do not load")
    return f"unsplice {unsplice.__version__} in {Path(unsplice.__file__).parent}"


def core_is_compiled() -> str:
    """Find the core ready made, beside the package."""
    from unsplice import _core

    path = Path(str(_core.__file__))
    endings = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    if not path.name.endswith(endings):
        raise CheckError(
            f"the core is {path.name}, expected a file that ends with one of {endings}"
        )
    return path.name


def package_data_is_there() -> str:
    """Find every file that the installation lists, and those that are no Python by name."""
    listed = importlib.metadata.files("unsplice") or []
    names = {file.as_posix() for file in listed}
    for name in (
        "unsplice/blind/fusion/network.npz",
        "unsplice/blind/fusion/gate.json",
        "unsplice/report/templates/report.html",
        "unsplice/report/templates/style.css",
        "unsplice/__init__.pyi",  # read when the package is imported
        "unsplice/py.typed",
    ):
        if name not in names:
            raise CheckError(f"{name} is not in the list of installed files")
    missing = [str(file) for file in listed if not Path(str(file.locate())).exists()]
    expect(missing, [], "files that are listed and not there")
    if not any(name.endswith("licenses/LICENSE") for name in names):
        raise CheckError("the licence is not among the installed files")
    strange = [name for name in names if name.startswith(("tests/", "cpp/", "training/"))]
    expect(strange, [], "files that have no place in an installation")
    return f"{len(names)} files"


def kernels_are_their_definitions() -> str:
    """Hold kernels against plain Python on small arrays; all threads give the same bits."""
    import numpy as np

    import unsplice
    from unsplice import pure_python

    draw = np.random.default_rng(7)
    image = draw.integers(0, 256, (21, 37, 3), np.uint8)
    gray = image[..., 1].copy()
    mask = draw.random((21, 37)) < 0.6
    corners = np.array([[0, 0], [5, 30], [13, 2]])
    pairs: dict[str, tuple[Sequence[Any], dict[str, Any]]] = {
        "neighborhood_threshold": ((image // 9, 14), {}),
        "neighborhood_threshold_of_pair": ((image, np.roll(image, 1, axis=0), 60), {}),
        "median_filter": ((gray,), {}),
        "log_cascade": ((gray,), {}),
        "remove_small_components": ((mask, 5), {"connectivity": 4}),
        "find_boundary": ((mask,), {"mode": "inner"}),
        "extract_patches": ((image, corners, 7), {}),
        "dwt2": ((gray.astype(np.float32), "db2"), {}),
    }
    for name, (arrays, options) in pairs.items():
        definition = getattr(pure_python, name)(*arrays, **options)
        for threads in () if name == "dwt2" else (1, 3):
            found = getattr(unsplice, name)(*arrays, **options, num_threads=threads)
            expect_same(found, definition, f"{name} on {threads} threads")
        expect_same(getattr(unsplice, name)(*arrays, **options), definition, name)
    found, wanted = unsplice.label_components(mask), pure_python.label_components(mask)
    expect_same(found.labels, wanted.labels, "labels of label_components")
    expect_same(found.areas, wanted.areas, "areas of label_components")
    refused_as_it_should_be(unsplice.median_filter, ["no array"], TypeError)
    refused_as_it_should_be(unsplice.neighborhood_threshold, [gray[0], 3], ValueError)
    refused_as_it_should_be(unsplice._core.median_filter, [gray.T, 1], ValueError)
    return f"{len(pairs) + 1} kernels"


def refused_as_it_should_be(
    call: Callable[..., object], arguments: Sequence[object], kind: type[Exception]
) -> None:
    """Call what must fail; in the core, this is an exception on its way from C++ to Python."""
    try:
        call(*arguments)
    except Exception as error:
        expect(type(error), kind, f"what {call.__name__} raises")
    else:
        raise CheckError(f"{call.__name__} takes what it must refuse")


def compare_finds_a_splice() -> str:
    """Find the balloon of the demonstration, and nothing where nothing was pasted."""
    import unsplice
    from unsplice.synthetic.pairs import make_demo_pair

    pair = make_demo_pair(seed=3)
    result = unsplice.compare(pair.authentic, pair.spliced)
    expect(result.finding, "spliced", "finding of compare")
    expect(len(result.regions), 1, "regions of compare")
    f1 = unsplice.score_mask(result.mask, pair.truth).f1
    expect_at_least(f1, 0.95, "F1 of compare")
    same = unsplice.compare(pair.authentic, pair.authentic)
    expect((same.finding, bool(same.mask.any())), ("identical", False), "a picture and itself")
    return f"F1 {f1:.3f}"


def localize_finds_a_splice() -> str:
    """Find, without a partner, what lacks the earlier compression of the rest; all methods run."""
    import numpy as np

    import unsplice
    from unsplice.synthetic.forging import Saving, decode
    from unsplice.synthetic.scene import make_scene

    spliced = decode(Saving(75, "4:2:0").encode(make_scene(256, 384, seed=1)))
    truth = np.zeros(spliced.shape[:2], np.bool_)
    truth[60:150, 130:260] = True
    spliced[truth] = make_scene(256, 384, seed=2)[truth]
    source = unsplice.decode_image(Saving(92, "4:2:0").encode(spliced))
    scores = []
    for method in ("fusion", "jpeg-history"):
        result = unsplice.localize(source, method=method)
        expect(result.finding, "spliced", f"finding of {method}")
        scores.append(unsplice.score_mask(result.mask, truth).f1)
        expect_at_least(scores[-1], 0.8, f"F1 of {method}")
    expect(unsplice.localize(source, method="paper").finding, "marked", "finding of paper")
    untouched = make_scene(256, 384, seed=5)
    expect(unsplice.localize(untouched).finding, "nothing-found", "an untouched picture")
    return "F1 " + ", ".join(f"{score:.3f}" for score in scores)


def command_line_works() -> str:
    """Run doctor, explain and demo as programs, with nothing on the search path."""
    expect_in("C++ core", run_command("doctor"), "`unsplice doctor`")
    expect_in("truncated", run_command("explain", "E120"), "`unsplice explain E120`")
    version = importlib.metadata.version("unsplice")
    expect_in(version, run_command("--version"), "`unsplice --version`")
    with tempfile.TemporaryDirectory() as folder:
        told = run_command("demo", "-o", str(Path(folder) / "demo"))
        expect_in("against the truth: F1 0.9", told, "`unsplice demo`")
        for name in ("demo.png", "truth.png", "spliced.jpg"):
            size = (Path(folder) / "demo" / name).stat().st_size
            expect_at_least(size, 1000, f"bytes of {name}")
        pair = [str(Path(folder) / "demo" / f"{name}.jpg") for name in ("authentic", "spliced")]
        found = json.loads(run_command("compare", *pair, "--json"))
        expect(found["finding"], "spliced", "`unsplice compare --json`")
    return "doctor, explain, demo, compare"


def expect_in(part: str, text: str, what: str) -> None:
    """Demand that `text` contains `part`."""
    if part not in text:
        raise CheckError(f"{what} does not say {part!r} but:\n{text}")


def run_command(*words: str) -> str:
    """Return what ``unsplice WORDS`` prints; it must succeed."""
    scripts = Path(sysconfig.get_path("scripts"))
    program = shutil.which("unsplice", path=str(scripts))
    if program is None:
        raise CheckError(f"there is no program unsplice in {scripts}")
    # What Windows needs to start a program stays; the search path does not.
    environment = {name: value for name, value in os.environ.items() if name.upper() != "PATH"}
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, check=False, timeout=120,
        env=environment | {"PATH": str(scripts)},
    )  # fmt: skip
    if done.returncode:
        raise CheckError(
            f"`unsplice {' '.join(words)}` exits with {done.returncode}:\n"
            f"{done.stdout}{done.stderr}"
        )
    return done.stdout


def no_compiler_is_there() -> str:
    """Demand that the search path leads to no compiler: then none can have been needed."""
    found = [name for name in COMPILERS if shutil.which(name) is not None]
    expect(found, [], "compilers on the search path")
    return "none of " + ", ".join(COMPILERS)


CHECKS = (
    import_is_light,
    core_is_compiled,
    package_data_is_there,
    kernels_are_their_definitions,
    compare_finds_a_splice,
    localize_finds_a_splice,
    command_line_works,
)


def main() -> int:
    """Run every check, and tell what came out."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bare", action="store_true", help="demand that there is no compiler")
    checks = CHECKS + ((no_compiler_is_there,) if parser.parse_args().bare else ())
    failed = 0
    for check in checks:
        name = check.__name__.replace("_", " ")
        start = time.perf_counter()
        try:
            told = f"ok      {name}: {check()}"
        except CheckError as wrong:
            failed += 1
            told = f"FAILED  {name}: {wrong}"
        except Exception:
            failed += 1
            told = f"FAILED  {name}: an exception that nothing should raise\n"
            told += traceback.format_exc()
        print(f"{told} ({time.perf_counter() - start:.1f} s)", flush=True)
    print(f"{len(checks) - failed} of {len(checks)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
