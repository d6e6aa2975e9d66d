"""Photo-like pictures made by rule: a landscape to test on where no photograph may be shipped.

What a forensic method meets in a photograph is there: even sky, soft clouds, fine and coarse
texture in perspective, hard contours, lens blur, vignetting and noise that grows with the light.
Everything is drawn at twice the size and reduced, as a sensor integrates over its pixels.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["make_balloon", "make_scene"]

_Float = NDArray[np.float32]
_LIGHT = np.array([-0.55, -0.65, 0.52], np.float32)  # towards the sun: left (x), up (y), viewer (z)


def _color(*levels: float) -> _Float:
    return np.array(levels, np.float32) / np.float32(255)


def _noise(
    rows: int,
    cols: int,
    rng: np.random.Generator,
    *,
    cell: float,
    stretch: float = 1.0,
    octaves: int = 5,
    persistence: float = 0.5,
) -> _Float:
    """Return fractal noise around 0 with a standard deviation of 1.

    `cell` is the size in pixels of the coarsest detail, `stretch` how much longer it is along x.
    """
    # From coarse to fine: enlarge what there is and add the next octave, so that only the last
    # one is made at (nearly) full size.
    octaves = max(1, min(octaves, 1 + math.floor(math.log2(max(cell, 1)))))
    finest = cell / 2 ** (octaves - 1)
    grid_rows = math.ceil(rows / cell) + 2
    grid_cols = math.ceil(cols / (cell * stretch)) + 2
    total = rng.standard_normal((grid_rows, grid_cols), np.float32)
    for octave in range(1, octaves):
        shape = (grid_rows << octave, grid_cols << octave)
        finer = cv2.resize(total, shape[::-1], interpolation=cv2.INTER_CUBIC)
        total = finer + np.float32(persistence**octave) * rng.standard_normal(shape, np.float32)
    step_x = 1 / max(finest * stretch, 1 / 64)
    matrix = np.array([[step_x, 0, step_x], [0, 1 / finest, 1]])
    result: NDArray[Any] = cv2.warpAffine(
        total, matrix, (cols, rows), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    mean, deviation = cv2.meanStdDev(result)
    result -= np.float32(mean[0, 0])
    result *= np.float32(1 / (deviation[0, 0] + 1e-6))
    return result


def _smoothstep(low: float, high: float, values: Any) -> Any:
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _mix(image: _Float, color: Any, weight: _Float) -> None:
    image += weight[..., None] * (color - image)


def _draw_sky(image: _Float, horizon: int, rng: np.random.Generator) -> None:
    cols = image.shape[1]
    height = np.linspace(1, 0, horizon, dtype=np.float32)[:, None, None] ** 1.3
    hue = rng.uniform(0, 1)
    zenith = _color(52 + 30 * hue, 104 + 20 * hue, 178)
    pale = _color(214 + 20 * hue, 222, 228 - 20 * hue)
    image[:horizon] = pale + height * (zenith - pale)
    # The clouds lie in a plane overhead: they shrink and flatten towards the horizon.
    size = max(horizon, 64)
    plane = _noise(2 * size, 3 * size, rng, cell=size / 1.6, octaves=8, persistence=0.55)
    y, x = np.mgrid[:horizon, :cols].astype(np.float32)
    distance = 1 / (1.12 - y / horizon)
    map_x = 1.5 * size + (x - cols / 2) / cols * 1.5 * size * distance**0.6
    map_y = distance * 0.42 * size
    far = size / 50  # towards the sun: what is thinner there is lit
    density, lit = (
        cv2.remap(plane, map_x - d, map_y - d, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        for d in (0, far)
    )
    cover = rng.uniform(0.0, 0.7)
    weight = _smoothstep(cover - 0.2, cover + 1.5, density) * 0.95
    shade = np.clip(0.5 + 0.45 * (density - lit), 0, 1)[..., None]
    clouds = _color(178, 186, 200) + shade * (_color(255, 253, 248) - _color(178, 186, 200))
    _mix(image[:horizon], clouds, weight.astype(np.float32))


def _draw_ridges(image: _Float, horizon: int, rng: np.random.Generator) -> None:
    rows, cols = image.shape[:2]
    haze = _color(188, 202, 216)
    count = 4
    for layer in range(count):
        near = (layer + 1) / count
        rough = _noise(1, cols, rng, cell=cols / (3 + 2 * layer), octaves=7, persistence=0.42)[0]
        lift = rows * (0.20 * (1 - near) + 0.035)
        top = horizon - lift - rough * rows * (0.045 - 0.02 * near)
        first = max(math.floor(top.min()) - 1, 0)
        below = np.arange(first, horizon, dtype=np.float32)[:, None] - top.astype(np.float32)
        # Slopes are lit by the gradient of a height field; near ones carry forest.
        field = _noise(
            horizon - first, cols, rng, cell=rows / 9, stretch=1.3, octaves=8, persistence=0.62
        )
        slope: NDArray[Any] = cv2.Sobel(field, cv2.CV_32F, 1, 0) + cv2.Sobel(
            field, cv2.CV_32F, 0, 1
        )
        slope = np.asarray(cv2.GaussianBlur(slope, (0, 0), 1.5))
        slope = np.clip(slope / (slope.std() + 1e-6), -2.5, 2.5)
        body = _color(92, 104, 112) + near * (_color(58, 82, 48) - _color(92, 104, 112))
        color = body * (1 + 0.13 * near * slope + 0.10 * near * field)[..., None]
        depth = np.clip(below / (0.30 * rows), 0, 1)
        air = np.clip(0.80 * (1 - near) ** 0.8 + 0.12 + 0.15 * depth * (1 - near), 0, 1)
        color += air[..., None] * (haze - color)
        _mix(image[first:horizon], color, np.clip(below, 0, 1))


def _draw_ground(image: _Float, horizon: int, rng: np.random.Generator) -> None:
    rows, cols = image.shape[:2]
    depth_rows = rows - horizon
    y, x = np.mgrid[1 : depth_rows + 1, :cols].astype(np.float32)
    near = y / depth_rows  # 0 at the horizon, 1 at the feet
    size = 1024
    texture = _noise(size, size, rng, cell=180, octaves=9, persistence=0.72)
    patches = _noise(size, size, rng, cell=260, octaves=4, persistence=0.5)
    # Perspective of a plane: what lies `near` the viewer is stretched by 1 / distance.
    ground_y = (1 / near) * 150
    ground_x = size / 2 + (x - cols / 2) / cols * 620 / near

    def lay(plane: _Float, scale_x: float, scale_y: float) -> Any:
        return cv2.remap(
            plane,
            ground_x * scale_x,
            ground_y * scale_y,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    coarse, fine = lay(patches, 0.5, 0.9), lay(texture, 1.0, 1.6)
    # Grass: streaks that stand up, longer in front.
    blades = _noise(depth_rows, cols, rng, cell=9, stretch=0.22, octaves=3, persistence=0.8)
    tufts = _noise(depth_rows, cols, rng, cell=3, octaves=2, persistence=0.9)
    detail = (0.45 + 0.55 * near) * (0.55 * blades * near + 0.45 * tufts * (1 - 0.5 * near))
    blend = _smoothstep(-1.0, 1.2, coarse)[..., None]
    green, straw = _color(82, 104, 50), _color(164, 148, 84)
    color = green + blend * (straw - green)
    color = color * np.clip(1 + 0.16 * fine + 0.20 * detail, 0.25, 1.9)[..., None]
    haze = _color(168, 184, 186)
    color += (0.50 * (1 - near) ** 3)[..., None] * (haze - color)

    # A path that winds to the horizon, worn by two wheels.
    bend, phase, foot = rng.uniform(0.3, 0.8), rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 0.7)
    middle = cols * (0.5 + (foot - 0.5) * near + 0.18 * bend * np.sin(2.2 / (near + 0.25) + phase))
    across = (x - middle) / (0.085 * cols * near + 1)
    wobble = 0.16 * tufts + 0.22 * fine
    worn = 1 - _smoothstep(0.65, 1.05, np.abs(across) + wobble)
    ruts = np.exp(-(((np.abs(across) - 0.42) / 0.2) ** 2))
    earth = _color(158, 134, 104) * (1 + 0.10 * tufts + 0.08 * fine)[..., None]
    _mix(color, earth, (worn * (0.55 + 0.45 * ruts)).astype(np.float32))
    image[horizon:] = color


def _shadow(image: _Float, row: float, col: float, height: float, width: float) -> None:
    """Darken an ellipse on the ground to the right of what stands at (row, col)."""
    rows, cols = image.shape[:2]
    mask = np.zeros((rows, cols), np.uint8)
    center = (round(col + 0.35 * width), round(row + 0.02 * height))
    axes = (max(round(0.62 * width), 1), max(round(0.10 * height), 1))
    cv2.ellipse(mask, center, axes, 0, 0, 360, 255, -1, cv2.LINE_AA)
    top, bottom = max(center[1] - 3 * axes[1], 0), min(center[1] + 3 * axes[1], rows)
    left, right = max(center[0] - 2 * axes[0], 0), min(center[0] + 2 * axes[0], cols)
    if top < bottom and left < right:
        part = mask[top:bottom, left:right].astype(np.float32) / 255
        soft = cv2.GaussianBlur(part, (0, 0), max(0.3 * axes[1], 0.8))
        image[top:bottom, left:right] *= 1 - 0.42 * soft[..., None]


def _draw_tree(
    image: _Float, row: float, col: float, height: float, air: float, rng: np.random.Generator
) -> None:
    """Draw a broad-leaved tree: a trunk, boughs, and dabs of leaves lit from the upper left."""
    _shadow(image, row, col, height, 0.8 * height)
    haze = _color(188, 202, 216)
    shift, unit = 4, 16

    def point(dy: float, dx: float) -> list[int]:
        return [round((col + dx * height) * unit), round((row + dy * height) * unit)]

    bark = (_color(74, 60, 48) + air * (haze - _color(74, 60, 48))).tolist()
    lean = rng.uniform(-0.04, 0.04)
    trunk = [point(0.01, -0.035), point(-0.5, lean - 0.018), point(-0.5, lean + 0.018)]
    trunk.append(point(0.01, 0.035))
    cv2.fillPoly(image, [np.array(trunk)], bark, cv2.LINE_8, shift)

    clumps = int(rng.integers(7, 12))
    centers = np.stack(
        [-0.62 + 0.20 * rng.standard_normal(clumps), lean + 0.17 * rng.standard_normal(clumps)], 1
    )
    centers[:, 0] = np.clip(centers[:, 0], -0.88, -0.42)
    radii = rng.uniform(0.10, 0.19, clumps)
    centers[:3] = [[-0.56, lean], [-0.68, lean - 0.09], [-0.66, lean + 0.10]]  # a full middle
    radii[:3] = 0.21
    dabs = int(np.clip(height * 12, 60, 3600))
    which = rng.choice(clumps, dabs, p=radii**2 / (radii**2).sum())
    angle = rng.uniform(0, 2 * math.pi, dabs)
    reach = np.sqrt(rng.uniform(0, 1, dabs)) * rng.uniform(0.85, 1.25, dabs)
    offset = np.stack([np.sin(angle) * 0.85, np.cos(angle)], 1) * reach[:, None]
    places = centers[which] + radii[which, None] * offset
    # Brightness: each clump is a ball, and the crown as a whole is one.
    crown = (places - [-0.60, lean]) / 0.38
    light = -0.55 * offset[:, 0] - 0.45 * offset[:, 1] - 0.40 * crown[:, 0] - 0.25 * crown[:, 1]
    light = np.clip(0.62 + 0.34 * light + 0.16 * rng.standard_normal(dabs), 0.16, 1.5)
    hue = rng.uniform(0, 1)
    leaf = _color(70 + 34 * hue, 98 + 4 * hue, 38)
    colors = leaf * light[:, None].astype(np.float32)
    colors += rng.normal(0, 0.012, colors.shape).astype(np.float32)
    colors = np.clip(colors + air * (haze - colors), 0, 1)
    sizes = np.maximum(height * rng.uniform(0.006, 0.017, dabs), 0.9)
    order = np.argsort(light + 0.2 * rng.standard_normal(dabs))
    middles = np.rint((places[order, ::-1] * height + (col, row)) * unit).astype(int).tolist()
    radii_fixed = np.rint(sizes[order] * unit).astype(int).tolist()
    for middle, radius, color in zip(middles, radii_fixed, colors[order].tolist(), strict=True):
        cv2.circle(image, middle, radius, color, -1, cv2.LINE_8, shift)


def _draw_house(
    image: _Float, row: float, col: float, height: float, rng: np.random.Generator
) -> None:
    """Draw a house with a lit and a shaded wall, a tiled roof, windows and a door."""
    _shadow(image, row, col + 0.5 * height, height, 1.5 * height)
    layer = image.copy()
    plaster = _color(224, 212, 190) * np.float32(rng.uniform(0.85, 1.05))
    roof = [_color(150, 74, 54), _color(104, 84, 76), _color(128, 62, 50)][rng.integers(3)]

    def fill(points: list[tuple[float, float]], color: _Float) -> None:
        corners = [
            (round((col + x * height) * 16), round((row + y * height) * 16)) for y, x in points
        ]
        cv2.fillPoly(layer, [np.array(corners)], color.tolist(), cv2.LINE_8, 4)

    fill([(0, -0.85), (-0.55, -0.85), (-0.55, 0.15), (0, 0.15)], plaster)
    fill([(0, 0.15), (-0.55, 0.15), (-0.92, 0.40), (-0.57, 0.68), (-0.03, 0.68)], plaster * 0.62)
    fill([(-0.52, -0.92), (-0.96, -0.66), (-0.96, 0.42), (-0.52, 0.17)], roof)
    fill([(-0.52, 0.17), (-0.96, 0.42), (-0.94, 0.46), (-0.50, 0.21)], roof * 0.5)
    fill([(-0.78, -0.45), (-1.06, -0.45), (-1.06, -0.33), (-0.78, -0.33)], roof * 0.8)
    glass = _color(58, 66, 78)
    for x in (-0.70, -0.12):
        fill(
            [(-0.18, x - 0.015), (-0.40, x - 0.015), (-0.40, x + 0.165), (-0.18, x + 0.165)],
            plaster * 1.1,
        )
        fill([(-0.19, x), (-0.39, x), (-0.39, x + 0.07), (-0.19, x + 0.07)], glass)
        fill(
            [(-0.19, x + 0.08), (-0.39, x + 0.08), (-0.39, x + 0.15), (-0.19, x + 0.15)],
            glass * 1.3,
        )
    fill([(0, -0.42), (-0.36, -0.42), (-0.36, -0.25), (0, -0.25)], _color(84, 56, 40))
    fill([(-0.25, 0.36), (-0.45, 0.36), (-0.45, 0.48), (-0.25, 0.48)], glass * 0.7)
    changed = np.any(layer != image, axis=2)
    found_rows, found_cols = np.nonzero(changed.any(axis=1))[0], np.nonzero(changed.any(axis=0))[0]
    if not len(found_rows):
        return
    box = (slice(found_rows[0], found_rows[-1] + 1), slice(found_cols[0], found_cols[-1] + 1))
    part = layer[box]
    grain = _noise(
        part.shape[0], part.shape[1], rng, cell=max(height / 6, 2), octaves=5, persistence=0.8
    )
    tiles = np.arange(part.shape[0]) % max(round(height / 26), 2) == 0
    reddish = part[..., 0] > 1.35 * part[..., 2]
    part = part * (1 + 0.05 * grain - 0.18 * (tiles[:, None] & reddish))[..., None]
    image[box][changed[box]] = part[changed[box]]


def _draw_boulder(
    image: _Float, row: float, col: float, size: float, rng: np.random.Generator
) -> None:
    """Draw a boulder: a bumpy ball, lit from the upper left, sunk into the grass."""
    _shadow(image, row, col, 1.2 * size, size)
    half = math.ceil(0.7 * size)
    top, left = round(row - 0.24 * size) - half, round(col) - half
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32) / np.float32(0.5 * size)
    angle = np.arctan2(y, x)
    lumpy = sum(
        rng.normal(0, 0.10) / k * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(2, 8)
    )
    radius = np.hypot(x, 1.35 * y) * (1 + lumpy)
    bump = _noise(x.shape[0], x.shape[1], rng, cell=max(size / 3, 2), octaves=7, persistence=0.62)
    z = np.sqrt(np.clip(1 - radius**2, 0, 1)) + 0.07 * bump
    normal = np.dstack([-cv2.Sobel(z, cv2.CV_32F, 1, 0), -cv2.Sobel(z, cv2.CV_32F, 0, 1)])
    normal *= size / 16
    lit = normal[..., 0] * _LIGHT[0] + normal[..., 1] * _LIGHT[1] + _LIGHT[2]
    lit = lit / np.sqrt(1 + (normal**2).sum(axis=2))
    stone = _color(150, 142, 130) * (0.34 + 0.80 * np.clip(lit, 0, 1) + 0.04 * bump)[..., None]
    moss = (
        _smoothstep(0.4, 1.6, _noise(x.shape[0], x.shape[1], rng, cell=max(size / 4, 2)))
        * (y < 0.1)
        * 0.6
    )
    _mix(stone, _color(84, 96, 50) * (0.4 + lit)[..., None], moss.astype(np.float32))
    weight = _smoothstep(0, 1, (1 - radius) * 0.25 * size).astype(np.float32)
    grass = 0.55 + 0.12 * _noise(x.shape[0], x.shape[1], rng, cell=6, stretch=0.25, octaves=2)
    weight *= y < grass
    rows, cols = image.shape[:2]
    inside = (
        slice(max(top, 0), min(top + 2 * half + 1, rows)),
        slice(max(left, 0), min(left + 2 * half + 1, cols)),
    )
    if inside[0].start < inside[0].stop and inside[1].start < inside[1].stop:
        own = (
            slice(inside[0].start - top, inside[0].stop - top),
            slice(inside[1].start - left, inside[1].stop - left),
        )
        _mix(image[inside], stone[own].astype(np.float32), weight[own])


def _expose(image: _Float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Reduce to the final size and add what lens and sensor add."""
    rows, cols = image.shape[0] // 2, image.shape[1] // 2
    seen = cv2.resize(image, (cols, rows), interpolation=cv2.INTER_AREA)
    seen = cv2.GaussianBlur(seen, (0, 0), 0.45)
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]
    seen = seen * (1 - 0.13 * (x * x + y * y)).astype(np.float32)[..., None]
    # Photon noise and a floor; demosaicing has spread it over neighbors, color more than light.
    light = cv2.GaussianBlur(rng.standard_normal((rows, cols), np.float32), (0, 0), 0.5) * 1.6
    tint = cv2.GaussianBlur(rng.standard_normal((rows, cols, 3), np.float32), (0, 0), 0.9) * 1.5
    amount = np.sqrt(1.2 + 5.0 * np.clip(seen, 0, 1)) / 255
    seen = seen + amount * (0.8 * light[..., None] + 0.6 * tint)
    return np.asarray(np.clip(np.rint(seen * 255), 0, 255), np.uint8)


def make_scene(rows: int, cols: int, *, seed: int) -> NDArray[np.uint8]:
    """Make a photo-like landscape.

    Parameters
    ----------
    rows, cols : int
        Size in pixels; at least 64 each.
    seed : int
        Seed of the NumPy generator that all is drawn from.

    Returns
    -------
    (rows, cols, 3) array of uint8
        RGB.

    Raises
    ------
    ValueError
        If a side is below 64 pixels.

    Examples
    --------
    >>> make_scene(96, 128, seed=1).shape
    (96, 128, 3)
    """
    if min(rows, cols) < 64:
        raise ValueError(f"rows and cols must be >= 64, got {rows} and {cols}")
    rng = np.random.default_rng(seed)
    height, width = 2 * rows, 2 * cols
    image = np.zeros((height, width, 3), np.float32)
    horizon = round(height * rng.uniform(0.50, 0.60))
    _draw_sky(image, horizon, rng)
    _draw_ridges(image, horizon, rng)
    _draw_ground(image, horizon, rng)

    # Things stand on the ground, far ones first; their size follows from where they stand.
    things: list[tuple[float, str]] = [(rng.uniform(0.015, 0.05), "tree") for _ in range(26)]
    things += [(rng.uniform(0.06, 0.30), "tree") for _ in range(4)]
    things += [(rng.uniform(0.10, 0.16), "house")]
    things += [(rng.uniform(0.30, 0.85), "boulder") for _ in range(int(rng.integers(1, 4)))]
    for near, kind in sorted(things):
        row, col = horizon + near * (height - horizon), rng.uniform(0.02, 0.98) * width
        size = near * height
        if kind == "tree":
            tall = (0.035 * height + 1.15 * size) * rng.uniform(0.8, 1.25)
            _draw_tree(image, row, col, tall, 0.32 * math.exp(-9 * near), rng)
        elif kind == "house":
            _draw_house(image, row, col, 0.03 * height + 0.75 * size, rng)
        else:
            _draw_boulder(image, row, col, 0.26 * size * rng.uniform(0.7, 1.2), rng)
    return _expose(image, rng)


def make_balloon(height: int, *, seed: int) -> tuple[NDArray[np.uint8], _Float]:
    """Make a hot-air balloon, and how much of each pixel it covers.

    Parameters
    ----------
    height : int
        Rows of the picture.
    seed : int
        Seed of the NumPy generator that all is drawn from.

    Returns
    -------
    image : (rows, cols, 3) array of uint8
        RGB, with the noise of a camera.
    alpha : (rows, cols) array of float32
        From 0 to 1.
    """
    rng = np.random.default_rng(seed)
    rows, cols = 2 * height, 2 * round(0.8 * height)
    unit = 0.375 * rows  # radius of the envelope
    y, x = np.mgrid[:rows, :cols].astype(np.float32)
    y = (y - 0.40 * rows) / np.float32(unit)
    x = (x - cols / 2) / np.float32(unit)
    # Half width at each height: a circle above, drawn in to the mouth below.
    below = np.clip(y / 1.28, 0, 1)
    half = np.where(y < 0, np.sqrt(np.clip(1 - y * y, 0, 1)), 1 - 0.80 * below**1.9)
    half = np.where(y > 1.28, 0, half)
    across = np.clip(x / np.maximum(half, 1e-3), -1, 1)
    alpha = np.clip((half - np.abs(x)) * unit, 0, 1)
    longitude = np.arcsin(across)
    gores = longitude / math.pi * 12 + 0.35
    palette = np.stack([_color(196, 44, 40), _color(238, 188, 62), _color(40, 74, 142)])
    band = (np.floor(gores).astype(int) + (np.abs(y - 0.18) < 0.16)) % 3
    color = palette[band]
    bulge = 0.10 * np.cos((gores % 1 - 0.5) * math.pi)  # cloth swells between its seams
    z = np.sqrt(np.clip(1 - across**2, 0, 1))
    lit = across * _LIGHT[0] + np.clip(y, -1, 1) * 0.75 * _LIGHT[1] + z * _LIGHT[2]
    fold = 0.03 * _noise(rows, cols, rng, cell=unit / 4, octaves=5)
    color = color * (0.42 + 0.62 * np.clip(lit, -0.25, 1) + bulge + fold)[..., None]
    image = color.astype(np.float32)

    def fill(points: list[tuple[float, float]], shade: _Float) -> None:
        corners = [
            (round((px * unit + cols / 2) * 16), round((py * unit + 0.40 * rows) * 16))
            for py, px in points
        ]
        cv2.fillPoly(image, [np.array(corners)], shade.tolist(), cv2.LINE_8, 4)
        cv2.fillPoly(alpha, [np.array(corners)], 1.0, cv2.LINE_8, 4)

    for side in (-1.0, -0.35, 0.35, 1.0):  # ropes
        mouth, rim = 0.19 * side, 0.12 * side
        fill(
            [
                (1.27, mouth - 0.008),
                (1.27, mouth + 0.008),
                (1.44, rim + 0.008),
                (1.44, rim - 0.008),
            ],
            _color(60, 52, 44),
        )
    fill([(1.41, -0.14), (1.41, 0.14), (1.57, 0.115), (1.57, -0.115)], _color(134, 92, 54))
    fill([(1.41, 0.04), (1.41, 0.14), (1.57, 0.115), (1.57, 0.03)], _color(92, 62, 38))
    fill([(1.40, -0.15), (1.40, 0.15), (1.43, 0.15), (1.43, -0.15)], _color(70, 48, 32))
    small = cv2.resize(alpha, (cols // 2, rows // 2), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 0.6)
    return _expose(image, rng), np.clip(soft, 0, 1)
