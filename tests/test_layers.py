"""The floors that CONTRIBUTING lists hold: each module imports from those below it alone."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import unsplice

SOURCES = Path(unsplice.__file__).parent
CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"
# What the build makes, which any module may import: the core, and the version.
BUILT = {"_core", "_version"}
# Lies beside python/ and is put into the package by the build; it uses the package as others do.
BENCH = "bench"


def floors() -> list[list[str]]:
    """The packages and modules of each floor, from the lowest up; a package ends with a slash."""
    text = CONTRIBUTING.read_text("utf-8")
    block = re.search(r"^python/unsplice/ .*\n((?:  .*\n)+)", text, re.MULTILINE)
    assert block is not None
    lines = re.findall(r"^  (\S+(?: \S+)*)", block[1], re.MULTILINE)
    return [line.split() for line in reversed(lines)]


FLOORS = floors()
ENTRIES = {entry: floor for floor, entries in enumerate(FLOORS) for entry in entries}


def entry_of(module: str) -> str:
    """The entry of a module, whose name is relative to unsplice: ``cli.report`` is in ``cli/``."""
    first = module.partition(".")[0]
    if first == BENCH:
        return f"{BENCH}/"
    return f"{first}/" if (SOURCES / first).is_dir() else f"{first}.py"


MODULES = sorted(
    ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCES.rglob("*.py")
    if path.relative_to(SOURCES).as_posix() not in ("__init__.py", "_version.py")
)


def imported_by(tree: ast.AST, package: str) -> Iterator[str]:
    """The modules of unsplice that are imported, wherever: in functions, for types alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join(above) + "." if node.level else ""
            whole = f"{start}{node.module or ''}".strip(".")
            # `from unsplice import x` takes a module; the public names are for others.
            names = [f"unsplice.{a.name}" for a in node.names] if whole == "unsplice" else [whole]
        else:
            continue
        for name in names:
            if name == "unsplice" or name.startswith("unsplice."):
                yield name.removeprefix("unsplice").removeprefix(".")


def file_of(module: str) -> Path:
    path = SOURCES.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_every_module_is_on_exactly_one_floor() -> None:
    listed = Counter(entry for entries in FLOORS for entry in entries)
    assert listed == Counter({entry_of(module) for module in [*MODULES, BENCH]})


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_from_lower_floors_alone(module: str) -> None:
    own = entry_of(module)
    path = file_of(module)
    package = "unsplice." + (module if path.name == "__init__.py" else module.rpartition(".")[0])
    for other in imported_by(ast.parse(path.read_bytes()), package.rstrip(".")):
        if other in BUILT or entry_of(other) == own:
            continue
        assert entry_of(other) in ENTRIES, f"{module} imports a public name, {other or 'unsplice'}"
        assert ENTRIES[entry_of(other)] < ENTRIES[own], f"{module} imports {other}"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_needs_nothing_of_training(module: str) -> None:
    tree = ast.parse(file_of(module).read_bytes())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names]  # fmt: skip
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not {name.partition(".")[0] for name in names} & {"training", "torch", "PIL"}


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("import unsplice", [""]),
        ("import numpy, unsplice.errors as e", ["errors"]),
        ("from unsplice import errors, _core", ["errors", "_core"]),
        ("from unsplice.pair.kernels import shift", ["pair.kernels"]),
        ("def f():\n    from unsplicer import x\n    from unsplice.batch import y", ["batch"]),
        ("from . import source", ["pair"]),
        ("from ..errors import Notice", ["errors"]),
        ("from .. import errors", ["errors"]),
        ("if TYPE_CHECKING:\n    from unsplice.cli import main", ["cli"]),
    ],
)
def test_no_kind_of_import_is_missed(text: str, modules: list[str]) -> None:
    assert list(imported_by(ast.parse(text), "unsplice.pair")) == modules
