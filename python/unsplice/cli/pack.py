"""``unsplice pack``: a finished folder in, the same in a format that loaders read out."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from unsplice.cli.options import LOCAL_FILE, choose, config_option, debug_option, usage_error
from unsplice.cli.words import Words
from unsplice.console import Progress, print_message
from unsplice.errors import OutputError, printable
from unsplice.interruption import Terminated

__all__ = ["pack"]

FORMATS = ("images", "webdataset", "parquet", "npz", "coco", "masks")
SEGMENTATIONS = ("rle", "polygon")
# Options that are for some formats alone, by parameter.
ONLY = {
    "shard_patches": ("--shard-patches", ("webdataset", "parquet", "npz")),
    "shard_mb": ("--shard-mb", ("webdataset", "parquet", "npz")),
    "compress": ("--compress", ("npz",)),
    "segmentation": ("--segmentation", ("coco",)),
}


@click.command(short_help="Put a finished folder into a format that loaders read.")
@click.argument("folder", type=LOCAL_FILE)
@click.option(
    "-o",
    "--output",
    type=LOCAL_FILE,
    metavar="OUT",
    required=True,
    help="Where the packed set goes.",
)
@click.option(
    "--format", "form", required=True, metavar="NAME", type=Words(FORMATS),
    help="Of a patch set: images, webdataset, parquet, npz. Of results: coco, masks.",
)  # fmt: skip
@click.option(
    "--split", metavar="SHARES",
    help="Such as train=0.8,validation=0.1,test=0.1, by source picture; default: all train.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
    help="Another seed draws other splits.",
)  # fmt: skip
@click.option(
    "--shard-patches", type=click.IntRange(min=1), default=2000, show_default=True, metavar="N",
    help="Patches a file at most.",
)  # fmt: skip
@click.option(
    "--shard-mb", type=click.FloatRange(min=0, min_open=True), default=128.0, show_default=True,
    metavar="MB", help="A file is full when it has as many megabytes.",
)  # fmt: skip
@click.option("--compress", is_flag=True, help="Deflate the arrays of npz.")
@click.option(
    "--segmentation", default="rle", show_default=True, metavar="rle|polygon",
    type=Words(SEGMENTATIONS),
    help="How coco has regions: exact, or as outlines with holes filled.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace the set of an earlier run.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, no warnings.")
@config_option
@debug_option
@click.pass_context
def pack(
    context: click.Context, folder: Path, output: Path, form: str, split: str | None, seed: int,
    shard_patches: int, shard_mb: float, compress: bool, segmentation: str, overwrite: bool,
    as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Put what patches, compare or localize left in FOLDER into a format that loaders read.

    FOLDER stays as it is. Splits are drawn by source picture: pictures that share a file, such as
    their authentic picture, stay together.
    """
    chosen = choose("format", form, FORMATS)
    regions = choose("segmentation", segmentation, SEGMENTATIONS)
    _refuse_options(context, chosen)
    if not math.isfinite(shard_mb):  # not a number is in no range, and so passes for one
        raise usage_error(f"--shard-mb must be a number of megabytes, got {shard_mb}")
    from unsplice.output import json_line
    from unsplice.packing.pack import Packing, Settings
    from unsplice.packing.splits import parse_splits

    settings: Any = {
        "form": chosen, "splits": parse_splits(split, seed=seed), "shard_patches": shard_patches,
        "shard_megabytes": shard_mb, "compress": compress, "segmentation": regions,
    }  # fmt: skip
    packing = Packing(folder, output, Settings(**settings), overwrite=overwrite)
    if not quiet:
        for notice in packing.notices:
            print_message(notice.code, notice.text)
    progress = Progress(packing.total, unit=packing.unit, quiet=quiet)
    done = 0
    try:
        with closing(packing.run()) as packed:
            for _ in progress.over(packed):
                done += 1
    except (KeyboardInterrupt, Terminated, OutputError):
        if done:
            told = f"{done:,} of {packing.total:,} were packed; the same command with --overwrite"
            click.echo(f"{told} begins again", err=True)
        raise
    summary = packing.summary()
    if as_json:
        click.echo(json_line(summary))
    else:
        _tell(summary)
    return 0


def _refuse_options(context: click.Context, form: str) -> None:
    """Raise E184 for an option that was given and means nothing to the format."""
    for name, (option, forms) in ONLY.items():
        given = context.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if given and form not in forms:
            raise usage_error(f"{option} is for the format {' or '.join(forms)} alone")


def _tell(summary: dict[str, Any]) -> None:
    for name, split in summary["splits"].items():
        counts = [f"{split['pictures']:,} pictures"]
        if "patches" in split:
            border = split["boundary"]
            counts.append(
                f"{border:,} boundary and {split['patches'] - border:,} authentic patches"
            )
        click.echo(f"{printable(name)}  {', '.join(counts)}")
    left_out = [f"{count:,} {why}" for why, count in summary["left_out"].items()]
    if left_out:
        click.echo(f"left out: {', '.join(left_out)}")
    megabytes = summary["bytes"] / 1e6
    click.echo(f"{megabytes:,.1f} MB; {printable(summary['dataset'])}")
