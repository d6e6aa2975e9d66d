"""One picture in, one localization out: blind mode by the name of the method."""

from __future__ import annotations

from typing import Final, Literal, get_args

from unsplice.arguments import one_of, require_parameters, thread_count
from unsplice.blind.fusion.localize import localize_by_fusion
from unsplice.blind.jpeg_history import localize_by_history
from unsplice.blind.paper import localize_by_paper
from unsplice.blind.parameters import FusionParameters, JpegHistoryParameters, PaperParameters
from unsplice.blind.source import blind_source
from unsplice.image import Picture
from unsplice.result import Localization

__all__ = [
    "METHODS",
    "PARAMETERS",
    "BlindMethod",
    "BlindParameters",
    "chosen_parameters",
    "localize",
]

BlindMethod = Literal["fusion", "jpeg-history", "paper"]
BlindParameters = FusionParameters | JpegHistoryParameters | PaperParameters
METHODS: Final[tuple[BlindMethod, ...]] = get_args(BlindMethod)
PARAMETERS: Final[dict[BlindMethod, type[BlindParameters]]] = {
    "fusion": FusionParameters,
    "jpeg-history": JpegHistoryParameters,
    "paper": PaperParameters,
}


def localize(
    image: Picture,
    *,
    method: BlindMethod = "fusion",
    parameters: BlindParameters | None = None,
    num_threads: int | None = None,
) -> Localization:
    """Mark what looks spliced in a picture that has no authentic partner.

    Parameters
    ----------
    image : path, SourceImage, or (rows, cols, 3) or (rows, cols) array
        The suspicious picture; uint8 or uint16, RGB or gray. Features are computed on 8 bits.
    method : {"fusion", "jpeg-history", "paper"}
        "fusion" weighs maps of evidence by a small trained network, and says "nothing-found" where
        the picture shows no more than untouched photographs do. "jpeg-history" marks what lacks the
        earlier JPEG compression of the rest; nothing in it is trained. "paper" follows
        "Multi-Phased Feature Extraction And Adaptive Thresholding For Pixel-Wise Localization Of
        Tampered Regions In An Image Using ELA Based Analysis".
    parameters : FusionParameters, JpegHistoryParameters or PaperParameters, optional
        Of the method; None means those that measured best.
    num_threads : int, optional
        Threads to use; default: ``UNSPLICE_NUM_THREADS``, else all cores.

    Returns
    -------
    Localization
        On the stored pixel grid. "fusion" and "jpeg-history" say "spliced" or "nothing-found", and
        why. "paper" says where, not whether: it marks regions in nearly every picture, spliced or
        not, and its finding is "marked", never "spliced".

    Raises
    ------
    UnspliceError
        If a file cannot be read, or (ImageError E133, E134) the picture is too large or too small
        for "paper"; or (E195) the installed network is damaged.
    TypeError, ValueError
        For a wrong argument.

    Examples
    --------
    >>> from unsplice.synthetic.pairs import make_scene
    >>> result = localize(make_scene(96, 128, seed=1))
    >>> result.finding, result.mask.any(), result.heatmap.dtype
    ('nothing-found', np.False_, dtype('float32'))
    """
    thread_count(num_threads)
    chosen = chosen_parameters(method, parameters)
    source = blind_source(image)
    if isinstance(chosen, FusionParameters):
        return localize_by_fusion(source, chosen, num_threads=num_threads)
    if isinstance(chosen, JpegHistoryParameters):
        return localize_by_history(source, chosen, num_threads=num_threads)
    return localize_by_paper(source, chosen, num_threads=num_threads)


def chosen_parameters(method: BlindMethod, parameters: BlindParameters | None) -> BlindParameters:
    """Return the parameters of a method, its defaults for None; raises as `localize`."""
    one_of(method, "method", BlindMethod)
    kind = PARAMETERS[method]
    require_parameters(parameters, kind)
    return kind() if parameters is None else parameters
