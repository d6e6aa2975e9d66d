"""One picture in, the localization and the pictures of every step of it out."""

from __future__ import annotations

from unsplice.arguments import thread_count
from unsplice.blind.compression import measure_history
from unsplice.blind.fusion.localize import decide_by_fusion, judged
from unsplice.blind.fusion.steps import fusion_steps
from unsplice.blind.history_steps import history_steps
from unsplice.blind.jpeg_history import decide_by_history
from unsplice.blind.localize import BlindMethod, BlindParameters, chosen_parameters
from unsplice.blind.paper import analyse, conclude_by_paper
from unsplice.blind.paper_steps import steps_of_analysis
from unsplice.blind.parameters import FusionParameters, JpegHistoryParameters
from unsplice.blind.source import blind_source
from unsplice.image import Picture
from unsplice.result import Localization
from unsplice.step import Step

__all__ = ["localize_in_steps"]


def localize_in_steps(
    image: Picture,
    *,
    method: BlindMethod = "fusion",
    parameters: BlindParameters | None = None,
    num_threads: int | None = None,
) -> tuple[Localization, tuple[Step, ...]]:
    """Do what `unsplice.localize` does, and show what it rests on.

    Nothing is computed twice but a few features of the paper.

    Parameters
    ----------
    image, method, parameters, num_threads
        As `unsplice.localize` takes them.

    Returns
    -------
    Localization
        As `unsplice.localize` gives it.
    tuple of Step
        The pictures, in the order of the method, each with a caption in words; the last is the
        mask.

    Raises
    ------
    UnspliceError, TypeError, ValueError
        As `unsplice.localize`.

    Examples
    --------
    >>> from unsplice.synthetic.pairs import make_scene
    >>> result, steps = localize_in_steps(make_scene(96, 128, seed=1))
    >>> [step.name for step in steps][:4]
    ['jpeg-history', 'grid-votes', 'ghosts', 'noise']
    """
    thread_count(num_threads)
    chosen = chosen_parameters(method, parameters)
    source = blind_source(image)
    if isinstance(chosen, FusionParameters):
        judgement = judged(source, chosen, num_threads=num_threads)
        result = decide_by_fusion(source, judgement, chosen, num_threads=num_threads)
        return result, fusion_steps(result, judgement, chosen, num_threads=num_threads)
    if isinstance(chosen, JpegHistoryParameters):
        history = measure_history(source, chosen, num_threads=num_threads)
        result, compression = decide_by_history(source, history, chosen, num_threads=num_threads)
        return result, history_steps(result, compression, num_threads=num_threads)
    analysis = analyse(source, chosen, num_threads)
    return (
        conclude_by_paper(source, analysis, chosen, num_threads=num_threads),
        steps_of_analysis(source, analysis, chosen, num_threads=num_threads),
    )
