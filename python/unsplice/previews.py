"""Small pictures for people: reduced, upright, colored, and put into a page as text."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import find_boundary
from unsplice.output import encode_png

__all__ = [
    "as_rgb",
    "color_bar",
    "data_uri",
    "encode_jpeg",
    "heat_colors",
    "overlay_of",
    "reduced",
    "small_overlay",
    "upright",
    "upright_point",
    "with_numbers",
]

# From black over purple and orange to pale yellow: brightness rises evenly, so that the order can
# be told with every kind of color vision, and in a black and white print.
_ANCHORS: Final = (
    (0, 0, 4), (22, 11, 57), (66, 10, 104), (106, 23, 110), (147, 38, 103), (188, 55, 84),
    (221, 81, 58), (243, 120, 25), (252, 165, 10), (246, 215, 70), (252, 255, 164),
)  # fmt: skip

# Magenta: rare in photographs, and distinct from gray for every kind of color vision.
BORDER_COLOR: Final = (255, 0, 255)
DIMMED: Final = 0.6

Format = Literal["jpeg", "png"]


def _scale() -> NDArray[np.uint8]:
    anchors = np.array(_ANCHORS, np.float64)
    places = np.linspace(0, 255, len(anchors))
    columns = [np.interp(np.arange(256), places, column) for column in anchors.T]
    return np.asarray(np.rint(np.stack(columns, axis=1)), np.uint8)


HEAT_SCALE: Final = _scale()


def as_rgb(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a copy of a picture or mask as 8-bit RGB.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of bool, uint8 or uint16
        Of 16 bits the upper eight are taken; True is white.
    """
    if image.dtype == np.bool_:
        levels = image.astype(np.uint8) * np.uint8(255)
    else:
        levels = (image >> 8 if image.dtype.itemsize == 2 else image).astype(np.uint8)
    return np.stack([levels] * 3, axis=2) if levels.ndim == 2 else levels[..., :3].copy()


def overlay_of(image: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return a picture with the border of a mask drawn, and what lies outside dimmed.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of uint8 or uint16
        RGB or gray.
    mask : (rows, cols) array of bool
        Where nothing is True the picture stays as it is.
    """
    picture = as_rgb(image)
    if not mask.any():
        return picture
    overlay = (np.arange(256) * DIMMED).astype(np.uint8)[picture]
    np.copyto(overlay, picture, where=mask[:, :, np.newaxis])
    overlay[_widened(find_boundary(mask, mode="inner"))] = BORDER_COLOR
    return overlay


def small_overlay(image: NDArray[Any], mask: NDArray[np.bool_], largest: int) -> NDArray[np.uint8]:
    """Return `overlay_of` the reduced picture, in which lines are as wide as in a large one."""
    return overlay_of(reduced(as_rgb(image), largest), reduced(mask, largest))


def _widened(line: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return `line` one pixel wider on each side."""
    wide = line.copy()
    wide[1:] |= line[:-1]
    wide[:-1] |= line[1:]
    rows = wide.copy()
    wide[:, 1:] |= rows[:, :-1]
    wide[:, :-1] |= rows[:, 1:]
    return wide


def heat_colors(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a map in colors: 0 is black, 255 a pale yellow, brightness rises in between.

    Examples
    --------
    >>> heat_colors(np.array([[0, 255]], np.uint8))
    array([[[  0,   0,   4],
            [252, 255, 164]]], dtype=uint8)
    """
    return HEAT_SCALE[levels]


def reduced(image: NDArray[Any], largest: int) -> NDArray[Any]:
    """Return a picture whose longer side has at most `largest` pixels, each a mean of an area.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of bool, uint8 or uint16
        A smaller one is returned as it is. In a mask, a pixel of which a small part is True is
        True, so that small regions and thin lines stay.
    largest : int
        Pixels.

    Examples
    --------
    >>> reduced(np.eye(4, dtype=bool), 2)
    array([[ True, False],
           [False,  True]])
    """
    rows, cols = image.shape[:2]
    longer = max(rows, cols)
    if longer <= largest:
        return image
    import cv2

    size = (max(1, round(cols * largest / longer)), max(1, round(rows * largest / longer)))
    pixels = image.view(np.uint8) * np.uint8(255) if image.dtype == np.bool_ else image
    small = np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA))
    return small > 0 if image.dtype == np.bool_ else small


def upright(image: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return a picture as viewers show it, that is by its Exif orientation, 1 to 8.

    Examples
    --------
    >>> upright(np.array([[1, 2], [3, 4]]), 6)
    array([[3, 1],
           [4, 2]])
    """
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def upright_point(row: float, col: float, orientation: int) -> tuple[float, float]:
    """Return where `upright` puts a point; both are shares of the height and width.

    Examples
    --------
    >>> upright_point(0.0, 0.25, 6)
    (0.25, 1.0)
    """
    if orientation >= 5:
        row, col = col, row
    return (
        1 - row if orientation in (3, 4, 7, 8) else row,
        1 - col if orientation in (2, 3, 6, 7) else col,
    )


def color_bar(width: int = 256, height: int = 12) -> NDArray[np.uint8]:
    """Return the colors of `heat_colors` from low to high, as a bar to be used as a legend."""
    levels = np.linspace(0, 255, width).astype(np.uint8)
    return heat_colors(np.repeat(levels[np.newaxis], height, axis=0))


def encode_jpeg(image: NDArray[np.uint8], *, quality: int = 82) -> bytes:
    r"""Return a picture as a JPEG file, chroma at full resolution.

    Parameters
    ----------
    image : (rows, cols, 3) or (rows, cols) array of uint8
        RGB or gray.
    quality : int
        Of libjpeg.

    Examples
    --------
    >>> encode_jpeg(np.zeros((8, 8), np.uint8))[:2]
    b'\xff\xd8'
    """
    import cv2

    settings = [
        cv2.IMWRITE_JPEG_QUALITY, quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]  # fmt: skip
    stored = np.ascontiguousarray(image[..., ::-1] if image.ndim == 3 else image)
    done, encoded = cv2.imencode(".jpg", stored, settings)
    if not done:
        raise RuntimeError("OpenCV could not encode a JPEG")
    return encoded.tobytes()


def data_uri(image: NDArray[Any], form: Format = "jpeg") -> str:
    """Return a picture as text that a page can hold in place of an address.

    Examples
    --------
    >>> data_uri(np.zeros((8, 8), np.uint8), "png")[:26]
    'data:image/png;base64,iVBO'
    """
    data = encode_jpeg(image) if form == "jpeg" else encode_png(image)
    return f"data:image/{form};base64,{base64.b64encode(data).decode('ascii')}"


def with_numbers(
    image: NDArray[np.uint8], points: Sequence[tuple[float, float]]
) -> NDArray[np.uint8]:
    """Return a picture with 1, 2, ... written at points: black on white, with a dark frame.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8
        RGB.
    points : sequence of (float, float)
        Row and column, as shares of the height and width.
    """
    import cv2

    drawn = image.copy()
    rows, cols = drawn.shape[:2]
    size = min(0.6, max(rows, cols) / 800)
    for number, (row, col) in enumerate(points, 1):
        text = str(number)
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        left = int(np.clip(col * cols - width / 2, 4, max(4, cols - width - 5)))
        low = int(np.clip(row * rows + height / 2, height + 4, max(height + 4, rows - 5)))
        corners = (left - 4, low - height - 4), (left + width + 3, low + 4)
        cv2.rectangle(drawn, *corners, (255, 255, 255), cv2.FILLED)
        cv2.rectangle(drawn, *corners, (30, 30, 30), 1)
        cv2.putText(
            drawn, text, (left, low), cv2.FONT_HERSHEY_SIMPLEX, size, (0, 0, 0), 1, cv2.LINE_AA
        )
    return drawn
