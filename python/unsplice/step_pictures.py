"""The pictures of the single steps of a method, in a folder beside the results of a picture."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from unsplice.inputs import is_folder
from unsplice.output import encode_png, output_error, refuse_existing, remove_file, write_file

if TYPE_CHECKING:
    from unsplice.step import Step

__all__ = ["refuse_steps", "remove_steps", "steps_folder", "write_steps"]

STEP_NAME = re.compile(r"\A\d\d-[a-z0-9-]+\.png\Z|\A\.unsplice-[0-9a-f]{12}\.tmp\Z")


def steps_folder(folder: Path, name: str) -> Path:
    """Return where the steps of the picture `name` go, whose results go into `folder`."""
    return folder / f"{name}.steps"


def _is_link(path: Path) -> bool:
    """Return whether `path` is a link; False where the system would not even say."""
    return os.path.islink(path)  # noqa: PTH114 - Path.is_symlink raises on names that are too long


def _left(folder: Path) -> list[Path]:
    """Return what an earlier run wrote into `folder`; what a link leads to is not ours."""
    if _is_link(folder) or not is_folder(folder):
        return []
    try:
        return sorted(path for path in folder.iterdir() if STEP_NAME.match(path.name))
    except OSError as error:
        raise output_error(error, folder, 0) from error


def refuse_steps(folder: Path, *, overwrite: bool) -> None:
    """Raise E161 if `folder` holds steps, unless they may be replaced."""
    refuse_existing(_left(folder), overwrite=overwrite)


def remove_steps(folder: Path) -> None:
    """Remove the steps in `folder`, and it if nothing else is in it.

    Those of another reading must not be mixed with these, nor stand beside results that they did
    not lead to. Raises E162 if the system refuses to remove one.
    """
    for path in _left(folder):
        remove_file(path, sync=False)
    if not _is_link(folder):
        with suppress(OSError):
            folder.rmdir()


def write_steps(steps: Iterable[Step], folder: Path, *, overwrite: bool = False) -> Path:
    """Write each step as ``NN-name.png``, as `Step.file_name` has it.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    OutputError
        If a file exists already (E161) or cannot be written (E160, E162).
    """
    for step in steps:
        file = folder / step.file_name
        write_file(file, encode_png(step.picture), overwrite=overwrite, sync=False)
    return folder
