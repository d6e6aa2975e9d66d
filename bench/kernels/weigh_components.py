"""weigh_components and keep_components against labels of OpenCV and SciPy, and NumPy's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import label_components, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import OURS, Contest, Crop, peer
from unsplice.pair.region_kernels import keep_components, weigh_components

FLOOR, CEILING, MARKED = 100.0, 180.0, 150.0  # levels; whole ones, whose sums are exact
MIN_AREA = 30

ndimage = peer("scipy.ndimage")


def sums(labels: Any, values: Any, marked: Any, count: int) -> tuple[Any, Any]:
    """Return what is summed and what is counted in each component, without the background."""
    above = np.clip(values, FLOOR, CEILING)
    above -= FLOOR
    flat = labels.ravel()
    weights = np.bincount(flat, above.ravel(), count)
    return weights[1:], np.bincount(labels[marked], minlength=count)[1:]


def by_opencv(mask: Any, values: Any, marked: Any, algorithm: int) -> Any:
    count, labels, table, centroids = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask.view(np.uint8), 8, cv2.CV_32S, algorithm
    )
    left, top, width, height, area = table[1:].T
    boxes = np.column_stack([top, left, top + height, left + width])
    return area, boxes, centroids[1:, ::-1], *sums(labels, values, marked, count)


def by_scipy(mask: Any, values: Any, marked: Any) -> Any:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    boxes = [(y.start, x.start, y.stop, x.stop) for y, x in ndimage.find_objects(labels)]
    areas = np.bincount(labels.ravel())[1:]
    rows, cols = np.nonzero(labels)
    of_pixels = labels[rows, cols]
    centroids = [np.bincount(of_pixels, along)[1:] / areas for along in (rows, cols)]
    return (
        areas,
        np.array(boxes).reshape(-1, 4),
        np.column_stack(centroids),
        *sums(labels, values, marked, count + 1),
    )


def by_box(tables: Any) -> Any:
    """Return the tables in the order of the boxes: no two components at corners share one."""
    order = np.lexsort(np.asarray(tables[1]).T)
    return tuple(np.asarray(table)[order] for table in tables)


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield both on every kind of mask."""
    for kind in pictures.MASKS:
        yield _weighing(kind, size)
        yield _keeping(kind, size)


def _weighing(kind: str, size: pictures.Size) -> Contest:
    mask, values = pictures.mask(kind, size), pictures.gray(size, "float32")
    marked = mask & (values > MARKED)
    parts = [pictures.crop(array, 64) for array in (mask, values, marked)]
    bounds = {"floor": FLOOR, "ceiling": CEILING}
    peers: dict[str, Callable[[], Any]] = {
        f"OpenCV {name}, bincount": lambda algorithm=algorithm: by_opencv(
            mask, values, marked, algorithm
        )
        for name, algorithm in (("Spaghetti", cv2.CCL_SPAGHETTI), ("BBDT", cv2.CCL_BBDT))
    }
    if ndimage:
        peers["SciPy label, bincount"] = lambda: by_scipy(mask, values, marked)
    return Contest(
        "weigh_components",
        kind,
        lambda: weigh_components(mask, values, marked, **bounds, num_threads=1),
        peers,
        dict.fromkeys([OURS, *peers], by_box),
        tolerance=1e-6,  # of centroids
        crop=Crop(
            lambda: tuple(weigh_components(*parts, **bounds)),
            lambda: pure_python.weigh_components(*parts, **bounds),
            pictures.share(size, 64),
        ),
    )


def _keeping(kind: str, size: pictures.Size) -> Contest:
    mask = pictures.mask(kind, size)
    part = pictures.crop(mask, 64)
    components = label_components(mask)
    kept = components.areas >= MIN_AREA
    kept_of_part = label_components(part).areas >= MIN_AREA
    stays = np.concatenate([[False], kept])[components.labels]

    def looked_up(labelled: Callable[[], Any]) -> Callable[[], Any]:
        labels = labelled()  # everyone numbers them in another order
        table = np.zeros(len(components) + 1, bool)
        table[labels] = stays
        return lambda: table.take(labelled())

    opencv = cv2.connectedComponentsWithAlgorithm
    peers = {
        f"OpenCV {name}, look-up table": looked_up(
            lambda algorithm=algorithm: opencv(mask.view(np.uint8), 8, cv2.CV_32S, algorithm)[1]
        )
        for name, algorithm in (("Spaghetti", cv2.CCL_SPAGHETTI), ("BBDT", cv2.CCL_BBDT))
    }
    if ndimage:
        peers["SciPy label, look-up table"] = looked_up(
            lambda: ndimage.label(mask, np.ones((3, 3)))[0]
        )
    return Contest(
        "keep_components",
        kind,
        lambda: keep_components(mask, kept, num_threads=1),
        peers,
        crop=Crop(
            lambda: keep_components(part, kept_of_part),
            lambda: pure_python.keep_components(part, kept_of_part),
            pictures.share(size, 64),
        ),
    )
