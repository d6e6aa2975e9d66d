"""remove_small_components against OpenCV's labels and a look-up table, SciPy's and cc3d's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from unsplice import pure_python, remove_small_components
from unsplice.bench import pictures
from unsplice.bench.contest import Contest, Crop, peer

MIN_AREA = 30

ndimage, cc3d = peer("scipy.ndimage"), peer("cc3d")


def by_opencv(mask: Any, algorithm: int) -> Any:
    _, labels, statistics, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask.view(np.uint8), 8, cv2.CV_32S, algorithm
    )
    large = statistics[:, cv2.CC_STAT_AREA] >= MIN_AREA
    large[0] = False
    return large[labels]


def by_scipy(mask: Any) -> Any:
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    large = np.bincount(labels.ravel()) >= MIN_AREA
    large[0] = False
    return large[labels]


def contests(size: pictures.Size) -> Iterator[Contest]:
    """Yield every kind of mask."""
    for kind in pictures.MASKS:
        mask = pictures.mask(kind, size)
        part = pictures.crop(mask, 64)
        peers = {
            f"OpenCV {name}, look-up table": lambda mask=mask, algorithm=algorithm: by_opencv(
                mask, algorithm
            )
            for name, algorithm in (("Spaghetti", cv2.CCL_SPAGHETTI), ("BBDT", cv2.CCL_BBDT))
        }
        if ndimage:
            peers["SciPy label, look-up table"] = lambda mask=mask: by_scipy(mask)
        if cc3d:
            peers["cc3d dust"] = lambda mask=mask: cc3d.dust(mask, MIN_AREA, connectivity=8)
        yield Contest(
            "remove_small_components",
            kind,
            lambda mask=mask: remove_small_components(mask, MIN_AREA, num_threads=1),
            peers,
            crop=Crop(
                lambda part=part: remove_small_components(part, MIN_AREA),
                lambda part=part: pure_python.remove_small_components(part, MIN_AREA),
                pictures.share(size, 64),
            ),
        )
