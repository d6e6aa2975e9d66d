"""Many pictures in one run: one outcome each, past every bad one, here or in worker processes."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from unsplice.arguments import available_cores, one_of, require_parameters, whole_number
from unsplice.blind.localize import PARAMETERS, BlindMethod, BlindParameters, localize
from unsplice.blind.steps import localize_in_steps
from unsplice.errors import OutputError, UnspliceError, coded
from unsplice.image import SourceImage, read_image
from unsplice.inputs import Input
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.outcomes import Outcome, Sources, inputs_record
from unsplice.output import (
    refuse_beside_inputs,
    refuse_existing,
    remove_file,
    remove_unfinished,
)
from unsplice.pair.compare import PairMethod, compare
from unsplice.pair.parameters import PAIR_PARAMETERS, PairParameters
from unsplice.pair.steps import compare_in_steps
from unsplice.report.files import refuse_reports, remove_reports, report_paths, write_report
from unsplice.result import Localization, result_paths
from unsplice.resume import finished_earlier
from unsplice.step import Step
from unsplice.step_pictures import refuse_steps, remove_steps, steps_folder, write_steps
from unsplice.workers import run_in_workers

__all__ = ["ComparePairs", "LocalizeImages", "Work", "refuse_beside", "run", "suggested_jobs"]

FEW = 8  # so many pictures are done before workers would have started

Given = TypeVar("Given", bound=Input)
Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Work(ABC):
    """What is done to each input of a run; small enough to travel to a worker.

    Called with an input it reads, analyses and writes it, and returns its `Outcome`. No error of
    the input leaves it; of the output E160 and E162 do, for they would meet every input, and E170,
    for `resume` makes no sense then.

    Attributes
    ----------
    output : Path, optional
        Folder of the results; None writes nothing.
    overwrite : bool
        Whether results of an earlier run are replaced.
    resume : bool
        Whether results of an earlier run, of the same bytes under the same settings, stand for
        those of this one. What a killed run left unfinished is done again.
    steps : bool
        Whether the pictures of every step of the method are written, too.
    report : bool
        Whether a report for people is written, too.
    thumbnails : bool
        Whether a small picture goes with each report, for an index of them.
    max_pixels, num_threads
        As `unsplice.read_image` and `unsplice.localize` take them.
    """

    output: Path | None = None
    steps: bool = False
    report: bool = False
    thumbnails: bool = False
    overwrite: bool = False
    resume: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS
    num_threads: int | None = None

    @abstractmethod
    def analyse(self, sources: Sources) -> tuple[Localization, Sequence[Step]]:
        """Return what is found in the pictures that one input is made of, and on the way to it.

        There are no steps if nobody looks at them; see `in_steps`.
        """

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Return method and parameters, after defaults: what a result depends on."""

    @property
    def in_steps(self) -> bool:
        """Whether the pictures of the steps are wanted."""
        return self.output is not None and (self.steps or self.report)

    def __call__(self, one: Input) -> Outcome:
        """Read, analyse and write one input."""
        began = time.perf_counter()
        sources: dict[str, SourceImage] = {}
        result, error, paths = None, None, {}
        try:
            if (earlier := self.earlier(one)) is not None:
                return earlier
            for role, path in one.inputs.items():
                sources[role] = read_image(path, max_pixels=self.max_pixels)
            result, steps = self.analyse(sources)
            if self.output is not None:
                paths = self._save(one, sources, result, steps, self.output)
        except Exception as raised:
            result, error = None, coded(raised, one.analysed)
            if _ends_run(error):
                raise error from raised
        return Outcome(
            one,
            None if result is None else result.to_dict(),
            error,
            inputs_record(one, sources),
            paths,
            time.perf_counter() - began,
        )

    def earlier(self, one: Input) -> Outcome | None:
        """Return what an earlier run found in `one`, if that may stand; None if it is to be done.

        Raises
        ------
        UnspliceError
            Why it cannot be done at all: the error of the input, E161 if there are results and they
            are neither to be replaced nor to be resumed, E170 or E171 if they cannot be resumed.
        """
        if one.error is not None:
            raise one.error
        if self.output is None or self.overwrite:
            return None
        if self.resume:
            beside = self._beside(one, self.output)
            return finished_earlier(one, self.output, self.settings(), beside=beside)
        refuse_existing(result_paths(self.output, one.name).values(), overwrite=False)
        refuse_steps(steps_folder(self.output, one.name), overwrite=False)
        refuse_reports(self.output, one.name, overwrite=False)
        return None

    def _beside(self, one: Input, output: Path) -> dict[str, Path]:
        """Return what is written beside the result and its record, by kind."""
        paths = {"steps": steps_folder(output, one.name)} if self.steps else {}
        if self.report:
            paths |= report_paths(output, one.name, thumbnail=self.thumbnails)
        return paths

    def _save(
        self,
        one: Input,
        sources: Sources,
        result: Localization,
        steps: Sequence[Step],
        output: Path,
    ) -> dict[str, Path]:
        """Write steps, report, pictures and record; an old record goes first, the new one last.

        So where a record is, all that it is about is whole, and nothing of another reading is
        beside it, wherever a run was ended.
        """
        folder = steps_folder(output, one.name)
        replace = self.overwrite or self.resume
        if replace:
            remove_file(result_paths(output, one.name)["record"])
            remove_steps(folder)
            remove_reports(output, one.name)
        written: dict[str, Path] = {}
        if self.steps:
            written["steps"] = write_steps(steps, folder, overwrite=replace)
        if self.report:
            written |= write_report(
                output, one.name, result, steps, sources,
                thumbnail=self.thumbnails, overwrite=replace,
            )  # fmt: skip
        inputs = inputs_record(one, sources)
        saved = result.save(
            output, name=one.name, overwrite=replace, inputs=inputs, max_pixels=self.max_pixels
        )
        return saved | written


@dataclass(frozen=True, kw_only=True)
class ComparePairs(Work):
    """Compare each pair; `method` and `parameters` as `unsplice.compare` takes them."""

    method: PairMethod = "evidence"
    parameters: PairParameters | None = None

    def __post_init__(self) -> None:
        """Refuse a method that is not known, or parameters of another, before anything is done."""
        one_of(self.method, "method", PairMethod)
        require_parameters(self.parameters, PAIR_PARAMETERS[self.method])

    def analyse(self, sources: Sources) -> tuple[Localization, Sequence[Step]]:
        """Compare the two pictures."""
        pair = sources["authentic"], sources["spliced"]
        options: dict[str, Any] = {
            "method": self.method,
            "parameters": self.parameters,
            "num_threads": self.num_threads,
        }
        if self.in_steps:
            return compare_in_steps(*pair, **options)
        return compare(*pair, **options), ()

    def settings(self) -> Mapping[str, Any]:
        """Return method and parameters."""
        chosen = PAIR_PARAMETERS[self.method]() if self.parameters is None else self.parameters
        return {"method": self.method, "parameters": asdict(chosen)}


@dataclass(frozen=True, kw_only=True)
class LocalizeImages(Work):
    """Localize in each picture.

    Attributes
    ----------
    method, parameters
        As `unsplice.localize` takes them.
    """

    method: BlindMethod = "fusion"
    parameters: BlindParameters | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be done to any picture, before anything is done."""
        one_of(self.method, "method", BlindMethod)
        require_parameters(self.parameters, PARAMETERS[self.method])

    def analyse(self, sources: Sources) -> tuple[Localization, Sequence[Step]]:
        """Localize in the picture."""
        options: dict[str, Any] = {
            "method": self.method,
            "parameters": self.parameters,
            "num_threads": self.num_threads,
        }
        if self.in_steps:
            return localize_in_steps(sources["image"], **options)
        return localize(sources["image"], **options), ()

    def settings(self) -> Mapping[str, Any]:
        """Return method and parameters."""
        chosen = PARAMETERS[self.method]() if self.parameters is None else self.parameters
        return {"method": self.method, "parameters": asdict(chosen)}


def run(
    work: Callable[[Given], Answer],
    inputs: Sequence[Given],
    *,
    failed: Callable[[Given, UnspliceError], Answer],
    jobs: int = 1,
    timeout: float | None = None,
) -> Generator[Answer]:
    """Do `work` to each of the inputs; yield each outcome as soon as it is there.

    Parameters
    ----------
    work : callable
        Of one input; it is pickled if there are workers.
    inputs : sequence of Input
        In this order outcomes come, if `jobs` is 1.
    failed : callable
        Makes an outcome of an input and the error that it ended in outside of `work`: its worker
        died (E192), or took too long (E193).
    jobs : int
        Number of worker processes; 1 means this process.
    timeout : float or None
        Seconds that an input may take in a worker before that is ended.

    Raises
    ------
    OutputError
        E160, E162 or E170 on the way, for they would meet every input.
    """
    jobs = min(whole_number(jobs, "jobs", 1), max(1, len(inputs)))
    if jobs == 1:
        yield from map(work, inputs)
        return
    answers = run_in_workers(
        work, inputs, jobs=jobs, timeout=timeout, name_of=lambda one: one.analysed
    )
    try:
        with closing(answers):  # not when the garbage is collected: workers end where the loop ends
            for one, answer in answers:
                if not isinstance(answer, UnspliceError):
                    yield answer
                elif _ends_run(answer):
                    raise answer
                else:
                    yield failed(one, answer)
    except BaseException:  # workers were ended whatever they did
        output = getattr(work, "output", None)
        if output is not None:
            remove_unfinished(output)
        raise


def suggested_jobs(count: int) -> int:
    """Return how many worker processes suit `count` inputs: one a core, unless they are few."""
    return min(available_cores(), count) if count >= FEW else 1


def refuse_beside(given: Sequence[Input], output: Path | None, trees: Sequence[Path] = ()) -> None:
    """Raise E163 if results of `given` would be written beside an input, or in one of `trees`."""
    if output is not None:
        folders = [(output / one.name).parent for one in given]
        folders += [steps_folder(output, one.name) for one in given]
        files = [path for one in given for path in one.inputs.values()]
        refuse_beside_inputs([output, *folders], files=files, trees=trees)


def _ends_run(error: UnspliceError) -> bool:
    """Return whether an error would meet every input, so that going on is of no use."""
    return isinstance(error, OutputError) and error.code not in ("E161", "E171")
