from .kernels import neighborhood_threshold as neighborhood_threshold

__all__ = [
    "neighborhood_threshold",
]

__version__: str
