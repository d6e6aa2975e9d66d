"""An easy pair, and a folder around it with everything that a call can stumble over."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Case", "crowd", "easy_case", "encoded", "lay_out"]


@dataclass(frozen=True)
class Case:
    """An authentic and a spliced picture, as files' bytes, and the truth."""

    authentic: bytes
    spliced: bytes
    truth: NDArray[np.bool_]

    @property
    def mask(self) -> bytes:
        return encoded(self.truth.astype(np.uint8) * 255, ".png")


def encoded(image: NDArray[np.uint8], extension: str = ".jpg", quality: int = 90) -> bytes:
    bgr = np.ascontiguousarray(image[..., ::-1]) if image.ndim == 3 else image
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality] if extension == ".jpg" else []
    done, data = cv2.imencode(extension, bgr, settings)
    assert done
    return bytes(data)


def _texture(seed: int, rows: int, cols: int, scale: float) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(0, 256, (rows, cols, 3), dtype=np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), scale).astype(np.float32)
    spread = (smooth - smooth.mean()) / smooth.std() * 40 + 128
    return np.clip(spread, 0, 255).astype(np.uint8)


def easy_case() -> Case:
    """One easy pair of 192 x 256 pixels."""
    authentic = _texture(1, 192, 256, 4)
    spliced = authentic.copy()
    truth = np.zeros((192, 256), bool)
    truth[60:130, 90:190] = True
    spliced[truth] = _texture(2, 192, 256, 2)[truth] // 2 + 110
    return Case(encoded(authentic), encoded(spliced, quality=85), truth)


def lay_out(folder: Path, case: Case) -> None:
    """Put the pair and its mask into ``in``."""
    given = folder / "in"
    given.mkdir()
    (given / "authentic.jpg").write_bytes(case.authentic)
    (given / "edited.jpg").write_bytes(case.spliced)
    (given / "mask.png").write_bytes(case.mask)


def crowd(folder: Path, case: Case) -> None:
    """Put everything around the pair in ``in`` that can go wrong."""
    a, b, m = "in/authentic.jpg", "in/edited.jpg", "in/mask.png"
    (folder / "text.jpg").write_text("This is not a picture. " * 20, "utf-8")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(case.spliced[: len(case.spliced) // 2])
    tall = cv2.imencode(".png", np.zeros((300, 100, 3), np.uint8))[1].tobytes()
    (folder / "tall.png").write_bytes(tall)
    (folder / "cut.png").write_bytes(tall[:-20])
    (folder / "broken.jpg").symlink_to("nowhere.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "link").symlink_to("in")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "bare").mkdir()
    (folder / "bare" / "notes.txt").write_bytes(b"")
    (folder / "good.csv").write_text(f"authentic,spliced\n{a},{b}\n", "utf-8")
    (folder / "header.csv").write_text("authentic,spliced\n", "utf-8")
    (folder / "other.csv").write_text("before,after\na,b\n", "utf-8")
    (folder / "twice.csv").write_text(f"authentic,authentic,spliced\n{a},{a},{b}\n", "utf-8")
    (folder / "both.csv").write_text(f"original,spliced,Authentic\n{a},{b},{a}\n", "utf-8")
    (folder / "masks.csv").write_text(f"image,mask\n{b},{m}\n", "utf-8")
    (folder / "done").mkdir()
    for name in ("edited.jpg.run.json", "summary.csv", "index.csv", "truth.png"):
        (folder / "done" / name).write_bytes(b"of another run")
