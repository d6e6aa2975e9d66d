"""What is fuzzed: bytes in, nothing out; an exception is a finding."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import numpy as np

from fuzz import files
from fuzz.draws import Draws
from fuzz.kernel_targets import TARGETS as KERNELS
from fuzz.kernel_targets import try_kernel
from unsplice import _core
from unsplice.errors import UnspliceError
from unsplice.image import decode_image

__all__ = ["TARGETS", "answers", "decoders_say", "seeds", "try_bytes"]

# How often each kernel gave a result, and each format a picture, in this process.
answers: Counter[str] = Counter()


# What decoders print, and pass over, where they fill in pixels that are not in the file. libpng
# fails then; what it warns of comes after the last row. Extraneous bytes of a JPEG come after the
# last block: zeros, which are let through as padding.
_FILLED_IN: Final = re.compile(
    r"^(?!libpng warning|.* extraneous bytes before marker).*"
    r"(?:not enough|premature|corrupt|truncat|read error|unexpected end|missing|"
    r"bad (?:adaptive|huffman|code)|invalid distance|resync)",
    re.IGNORECASE,
)


@functools.cache
def _printed() -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open to the end
    atexit.register(file.close)
    return file


@contextlib.contextmanager
def decoders_say() -> Iterator[list[str]]:
    """Collect what is printed to the descriptor of standard error meanwhile."""
    file, lines = _printed(), list[str]()
    kept = os.dup(2)
    file.seek(0)
    file.truncate()
    os.dup2(file.fileno(), 2)
    try:
        yield lines
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        file.seek(0)
        lines += file.read().decode(errors="replace").splitlines()


def reader(data: bytes) -> None:
    """Decode a file: a picture of the announced size, all of it from the file; or a coded error."""
    try:
        with decoders_say() as lines:
            source = decode_image(data)
    except UnspliceError as error:
        answers[error.code] += 1
        return
    filled = [line for line in lines if _FILLED_IN.match(line)]
    assert not filled, f"a {source.format} was taken though its decoder says: {filled[0]}"
    answers[source.format] += 1
    pixels = source.pixels
    assert pixels.ndim in (2, 3)
    assert pixels.size
    assert pixels.dtype in (np.uint8, np.uint16)
    assert source.size == len(data)


def scan(data: bytes) -> None:
    """Check a file, as all that the core can check before decoding."""
    answers[_core.check_jpeg_scan(data)[0]] += 1
    for size in (_core.lzw_size, _core.packbits_size):
        for limit in (len(data), 2**20):
            counted = size(data, limit)
            assert -1 <= counted <= limit, (size.__name__, counted, limit)


def kernels(data: bytes) -> None:
    """Call the kernel that the first bytes choose, with the arguments that the others choose."""
    draws = Draws(data)
    name = draws.choice(list(KERNELS))
    answers[name] += try_kernel(name, draws)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "reader": reader,
    "scan": scan,
    "kernels": kernels,
}


def seeds(target: str) -> Iterator[bytes]:
    """Yield the inputs that a run starts from."""
    if target == "kernels":
        for number in range(len(KERNELS)):
            for again in range(8):
                yield bytes([number]) + Draws.of_seed(number, again, length=200).data
    else:
        for form, data in files.seeds().items():
            if target == "reader" or form in ("JPEG", "TIFF"):
                yield from data


def try_bytes(target: str, seed: int) -> bytes:
    """Return the input of a seed number, for runs without coverage."""
    if target == "kernels":
        return Draws.of_seed(seed, length=400).data
    return files.of_seed(seed)
