"""What holds for every kernel of the core, whoever calls it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import unsplice
from unsplice import _core, kernels, pure_python

IMAGE = np.arange(48, dtype=np.uint8).reshape(6, 8)
MASK = IMAGE % 3 == 0
CORNERS = np.zeros((1, 2), np.int64)
CORE: dict[str, Callable[[Any], Any]] = {
    "neighborhood_threshold": lambda a: _core.neighborhood_threshold(a, 10, 1),
    "neighborhood_threshold_of_pair": lambda a: _core.neighborhood_threshold_of_pair(a, a, 10, 1),
    "median_filter": lambda a: _core.median_filter(a, 1),
    "log_cascade": lambda a: _core.log_cascade(a, 3, 1),
    "label_components": lambda a: _core.label_components(a, True, 1),
    "remove_small_components": lambda a: _core.remove_small_components(a, 2, True, 1),
    "find_boundary": lambda a: _core.find_boundary(a, True, False, 1),
    "extract_patches": lambda a: _core.extract_patches(a, CORNERS, 2, 1),
}
TAKE_MASKS = {"label_components", "remove_small_components", "find_boundary"}


def test_every_kernel_has_a_checked_call_a_definition_and_a_public_name() -> None:
    assert (
        set(kernels.__all__) - {"gaussian_blur", "gaussian_weights", "weighted_sum"}
        == set(CORE)
        <= set(pure_python.__all__)
    )
    for name in CORE:
        assert getattr(unsplice, name) is getattr(kernels, name)


@pytest.mark.parametrize("name", CORE)
def test_the_core_itself_refuses_what_it_cannot_read(name: str) -> None:
    call = CORE[name]
    array = MASK if name in TAKE_MASKS else IMAGE
    call(array)
    call(array[::-1])
    for scattered in (array[:, ::2], array[:, ::-1], np.asfortranarray(array)):
        with pytest.raises(ValueError, match="adjacent, aligned"):
            call(scattered)
    for other in (array.astype(np.int64), array.astype(">u4"), array.tolist()):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call(other)
    with pytest.raises(ValueError, match="dimensions"):
        call(array[0])


def test_the_core_refuses_an_unaligned_array() -> None:
    buffer = bytearray(201)
    unaligned = np.frombuffer(buffer, np.uint16, 100, offset=1).reshape(10, 10)
    with pytest.raises(ValueError, match="adjacent, aligned"):
        _core.median_filter(unaligned, 1)


def test_calls_from_many_threads_do_not_disturb_each_other() -> None:
    images = np.random.default_rng(8).integers(0, 256, (8, 600, 500), np.uint8)
    alone = [unsplice.median_filter(image, num_threads=1) for image in images]
    barrier = threading.Barrier(4)

    def call(image: np.ndarray[Any, Any]) -> Any:
        barrier.wait(timeout=60)
        return unsplice.median_filter(image, num_threads=2)

    with ThreadPoolExecutor(4) as pool:
        for result, expected in zip(pool.map(call, images), alone, strict=True):
            np.testing.assert_array_equal(result, expected)


OUT_OF_MEMORY = """
import resource
import numpy as np
import unsplice
large = np.zeros((2000, 10_000), np.uint8)  # 20 MB
checkered = np.zeros((2000, 10_000), bool)  # its runs take 40 MB
checkered[::2, ::2] = checkered[1::2, 1::2] = True
with open("/proc/self/statm") as statm:
    used = int(statm.read().split()[0]) * resource.getpagesize()
calls = {
    "median_filter": (10, lambda: unsplice.median_filter(large, num_threads=4)),
    "log_cascade": (40, lambda: unsplice.log_cascade(large, num_threads=4)),
    "extract_patches": (10, lambda: unsplice.extract_patches(large, np.zeros((9, 2), int), 1500)),
    "label_components": (100, lambda: unsplice.label_components(checkered, connectivity=4)),
    "remove_small_components": (50, lambda: unsplice.remove_small_components(checkered, 2)),
}
for name, (megabytes, call) in calls.items():
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20, resource.RLIM_INFINITY))
    try:
        call()
    except MemoryError:
        print(name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits its own memory, as Linux does")
def test_memory_that_runs_out_is_a_memory_error() -> None:
    run = subprocess.run(
        [sys.executable, "-c", OUT_OF_MEMORY], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [
        "median_filter",
        "log_cascade",
        "extract_patches",
        "label_components",
        "remove_small_components",
    ]


CHANGING_INPUT = """
import threading, time
import numpy as np
from unsplice import _core
mask = np.zeros((500, 4000), bool)
checkered = np.zeros_like(mask)
checkered[:, ::2] = True
corners = np.zeros((20_000, 2), np.int64)
floats = np.zeros((500, 1000), np.float32)
end = time.monotonic() + 1.2

def change():
    while time.monotonic() < end:
        np.copyto(mask, checkered)
        corners[:] = 2**40
        floats[:] = np.nan
        mask[:] = corners[:] = floats[:] = 0

changer = threading.Thread(target=change)
changer.start()
calls = (
    lambda: _core.remove_small_components(mask, 2, True, 1),
    lambda: _core.label_components(mask, False, 2),
    lambda: _core.find_boundary(mask, True, True, 1),
    lambda: _core.extract_patches(floats, corners, 2, 1),
    lambda: _core.median_filter(floats, 1),
)
while time.monotonic() < end:
    for call in calls:
        try:
            call()
        except ValueError:  # a corner outside, or NaN
            pass
changer.join()
print("survived")
"""


def test_input_that_another_thread_changes_does_not_end_the_process() -> None:
    # In a process of its own: a crash would take pytest with it.
    run = subprocess.run(
        [sys.executable, "-c", CHANGING_INPUT], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "survived\n"), run.stderr


def test_no_patches_may_be_large_but_not_beyond_all_addresses() -> None:
    image = np.zeros((4, 5, 3), np.float32)
    assert _core.extract_patches(image, CORNERS[:0], 2**29, 8).shape == (0, 2**29, 2**29, 3)
    for size in (2**30, 2**40, 2**62, 2**63 - 1):
        with pytest.raises(ValueError, match="patches that an address can reach"):
            _core.extract_patches(image, CORNERS[:0], size, 8)
