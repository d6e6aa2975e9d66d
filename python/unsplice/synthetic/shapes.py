"""Shapes of pasted regions: polygons, blobs and rectangles with soft, antialiased edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Shape", "ShapeKind", "draw_alpha", "draw_shape"]

ShapeKind = Literal["polygon", "blob", "rectangle"]

# Contours are drawn this many times larger and reduced by area: exact antialiasing.
_SUPERSAMPLING = 4


@dataclass(frozen=True, eq=False)
class Shape:
    """A closed contour around the origin and where it stands in a picture.

    Attributes
    ----------
    kind : str
        What it is: "polygon", "blob" or "rectangle".
    contour : (n, 2) array of float
        Points (row, col) around the origin; the enclosed area is about 1.
    center : tuple of float
        (row, col) in the picture.
    softness : float
        Standard deviation, in pixels, of the blur of the edge.
    """

    kind: ShapeKind
    contour: NDArray[np.float64]
    center: tuple[float, float]
    softness: float


def draw_shape(
    kind: ShapeKind, center: tuple[float, float], softness: float, rng: np.random.Generator
) -> Shape:
    """Draw a random contour of about unit area.

    A polygon is star-shaped with 3 to 9 corners; a blob is a circle whose radius varies by a
    random Fourier series; a rectangle is turned by any angle up to 20 degrees.
    """
    if kind == "polygon":
        corners = int(rng.integers(3, 10))
        # Jittered equal steps: random angles alone give slivers.
        angles = 2 * math.pi * (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners
        radii = rng.uniform(0.45, 1.0, corners)
    elif kind == "blob":
        angles = np.linspace(0, 2 * math.pi, 180, endpoint=False)
        order = np.arange(1, 9)[:, None]
        amplitude = rng.normal(0, 0.22, (8, 1)) / order
        phase = rng.uniform(0, 2 * math.pi, (8, 1))
        radii = np.exp((amplitude * np.cos(order * angles + phase)).sum(axis=0))
    else:
        half = math.sqrt(rng.uniform(0.5, 2.0))
        corners_xy = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]]) * [half, 1 / half]
        angles = np.arctan2(corners_xy[:, 0], corners_xy[:, 1]) + rng.uniform(-0.35, 0.35)
        radii = np.hypot(corners_xy[:, 0], corners_xy[:, 1])
    aspect = 1.0 if kind == "rectangle" else math.sqrt(rng.uniform(0.5, 2.0))
    points = np.stack([radii * np.sin(angles) * aspect, radii * np.cos(angles) / aspect], axis=1)
    following = np.roll(points, -1, axis=0)
    area = abs(np.sum(points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0])) / 2
    return Shape(kind, points / math.sqrt(area), center, softness)


def draw_alpha(shape: Shape, area: float, rows: int, cols: int) -> NDArray[np.float32]:
    """Return how much of each pixel a shape of `area` pixels covers, from 0 to 1.

    Parameters
    ----------
    shape : Shape
        What to draw.
    area : float
        Pixels inside the contour, counting those beyond the frame of the picture.
    rows, cols : int
        Size of the picture.

    Returns
    -------
    (rows, cols) array of float32
    """
    alpha = np.zeros((rows, cols), np.float32)
    points = shape.contour * math.sqrt(area) + shape.center
    margin = math.ceil(4 * shape.softness) + 2
    top, left = np.maximum(np.floor(points.min(axis=0)).astype(int) - margin, 0)
    bottom, right = np.minimum(np.ceil(points.max(axis=0)).astype(int) + margin + 1, (rows, cols))
    if bottom <= top or right <= left:
        return alpha
    # Pixel (0, 0) has its middle at (0, 0), so its upper left corner lies at (-0.5, -0.5); fillPoly
    # takes 4 binary digits behind the point.
    fine = (points - (top - 0.5, left - 0.5)) * _SUPERSAMPLING - 0.5
    canvas = np.zeros(((bottom - top) * _SUPERSAMPLING, (right - left) * _SUPERSAMPLING), np.uint8)
    cv2.fillPoly(canvas, [np.rint(fine[:, ::-1] * 16).astype(np.int32)], 255, shift=4)
    window = cv2.resize(canvas, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(
        window.astype(np.float32) / 255, (0, 0), shape.softness, borderType=cv2.BORDER_REPLICATE
    )
    alpha[top:bottom, left:right] = soft
    return alpha
