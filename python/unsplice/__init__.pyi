# The public names, in the order in which a picture passes through them.
from ._version import __version__ as __version__
from .blind.ela import ela_feature as ela_feature
from .blind.ela import error_level_analysis as error_level_analysis
from .blind.enhance import equalize_clahe as equalize_clahe
from .blind.localize import localize as localize
from .blind.noise import log_saliency as log_saliency
from .blind.noise import noise_artifact_feature as noise_artifact_feature
from .blind.noise import wavelet_noise_residual as wavelet_noise_residual
from .blind.parameters import FusionParameters as FusionParameters
from .blind.parameters import JpegHistoryParameters as JpegHistoryParameters
from .blind.parameters import PaperParameters as PaperParameters
from .blind.points import feature_points as feature_points
from .blind.points import point_density as point_density
from .blind.threshold import adaptive_threshold as adaptive_threshold
from .blind.threshold import otsu_threshold as otsu_threshold
from .components import Components as Components
from .errors import ImageError as ImageError
from .errors import Notice as Notice
from .errors import OutputError as OutputError
from .errors import PairError as PairError
from .errors import ReadError as ReadError
from .errors import RecordError as RecordError
from .errors import UnspliceError as UnspliceError
from .errors import UsageError as UsageError
from .evaluation.scores.pixels import HeatmapScores as HeatmapScores
from .evaluation.scores.pixels import MaskScores as MaskScores
from .evaluation.scores.pixels import score_heatmap as score_heatmap
from .evaluation.scores.pixels import score_mask as score_mask
from .image import SourceImage as SourceImage
from .image import decode_image as decode_image
from .image import read_image as read_image
from .kernels import extract_patches as extract_patches
from .kernels import find_boundary as find_boundary
from .kernels import label_components as label_components
from .kernels import log_cascade as log_cascade
from .kernels import median_filter as median_filter
from .kernels import neighborhood_threshold as neighborhood_threshold
from .kernels import neighborhood_threshold_of_pair as neighborhood_threshold_of_pair
from .kernels import remove_small_components as remove_small_components
from .pair.compare import compare as compare
from .pair.parameters import EvidenceParameters as EvidenceParameters
from .pair.parameters import NeighborhoodThresholdParameters as NeighborhoodThresholdParameters
from .patches import Patches as Patches
from .patches import sample_patches as sample_patches
from .result import Localization as Localization
from .result import Region as Region
from .wavelets import dwt2 as dwt2
from .wavelets import idwt2 as idwt2

__all__ = [
    "read_image",
    "decode_image",
    "SourceImage",
    "compare",
    "EvidenceParameters",
    "NeighborhoodThresholdParameters",
    "localize",
    "FusionParameters",
    "JpegHistoryParameters",
    "PaperParameters",
    "Localization",
    "Region",
    "sample_patches",
    "Patches",
    "neighborhood_threshold",
    "neighborhood_threshold_of_pair",
    "median_filter",
    "log_cascade",
    "label_components",
    "Components",
    "remove_small_components",
    "find_boundary",
    "extract_patches",
    "dwt2",
    "idwt2",
    "wavelet_noise_residual",
    "log_saliency",
    "noise_artifact_feature",
    "error_level_analysis",
    "ela_feature",
    "equalize_clahe",
    "adaptive_threshold",
    "otsu_threshold",
    "feature_points",
    "point_density",
    # evaluation
    "score_mask",
    "MaskScores",
    "score_heatmap",
    "HeatmapScores",
    "UnspliceError",
    "ReadError",
    "ImageError",
    "RecordError",
    "PairError",
    "OutputError",
    "UsageError",
    "Notice",
    "__version__",
]
