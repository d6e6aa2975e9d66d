"""Reading a picture: bytes once, hashed, checked before they are decoded, on the stored grid.

The file's name never reaches OpenCV, whose readers crash on names that are not UTF-8 and hang on
pipes: files are opened here, read once, and decoded from memory. What the decoder would pass over
in silence (missing rows, damaged data) is refused before it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice.arguments import whole_number
from unsplice.errors import ImageError, Notice, ReadError, UnspliceError, coded
from unsplice.formats import Container, inspect, recognize
from unsplice.jpeg import JpegHeader
from unsplice.limits import (
    DEFAULT_MAX_PIXELS,
    LARGEST_MAX_PIXELS,
    OLDEST_OPENCV,
    most_bytes,
    opencv_is_too_old,
)
from unsplice.urls import Url

__all__ = [
    "Picture",
    "SourceImage",
    "as_image",
    "decode_image",
    "excess_bits",
    "file_content",
    "read_image",
    "rgb_8_bit",
]

_EXTENSIONS: Final = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo"},
    "PNG": {".png", ".apng"},
    "TIFF": {".tif", ".tiff"},
    "WebP": {".webp"},
    "BMP": {".bmp", ".dib"},
}


@dataclass(frozen=True, eq=False)
class SourceImage:
    """A picture as its file stores it.

    Attributes
    ----------
    pixels : (rows, cols, 3) or (rows, cols) array of uint8 or uint16
        RGB or gray, on the stored grid: no rotation is applied. Read-only.
    path : str or None
        The file; None for a picture from memory.
    sha256 : str
        Hash of the very bytes that were decoded.
    size : int
        Number of these bytes.
    format : str
        "JPEG", "PNG", "TIFF", "WebP" or "BMP", by content, whatever the name says.
    orientation : int
        Exif orientation, 1 to 8; 1 where there is none.
    jpeg : JpegHeader or None
        What a JPEG says of itself.
    warnings : tuple of Notice
        What a reader of the result has to know.
    exif : bytes or None
        The Exif block of a JPEG, PNG or WebP, from its TIFF header on; see
        `unsplice.formats.exif.exif_texts`.

    Examples
    --------
    >>> from unsplice import decode_image
    >>> from unsplice.synthetic.pairs import make_demo_pair
    >>> picture = decode_image(make_demo_pair().spliced_file)
    >>> picture.format, picture.pixels.shape
    ('JPEG', (512, 768, 3))
    """

    pixels: NDArray[Any] = field(repr=False)
    path: str | None
    sha256: str
    size: int
    format: str
    orientation: int = 1
    jpeg: JpegHeader | None = field(default=None, repr=False)
    warnings: tuple[Notice, ...] = ()
    exif: bytes | None = field(default=None, repr=False)

    @cached_property
    def pixels_sha256(self) -> str:
        """Hash of the samples: row by row, R G B, those of 16 bits with the low byte first."""
        samples = self.pixels.astype(self.pixels.dtype.newbyteorder("<"), order="C", copy=False)
        return hashlib.sha256(samples.data).hexdigest()

    @property
    def quantization(self) -> tuple[NDArray[np.uint16], ...]:
        """One (8, 8) quantization table per component of a JPEG; else empty."""
        return self.jpeg.quantization if self.jpeg else ()

    @property
    def subsampling(self) -> str | None:
        """Chroma subsampling of a color JPEG, such as "4:2:0"; else None."""
        return self.jpeg.subsampling if self.jpeg else None


def read_image(
    path: str | bytes | os.PathLike[str] | os.PathLike[bytes],
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> SourceImage:
    """Read a picture file: JPEG, PNG, TIFF, WebP or BMP.

    The file is opened for reading only, read once, hashed, recognised by its content, checked, and
    decoded without applying its Exif orientation or color profile.

    Parameters
    ----------
    path : str, bytes or path-like
        The file. Any name works, also one that is not UTF-8.
    max_pixels : int
        Refuse pictures with more pixels, before decoding; at most 2**30.

    Returns
    -------
    SourceImage
        Pixels, hash, format, and what the header says.

    Raises
    ------
    ReadError
        E101 to E105: the file cannot be reached or read.
    ImageError
        E110 to E115: no picture of an accepted kind; E120 to E124: truncated or corrupt; E130 to
        E135: too large, or a header that cannot be true.
    TypeError, ValueError
        For a wrong argument.

    Examples
    --------
    >>> import tempfile, pathlib, cv2, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "gray.png")
    ...     _ = path.write_bytes(cv2.imencode(".png", np.full((4, 6), 7, np.uint8))[1])
    ...     source = read_image(path)
    >>> source.format, source.pixels.shape, source.pixels.dtype
    ('PNG', (4, 6), dtype('uint8'))
    """
    _require_limit(max_pixels)
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f"path must be a str, bytes or path-like, got {type(path).__name__}")
    name = os.fsdecode(path)
    if isinstance(path, Url):
        return decode_image(path.read(most_bytes(max_pixels)), path=name, max_pixels=max_pixels)
    data = file_content(name, most_bytes(max_pixels), check=recognize)
    return decode_image(data, path=name, max_pixels=max_pixels)


def decode_image(
    data: bytes | bytearray | memoryview,
    *,
    path: str | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> SourceImage:
    """Decode a picture file from memory; else like `read_image`.

    Parameters
    ----------
    data : bytes-like
        The content of the file.
    path : str, optional
        Where it comes from, for messages and the record; nothing is read from there.
    max_pixels : int
        Refuse pictures with more pixels, before decoding; at most 2**30.

    Returns
    -------
    SourceImage
        Pixels, hash, format, and what the header says.

    Raises
    ------
    ImageError
        As `read_image`.
    TypeError, ValueError
        For a wrong argument.

    Examples
    --------
    >>> import cv2, numpy as np
    >>> data = cv2.imencode(".png", np.full((4, 6, 3), 7, np.uint8))[1].tobytes()
    >>> decode_image(data).pixels.shape
    (4, 6, 3)
    """
    _require_limit(max_pixels)
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(f"data must be bytes, got {type(data).__name__}")
    content = bytes(data)
    name = path if path is not None else "data in memory"
    container = inspect(content, name, max_pixels)
    pixels, notices = _decode(container, name)
    pixels.flags.writeable = False
    return SourceImage(
        pixels=pixels,
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        format=container.format,
        orientation=container.orientation,
        jpeg=container.jpeg,
        warnings=(*_name_notices(path, container.format), *container.notices, *notices),
        exif=container.exif,
    )


def as_image(image: object, *, name: str = "image") -> NDArray[Any]:
    """Return a caller's array as a dense picture of native byte order, or say what is wrong.

    Parameters
    ----------
    image : (rows, cols) or (rows, cols, 3) array of uint8 or uint16
        Any stride, any byte order; never written to.
    name : str
        What messages call it.

    Returns
    -------
    array
        C-contiguous, same values; not copied where it is so already.

    Raises
    ------
    TypeError
        If `image` is no array of uint8 or uint16.
    ValueError
        If its shape is not that of a gray or RGB picture, or it is empty.

    Examples
    --------
    >>> import numpy as np
    >>> as_image(np.zeros((4, 6, 3), ">u2")[::-1]).dtype
    dtype('uint16')
    """
    expected = f"{name} must be a uint8 or uint16 array of shape (rows, cols) or (rows, cols, 3)"
    if isinstance(image, np.ma.MaskedArray):
        raise TypeError(f"{expected}, got a masked array; fill it first: image.filled()")
    if not isinstance(image, np.ndarray):
        raise TypeError(f"{expected}, got {type(image).__name__}; for files use read_image")
    native = image.dtype.newbyteorder("=")
    if native not in (np.uint8, np.uint16):
        hint = ""
        if native.kind == "f":
            hint = "; convert values in 0..1 by np.round(255 * image).astype(np.uint8)"
        elif native.kind == "b":
            hint = "; convert a mask by image.astype(np.uint8) * 255"
        raise TypeError(f"{expected}, got {image.dtype} array of shape {image.shape}{hint}")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        hint = ""
        if image.ndim == 3 and image.shape[2] == 4:
            hint = "; drop alpha by image[..., :3]"
        elif image.ndim == 3 and image.shape[2] == 1:
            hint = "; drop the last axis by image[..., 0]"
        raise ValueError(f"{expected}, got shape {image.shape}{hint}")
    if image.size == 0:
        raise ValueError(f"{name} must have pixels, got shape {image.shape}")
    return np.ascontiguousarray(image, dtype=native)


# What the functions that look for splices take: a file, read or not, or its pixels.
Picture = str | os.PathLike[str] | SourceImage | NDArray[Any]


def excess_bits(pixels: NDArray[Any]) -> int:
    """Return how many low bits the samples have beyond 8: by the largest one, not by the type.

    Examples
    --------
    >>> import numpy as np
    >>> excess_bits(np.array([[4095]], np.uint16)), excess_bits(np.array([[255]], np.uint8))
    (4, 0)
    """
    return max(0, int(pixels.max()).bit_length() - 8) if pixels.dtype == np.uint16 else 0


def rgb_8_bit(pixels: NDArray[Any], *, shift: int) -> NDArray[np.uint8]:
    """Return a picture as 8-bit RGB: `shift` low bits dropped, gray as three equal channels."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> shift).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    return pixels


def _require_limit(max_pixels: int) -> None:
    whole_number(max_pixels, "max_pixels", 1, LARGEST_MAX_PIXELS, hint=" (the limit of OpenCV)")


def file_content(
    name: str, max_bytes: int, *, check: Callable[[bytes, str], object] | None = None
) -> bytes:
    """Return the content of a regular file, which is opened once and never written to.

    Parameters
    ----------
    name : str
        The file.
    max_bytes : int
        Refuse larger ones.
    check : callable, optional
        Of the first 64 bytes and the name; raises if the rest need not be read.

    Raises
    ------
    ReadError
        E101 to E105: the file cannot be reached or read.
    ImageError
        E135 if it is too large.
    """
    try:
        descriptor = _open(name)
    except ValueError as error:  # a NUL in the name, which the system would cut there
        raise ReadError("E105", path=name, reason=str(error)) from None
    except OSError as error:
        raise _read_error(name, error) from None
    try:
        size = _regular_size(descriptor, name)
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            # A film, an archive or a disk image is told from its start, without reading it.
            head = file.read(64)
            if check is not None:
                check(head, name)
            if size > max_bytes:
                raise ImageError("E135", path=name, size=size, limit=max_bytes)
            parts = [head]
            while part := file.read(max(size - len(head), 2**16)):
                parts.append(part)
        return b"".join(parts)
    except ReadError:
        raise
    except OSError as error:
        raise _read_error(name, error) from None
    finally:
        os.close(descriptor)


def _open(name: str) -> int:
    # O_NONBLOCK: opening a pipe must not wait for its writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        # Evidence keeps its time of access; only the owner of a file may ask for that.
        return os.open(name, flags | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        return os.open(name, flags)


def _regular_size(descriptor: int, name: str) -> int:
    state = os.fstat(descriptor)
    if stat.S_ISDIR(state.st_mode):
        raise ReadError("E102", path=name)
    if not stat.S_ISREG(state.st_mode):
        raise ReadError("E103", path=name, kind=_kind(state.st_mode))
    return state.st_size


def _read_error(name: str, error: OSError) -> ReadError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
        return ReadError("E101", path=name)
    if error.errno in (errno.EACCES, errno.EPERM):
        return ReadError("E104", path=name)
    if error.errno == errno.EISDIR:
        return ReadError("E102", path=name)
    if error.errno == errno.ENXIO:
        return ReadError("E103", path=name, kind="socket")
    return ReadError("E105", path=name, reason=os.strerror(error.errno or 0))


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFIFO: "fifo",
        stat.S_IFCHR: "character device",
        stat.S_IFBLK: "block device",
        stat.S_IFSOCK: "socket",
    }
    return kinds.get(stat.S_IFMT(mode), "special file")


def _name_notices(path: str | None, form: str) -> list[Notice]:
    if path is None or PurePath(path).suffix.lower() in _EXTENSIONS[form]:
        return []
    return [Notice.of("W201", path=path, format=form)]


def _require_memory(container: Container, name: str) -> None:
    """Raise E190 unless there is memory for the pixels, be it four samples of 16 bits each.

    Where there is none, OpenCV decodes nothing, as it does of a file that is damaged: no file must
    be called that for lack of memory.
    """
    try:
        np.empty((container.rows, container.cols, 4), np.uint16)
    except MemoryError:
        raise UnspliceError("E190", path=name) from None


def _decode(container: Container, name: str) -> tuple[NDArray[Any], list[Notice]]:
    """Return the pixels as RGB or gray, and what had to be done to them."""
    import cv2

    # An installer takes no such version; --no-deps, or another package on top, does.
    if opencv_is_too_old(cv2.__version__):
        oldest = ".".join(map(str, OLDEST_OPENCV))
        raise UnspliceError("E198", version=cv2.__version__, oldest=oldest)
    flags = cv2.IMREAD_UNCHANGED
    if container.drop_alpha:
        flags = cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        stored = cv2.imdecode(np.frombuffer(container.data, np.uint8), flags)
    except cv2.error as error:
        told = coded(error, name)
        if told.code != "E190":
            reason = str(error.err or error)
            told = ImageError("E124", path=name, format=container.format, reason=reason)
        raise told from None
    if stored is None:
        _require_memory(container, name)
    expected = (container.rows, container.cols)
    if (
        stored is None
        or stored.shape[:2] != expected
        or stored.dtype not in (np.uint8, np.uint16)
        or (stored.ndim == 2 and not container.gray)
    ):
        found = "no picture" if stored is None else f"{stored.dtype} array of {stored.shape}"
        reason = f"expected {expected[1]} x {expected[0]} pixels, got {found}"
        raise ImageError("E124", path=name, format=container.format, reason=reason)
    if stored.ndim == 2:
        return stored, []
    notices: list[Notice] = []
    if stored.shape[2] == 4:
        opaque = 255 if stored.dtype == np.uint8 else 65535
        share = 100 * np.count_nonzero(stored[:, :, 3] != opaque) / stored[:, :, 3].size
        notices.append(Notice.of("W205", share=share))
    if container.gray:
        return np.ascontiguousarray(stored[:, :, 0]), notices
    code = cv2.COLOR_BGRA2RGB if stored.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(stored, code), notices
