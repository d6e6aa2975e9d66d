"""Components with their areas, boxes and centroids, against OpenCV, SciPy and cc3d.

All peers write an image of labels first; `label_components` does where its ``labels`` are asked
for, which is timed too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import label_components, pure_python
from unsplice.bench import pictures
from unsplice.bench.contest import OURS, Contest, Crop, peer, require
from unsplice.blind.kernels import measure_components

ndimage, cc3d = peer("scipy.ndimage"), peer("cc3d")


def sorted_table(areas: Any, boxes: Any) -> Any:
    """Return areas and boxes in one order: contenders number the components in their own ways."""
    table = np.column_stack([areas, boxes])
    return table[np.lexsort(table.T)]


def of_opencv(result: Any) -> Any:
    left, top, width, height, area = result[2][1:].T
    return sorted_table(area, np.column_stack([top, left, top + height, left + width]))


def by_scipy(mask: Any) -> Any:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    return np.bincount(labels.ravel(), minlength=count + 1), ndimage.find_objects(labels)


def of_slices(areas: Any, slices: Any) -> Any:
    boxes = [(y.start, x.start, y.stop, x.stop) for y, x in slices]
    return sorted_table(areas[1:], np.array(boxes).reshape(-1, 4))


def by_cc3d(mask: Any) -> Any:
    return cc3d.statistics(cc3d.connected_components(mask, connectivity=8))


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield statistics alone, labels too, and the largest value of a picture in each component."""
    for kind in pictures.MASKS:
        yield from _contests_on(kind, size)


def _contests_on(kind: str, size: pictures.Size) -> Iterator[Contest]:
    mask, values = pictures.mask(kind, size), pictures.gray(size)
    pixels, part = mask.view(np.uint8), pictures.crop(mask, 64)
    opencv = cv2.connectedComponentsWithStatsWithAlgorithm
    peers = {
        "OpenCV Spaghetti": lambda: opencv(pixels, 8, cv2.CV_32S, cv2.CCL_SPAGHETTI),
        "OpenCV BBDT": lambda: opencv(pixels, 8, cv2.CV_32S, cv2.CCL_BBDT),
    }
    readings = dict.fromkeys(peers, of_opencv)
    readings[OURS] = lambda found: sorted_table(found.areas, found.bounding_boxes)
    if ndimage:
        peers["SciPy label, find_objects"] = lambda: by_scipy(mask)
        readings["SciPy label, find_objects"] = lambda found: of_slices(*found)
    if cc3d:
        peers["cc3d"] = lambda: by_cc3d(mask)
        readings["cc3d"] = lambda found: of_slices(
            found["voxel_counts"], [box[:2] for box in found["bounding_boxes"][1:]]
        )
    yield Contest(
        "label_components",
        f"statistics, {kind}",
        lambda: label_components(mask, num_threads=1),
        peers,
        readings,
        crop=Crop(
            lambda: label_components(part).bounding_boxes,
            lambda: pure_python.label_components(part).bounding_boxes,
            pictures.share(size, 64),
        ),
    )

    def with_labels() -> Any:
        found = label_components(mask, num_threads=1)
        return found, found.labels

    def checked(result: Any) -> Any:
        found, labels = result
        require(np.array_equal(labels > 0, mask), "the labels are not those of the mask")
        counted = np.bincount(labels.ravel())[1:]
        require(np.array_equal(counted, found.areas), "the labels have other areas")
        return readings[OURS](found)

    yield Contest(
        "label_components", f"and labels, {kind}", with_labels, peers, readings | {OURS: checked}
    )
    if ndimage and kind == "photo":
        yield _largest_values(kind, mask, values)


def _largest_values(kind: str, mask: Any, values: Any) -> Contest:
    def by_opencv_and_scipy() -> Any:
        count, labels, table, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8))
        return table[1:, cv2.CC_STAT_AREA], ndimage.maximum(values, labels, np.arange(1, count))

    name = "OpenCV, SciPy maximum"
    return Contest(
        "measure_components",
        f"areas and maxima, {kind}",
        lambda: measure_components(mask, values, num_threads=1),
        {name: by_opencv_and_scipy},
        {
            OURS: lambda found: (np.sort(found.areas), np.sort(found.maxima)),
            name: lambda found: tuple(np.sort(np.asarray(table)) for table in found),
        },
    )
