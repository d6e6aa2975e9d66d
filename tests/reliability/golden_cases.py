"""What golden hashes are taken of: every pipeline, by the methods and branches that it has."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reliability.golden_pictures import pasted, photograph, resampled, saved, toned
from unsplice import (
    FusionParameters,
    Localization,
    NeighborhoodThresholdParameters,
    PaperParameters,
    compare,
    decode_image,
    localize,
)

__all__ = ["CASES", "DRAWN", "QUICK", "digest", "golden", "kernel_hashes", "localizations"]

Threads = int | None
Case = Callable[[Threads], Localization]
LARGE = (384, 512)


def digest(array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's type, shape and elements."""
    pixels = np.ascontiguousarray(array)
    found = hashlib.sha256(f"{pixels.dtype.str} {pixels.shape} ".encode())
    found.update(pixels.tobytes())
    return found.hexdigest()


def spliced_jpeg() -> NDArray[np.uint8]:
    """Return a picture that was saved twice, in which a part was saved once."""
    return saved(pasted(saved(photograph(1), 75), photograph(2)), 92)


def _pair(change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], **options: Any) -> Case:
    """Compare a photograph with what `change` makes of it after a paste."""

    def call(num_threads: Threads) -> Localization:
        authentic = photograph(1)
        spliced = change(pasted(authentic, photograph(2)))
        return compare(authentic, spliced, num_threads=num_threads, **options)

    return call


def _blind(method: Any, parameters: Any = None) -> Case:
    return lambda n: localize(spliced_jpeg(), method=method, parameters=parameters, num_threads=n)


def _large(num_threads: Threads) -> Localization:
    """Mark a paste in a picture of which the gate is sure by its compression history too."""
    host = saved(photograph(3, *LARGE), 70, subsampling=1)
    image = saved(pasted(host, photograph(4, *LARGE), radius=90), 94, subsampling=1)
    return localize(image, num_threads=num_threads)


def _mostly_replaced(num_threads: Threads) -> Localization:
    spliced = pasted(photograph(1), photograph(2), radius=105)
    return compare(photograph(1), saved(spliced, 90), num_threads=num_threads)


_BY_THRESHOLD = {
    "method": "neighborhood-threshold",
    "parameters": NeighborhoodThresholdParameters(threshold=9),
}

# By name: nothing but NumPy and the core has made their pictures.
CASES: dict[str, Case] = {
    "compare, equal outside": _pair(lambda image: image),
    "compare, saved": _pair(lambda image: saved(image, 85)),
    "compare, brighter and saved": _pair(lambda image: saved(toned(image), 88, subsampling=1)),
    "compare, cropped": _pair(lambda image: saved(image[5:, 3:250], 90)),
    "compare, scaled": _pair(lambda image: saved(resampled(image, 160, 232), 90)),
    "compare, leaning": _pair(lambda image: saved(resampled(image, 192, 256, drift=120), 90)),
    "compare, half the size": _pair(lambda image: saved(resampled(image, 96, 128), 92)),
    "compare, scaled and leaning": _pair(
        lambda image: saved(resampled(image, 170, 222, drift=-90), 92)
    ),
    "compare, gray": _pair(lambda image: saved(image[..., [1, 1, 1]], 85)),
    "compare, mostly replaced": _mostly_replaced,
    "compare, by a threshold": _pair(lambda image: saved(image, 85), **_BY_THRESHOLD),
    "localize, fusion": _blind("fusion"),
    "localize, fusion, blocks": _blind("fusion", FusionParameters(edges="blocks", gate=False)),
    "localize, fusion, large": _large,
    "localize, fusion, nothing": lambda n: localize(saved(photograph(5), 85), num_threads=n),
    "localize, jpeg-history": _blind("jpeg-history"),
    "localize, paper": _blind("paper"),
    "localize, paper, to the text": _blind("paper", PaperParameters.preset("closest-to-text")),
    "localize, paper, disc": _blind("paper", PaperParameters(neighborhood="disc")),
    "localize, paper, medians": _blind("paper", PaperParameters(decision="adaptive-median")),
    "localize, fusion, cut": _blind("fusion", FusionParameters(edges="cut", gate=False)),
}  # fmt: skip


# Without features to match, tones to fit and graphs to cut: what an emulator gets done in a minute.
QUICK = tuple(
    name
    for name in CASES
    if not any(word in name for word in ("brighter", "gray", "leaning", "mostly", "large", "cut"))
)


def _made_pair(difficulty: str) -> tuple[NDArray[np.uint8], Case]:
    from scenes import made_pair

    pair = made_pair(difficulty, 3)
    pictures = np.concatenate([pair.authentic.ravel(), pair.spliced.ravel()])
    return pictures, lambda n: compare(pair.authentic, pair.spliced, num_threads=n)


def _decoded(method: Any) -> tuple[NDArray[np.uint8], Case]:
    from scenes import disc, pasted, saved, scene
    from unsplice.synthetic.forging import Saving

    image = pasted(saved(scene(), 75), disc((192, 256), 80, 150, 40), scene(2))
    source = decode_image(Saving(92).encode(image))
    return source.pixels, lambda n: localize(source, method=method, num_threads=n)


# The same of pictures that OpenCV drew, encoded or decoded: a version that does so in another way
# has another picture, and then another result is no difference of ours.
DRAWN: dict[str, Callable[[], tuple[NDArray[np.uint8], Case]]] = {
    "compare, easy": lambda: _made_pair("easy"),
    "compare, graded": lambda: _made_pair("graded"),
    "compare, shifted": lambda: _made_pair("shifted"),
    "compare, resized": lambda: _made_pair("resized"),
    "localize, fusion": lambda: _decoded("fusion"),
    "localize, jpeg-history": lambda: _decoded("jpeg-history"),
    "localize, paper": lambda: _decoded("paper"),
}


def localizations(names: Iterable[str], num_threads: Threads = None) -> dict[str, Localization]:
    """Return the results of some of the `CASES`."""
    return {name: CASES[name](num_threads) for name in names}


def _hashed(result: Localization) -> dict[str, str]:
    return {
        "mask": digest(result.mask),
        "heatmap": digest(result.heatmap),
        "score": float(result.score).hex(),
    }


def kernel_hashes() -> dict[str, str]:
    """Return a hash of what every kernel gives for random numbers."""
    import check_instruction_sets as all_kernels

    return {
        name: all_kernels.digest(call()) for name, call in all_kernels.calls_on(37, 129).items()
    }


def golden(
    names: Iterable[str] | None = None, num_threads: Threads = None
) -> dict[str, dict[str, Any]]:
    """Return the hashes of the results: of all that there is, or of some of the `CASES`."""
    chosen = list(CASES if names is None else names)
    found: dict[str, dict[str, Any]] = {
        "results": {
            name: _hashed(result) for name, result in localizations(chosen, num_threads).items()
        }
    }
    if names is not None:
        return found
    drawn = {}
    for name, make in DRAWN.items():
        picture, case = make()
        drawn[name] = {"picture": digest(picture), **_hashed(case(num_threads))}
    found["drawn by OpenCV"] = drawn
    found["kernels"] = kernel_hashes()
    return found
