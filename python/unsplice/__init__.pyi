from ._version import __version__ as __version__
from .errors import ImageError as ImageError
from .errors import OutputError as OutputError
from .errors import PairError as PairError
from .errors import ReadError as ReadError
from .errors import UnspliceError as UnspliceError
from .errors import UsageError as UsageError
from .image import SourceImage as SourceImage
from .image import decode_image as decode_image
from .image import read_image as read_image
from .kernels import neighborhood_threshold as neighborhood_threshold
from .patches import Patches as Patches
from .patches import sample_patches as sample_patches

__all__ = [
    "ImageError",
    "OutputError",
    "PairError",
    "Patches",
    "ReadError",
    "SourceImage",
    "UnspliceError",
    "UsageError",
    "__version__",
    "decode_image",
    "neighborhood_threshold",
    "read_image",
    "sample_patches",
]
