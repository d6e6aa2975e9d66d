"""Many pictures in one run: one outcome each, past every bad one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unsplice.arguments import one_of
from unsplice.blind.localize import BlindMethod, BlindParameters, localize
from unsplice.blind.steps import steps_of
from unsplice.errors import OutputError, coded
from unsplice.image import SourceImage, read_image
from unsplice.inputs import Input, SingleImage
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.outcomes import Outcome, Sources, inputs_record
from unsplice.output import refuse_beside_inputs, refuse_existing, remove_file
from unsplice.pair.compare import PairMethod, compare
from unsplice.pairs import Pair
from unsplice.result import Localization, result_paths
from unsplice.step_pictures import refuse_steps, remove_steps, steps_folder, write_steps

if TYPE_CHECKING:
    from unsplice.blind.steps import Step

__all__ = ["compare_pairs", "localize_images"]


@dataclass(frozen=True)
class _Run:
    """What is done to each input: all in which modes and runs differ.

    `draw` makes the pictures of the steps, of which there may be none.
    """

    analyse: Callable[[Sources], Localization]
    draw: Callable[[Sources], Sequence[Step]]
    output: Path | None
    overwrite: bool
    max_pixels: int


def compare_pairs(
    pairs: Sequence[Pair],
    *,
    output: Path | None = None,
    overwrite: bool = False,
    trees: Sequence[Path] = (),
    method: PairMethod = "evidence",
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

    one_of(method, "method", PairMethod)
    _refuse_beside(pairs, output, trees)
    run = _Run(analyse, lambda _: (), output, overwrite, max_pixels)
    return (_outcome(one, run) for one in pairs)


def localize_images(
    pictures: Sequence[SingleImage],
    *,
    output: Path | None = None,
    steps: bool = False,
    overwrite: bool = False,
    trees: Sequence[Path] = (),
    method: BlindMethod = "fusion",
    parameters: BlindParameters | None = None,
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
        Whether the pictures of every step of the method are written, too.
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
    UsageError
        E194 before anything is done, if `steps` are asked of a method that has none.
    OutputError
        E163 before anything is done; E160 or E162 on the way, for they would meet every picture.
    """
    one_of(method, "method", BlindMethod)
    draws = steps_of(method) if steps else None

    def analyse(sources: Sources) -> Localization:
        return localize(
            sources["image"], method=method, parameters=parameters, num_threads=num_threads
        )

    def draw(sources: Sources) -> Sequence[Step]:
        if draws is None:
            return ()
        return draws(sources["image"], parameters=parameters, num_threads=num_threads)

    _refuse_beside(pictures, output, trees)
    run = _Run(analyse, draw, output, overwrite, max_pixels)
    return (_outcome(one, run) for one in pictures)


def _refuse_beside(given: Sequence[Input], output: Path | None, trees: Sequence[Path]) -> None:
    """Raise E163 if results would be written beside an input."""
    if output is not None:
        folders = [(output / one.name).parent for one in given]
        folders += [steps_folder(output, one.name) for one in given]
        files = [path for one in given for path in one.inputs.values()]
        refuse_beside_inputs([output, *folders], files=files, trees=trees)


def _outcome(one: Input, run: _Run) -> Outcome:
    """Read, analyse and write one input."""
    began = time.perf_counter()
    sources: dict[str, SourceImage] = {}
    result, error, paths = None, None, {}
    try:
        if one.error is not None:
            raise one.error
        if run.output is not None:  # before time is spent on it
            refuse_existing(result_paths(run.output, one.name).values(), overwrite=run.overwrite)
            refuse_steps(steps_folder(run.output, one.name), overwrite=run.overwrite)
        for role, path in one.inputs.items():
            sources[role] = read_image(path, max_pixels=run.max_pixels)
        result = run.analyse(sources)
        if run.output is not None:
            paths = _save(one, sources, result, run, run.output)
    except Exception as raised:
        result, error = None, coded(raised, one.analysed)
        if isinstance(error, OutputError) and error.code != "E161":
            raise
    return Outcome(one, result, error, sources, paths, time.perf_counter() - began)


def _save(
    one: Input, sources: Sources, result: Localization, run: _Run, output: Path
) -> dict[str, Path]:
    """Write steps, pictures and record; an old record goes first, the new one comes last.

    So where a record is, all that it is about is whole, and nothing of another reading is beside
    it, wherever a run was ended.
    """
    folder = steps_folder(output, one.name)
    steps = run.draw(sources)
    if run.overwrite:
        remove_file(result_paths(output, one.name)["record"])
        remove_steps(folder)
    written = {"steps": write_steps(steps, folder, overwrite=run.overwrite)} if steps else {}
    inputs = inputs_record(one, sources)
    return result.save(output, name=one.name, overwrite=run.overwrite, inputs=inputs) | written
