"""The demonstration: a splice is made, found again, measured and laid out to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from unsplice.console import result_line
from unsplice.errors import UsageError, printable
from unsplice.evaluation.scores.pixels import MaskScores, score_mask
from unsplice.image import read_image
from unsplice.limits import DEFAULT_MAX_PIXELS
from unsplice.outcomes import Outcome, inputs_record
from unsplice.output import encode_png, refuse_existing, remove_file, write_file
from unsplice.pair.steps import compare_in_steps
from unsplice.pairs import MaskedImage, Pair
from unsplice.patch_set import CutPatches, refuse_patches, remove_patches, write_index
from unsplice.report.files import report_paths, write_report
from unsplice.report.pages import require_jinja
from unsplice.result import Localization, result_paths
from unsplice.synthetic.pairs import make_demo_pair

__all__ = ["Demonstration", "contact_sheet", "run_demo"]

_CAPTION_ROWS = 28
_GAP = 8


@dataclass(frozen=True, eq=False)
class Demonstration:
    """What the demonstration made: the result, how right it is, and where the files are."""

    result: Localization
    scores: MaskScores
    paths: dict[str, Path]
    boundary_patches: int
    authentic_patches: int

    def lines(self) -> list[str]:
        """Return what there is to say, for people."""
        folder = self.paths["sheet"].parent
        spliced = self.paths["spliced"]
        pair = Pair(self.paths["authentic"], spliced, str(spliced))
        files = ", ".join(
            printable(self.paths[name].name) for name in ("mask", "overlay", "heatmap", "record")
        )
        where = printable(folder)
        return [
            f"wrote {where}/authentic.jpg, {where}/spliced.jpg and the truth, {where}/truth.png",
            result_line(Outcome(pair, self.result.to_dict())),
            f"against the truth: F1 {self.scores.f1:.3f}, IoU {self.scores.iou:.3f}",
            f"wrote {files} into {where}",
            f"wrote {self.boundary_patches} boundary and {self.authentic_patches} authentic "
            f"patches into {printable(self.paths['patches'])}",
            f"look at {printable(self.paths['sheet'])}: authentic, spliced, mask found, overlay",
            f"open {printable(self.paths['report'])} in a browser: the report"
            if "report" in self.paths
            else "for a report to open in a browser: pip install unsplice[report]",
        ]


def run_demo(folder: Path, *, seed: int = 0, overwrite: bool = False) -> Demonstration:
    """Make a pair with a known splice in `folder`, compare it, and write all there is to see.

    Parameters
    ----------
    folder : Path
        Where to; it is made if it lacks.
    seed : int
        Which splice.
    overwrite : bool
        Whether an earlier demonstration is replaced.

    Raises
    ------
    OutputError
        If there is one already (E161), or the folder cannot be written.
    """
    paths = {name: folder / file for name, file in (
        ("authentic", "authentic.jpg"), ("spliced", "spliced.jpg"), ("truth", "truth.png"),
        ("sheet", "demo.png"),
    )}  # fmt: skip
    paths |= result_paths(folder, "spliced.jpg")
    paths |= report_paths(folder, "spliced.jpg", thumbnail=False)
    patch_folder = folder / "patches"
    refuse_existing(paths.values(), overwrite=overwrite)
    refuse_patches(patch_folder, overwrite=overwrite)

    pair = make_demo_pair(seed=seed)
    for name, data in (
        ("authentic", pair.authentic_file),
        ("spliced", pair.spliced_file),
        ("truth", encode_png(pair.truth)),
    ):
        write_file(paths[name], data, overwrite=overwrite)
    authentic, spliced = read_image(paths["authentic"]), read_image(paths["spliced"])
    result, steps = compare_in_steps(authentic, spliced)
    given = Pair(paths["authentic"], paths["spliced"], "spliced.jpg")
    sources = {"authentic": authentic, "spliced": spliced}
    remove_file(paths["record"])
    remove_file(paths["report"])
    if _has_jinja():
        write_report(folder, "spliced.jpg", result, steps, sources, overwrite=overwrite)
    else:
        del paths["report"]
    result.save(
        folder,
        name="spliced.jpg",
        overwrite=overwrite,
        inputs=inputs_record(given, sources),
        max_pixels=DEFAULT_MAX_PIXELS,
    )

    remove_patches(patch_folder)
    masked = MaskedImage(paths["spliced"], paths["mask"], "spliced.jpg")
    patches = CutPatches(output=patch_folder, overwrite=overwrite)(masked)
    if patches.error is not None:
        raise patches.error
    paths["patches"] = write_index(patch_folder, patches.rows, overwrite=overwrite).parent

    panels = {
        "authentic": authentic.pixels,
        "spliced": spliced.pixels,
        "mask found": result.mask,
        "overlay": result.overlay(),
    }
    write_file(paths["sheet"], encode_png(contact_sheet(panels)), overwrite=overwrite)
    return Demonstration(
        result,
        score_mask(result.mask, pair.truth),
        paths,
        patches.boundary,
        len(patches.rows) - patches.boundary,
    )


def _has_jinja() -> bool:
    """Return whether a report can be written: what it needs is an extra."""
    try:
        require_jinja()
    except UsageError:
        return False
    return True


def contact_sheet(panels: dict[str, NDArray[Any]]) -> NDArray[np.uint8]:
    """Lay pictures side by side, each under its caption.

    Parameters
    ----------
    panels : dict of str to array
        Caption and picture: (rows, cols) bool or uint8, or (rows, cols, 3) uint8.

    Returns
    -------
    (rows, cols, 3) array of uint8
        RGB; pictures keep their pixels, the smaller ones are filled up with white below.
    """
    rows = max(panel.shape[0] for panel in panels.values())
    columns: list[NDArray[np.uint8]] = []
    for caption, panel in panels.items():
        pixels = panel.astype(np.uint8) * 255 if panel.dtype == np.bool_ else panel
        color = np.stack([pixels] * 3, axis=2) if pixels.ndim == 2 else pixels
        column = np.full((_CAPTION_ROWS + rows, panel.shape[1] + _GAP, 3), 255, np.uint8)
        column[_CAPTION_ROWS : _CAPTION_ROWS + panel.shape[0], : panel.shape[1]] = color
        cv2.putText(
            column, caption, (2, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA
        )
        columns.append(column)
    return np.concatenate(columns, axis=1)[:, :-_GAP]
