"""``unsplice patches``: masks or pairs in, patches along the border of what was pasted out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.codes import EXIT_FAILED, exit_code_of
from unsplice.cli.options import (
    FILE,
    PAIR_METHODS,
    Session,
    choose,
    common_options,
    pair_method_option,
    table_option,
    thread_count,
    usage_error,
)
from unsplice.cli.pair_inputs import given_inputs, is_single, pairs_from, print_unmatched
from unsplice.console import Progress, print_error, print_notices
from unsplice.errors import printable

if TYPE_CHECKING:
    from unsplice.pairs import MaskedImage, Unmatched

__all__ = ["patches"]


@click.command(short_help="Cut patches along the border of spliced regions.")
@click.argument("first", required=False, type=FILE)
@click.argument("second", required=False, type=FILE)
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FOLDER",
    required=True,
    help="Where patches, their masks and index.csv go.",
)
@click.option(
    "--size",
    type=click.IntRange(8, 4096),
    default=128,
    show_default=True,
    metavar="N",
    help="Side of a patch in pixels.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N border patches a picture; default: all that fit.",
)
@click.option(
    "--negatives",
    default="equal",
    show_default=True,
    metavar="equal|none|N",
    help="Authentic patches a picture.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed gives the same patches.",
)
@table_option("image,mask or authentic,spliced")
@pair_method_option
@common_options
@click.pass_obj
def patches(
    session: Session, first: Path | None, second: Path | None, output: Path, size: int,
    count: int | None, negatives: str, seed: int, table: Path | None, method: str,
    threads: int | None, max_pixels: int, overwrite: bool, quiet: bool,
) -> int:  # fmt: skip
    """Cut patches along the border of spliced regions, and as many authentic ones.

    FIRST and SECOND are a picture and its mask, or two folders, authentic and spliced, which are
    compared first. The table of --pairs has the columns image,mask, or authentic,spliced.
    """
    given = given_inputs(first, second, table)
    chosen = choose("method", method, PAIR_METHODS)
    wanted = _negatives(negatives)
    threads = thread_count(threads)
    from unsplice import batch, outcomes, patch_set
    from unsplice.output import refuse_existing

    patch_set.refuse_patches(output, overwrite=overwrite)
    single = is_single(given)
    if not single:
        refuse_existing([output / "errors.csv"], overwrite=overwrite)
    unmatched: list[Unmatched] = []
    images = _images_from(given)
    if images is not None:
        total = len(images)
        patch_set.refuse_beside_masked(output, images)
        found = patch_set.found_in_masks(images, max_pixels=max_pixels)
    else:
        pairs, unmatched, trees = pairs_from(given)
        total = len(pairs)
        patch_set.refuse_beside_pairs(output, pairs, trees)
        compared = batch.compare_pairs(
            pairs, method=chosen, max_pixels=max_pixels, num_threads=threads
        )
        found = patch_set.found_by_comparing(compared)
    print_unmatched(unmatched, total, quiet)
    if overwrite:
        patch_set.remove_patches(output)
    progress = Progress(total, unit="pair", quiet=quiet)
    rows: list[dict[str, Any]] = []
    errors = outcomes.unmatched_rows(unmatched)
    written = patch_set.write_patches(
        found, output, size=size, count=count, negatives=wanted, seed=seed, overwrite=overwrite
    )
    error = None
    for outcome in progress.over(written):
        rows.extend(outcome.rows)
        if outcome.error is not None:
            progress.failed += 1
            error = outcome.error
            errors.append(outcomes.error_row(outcome.name, outcome.path, error))
            print_error(error, debug=session.debug)
            continue
        border = outcome.boundary
        click.echo(
            f"{printable(outcome.name)}  {border} boundary and {len(outcome.rows) - border} "
            f"authentic patches of {size} x {size}"
        )
        if not quiet:
            print_notices(outcome.warnings, outcome.name)
    if single and error is not None:
        return exit_code_of(error)
    if not single:
        outcomes.write_errors(output, errors, overwrite=overwrite)
    index = patch_set.write_index(output, rows, overwrite=overwrite)
    border = sum(row["label"] for row in rows)
    click.echo(
        f"{border:,} boundary and {len(rows) - border:,} authentic patches; "
        f"index {printable(index)}"
    )
    return EXIT_FAILED if error is not None else 0


def _images_from(given: Path | tuple[Path, Path]) -> list[MaskedImage] | None:
    """Return the pictures with masks that are given, or None if pairs are."""
    from unsplice.pairs import has_masks, masked_of, single_masked

    if isinstance(given, Path):
        return masked_of(given) if has_masks(given) else None
    return [single_masked(*given)] if is_single(given) else None


def _negatives(text: str) -> Any:
    """Return the value of --negatives as `sample_patches` takes it."""
    if text in ("equal", "none"):
        return text
    if text.isdecimal() and text.isascii():
        return int(text)
    raise usage_error(f'--negatives must be "equal", "none" or a number, got "{printable(text)}"')
