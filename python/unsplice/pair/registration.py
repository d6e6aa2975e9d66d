"""Bring the authentic picture onto the pixel grid of the spliced one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import sqrt
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.kernels import gaussian_blur
from unsplice.pair.kernels import luma, warp_cubic
from unsplice.pair.residual import (
    MAJORITY,
    MINORITY,
    PLAIN,
    Blocks,
    agreeing_pixels,
    high_pass,
    sample_windows,
    trimmed_mean,
)

__all__ = ["Registration", "align", "register", "register_on_plain_background", "warp"]

Kind = Literal["identity", "shift", "resize", "affine", "refined"]

_WINDOW_PIXELS = 1 << 20
_FEATURE_PIXELS = 2_000_000
_REFINEMENT_PIXELS = 400_000
_SAME_COLOR = 4.0  # gray levels that saving moves the colors of a flat block by at most
_IDENTITY = np.array([[1.0, 0, 0], [0, 1.0, 0]])
_MISMATCH = 0.38  # of a registration that found the background
_MINORITY_MISMATCH = 0.15  # chance agrees on small shares sooner
_FRAME = 3  # pixels at the border of the source that interpolation may have invented


@dataclass(frozen=True, eq=False)
class Registration:
    """Where each pixel of the spliced picture lies in the authentic one.

    Attributes
    ----------
    kind : str
        "identity", "shift" (whole pixels), "resize", "affine" (from matched features) or "refined"
        (an affine map improved on the pixels themselves).
    matrix : (2, 3) array of float64
        Maps (col, row, 1) of the spliced picture to (col, row) of the authentic one.
    residual : float
        Trimmed difference of the high-pass pictures after registration, in gray levels.
    activity : float
        Mean magnitude of the high-pass picture where the residual was taken, in gray levels:
        unrelated pictures have a residual of about that size.
    blocks : Blocks
        What the residual was taken from: `MAJORITY`; `MINORITY` where most of the picture seems to
        be replaced; `PLAIN` where most of it is a plain background that matches.
    """

    kind: Kind
    matrix: NDArray[np.float64]
    residual: float
    activity: float
    blocks: Blocks

    @property
    def mismatch(self) -> float:
        """Share of the detail that the registration leaves unexplained: 0 to about 1."""
        return self.residual / max(self.activity, 1.0)

    @property
    def interpolates(self) -> bool:
        """Whether pixels of the authentic picture are mixed to make the registered one."""
        return self.kind not in ("identity", "shift")


def warp(
    image: NDArray[Any],
    matrix: NDArray[np.float64],
    shape: tuple[int, int],
    *,
    interpolate: bool,
    num_threads: int | None = None,
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return `image` seen through `matrix`, and where it has a source.

    Parameters
    ----------
    image : (rows, cols, 3) array of uint8 or (rows, cols) array of float32
        The authentic picture.
    matrix : (2, 3) array
        Maps (col, row, 1) of the result to (col, row) of `image`.
    shape : tuple of int
        (rows, cols) of the result.
    interpolate : bool
        Cubic interpolation, else the nearest pixel, which keeps compression noise as it is.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.
    """
    rows, cols = shape
    # A picture that is made smaller is blurred first, or fine detail would turn up as coarse.
    reduction = sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    source, seen = image, matrix
    if reduction > 4:  # most of that by averaging boxes: a wide blur of a large picture is slow
        to_reduced = _reduction(
            image.shape, int(4 * image.shape[0] * image.shape[1] / reduction**2)
        )
        source = _reduced(image, to_reduced)
        seen = _between_reduced(matrix, to_reduced, np.eye(3))
        reduction = sqrt(abs(float(np.linalg.det(seen[:, :2]))))
    if reduction > 1.25:
        source = _blurred(source, 0.45 * sqrt(reduction**2 - 1), num_threads)
    if interpolate:
        warped: NDArray[Any] = warp_cubic(source, seen, shape, num_threads=num_threads)
    else:
        warped = cv2.warpAffine(
            source,
            seen,
            (cols, rows),
            flags=cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_REPLICATE,
        )
    x = np.arange(cols, dtype=np.float32)
    y = np.arange(rows, dtype=np.float32)[:, np.newaxis]
    valid = np.ones((rows, cols), np.bool_)
    frame = _FRAME if interpolate else 0
    for (a, b, offset), size in zip(matrix.tolist(), (image.shape[1], image.shape[0]), strict=True):
        position = np.float32(a) * x + np.float32(b) * y + np.float32(offset)
        valid &= (position > frame - 0.5) & (position < size - frame - 0.5)
    return warped, valid


def _blurred(image: NDArray[Any], sigma: float, num_threads: int | None) -> NDArray[Any]:
    if image.dtype == np.float32:
        plane: NDArray[Any] = gaussian_blur(image[np.newaxis], sigma, num_threads=num_threads)[0]
        return plane
    # Of bytes OpenCV's own is made of whole numbers.
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101))


def align(
    authentic: NDArray[np.uint8],
    registration: Registration,
    spliced: NDArray[np.uint8],
    *,
    num_threads: int | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return the authentic picture on the grid of the spliced one, and where it has a source."""
    shape = (spliced.shape[0], spliced.shape[1])
    if registration.kind == "identity" and authentic.shape == spliced.shape:
        return authentic, np.ones(shape, np.bool_)
    return warp(
        authentic,
        registration.matrix,
        shape,
        interpolate=registration.interpolates,
        num_threads=num_threads,
    )


class _Scene:
    """The spliced picture, prepared for weighing candidates against each other."""

    def __init__(
        self, authentic: NDArray[np.uint8], spliced: NDArray[np.uint8], num_threads: int | None
    ) -> None:
        self.images = (authentic, spliced)
        self.shape = (spliced.shape[0], spliced.shape[1])
        self.same_size = authentic.shape == spliced.shape
        self.num_threads = num_threads
        self.windows = sample_windows(self.shape, max_pixels=_WINDOW_PIXELS)
        self.detail = [self._detail(self._luma(spliced[window])) for window in self.windows]

    # Of the whole pictures only where the identity does not explain them.
    @cached_property
    def authentic(self) -> NDArray[np.float32]:
        return self._luma(self.images[0])

    @cached_property
    def spliced(self) -> NDArray[np.float32]:
        return self._luma(self.images[1])

    def _luma(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        return luma(image, num_threads=self.num_threads)

    def _detail(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        return high_pass(np.ascontiguousarray(plane), num_threads=self.num_threads)

    def agreeing_share(self) -> float:
        """Return the share of the picture, flat parts too, whose colors are the same in place."""
        authentic, spliced = self.images
        agreeing = [
            agreeing_pixels(
                authentic[window], spliced[window], _SAME_COLOR, num_threads=self.num_threads
            )
            for window in self.windows
        ]
        return sum(map(np.count_nonzero, agreeing)) / sum(plane.size for plane in agreeing)

    def weigh(self, kind: Kind, matrix: NDArray[np.float64], blocks: Blocks) -> Registration:
        """Return the candidate with its residual."""
        differences, covered = [], []
        for window, detail in zip(self.windows, self.detail, strict=True):
            if kind == "identity" and self.same_size:
                seen = self._luma(self.images[0][window])
                valid = np.ones(detail.shape, np.bool_)
            else:
                top, left = window[0].start, window[1].start
                moved = matrix.copy()
                moved[:, 2] += matrix[:, 0] * left + matrix[:, 1] * top
                interpolate = kind not in ("identity", "shift")
                seen, valid = warp(
                    self.authentic,
                    moved,
                    detail.shape,
                    interpolate=interpolate,
                    num_threads=self.num_threads,
                )
            difference = self._detail(seen)
            difference -= detail
            differences.append(np.abs(difference, out=difference))
            covered.append(valid)
        seen_share = sum(map(np.count_nonzero, covered)) / sum(plane.size for plane in covered)
        activities = [np.abs(detail) for detail in self.detail]
        residual, activity = trimmed_mean(differences, activities, covered, blocks)
        if seen_share < 0.3:  # too little in common to be believed
            residual = float("inf")
        if kind == "identity" and not self.same_size:
            residual *= 1.15  # sizes differ, so something happened
        return Registration(kind, matrix, residual, activity, blocks)


def register(
    authentic: NDArray[np.uint8], spliced: NDArray[np.uint8], *, num_threads: int | None = None
) -> Registration:
    """Find the geometry that makes the authentic picture predict the spliced one best.

    Candidates are tried from the simplest to the freest, and a freer one is only tried while the
    best so far leaves more than compression explains: identity, a shift by whole pixels (phase
    correlation), a resize, an affine map from SIFT matches, and the best of them refined on the
    pixels (ECC).

    Parameters
    ----------
    authentic, spliced : (rows, cols, 3) arrays of uint8
        RGB; sizes may differ.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Registration
        The best candidate.

    References
    ----------
    D. Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 60, 2004.
    G. Evangelidis, E. Psarakis, "Parametric image alignment using enhanced correlation
    coefficient maximization", IEEE TPAMI 30, 2008.
    """
    scene = _Scene(authentic, spliced, num_threads)
    found = _search(scene, MAJORITY)
    if found.mismatch <= _MISMATCH:
        return found
    plain = _on_plain_background(scene)
    if plain is not None:
        return plain
    # Either the two are unrelated, or so much was replaced that the background is a minority: then
    # a small share of the blocks matches well.
    of_minority = _search(scene, MINORITY)
    return of_minority if of_minority.mismatch <= _MINORITY_MISMATCH else found


def register_on_plain_background(
    authentic: NDArray[np.uint8], spliced: NDArray[np.uint8], *, num_threads: int | None = None
) -> Registration | None:
    """Return the identity if most of the picture, flat parts too, has the same colors in place.

    On a page or a backdrop what was pasted may be nearly all that is busy; what decides elsewhere,
    the busy blocks, misleads there.
    """
    return _on_plain_background(_Scene(authentic, spliced, num_threads))


def _on_plain_background(scene: _Scene) -> Registration | None:
    if not scene.same_size or scene.agreeing_share() <= 0.5:
        return None
    return scene.weigh("identity", _IDENTITY, PLAIN)


def _search(scene: _Scene, blocks: Blocks) -> Registration:
    candidates: list[Registration] = []

    def try_out(kind: Kind, matrix: NDArray[np.float64] | None) -> Registration:
        if matrix is not None:
            candidates.append(scene.weigh(kind, matrix, blocks))
        return min(candidates, key=lambda candidate: candidate.residual)

    identity = try_out("identity", _IDENTITY)
    explained = 0.12 * identity.activity + 0.25  # what recompression alone leaves
    if scene.same_size and identity.residual < explained:
        return identity
    best = try_out("shift", _whole_pixel_shift(scene))
    if best.kind == "shift" and best.residual > explained:
        start = best.matrix  # the peak of a noisy correlation may be a pixel off
        for x, y in product((-1, 0, 1), (-1, 0, 1)):
            if (x, y) != (0, 0):
                best = try_out("shift", start + np.array([[0, 0, x], [0, 0, y]]))
    if not scene.same_size:
        best = try_out("resize", _centered_resize(scene))
    if best.residual > 0.30 * identity.activity + 0.5:
        best = try_out("affine", _affine_from_features(*scene.images))
    good_identity = best is identity and best.residual <= 0.35 * identity.activity + 0.6
    if best.residual > explained and not good_identity:
        best = try_out("refined", _refined(scene, best.matrix))
    # Equal sizes speak for equal grids: a little better is not enough to move pixels about.
    if scene.same_size and best.residual >= 0.8 * identity.residual:
        return identity
    shifts = [candidate for candidate in candidates if candidate.kind == "shift"]
    shift = min(shifts, key=lambda candidate: candidate.residual, default=best)
    # Interpolation smooths compression noise, so a little better is no sign of a fraction either.
    return shift if best.interpolates and best.residual >= 0.8 * shift.residual else best


def _whole_pixel_shift(scene: _Scene) -> NDArray[np.float64] | None:
    rows = max(scene.authentic.shape[0], scene.shape[0])
    cols = max(scene.authentic.shape[1], scene.shape[1])
    # OpenCV cannot correlate a single row or column; a tall and a wide picture share too little to
    # be worth a canvas that holds both.
    if min(rows, cols) < 2 or rows * cols > 2 * max(scene.authentic.size, scene.spliced.size):
        return None
    canvases = []
    for plane in (scene.spliced, scene.authentic):
        canvas = np.zeros((rows, cols), np.float32)
        canvas[: plane.shape[0], : plane.shape[1]] = high_pass(plane, num_threads=scene.num_threads)
        canvases.append(canvas)
    window = cv2.createHanningWindow((cols, rows), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(canvases[0], canvases[1], window)
    if not np.isfinite([x, y]).all() or (round(x), round(y)) == (0, 0):
        return None
    return np.array([[1.0, 0, round(x)], [0, 1.0, round(y)]])


def _centered_resize(scene: _Scene) -> NDArray[np.float64]:
    """Return the map of a plain resize: pixel centres lie at half-integers."""
    x = scene.authentic.shape[1] / scene.shape[1]
    y = scene.authentic.shape[0] / scene.shape[0]
    return np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5]])


def _reduction(shape: tuple[int, ...], max_pixels: int) -> NDArray[np.float64]:
    """Return the homogeneous map from pixels of a picture to those of its reduced version."""
    scale = min(1.0, sqrt(max_pixels / (shape[0] * shape[1])))
    rows, cols = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    x, y = cols / shape[1], rows / shape[0]
    return np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5], [0, 0, 1.0]])


def _reduced(plane: NDArray[Any], reduction: NDArray[np.float64]) -> NDArray[Any]:
    rows = round(plane.shape[0] * float(reduction[1, 1]))
    cols = round(plane.shape[1] * float(reduction[0, 0]))
    if (rows, cols) == plane.shape[:2]:
        return plane
    return np.asarray(cv2.resize(plane, (cols, rows), interpolation=cv2.INTER_AREA))


def _between_reduced(
    matrix: NDArray[np.float64], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Express a map between full pictures as one between their reduced versions."""
    full = np.vstack([matrix, [0, 0, 1]])
    return np.asarray((source @ full @ np.linalg.inv(target))[:2], np.float64)


def _affine_from_features(
    authentic: NDArray[np.uint8], spliced: NDArray[np.uint8]
) -> NDArray[np.float64] | None:
    sift = cv2.SIFT.create(1500)
    reductions, found = [], []
    for image in (spliced, authentic):
        reduction = _reduction(image.shape, _FEATURE_PIXELS)
        gray = cv2.cvtColor(_reduced(image, reduction), cv2.COLOR_RGB2GRAY)
        reductions.append(reduction)
        found.append(sift.detectAndCompute(gray, None))
    (points, descriptors), (other_points, other_descriptors) = found
    if len(points) < 8 or len(other_points) < 8:
        return None
    pairs = cv2.BFMatcher().knnMatch(descriptors, other_descriptors, k=2)
    # A match is kept where it is clearly better than the second best (Lowe's ratio test).
    matches = [a for a, b in (p for p in pairs if len(p) == 2) if a.distance < 0.8 * b.distance]
    if len(matches) < 8:
        return None
    matrix, _ = cv2.estimateAffine2D(
        np.array([points[match.queryIdx].pt for match in matches], np.float32),
        np.array([other_points[match.trainIdx].pt for match in matches], np.float32),
        method=cv2.RANSAC,
        ransacReprojThreshold=2,
    )
    if matrix is None:
        return None
    full = np.linalg.inv(reductions[1]) @ np.vstack([matrix, [0, 0, 1]]) @ reductions[0]
    area = abs(float(np.linalg.det(full[:2, :2])))
    return _rounded(full) if 0.1 < area < 10 else None


def _refined(scene: _Scene, start: NDArray[np.float64]) -> NDArray[np.float64] | None:
    to_spliced = _reduction(scene.shape, _REFINEMENT_PIXELS)
    # Both pictures are reduced by the same factor: the start may itself be a resize.
    same_factor = round(scene.authentic.size * float(to_spliced[0, 0] * to_spliced[1, 1]))
    to_authentic = _reduction(scene.authentic.shape, max(1, same_factor))
    reduced = _between_reduced(start, to_authentic, to_spliced)
    try:
        _, refined = cv2.findTransformECC(
            _reduced(scene.spliced, to_spliced),
            _reduced(scene.authentic, to_authentic),
            reduced.astype(np.float32),
            cv2.MOTION_AFFINE,
            (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-6),
            np.full(_reduced(scene.spliced, to_spliced).shape, 255, np.uint8),  # all of it
            5,
        )
    except cv2.error:  # it raises where the two have no overlap or do not correlate
        return None
    return _rounded(np.linalg.inv(to_authentic) @ np.vstack([refined, [0, 0, 1]]) @ to_spliced)


def _rounded(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Round an estimated map to steps far below a pixel.

    Linear algebra and OpenCV's filters differ in the last bits between processors; nearly all of
    that ends here.
    """
    steps = np.array([2.0**16, 2.0**16, 2.0**6])
    return np.asarray(np.rint(matrix[:2] * steps) / steps, np.float64)
