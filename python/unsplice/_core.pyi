"""The native surface; owned by hand, checked against the module by stubtest."""

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

@overload
def neighborhood_threshold(
    image: NDArray[np.uint8], limit: int, num_threads: int
) -> NDArray[np.uint8]: ...
@overload
def neighborhood_threshold(
    image: NDArray[np.uint16], limit: int, num_threads: int
) -> NDArray[np.uint8]: ...
def luma(image: NDArray[np.uint8], num_threads: int) -> NDArray[np.float32]: ...
def color_difference(
    first: NDArray[np.uint8], second: NDArray[np.uint8], num_threads: int
) -> NDArray[np.float32]: ...
def gaussian_blur(
    planes: NDArray[np.float32], weights: Sequence[float], num_threads: int
) -> NDArray[np.float32]: ...
def activity_level(image: NDArray[np.uint8], num_threads: int) -> NDArray[np.uint8]: ...
def normalized_energy(
    planes: NDArray[np.float32],
    levels: NDArray[np.uint8],
    precision: NDArray[np.float32],
    num_threads: int,
) -> NDArray[np.float32]: ...
def jpeg_round_trip(
    image: NDArray[np.uint8],
    tables: NDArray[np.float32],
    horizontal: int,
    vertical: int,
    num_threads: int,
) -> NDArray[np.uint8]: ...
