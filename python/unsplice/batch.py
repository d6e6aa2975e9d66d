"""Many pictures in one run: one outcome each, past every bad one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from unsplice.blind.localize import BlindMethod, localize
from unsplice.blind.steps import paper_steps
from unsplice.errors import OutputError, coded
from unsplice.image import SourceImage, read_image
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.outcomes import Outcome, Sources, inputs_record
from unsplice.output import refuse_beside_inputs, refuse_existing
from unsplice.pair.compare import compare
from unsplice.pairs import Pair
from unsplice.pictures import SingleImage
from unsplice.result import Localization, result_paths
from unsplice.step_pictures import refuse_steps, remove_steps, steps_folder, write_steps

if TYPE_CHECKING:
    from unsplice.blind.parameters import PaperParameters
    from unsplice.blind.steps import Step

__all__ = ["compare_pairs", "localize_images"]

Method = Literal["evidence", "neighborhood-threshold"]
Analyse = Callable[[Sources], Localization]
Draw = Callable[[Sources], "Sequence[Step]"]


def compare_pairs(
    pairs: Sequence[Pair],
    *,
    output: Path | None = None,
    overwrite: bool = False,
    trees: Sequence[Path] = (),
    method: Method = "evidence",
    max_pixels: int = DEFAULT_MAX_PIXELS,
    num_threads: int | None = None,
) -> Iterator[Outcome]:
    """Compare each pair and write its results; one outcome a pair, in their order.

    Parameters
    ----------
    pairs : sequence of Pair
        What to compare.
    output : Path, optional
        Folder of the results; None writes nothing.
    overwrite : bool
        Whether results of an earlier run are replaced.
    trees : sequence of Path
        Folders that were searched for the pairs; `output` must not lie in them.
    method, max_pixels, num_threads
        As `unsplice.compare` and `unsplice.read_image` take them.

    Yields
    ------
    Outcome
        A result, or the coded error that the pair ended in.

    Raises
    ------
    OutputError
        E163 before anything is done; E160 or E162 on the way, for they would meet every pair.
    """

    def analyse(sources: Sources) -> Localization:
        return compare(
            sources["authentic"], sources["spliced"], method=method, num_threads=num_threads
        )

    _refuse_beside(pairs, output, trees)
    return (_outcome(one, analyse, None, output, overwrite, max_pixels) for one in pairs)


def localize_images(
    pictures: Sequence[SingleImage],
    *,
    output: Path | None = None,
    steps: bool = False,
    overwrite: bool = False,
    trees: Sequence[Path] = (),
    method: BlindMethod = "paper",
    parameters: PaperParameters | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    num_threads: int | None = None,
) -> Iterator[Outcome]:
    """Localize in each picture and write its results; one outcome a picture, in their order.

    Parameters
    ----------
    pictures : sequence of SingleImage
        What to analyse.
    output : Path, optional
        Folder of the results; None writes nothing.
    steps : bool
        Whether every step of the paper's figures is written, too.
    overwrite : bool
        Whether results of an earlier run are replaced.
    trees : sequence of Path
        Folders that were searched for the pictures; `output` must not lie in them.
    method, parameters, max_pixels, num_threads
        As `unsplice.localize` and `unsplice.read_image` take them.

    Yields
    ------
    Outcome
        A result, or the coded error that the picture ended in.

    Raises
    ------
    OutputError
        E163 before anything is done; E160 or E162 on the way, for they would meet every picture.
    """

    def analyse(sources: Sources) -> Localization:
        return localize(
            sources["image"], method=method, parameters=parameters, num_threads=num_threads
        )

    def draw(sources: Sources) -> Sequence[Step]:
        return paper_steps(sources["image"], parameters=parameters, num_threads=num_threads)

    _refuse_beside(pictures, output, trees)
    wanted = draw if steps else None
    return (_outcome(one, analyse, wanted, output, overwrite, max_pixels) for one in pictures)


def _refuse_beside(
    given: Sequence[Pair | SingleImage], output: Path | None, trees: Sequence[Path]
) -> None:
    """Raise E163 if results would be written beside an input."""
    if output is not None:
        folders = [(output / one.name).parent for one in given]
        folders += [steps_folder(output, one.name) for one in given if isinstance(one, SingleImage)]
        files = [path for one in given for path in one.inputs.values()]
        refuse_beside_inputs([output, *folders], files=files, trees=trees)


def _outcome(
    one: Pair | SingleImage,
    analyse: Analyse,
    draw: Draw | None,
    output: Path | None,
    overwrite: bool,
    max_pixels: int,
) -> Outcome:
    """Read, analyse and write one input; `draw` makes the pictures of the steps."""
    began = time.perf_counter()
    sources: dict[str, SourceImage] = {}
    result, error, paths = None, None, {}
    try:
        if one.error is not None:
            raise one.error
        if output is not None:
            _refuse_results(one, output, overwrite)
        for role, path in one.inputs.items():
            sources[role] = read_image(path, max_pixels=max_pixels)
        result = analyse(sources)
        if output is not None:
            paths = _save(one, sources, result, draw, output, overwrite)
    except Exception as raised:
        result, error = None, coded(raised, list(one.inputs.values())[-1])
        if isinstance(error, OutputError) and error.code != "E161":
            raise
    seconds = time.perf_counter() - began
    return Outcome(one.name, one.inputs, result, error, sources, paths, seconds)


def _refuse_results(one: Pair | SingleImage, output: Path, overwrite: bool) -> None:
    """Raise E161 if there are results already, before time is spent on others."""
    refuse_existing(result_paths(output, one.name).values(), overwrite=overwrite)
    if isinstance(one, SingleImage):
        refuse_steps(steps_folder(output, one.name), overwrite=overwrite)


def _save(
    one: Pair | SingleImage,
    sources: Sources,
    result: Localization,
    draw: Draw | None,
    output: Path,
    overwrite: bool,
) -> dict[str, Path]:
    """Write the steps, then the results: where the record is, all is whole."""
    folder = steps_folder(output, one.name)
    steps = draw(sources) if draw is not None else ()
    if isinstance(one, SingleImage) and overwrite:
        remove_steps(folder)
    written = {"steps": write_steps(steps, folder, overwrite=overwrite)} if steps else {}
    inputs = inputs_record(one.inputs, sources)
    return result.save(output, name=one.name, overwrite=overwrite, inputs=inputs) | written
