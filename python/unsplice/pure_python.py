"""The definition of every kernel: readable, slow, and the oracle of the tests.

Plain Python loops over plain NumPy arrays, or one formula for all pixels. Nothing here is
optimised; when the core and this module disagree, the core is wrong. Arguments are not checked:
`unsplice.kernels`, `unsplice.pair.kernels`, `unsplice.blind.kernels` and
`unsplice.blind.enhance` do that.

Where float32 is computed, the order of the operations is part of the definition: every constant is
rounded to float32 first, and every operation rounds to float32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, erf, frexp, pi, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from unsplice.components import Components

__all__ = [
    "activity_level",
    "block_levels",
    "clipped_samples",
    "color_difference",
    "compression_gains",
    "count_magnitudes",
    "density_levels",
    "equalize_clahe",
    "error_levels",
    "extract_patches",
    "find_boundary",
    "gaussian_blur",
    "grid_votes",
    "haar_noise_residual",
    "jpeg_round_trip",
    "label_components",
    "level_counts",
    "log_cascade",
    "log_cascade_saturating",
    "luma",
    "measure_components",
    "median_filter",
    "neighborhood_threshold",
    "noise_artifact",
    "normalized_energy",
    "remove_small_components",
    "requantized_counts",
    "sum_levels",
    "weighted_sum",
]


def neighborhood_threshold(image: NDArray[Any], threshold: float) -> NDArray[np.uint8]:
    """Define `unsplice.neighborhood_threshold`."""
    channels = image[:, :, np.newaxis] if image.ndim == 2 else image
    rows, cols, depth = channels.shape
    result = np.zeros((rows, cols), np.uint8)
    if rows < 3 or cols < 3:
        return result
    for row in range(1, rows - 1):
        for col in range(1, cols - 1):
            for channel in range(depth):
                total = (
                    int(channels[row, col, channel])
                    + int(channels[row + 1, col, channel])
                    + int(channels[row - 1, col, channel])
                    + int(channels[row, col + 1, channel])
                    + int(channels[row, col - 1, channel])
                )
                if total <= 5 * threshold:
                    result[row, col] = 255
    # BORDER_REFLECT_101 around the decided interior; a single row or column repeats itself.
    result[:, 0] = result[:, min(2, cols - 2)]
    result[:, -1] = result[:, max(-3, 1 - cols)]
    result[0] = result[min(2, rows - 2)]
    result[-1] = result[max(-3, 1 - rows)]
    return result


def median_filter(image: NDArray[Any]) -> NDArray[Any]:
    """Define `unsplice.median_filter`."""
    result = np.empty(image.shape, image.dtype.newbyteorder("="))
    if image.ndim == 3:
        for index, picture in enumerate(image):
            result[index] = median_filter(picture)
        return result
    rows, cols = image.shape
    for row in range(rows):
        for col in range(cols):
            neighborhood = [
                image[min(max(y, 0), rows - 1), min(max(x, 0), cols - 1)]
                for y in range(row - 1, row + 2)
                for x in range(col - 1, col + 2)
            ]
            if any(value != value for value in neighborhood):
                raise ValueError("image must not contain NaN")
            median = sorted(neighborhood)[4]
            result[row, col] = median if median != 0 else 0  # also where it is -0
    return result


def _reflect(index: int, size: int) -> int:
    """Return the index within range(size) that mirrors `index`; the edge is not repeated."""
    if size == 1:
        return 0
    index %= 2 * size - 2
    return min(index, 2 * size - 2 - index)


def log_cascade(image: NDArray[Any], passes: int = 3) -> NDArray[Any]:
    """Define `unsplice.log_cascade`.

    With float32 the order of the sums matters: a pass computes
    (16 here - 2 near) - (far + corners) as written here.
    """
    number: Any = np.float32 if image.dtype.kind == "f" else int
    rows, cols = image.shape
    values = [[number(image[row, col]) for col in range(cols)] for row in range(rows)]

    def at(row: int, col: int) -> Any:
        return values[_reflect(row, rows)][_reflect(col, cols)]

    def log(y: int, x: int) -> Any:
        near = (at(y - 1, x) + at(y + 1, x)) + (at(y, x - 1) + at(y, x + 1))
        far = (at(y - 2, x) + at(y + 2, x)) + (at(y, x - 2) + at(y, x + 2))
        above = at(y - 1, x - 1) + at(y - 1, x + 1)
        below = at(y + 1, x - 1) + at(y + 1, x + 1)
        return (number(16) * at(y, x) - number(2) * near) - (far + (above + below))

    for _ in range(passes):
        values = [[log(row, col) for col in range(cols)] for row in range(rows)]
    return np.array(values, np.float32 if number is np.float32 else np.int32).reshape(rows, cols)


def _neighbors(
    row: int, col: int, shape: tuple[int, ...], connectivity: int
) -> Iterator[tuple[int, int]]:
    for y in range(max(row - 1, 0), min(row + 2, shape[0])):
        for x in range(max(col - 1, 0), min(col + 2, shape[1])):
            if (y, x) != (row, col) and (connectivity == 8 or y == row or x == col):
                yield y, x


def label_components(mask: NDArray[np.bool_], *, connectivity: int = 8) -> Components:
    """Define `unsplice.label_components`."""
    labels = np.zeros(mask.shape, np.int32)
    components: list[list[tuple[int, int]]] = []
    for row in range(mask.shape[0]):
        for col in range(mask.shape[1]):
            if not mask[row, col] or labels[row, col]:
                continue
            # A pixel that no earlier component reached begins a new one, which is flooded.
            labels[row, col] = len(components) + 1
            component = [(row, col)]
            for pixel in component:  # grows while it is read
                for y, x in _neighbors(*pixel, mask.shape, connectivity):
                    if mask[y, x] and not labels[y, x]:
                        labels[y, x] = len(components) + 1
                        component.append((y, x))
            components.append(component)
    areas, boxes, centroids = [], [], []
    for component in components:
        ys = [y for y, _ in component]
        xs = [x for _, x in component]
        areas.append(len(component))
        boxes.append((min(ys), min(xs), max(ys) + 1, max(xs) + 1))
        centroids.append((sum(ys) / len(component), sum(xs) / len(component)))
    return Components(
        labels,
        np.array(areas, np.int64),
        np.array(boxes, np.int64).reshape(-1, 4),
        np.array(centroids, np.float64).reshape(-1, 2),
    )


def remove_small_components(
    mask: NDArray[np.bool_], min_area: int, *, connectivity: int = 8
) -> NDArray[np.bool_]:
    """Define `unsplice.remove_small_components`."""
    components = label_components(mask, connectivity=connectivity)
    result = np.zeros(mask.shape, np.bool_)
    for row in range(mask.shape[0]):
        for col in range(mask.shape[1]):
            label = int(components.labels[row, col])
            result[row, col] = label > 0 and components.areas[label - 1] >= min_area
    return result


def find_boundary(
    mask: NDArray[np.bool_], *, mode: Literal["inner", "outer", "thick"] = "inner"
) -> NDArray[np.bool_]:
    """Define `unsplice.find_boundary`."""
    result = np.zeros(mask.shape, np.bool_)
    for row in range(mask.shape[0]):
        for col in range(mask.shape[1]):
            inside = bool(mask[row, col])
            differs = any(
                bool(mask[pixel]) != inside for pixel in _neighbors(row, col, mask.shape, 4)
            )
            wanted = mode == "thick" or inside == (mode == "inner")
            result[row, col] = differs and wanted
    return result


def extract_patches(
    image: NDArray[Any], corners: NDArray[np.integer[Any]], size: int
) -> NDArray[Any]:
    """Define `unsplice.extract_patches`."""
    result = np.empty((len(corners), size, size, *image.shape[2:]), image.dtype.newbyteorder("="))
    for index, (first_row, first_col) in enumerate(corners.tolist()):
        for row in range(size):
            for col in range(size):
                result[index, row, col] = image[first_row + row, first_col + col]
    return result


def _float32_channels(image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
    return tuple(image[:, :, channel].astype(np.float32) for channel in range(3))


def _luma(red: Any, green: Any, blue: Any) -> Any:
    f = np.float32
    return f(0.299) * red + f(0.587) * green + f(0.114) * blue


def weighted_sum(image: NDArray[np.uint8], weights: Sequence[float]) -> NDArray[np.float32]:
    """Define `unsplice.kernels.weighted_sum`."""
    first, second, third = (
        np.float32(weight) * channel
        for weight, channel in zip(weights, _float32_channels(image), strict=True)
    )
    result: NDArray[np.float32] = first + second + third
    return result


def luma(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.luma`."""
    return weighted_sum(image, (0.299, 0.587, 0.114))


def color_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.color_difference`."""
    f = np.float32
    channels = zip(_float32_channels(first), _float32_channels(second), strict=True)
    red, green, blue = (a - b for a, b in channels)
    y = _luma(red, green, blue)
    return np.stack([y, (blue - y) * (f(1) / f(1.772)), (red - y) * (f(1) / f(1.402))])


def gaussian_blur(planes: NDArray[np.float32], weights: Sequence[float]) -> NDArray[np.float32]:
    """Define `unsplice.kernels.gaussian_blur` for weights from the centre outwards."""

    def blur_columns(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = len(plane)
        result = np.empty(plane.shape, np.float32)
        for row in range(rows):
            total = np.float32(weights[0]) * plane[row]
            for k in range(1, len(weights)):
                above, below = plane[_reflect(row - k, rows)], plane[_reflect(row + k, rows)]
                total = total + np.float32(weights[k]) * (above + below)
            result[row] = total
        return result

    result = np.empty(planes.shape, np.float32)
    for index, plane in enumerate(planes.astype(np.float32)):
        result[index] = blur_columns(blur_columns(plane).T).T
    return result


def activity_level(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Define `unsplice.pair.kernels.activity_level`."""
    rows, cols = image.shape[:2]
    f = np.float32
    wide = image.astype(int)
    gray = (77 * wide[:, :, 0] + 150 * wide[:, :, 1] + 29 * wide[:, :, 2] + 128) >> 8

    def at(row: int, col: int) -> int:
        return int(gray[_reflect(row, rows), _reflect(col, cols)])

    def squared_gradient(row: int, col: int) -> int:
        left, right = (at(row - 1, x) + 2 * at(row, x) + at(row + 1, x) for x in (col - 1, col + 1))
        top, bottom = (at(y, col - 1) + 2 * at(y, col) + at(y, col + 1) for y in (row - 1, row + 1))
        return (right - left) ** 2 + (bottom - top) ** 2

    gradients = [[squared_gradient(row, col) for col in range(cols)] for row in range(rows)]
    result = np.empty((rows, cols), np.uint8)
    for row in range(rows):
        for col in range(cols):
            total = sum(
                gradients[_reflect(row + down, rows)][_reflect(col + right, cols)]
                for down in range(-4, 5)
                for right in range(-4, 5)
            )
            value = f(total) / f(324) + f(1)
            mantissa, exponent = np.frexp(value)  # value = 2 mantissa * 2 ** (exponent - 1)
            result[row, col] = 8 * (exponent - 1) + int(8 * (2 * mantissa - 1))
    return result


def normalized_energy(
    planes: NDArray[np.float32], levels: NDArray[np.uint8], precision: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Define `unsplice.pair.kernels.normalized_energy`."""
    x0, x1, x2 = planes
    w0, w1, w2 = (weights[levels] for weights in precision)
    total = x0 * x0 * w0 + x1 * x1 * w1 + x2 * x2 * w2
    result: NDArray[np.float32] = np.sqrt(total / np.float32(3))
    return result


_DCT = np.array(
    [
        [sqrt(1 / 8) if k == 0 else cos((2 * n + 1) * k * pi / 16) / 2 for n in range(8)]
        for k in range(8)
    ],
    np.float32,
)


def _byte(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _sum_of_products(factors: Any, terms: Any) -> NDArray[np.float32]:
    """Add up from the first term to the last."""
    total: NDArray[np.float32] = factors[0] * terms[0]
    for factor, term in zip(factors[1:], terms[1:], strict=True):
        total = total + factor * term
    return total


def _dct_of_columns(block: NDArray[np.float32]) -> NDArray[np.float32]:
    # Row k of the matrix is even or odd as k is: samples meet their mirror images first.
    sums, differences = block[:4] + block[:3:-1], block[:4] - block[:3:-1]
    return np.array(
        [_sum_of_products(_DCT[k, :4], differences if k % 2 else sums) for k in range(8)]
    )


def _inverse_dct_of_columns(block: NDArray[np.float32]) -> NDArray[np.float32]:
    result = np.empty((8, 8), np.float32)
    for n in range(4):
        even = _sum_of_products(_DCT[0::2, n], block[0::2])
        odd = _sum_of_products(_DCT[1::2, n], block[1::2])
        result[n], result[7 - n] = even + odd, even - odd
    return result


def _quantized(samples: NDArray[np.uint8], steps: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return `samples` after DCT, quantisation and inverse DCT, in whole blocks."""
    rows, cols = samples.shape
    result = np.pad(samples, ((0, -rows % 8), (0, -cols % 8)), mode="edge")
    for row in range(0, rows, 8):
        for col in range(0, cols, 8):
            block = result[row : row + 8, col : col + 8].astype(np.float32) - np.float32(128)
            coefficients = _dct_of_columns(_dct_of_columns(block).T).T
            coefficients = np.rint(coefficients / steps) * steps
            block = _inverse_dct_of_columns(_inverse_dct_of_columns(coefficients.T).T)
            result[row : row + 8, col : col + 8] = _byte(block + np.float32(128))
    return result


def _shrunk(chroma: NDArray[np.uint8], subsampling: tuple[int, int]) -> NDArray[np.uint8]:
    """Average over boxes, out to the last whole block to the right."""
    horizontal, vertical = subsampling
    rows, cols = chroma.shape
    padding = ((0, -rows % vertical), (0, -cols % (8 * horizontal)))
    padded = np.pad(chroma, padding, mode="edge").astype(int)
    result = np.empty((padded.shape[0] // vertical, padded.shape[1] // horizontal), np.uint8)
    for row in range(result.shape[0]):
        for col in range(result.shape[1]):
            first_row, first_col = row * vertical, col * horizontal
            box = padded[first_row : first_row + vertical, first_col : first_col + horizontal]
            # Halves go down and up in turn, so that the plane as a whole keeps its mean.
            turn = 1 if vertical == 2 else 0
            bias = turn + col % 2 if horizontal == 2 else turn
            result[row, col] = (int(box.sum()) + bias) // box.size
    return result


def _enlarged(
    chroma: NDArray[np.uint8], shape: tuple[int, ...], subsampling: tuple[int, int]
) -> NDArray[np.uint8]:
    """Double the sides that were halved: 3/4 of the nearer and 1/4 of the farther sample."""
    horizontal, vertical = subsampling
    rows, cols = -(-shape[0] // vertical), -(-shape[1] // horizontal)  # that carry the picture

    def near_and_far(index: int, factor: int, size: int) -> tuple[int, int]:
        near = index // factor
        far = near if factor == 1 else near + (1 if index % 2 else -1)
        return near, min(max(far, 0), size - 1)

    result = np.empty(shape[:2], np.uint8)
    for row in range(shape[0]):
        for col in range(shape[1]):
            y, far_y = near_and_far(row, vertical, rows)
            x, far_x = near_and_far(col, horizontal, cols)
            mixed = 3 * int(chroma[y, x]) + int(chroma[far_y, x])
            far_mixed = 3 * int(chroma[y, far_x]) + int(chroma[far_y, far_x])
            bias = {
                (1, 1): 0,
                (1, 2): 8 if row % 2 else 4,
                (2, 1): 8 if col % 2 else 4,
                (2, 2): 7 if col % 2 else 8,
            }[subsampling]
            result[row, col] = (3 * mixed + far_mixed + bias) // 16
    return result


def jpeg_round_trip(
    image: NDArray[np.uint8], tables: NDArray[np.float32], subsampling: tuple[int, int]
) -> NDArray[np.uint8]:
    """Define `unsplice.pair.kernels.jpeg_round_trip`."""
    f = np.float32
    red, green, blue = _float32_channels(image)
    y = _byte(_luma(red, green, blue))
    cb = _byte(f(128) - f(0.168735892) * red - f(0.331264108) * green + f(0.5) * blue)
    cr = _byte(f(128) + f(0.5) * red - f(0.418687589) * green - f(0.081312411) * blue)

    y = _quantized(y, tables[0])[: image.shape[0], : image.shape[1]]
    cb = _enlarged(_quantized(_shrunk(cb, subsampling), tables[1]), image.shape, subsampling)
    cr = _enlarged(_quantized(_shrunk(cr, subsampling), tables[2]), image.shape, subsampling)

    luminance = y.astype(f)
    b, r = cb.astype(f) - f(128), cr.astype(f) - f(128)
    green = luminance - f(0.344136286) * b - f(0.714136286) * r
    return np.dstack(
        [_byte(luminance + f(1.402) * r), _byte(green), _byte(luminance + f(1.772) * b)]
    )


def log_cascade_saturating(image: NDArray[np.uint8], passes: int = 3) -> NDArray[np.uint8]:
    """Define `unsplice.blind.kernels.log_cascade_saturating`."""
    for _ in range(passes):
        image = np.clip(log_cascade(image, 1), 0, 255).astype(np.uint8)
    return image


def haar_noise_residual(
    image: NDArray[Any], *, bands: Literal["all", "details"]
) -> NDArray[np.float32]:
    """Define `unsplice.blind.kernels.haar_noise_residual`."""
    rows, cols = image.shape
    even = np.pad(image.astype(np.int64), ((0, rows % 2), (0, cols % 2)), mode="edge")
    a, b, c, d = (even[y::2, x::2] for y in (0, 1) for x in (0, 1))
    # The orthonormal transform halves each of these, and its inverse halves once more.
    components = [a + b + c + d, a + b - c - d, a - b + c - d, a - b - c + d]
    kept = 0 if bands == "all" else 1
    ll, lh, hl, hh = components[:kept] + [median_filter(image) for image in components[kept:]]
    smooth = np.empty(even.shape, np.int64)
    smooth[0::2, 0::2] = ll + lh + hl + hh
    smooth[0::2, 1::2] = ll + lh - hl - hh
    smooth[1::2, 0::2] = ll - lh + hl - hh
    smooth[1::2, 1::2] = ll - lh - hl + hh
    quarters = 4 * even - smooth
    return (quarters[:rows, :cols] / 4).astype(np.float32)


def noise_artifact(
    image: NDArray[np.uint8],
    *,
    bands: Literal["all", "details"],
    arithmetic: Literal["exact", "saturating"],
    difference: Literal["absolute", "signed"],
) -> NDArray[np.float32]:
    """Define `unsplice.blind.kernels.noise_artifact`."""
    log = log_cascade if arithmetic == "exact" else log_cascade_saturating
    largest = np.zeros(image.shape[:2], np.float32)
    for channel in np.moveaxis(image, 2, 0):
        noise = haar_noise_residual(channel, bands=bands)
        saliency = channel.astype(np.float32) - log(channel).astype(np.float32)
        for values in (noise, saliency):
            largest = np.maximum(largest, np.abs(values) if difference == "absolute" else values)
    return largest


def _nearest_shift(values: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Divide by 2 ** bits, to the nearest whole number, halves up."""
    return (values + (1 << (bits - 1))) >> bits


_C = [sqrt(2) * cos(k * pi / 16) for k in range(8)]


def _in_13_bits(*factors: float) -> list[int]:
    return [round(factor * 2**13) for factor in factors]


def _integer_dct_odd(a: Any, b: Any, c: Any, d: Any) -> tuple[Any, Any, Any, Any]:
    """Return the products with 2^13 sqrt(2) cos((2 n + 1) k pi / 16), k = 1, 3, 5, 7, n = 0..3.

    By the published flow graph: the sums are exact, but its factors are rounded, and they are other
    ones than the cosines.
    """
    common, ad, bc, ac, bd = _in_13_bits(
        _C[3], _C[7] - _C[3], -_C[1] - _C[3], _C[5] - _C[3], -_C[3] - _C[5]
    )
    a_alone, b_alone, c_alone, d_alone = _in_13_bits(
        _C[1] + _C[3] - _C[5] - _C[7],
        _C[1] + _C[3] + _C[5] - _C[7],
        _C[1] + _C[3] - _C[5] + _C[7],
        -_C[1] + _C[3] + _C[5] - _C[7],
    )
    all_four = common * (a + b + c + d)
    outer, inner = ad * (a + d), bc * (b + c)
    first, second = all_four + ac * (a + c), all_four + bd * (b + d)
    return (
        a_alone * a + outer + first,
        b_alone * b + inner + second,
        c_alone * c + inner + first,
        d_alone * d + outer + second,
    )


def _integer_dct(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 2^13 sqrt(8) times the orthonormal DCT of the columns."""
    s0, s1, s2, s3 = x[:4] + x[:3:-1]
    common, for_2, for_6 = _in_13_bits(_C[6], _C[2] - _C[6], _C[2] + _C[6])
    rotated = common * (s0 - s3 + s1 - s2)
    result = np.empty_like(x)
    result[0], result[4] = (s0 + s3 + s1 + s2) << 13, (s0 + s3 - s1 - s2) << 13
    result[2], result[6] = rotated + for_2 * (s0 - s3), rotated - for_6 * (s1 - s2)
    result[1::2] = _integer_dct_odd(*(x[:4] - x[:3:-1]))
    return result


def _integer_inverse_dct(x: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 2^13 sqrt(8) times the inverse of the orthonormal DCT of the columns."""
    common, for_2, for_6 = _in_13_bits(_C[6], _C[2] - _C[6], _C[2] + _C[6])
    rotated = common * (x[2] + x[6])
    far, near = rotated + for_2 * x[2], rotated - for_6 * x[6]
    total, rest = (x[0] + x[4]) << 13, (x[0] - x[4]) << 13
    even = np.array([total + far, rest + near, rest - near, total - far])
    odd = np.array(_integer_dct_odd(*x[1::2]))
    return np.concatenate([even + odd, (even - odd)[::-1]])


def _saved(samples: NDArray[np.int64], steps: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return `samples` after integer DCT, quantisation and inverse DCT, in whole blocks."""
    rows, cols = samples.shape
    table = steps.astype(np.int64)
    result = np.pad(samples, ((0, -rows % 8), (0, -cols % 8)), mode="edge")
    for row in range(0, rows, 8):
        for col in range(0, cols, 8):
            block = result[row : row + 8, col : col + 8] - 128
            # Along the rows, which keeps 2 bits of fraction, then along the columns.
            block = _nearest_shift(_integer_dct(block.T).T, 11)
            block = _nearest_shift(_integer_dct(block), 15)
            # The coefficients are 8 times those of the standard. Halves go away from zero.
            level = (abs(block) + 4 * table) // (8 * table)
            block = np.sign(block) * level * table
            block = _nearest_shift(_integer_inverse_dct(block), 11)
            block = _nearest_shift(_integer_inverse_dct(block.T).T, 18)
            result[row : row + 8, col : col + 8] = np.clip(block + 128, 0, 255)
    return result[:rows, :cols]


def error_levels(image: NDArray[np.uint8], tables: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Define `unsplice.blind.kernels.error_levels`."""
    wide = image.astype(np.int64)
    if image.ndim == 2:
        return abs(wide - _saved(wide, tables[0])).astype(np.uint8)
    rows, cols = image.shape[:2]
    red, green, blue = np.moveaxis(wide, 2, 0)
    # The equations of JFIF with 16 bits of fraction. Halves of chroma go down.
    y = (19595 * red + 38470 * green + 7471 * blue + 2**15) >> 16
    cb = (-11059 * red - 21709 * green + 32768 * blue + (128 << 16) + 2**15 - 1) >> 16
    cr = (32768 * red - 27439 * green - 5329 * blue + (128 << 16) + 2**15 - 1) >> 16

    y = _saved(y, tables[0])
    enlarged: list[NDArray[Any]] = []
    for chroma in (cb, cr):
        small = _saved(_shrunk(chroma.astype(np.uint8), (2, 2)).astype(np.int64), tables[1])
        if cols <= 4:  # the triangle filter wants three columns
            enlarged.append(small.repeat(2, axis=0).repeat(2, axis=1)[:rows, :cols])
        else:
            enlarged.append(_enlarged(small.astype(np.uint8), image.shape, (2, 2)))
    b, r = (chroma.astype(np.int64) - 128 for chroma in enlarged)
    saved: NDArray[np.int64] = np.dstack(
        [
            y + ((91881 * r + 2**15) >> 16),
            y + ((-22554 * b - 46802 * r + 2**15) >> 16),
            y + ((116130 * b + 2**15) >> 16),
        ]
    )
    levels: NDArray[np.uint8] = abs(wide - np.clip(saved, 0, 255)).astype(np.uint8)
    return levels


def level_counts(image: NDArray[Any]) -> NDArray[np.int64]:
    """Define `unsplice.blind.kernels.level_counts`."""
    counts = np.zeros(256**image.dtype.itemsize, np.int64)
    for level in image.flat:
        counts[level] += 1
    return counts


def measure_components(mask: NDArray[np.bool_], values: NDArray[np.uint8]) -> tuple[Any, ...]:
    """Define `unsplice.blind.kernels.measure_components`."""
    components = label_components(mask)
    maxima = [values[components.labels == label].max() for label in range(1, len(components) + 1)]
    tables = components.areas, components.bounding_boxes, components.centroids
    return *tables, np.array(maxima, np.uint8)


def _tile_map(tile: NDArray[np.uint8], clip_limit: float) -> NDArray[np.float32]:
    """Return what the levels of a tile become by themselves."""
    most = max(1, int(min(clip_limit * tile.size / 256, tile.size)))
    counts = level_counts(tile)
    excess = int(np.maximum(counts - most, 0).sum())
    counts = np.minimum(counts, most) + excess // 256
    rest = excess % 256
    for turn in range(rest):  # evenly over the levels, from the lowest on
        counts[turn * max(256 // rest, 1)] += 1
    # Double precision tells every quotient from a half.
    return np.rint(255 * np.cumsum(counts) / tile.size).astype(np.float32)


def equalize_clahe(
    feature: NDArray[np.uint8], *, clip_limit: float, tiles: tuple[int, int]
) -> NDArray[np.uint8]:
    """Define `unsplice.equalize_clahe`."""
    rows, cols = feature.shape
    if feature.size == 0:
        return np.empty(feature.shape, np.uint8)
    down, across = tiles
    # A side that the tiles divide is continued by a whole pixel a tile, if the other is continued.
    extra = 1 if rows % down or cols % across else 0
    tile_rows, tile_cols = rows // down + extra, cols // across + extra
    maps = {}
    for i in range(down):
        ys = [_reflect(y, rows) for y in range(i * tile_rows, (i + 1) * tile_rows)]
        for j in range(across):
            xs = [_reflect(x, cols) for x in range(j * tile_cols, (j + 1) * tile_cols)]
            maps[i, j] = _tile_map(feature[np.ix_(ys, xs)], clip_limit)

    def nearest(index: int, size: int, count: int) -> tuple[int, int, np.float32]:
        """Return the tiles before and after, by their centres, and how far it is in between."""
        tile, way = divmod(2 * index + size, 2 * size)
        before, after = max(tile - 1, 0), min(tile, count - 1)
        return before, after, np.float32(way) / np.float32(2 * size)

    result = np.empty(feature.shape, np.uint8)
    for row in range(rows):
        above, below, weight_down = nearest(row, tile_rows, down)
        for col in range(cols):
            before, after, weight_across = nearest(col, tile_cols, across)
            level = feature[row, col]
            left, right = (
                maps[above, j][level]
                + weight_down * (maps[below, j][level] - maps[above, j][level])
                for j in (before, after)
            )
            result[row, col] = np.rint(left + weight_across * (right - left))
    return result


def density_levels(points: NDArray[np.bool_], radius: int) -> NDArray[np.uint8]:
    """Define `unsplice.blind.kernels.density_levels`."""
    counts = np.zeros(points.shape, np.float32)
    for row in range(points.shape[0]):
        for col in range(points.shape[1]):
            top, left = max(row - radius, 0), max(col - radius, 0)
            counts[row, col] = points[top : row + radius + 1, left : col + radius + 1].sum()
    factor = np.float32(255 / max(float(counts.max(initial=0)), 1.0))
    levels: NDArray[np.uint8] = np.rint(counts * factor).astype(np.uint8)
    return levels


_MOST_LEVEL = 24
_CLASSES = 2 * 1024 + 1
_UNIT = 2**24


def _coefficients(image: NDArray[np.uint8], row: int, col: int) -> NDArray[np.float32]:
    """Return the DCT of the luma of the 8x8 pixels at (row, col)."""
    pixels = image[row : row + 8, col : col + 8]
    block = _luma(*_float32_channels(pixels)) - np.float32(128)
    return _dct_of_columns(_dct_of_columns(block).T).T


def _whole_blocks(image: NDArray[np.uint8], row: int, col: int) -> tuple[int, int]:
    return max(image.shape[0] - row, 0) // 8, max(image.shape[1] - col, 0) // 8


def block_levels(
    image: NDArray[np.uint8], steps: NDArray[Any], row: int = 0, col: int = 0
) -> NDArray[np.uint8]:
    """Define `unsplice.blind.history_kernels.block_levels`."""
    rows, cols = _whole_blocks(image, row, col)
    result = np.zeros((64, rows, cols), np.uint8)
    for r in range(rows):
        for c in range(cols):
            found = abs(_coefficients(image, row + 8 * r, col + 8 * c))
            levels = np.floor(found / steps.astype(np.float32) + np.float32(0.5))
            result[:, r, c] = np.minimum(levels, _MOST_LEVEL).ravel()
    return result


def clipped_samples(image: NDArray[np.uint8], row: int = 0, col: int = 0) -> NDArray[np.uint8]:
    """Define `unsplice.blind.history_kernels.clipped_samples`."""
    rows, cols = _whole_blocks(image, row, col)
    result = np.zeros((rows, cols), np.uint8)
    clipped = ((image == 0) | (image == 255)).any(axis=2)
    for r in range(rows):
        for c in range(cols):
            top, left = row + 8 * r, col + 8 * c
            result[r, c] = np.count_nonzero(clipped[top : top + 8, left : left + 8])
    return result


def count_magnitudes(image: NDArray[np.uint8], corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Define `unsplice.blind.history_kernels.count_magnitudes`."""
    result = np.zeros((64, _CLASSES), np.int64)
    for row, col in corners:
        doubled = np.floor(2 * abs(_coefficients(image, row, col))).astype(int)
        for k, found in enumerate(doubled.ravel()):
            result[k, min(found, _CLASSES - 1)] += 1
    return result


def grid_votes(image: NDArray[np.uint8], corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Define `unsplice.blind.history_kernels.grid_votes`."""
    votes = np.zeros((8, 8), np.int64)
    for row, col in corners:
        zeros = np.array(
            [
                [np.sum(abs(_coefficients(image, row + y, col + x)) < 0.5) for x in range(8)]
                for y in range(8)
            ]
        )
        if np.count_nonzero(zeros == zeros.max()) == 1:
            votes[zeros == zeros.max()] += 1
    return votes


def sum_levels(levels: NDArray[np.uint8], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Define `unsplice.blind.history_kernels.sum_levels`."""
    result = np.zeros(levels.shape[1:], np.float32)
    for plane, of_plane in zip(levels, values, strict=True):
        result += of_plane[np.minimum(plane, _MOST_LEVEL)]
    return result


def _noise_below(half_units: int) -> int:
    """Return the share of the noise of rounding below a bound, in multiples of 2^-24."""
    return round(_UNIT * 0.5 * (1 + erf(half_units / 2 / 0.3 / sqrt(2))))


def requantized_counts(
    reference: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Define `unsplice.blind.history_kernels.requantized_counts`."""
    result = np.zeros((len(reference), _MOST_LEVEL + 1), np.int64)
    for f, (counts, q1, q2) in enumerate(
        zip(reference, first.tolist(), last.tolist(), strict=True)
    ):
        for half_units in np.flatnonzero(counts):
            # Magnitudes of this class lie between half_units / 2 and half a unit above.
            if q1 == 0:
                level = min((int(half_units) + q2) // (2 * q2), _MOST_LEVEL)
                result[f, level] += counts[half_units] * _UNIT
                continue
            value = 2 * q1 * ((int(half_units) + q1) // (2 * q1))
            below = 0
            for level in range(_MOST_LEVEL + 1):
                border = (2 * level + 1) * q2
                up_to = _noise_below(border - value) - _noise_below(-border - value)
                up_to = up_to if level < _MOST_LEVEL else _UNIT
                result[f, level] += counts[half_units] * (up_to - below)
                below = up_to
    return result


def _logarithm(x: float) -> float:
    """Return log x to 1e-12, by operations that every processor rounds alike."""
    m, exponent = frexp(x)
    if m < sqrt(0.5):
        m, exponent = 2 * m, exponent - 1
    t = (m - 1) / (m + 1)
    total = 1 / 15
    for k in (13, 11, 9, 7, 5, 3, 1):
        total = total * (t * t) + 1 / k
    return exponent * 0.69314718055994531 + 2 * t * total


def compression_gains(
    observed: NDArray[np.int64],
    reference: NDArray[np.int64],
    last: NDArray[np.int64],
    tables: NDArray[np.int64],
    shares: Sequence[float],
) -> NDArray[np.float64]:
    """Define `unsplice.blind.history_kernels.compression_gains`."""

    def shares_of_levels(first: NDArray[np.int64]) -> list[list[float]]:
        counts = requantized_counts(reference, first, last) + _UNIT // 2
        return [[int(count) / int(row.sum()) for count in row] for row in counts]

    gains = np.zeros((len(tables), len(shares)))
    single = shares_of_levels(np.zeros_like(last))
    for t, first in enumerate(tables):
        twice = shares_of_levels(first)
        for f in np.flatnonzero(last % first):
            for s, share in enumerate(shares):
                gain = 0.0
                for count, p0, p1 in zip(observed[f].tolist(), single[f], twice[f], strict=True):
                    mixed = _logarithm((1 - share) * p0 + share * p1)
                    gain += count * (mixed - _logarithm(p0))
                gains[t, s] += max(gain, -30.0)
    return gains
