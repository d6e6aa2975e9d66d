"""Locks on files and folders, which end with the process that has them, however that ends."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unsplice.errors import OutputError

__all__ = ["alone_in", "keep_others_out", "lock"]


def lock(descriptor: int) -> None:
    """Lock an open file or folder for this process alone, until it is closed.

    Raises
    ------
    BlockingIOError
        If another has it.
    OSError
        If there are no locks: on some file systems, and on Windows.
    """
    try:
        import fcntl
    except ModuleNotFoundError:
        raise OSError(errno.ENOSYS, "no locks") from None
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def keep_others_out(descriptor: int, folder: Path) -> None:
    """Lock what stands for a run in `folder`: raises E172 if another run is at work there.

    Where there are no locks, nothing is kept out.
    """
    try:
        lock(descriptor)
    except BlockingIOError:
        raise OutputError("E172", folder=folder) from None
    except OSError:
        pass


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other runs out of `folder` for the while: raises E172 if one is at work there.

    The folder itself is locked, so that nothing has to lie in it; it is made if it lacks. One that
    cannot be made, or not be locked, is left to what writes there, which says why.

    At the end E165 is raised if another folder, or none, is there: each file makes the folders that
    it needs, so whoever removes one in the middle would get a run that seems whole.
    """
    descriptor = -1
    made = not os.path.lexists(folder)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        if descriptor >= 0:
            keep_others_out(descriptor, folder)
        yield
        if descriptor >= 0 and not _is_still(descriptor, folder):
            raise OutputError("E165", folder=folder)
    finally:
        if descriptor >= 0:
            if made:  # a run that came to nothing leaves no folder either
                with suppress(OSError):
                    folder.rmdir()
            os.close(descriptor)


def _is_still(descriptor: int, folder: Path) -> bool:
    """Return whether the path of an open folder leads to it still."""
    try:
        return os.path.samestat(os.fstat(descriptor), folder.stat())
    except OSError:
        return False
