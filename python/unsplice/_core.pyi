"""The native surface; owned by hand, checked against the module by stubtest."""

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
