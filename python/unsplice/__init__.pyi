# The public names, in the order in which a picture passes through them.
from ._version import __version__ as __version__
from .components import Components as Components
from .errors import ImageError as ImageError
from .errors import Notice as Notice
from .errors import OutputError as OutputError
from .errors import PairError as PairError
from .errors import ReadError as ReadError
from .errors import UnspliceError as UnspliceError
from .errors import UsageError as UsageError
from .image import SourceImage as SourceImage
from .image import decode_image as decode_image
from .image import read_image as read_image
from .kernels import extract_patches as extract_patches
from .kernels import find_boundary as find_boundary
from .kernels import label_components as label_components
from .kernels import log_cascade as log_cascade
from .kernels import median_filter as median_filter
from .kernels import neighborhood_threshold as neighborhood_threshold
from .kernels import remove_small_components as remove_small_components
from .pair.compare import compare as compare
from .pair.parameters import EvidenceParameters as EvidenceParameters
from .pair.parameters import NeighborhoodThresholdParameters as NeighborhoodThresholdParameters
from .patches import Patches as Patches
from .patches import sample_patches as sample_patches
from .result import Localization as Localization
from .result import Region as Region

__all__ = [
    "read_image",
    "decode_image",
    "SourceImage",
    "compare",
    "EvidenceParameters",
    "NeighborhoodThresholdParameters",
    "Localization",
    "Region",
    "sample_patches",
    "Patches",
    "neighborhood_threshold",
    "median_filter",
    "log_cascade",
    "label_components",
    "Components",
    "remove_small_components",
    "find_boundary",
    "extract_patches",
    "UnspliceError",
    "ReadError",
    "ImageError",
    "PairError",
    "OutputError",
    "UsageError",
    "Notice",
    "__version__",
]
