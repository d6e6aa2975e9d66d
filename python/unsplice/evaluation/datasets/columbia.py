"""Columbia Uncompressed Image Splicing Detection Evaluation Dataset.

183 authentic and 180 spliced pictures of 757 x 568 to 1152 x 768 pixels, uncompressed TIFF or BMP,
from four cameras (Canon G3, Nikon D70, Canon 350D, Kodak DCS 330). A splice is one picture with a
part of another camera's, without any post-processing; its name holds both cameras. Y.-F. Hsu and
S.-F. Chang, Detecting image splicing using geometry invariants and camera characteristics
consistency, ICME 2006; https://www.ee.columbia.edu/ln/dvmm/downloads/authsplcuncmp/ . It is given
on a request form; the terms of its sister set there are research only, and no passing on.

::

    4cam_auth/
        canong3_02_sub_01.tif ...           authentic
        edgemask/                           not read
    4cam_splc/
        canong3_canonxt_sub_01.tif ...      splice
        edgemask/
            canong3_canonxt_sub_01_edgemask.jpg      its mask, color-coded
            canong3_canonxt_sub_01_edgemask_3.jpg    not read

Known defects, and what is done about them:

- There are no binary masks, only edge masks: green is what was pasted, red the background, and
  either is brighter close to the border between them. All of the green is taken as spliced. The
  color code, and that green is the pasted part, is in the loaders of photoholmes (datasets/
  columbia.py) and others, and in issue 10 of SunnyHaze/IML-ViT; some take one of its two greens
  only, or red, and measure something else.
- The masks are JPEGs, so no color is exact: a pixel is spliced if its green is more than its red.
- ``_edgemask_3.jpg`` has a blue band of unknown side along the border, which issue 14 of
  proteus1991/PSCC-Net divides by distance. It is not needed: the plain edge mask has no such band.
- Archives unpack into ``4cam_splc/4cam_splc``, with ``edgemask`` at either depth: any is found.
- Repackagings with black and white masks, ``NAME_gt.png`` or ``NAME.png`` in a folder ``gt``,
  ``mask`` or ``masks``, are read where a picture has no edge mask.
"""

from __future__ import annotations

import re
from typing import Literal

from unsplice.evaluation.datasets.layout import (
    Layout,
    PictureFiles,
    assign_masks,
    authentic_sample,
    plain_folders,
    stem_of,
    tampered_sample,
)
from unsplice.evaluation.datasets.sample import Sample

__all__ = ["COLUMBIA"]

CAMERA = "(?:canong3|canonxt|nikond70|kodakdcs330)"
SPLICE_NAME = re.compile(rf"{CAMERA}_{CAMERA}_sub_\d+\Z", re.IGNORECASE)
MASK_FOLDERS = {"edgemask", "edgemasks", "gt", "groundtruth", "mask", "masks"}
EDGE_MASK = re.compile(r"_edgemask\Z", re.IGNORECASE)
THREE_COLORS = re.compile(r"_edgemask_3\Z", re.IGNORECASE)


def _role(name: str) -> str | None:
    folders, stem = plain_folders(name), stem_of(name)
    if THREE_COLORS.search(stem):
        return None
    if EDGE_MASK.search(stem) or not MASK_FOLDERS.isdisjoint(folders):
        return None if "4camauth" in folders else "mask"
    if "4camauth" in folders:
        return "authentic"
    return "tampered" if "4camsplc" in folders or SPLICE_NAME.match(stem) else None


def _recognizes(files: PictureFiles) -> bool:
    return any(
        not {"4camauth", "4camsplc"}.isdisjoint(plain_folders(name))
        or SPLICE_NAME.match(stem_of(name))
        for name in files
    )


def _samples(files: PictureFiles) -> list[Sample]:
    roles = {name: _role(name) for name in files}
    pictures = {name: stem_of(name).casefold() for name in files if roles[name] == "tampered"}
    edge, other = {}, {}
    for name in files:
        stem = stem_of(name).casefold()
        if roles[name] == "mask" and EDGE_MASK.search(stem):
            edge[name] = EDGE_MASK.sub("", stem)
        elif roles[name] == "mask":
            other[name] = stem.removesuffix("_gt")
    painted = set(edge.values())
    masks = edge | {name: key for name, key in other.items() if key not in painted}
    assigned = assign_masks(pictures, masks, files, "_edgemask")
    samples = []
    for name, role in roles.items():
        if role == "authentic":
            samples.append(authentic_sample("columbia", name, files))
        elif role == "tampered":
            encoding: Literal["binary", "columbia"]
            encoding = "columbia" if pictures[name] in painted else "binary"
            got = assigned[name]
            samples.append(
                tampered_sample("columbia", "splice", name, files, got, mask_encoding=encoding)
            )
    return samples


COLUMBIA = Layout(
    "columbia",
    ("4camauth", "4camsplc", "edgemask"),
    "a folder 4cam_auth or 4cam_splc",
    _recognizes,
    _samples,
)
