"""``unsplice localize``: single pictures in, masks of what does not fit out."""

from __future__ import annotations

from pathlib import Path

import click

from unsplice.cli.options import (
    FILE,
    Session,
    choose,
    common_options,
    result_options,
    thread_count,
    usage_error,
)
from unsplice.cli.report import Report

__all__ = ["localize"]


@click.command(short_help="Mark what may be pasted, without the authentic picture.")
@click.argument("images", nargs=-1, required=True, type=FILE, metavar="IMAGE...")
@click.option("-r", "--recursive", is_flag=True, help="Take folders, with all that is below them.")
@result_options("picture")
@click.option(
    "--steps",
    is_flag=True,
    help="With -o: also every intermediate picture of the paper's figures 3 to 10.",
)
@click.option(
    "--method",
    default="fusion",
    show_default=True,
    metavar="NAME",
    help="fusion: maps of evidence, weighed by a small trained network. jpeg-history: what lacks "
    "the earlier JPEG compression of the rest. paper: noise artifacts and error levels, fused and "
    "thresholded.",
)
@click.option(
    "--preset",
    metavar="NAME",
    help="Of fusion and jpeg-history: gated (default), or ungated, which marks without evidence, "
    "too; of fusion also without-ghosts and the like, which leave a family of maps out. Of paper, "
    "how it is read where it leaves a choice: best-measured (default) or closest-to-text.",
)
@common_options
@click.pass_obj
def localize(
    session: Session, images: tuple[Path, ...], recursive: bool, output: Path | None,
    as_json: bool, exit_code: bool, steps: bool, method: str, preset: str | None,
    threads: int | None, max_pixels: int, overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Mark what may be pasted into each IMAGE, from the picture alone.

    IMAGE is a file, or a folder with -r. The mask is empty where there is no evidence; only the
    paper's method says where, not whether, and marks something in nearly every picture. With the
    authentic picture at hand, use compare.
    """
    if steps and output is None:
        raise usage_error("--steps writes pictures and needs -o FOLDER")
    from unsplice import batch, outcomes
    from unsplice.blind.localize import METHODS, PARAMETERS
    from unsplice.inputs import is_folder, pictures_of

    chosen = choose("method", method, METHODS)
    kind = PARAMETERS[chosen]
    presets = (*kind.PRESETS, *getattr(kind, "ABLATIONS", ()))
    parameters = kind.preset(choose("preset", preset or kind.PRESETS[0], presets))
    threads = thread_count(threads)
    trees = [path for path in images if is_folder(path)] if recursive else []
    pictures = pictures_of(images, recursive=recursive)
    single = len(images) == 1 and not trees
    tables = output if not single else None
    if tables is not None:
        outcomes.refuse_tables(tables, overwrite=overwrite)
    localized = batch.localize_images(
        pictures, output=output, steps=steps, overwrite=overwrite, trees=trees, method=chosen,
        parameters=parameters, max_pixels=max_pixels, num_threads=threads,
    )  # fmt: skip
    report = Report(
        output, tables, outcomes.IMAGE_COLUMNS, as_json=as_json, overwrite=overwrite, quiet=quiet,
        debug=session.debug,
    )  # fmt: skip
    report.tell(localized, len(pictures), unit="image")
    return report.exit_code(single=single, tell_found=exit_code)
