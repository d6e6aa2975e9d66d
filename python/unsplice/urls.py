"""Files that are named by a URL: ``s3://bucket/folder/a.jpg`` and all else that fsspec reaches.

Credentials come from where each service looks for them (environment, profile, machine); none is
ever taken from a URL, written down or told.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PosixPath
from typing import Any

from unsplice.errors import ImageError, OutputError, ReadError, UsageError

__all__ = ["STORES", "WEB", "Url", "as_path"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
# A name and a password before the machine; they would be told in messages and records.
_SECRET = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]+://)[^/@]*:[^/@]*@")
HIDDEN = "..."
# Stores of files. fsspec knows others, which lead back to this machine, or wrap one in another.
STORES = frozenset(
    ["s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "hdfs", "webhdfs", "sftp", "ssh", "memory"]
)
WEB = frozenset(["http", "https"])
# What has to be installed for the commonest schemes; fsspec's own message names the others.
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "abfs": "adlfs", "http": "aiohttp"}


def as_path(text: str) -> Path:
    """Return the path that a word means: a `Url` if it is one, else a path of this machine.

    Examples
    --------
    >>> as_path("s3://bucket/a.jpg"), as_path("file:///tmp/a.jpg"), as_path("a.jpg")
    (Url('s3://bucket/a.jpg'), PosixPath('/tmp/a.jpg'), PosixPath('a.jpg'))
    """
    if _URL.match(text) is None:
        return Path(text)
    if text.lower().startswith("file://"):
        return Path("/" + text[7:].partition("/")[2])  # what stands before it names a machine
    return Url(_SECRET.sub(rf"\1{HIDDEN}@", text))


class Url(PosixPath):
    """A URL that goes where paths go: it has names, parents and suffixes, and can be read.

    Two slashes in a row within it count as one.

    Examples
    --------
    >>> url = Url("s3://bucket/folder") / "a.jpg"
    >>> str(url), url.name, url.suffix, str(url.parent)
    ('s3://bucket/folder/a.jpg', 'a.jpg', '.jpg', 's3://bucket/folder')
    """

    def __str__(self) -> str:
        scheme, _, rest = super().__str__().partition(":/")
        return f"{scheme.removesuffix(':')}://{rest}"

    def __repr__(self) -> str:
        return f"Url({str(self)!r})"

    def __fspath__(self) -> str:
        return str(self)

    @property
    def scheme(self) -> str:
        """What stands before ``://``, in lower case."""
        return str(self).partition(":")[0].lower()

    def files(self) -> tuple[Any, str]:
        """Return fsspec's file system for this URL, and the path there; E189 if one lacks."""
        scheme = self.scheme
        if f"://{HIDDEN}@" in str(self):
            raise ReadError("E105", path=self, reason="a password in a URL is not used")
        if scheme not in STORES | WEB or "::" in str(self):
            raise ReadError("E105", path=self, reason=f"nothing is read from {scheme}://")
        try:
            from fsspec.core import url_to_fs

            found: tuple[Any, str] = url_to_fs(str(self))
        except ImportError as error:
            package = "fsspec" if error.name == "fsspec" else _PACKAGES.get(scheme, scheme)
            raise UsageError(
                "E189", purpose=f"{scheme}://", package=package, reason=error
            ) from None
        except ValueError as error:  # a scheme that nobody knows
            raise ReadError("E105", path=self, reason=error) from None
        return found

    def read(self, limit: int | None = None) -> bytes:
        """Return the content of one object.

        Raises
        ------
        ReadError
            E101, E102, E104 or E105 if it cannot be read.
        ImageError
            E135 if it has more than `limit` bytes.
        """
        files, path = self.files()
        try:
            data: bytes = _content(files, path, limit)
        except FileNotFoundError:
            raise ReadError("E101", path=self) from None
        except IsADirectoryError:
            raise ReadError("E102", path=self) from None
        except PermissionError:
            raise ReadError("E104", path=self) from None
        except Exception as error:  # each service has errors of its own
            raise ReadError("E105", path=self, reason=_reason(error)) from error
        if limit is not None and len(data) > limit:
            raise ImageError("E135", path=self, size=f"more than {limit}", limit=limit)
        return data

    def read_many(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the content of objects below this one, at once where the service can."""
        if not names:
            return {}
        files, path = self.files()
        base = path.rstrip("/")
        found: dict[str, bytes] = files.cat([f"{base}/{name}" for name in names], on_error="omit")
        ends = {len(name) for name in names}
        wanted = set(names)
        return {
            key[-end:]: data for key, data in found.items() for end in ends if key[-end:] in wanted
        }

    def write(self, data: bytes) -> None:
        """Write one object, whole or not at all; one that is there is replaced.

        Raises
        ------
        OutputError
            E162 if the service refuses.
        """
        try:
            files, path = self.files()
            files.makedirs(path.rpartition("/")[0], exist_ok=True)
            files.pipe_file(path, data)
        except UsageError:
            raise
        except Exception as error:
            raise OutputError("E162", path=self, reason=_reason(error)) from error

    def remove(self) -> None:
        """Remove one object, or all below it; E162 if the service refuses."""
        files, path = self.files()
        try:
            if files.exists(path):
                files.rm(path, recursive=True)
        except FileNotFoundError:
            pass
        except Exception as error:
            raise OutputError("E162", path=self, reason=_reason(error)) from error

    def remove_many(self, names: Sequence[str]) -> None:
        """Remove objects below this one, at once where the service can; E162 if it refuses."""
        if not names:
            return
        files, path = self.files()
        try:
            files.rm([f"{path.rstrip('/')}/{name}" for name in names])
        except Exception as error:
            raise OutputError("E162", path=self, reason=_reason(error)) from error

    def below(self) -> list[str]:
        """Return the paths of all objects below this one, as seen from here; E104, E105."""
        files, path = self.files()
        try:
            found: Iterable[str] = files.find(path)
        except PermissionError:
            raise ReadError("E104", path=self) from None
        except FileNotFoundError:
            return []
        except Exception as error:
            raise ReadError("E105", path=self, reason=_reason(error)) from error
        base = path.rstrip("/") + "/"
        return [name[len(base) :] for name in found if name.startswith(base)]

    # What paths are asked, answered by the service.

    def read_bytes(self) -> bytes:
        """Return the content; raises as `read`."""
        return self.read()

    def open(self, *_: Any, **__: Any) -> Any:
        """Return the content as a file in memory, for reading."""
        return io.BytesIO(self.read())

    def is_file(self, **_: Any) -> bool:
        """Return whether there is such an object; False where the service would not even say."""
        files, path = self.files()
        try:
            return bool(files.isfile(path))
        except Exception:  # each service has errors of its own; to read it tells which
            return False

    def is_dir(self, **_: Any) -> bool:
        """Return whether there are objects below; False where the service would not even say."""
        try:
            files, path = self.files()
            return bool(files.isdir(path))
        except UsageError:
            raise
        except Exception:
            return False

    def exists(self, **_: Any) -> bool:
        """Return whether there is anything; E105 if the service does not say."""
        files, path = self.files()
        try:
            return bool(files.exists(path))
        except Exception as error:
            raise ReadError("E105", path=self, reason=_reason(error)) from error


def _content(files: Any, path: str, limit: int | None) -> bytes:
    if limit is None:
        return bytes(files.cat_file(path))
    try:
        return bytes(files.cat_file(path, start=0, end=limit + 1))
    except OSError:
        if files.isfile(path) and files.size(path) == 0:  # there is no first byte to ask for
            return b""
        raise


def _reason(error: Exception) -> str:
    """Return what a service said, in one line."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
