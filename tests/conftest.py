"""Pictures and the command line for every test."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from crowded import Case, easy_case, encoded, lay_out
from unsplice.cli import main

# How long an example takes says more of the machine than of the code.
settings.register_profile("unsplice", deadline=None)
settings.load_profile("unsplice")


@pytest.fixture(scope="session")
def case() -> Case:
    """One easy pair of 192 x 256 pixels."""
    return easy_case()


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a configuration file of their own."""
    monkeypatch.setenv("UNSPLICE_CONFIG", "none")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case) -> Path:
    """An empty current folder but for ``in`` with a pair and its mask."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNSPLICE_DEBUG", raising=False)
    lay_out(tmp_path, case)
    return tmp_path


@dataclass(frozen=True)
class Ran:
    """How a run of the command line ended, and what it said."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process."""

    def call(*words: str | os.PathLike[str]) -> Ran:
        arguments: Sequence[str] = [os.fspath(word) for word in words]
        capsys.readouterr()
        code = main(arguments)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder` with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def below() -> Callable[[Path], dict[str, bytes]]:
    """Give tests `files_below`."""
    return files_below


@pytest.fixture
def forbid(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Give tests a way to forbid that a file or folder is read; root, who may all, is played."""

    def take_away(path: Path) -> None:
        path.chmod(0)
        if os.access(path, os.R_OK):
            for name in ("open", "scandir", "access"):
                monkeypatch.setattr(os, name, refusing(name, path.resolve(), getattr(os, name)))

    def refusing(name: str, path: Path, ask: Callable[..., Any]) -> Callable[..., Any]:
        def answer(asked: Any, *rest: Any, **named: Any) -> Any:
            if isinstance(asked, str | Path) and Path(asked).resolve() == path:
                if name == "access":
                    return False
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), asked)
            return ask(asked, *rest, **named)

        return answer

    return take_away


@pytest.fixture
def encode() -> Callable[..., bytes]:
    """Give tests `encoded`."""
    return encoded
