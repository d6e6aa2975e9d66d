"""CASIA Image Tampering Detection Evaluation Database, v1.0 and v2.0.

v1.0: 800 authentic and 921 tampered JPEGs of 384 x 256 pixels. v2.0: 7491 authentic and 5123
tampered pictures of 240 x 160 to 900 x 600 in JPEG, TIFF and BMP, many post-processed. Splices and
copy-moves. J. Dong, W. Wang and T. Tan, CASIA image tampering detection evaluation database,
ChinaSIP 2013. It came without masks and its server is gone; what is in use are the copies and the
masks of N. T. Pham et al. (Hybrid image-retrieval method for image-splicing validation, Symmetry
11(1):83, 2019), in the repositories namtpham/casia1groundtruth and namtpham/casia2groundtruth. No
licence is stated; both papers ask to be cited.

::

    CASIA 1.0 dataset/                              CASIA 2.0/
        Au/Au_ani_0001.jpg ...                          Au/Au_ani_00001.jpg ...
        Modified Tp/Tp/                                 Tp/Tp_D_CND_M_N_ani00018_sec00096_00138.tif
            CM/Sp_S_CND_A_pla0016_pla0016_0196.jpg      CASIA 2 Groundtruth/
            Sp/Sp_D_CND_A_pla0005_pla0023_0281.jpg          Tp_D_..._00138_gt.png
        Original Tp/Tp/...
    CASIA 1.0 groundtruth/                          corrected:
        CM/Sp_S_..._0196_gt.png                         Au/  Tp/  Gt/
        Sp/Sp_D_..._0281_gt.png

The set is where pictures of its names are; what lies outside the folder that holds all of them is
not of the set. Authentic are the pictures below ``Au`` (or ``authentic``), tampered those below
``Tp``, ``Sp``, ``CM`` or ``tampered``, masks those below a folder named ``gt``, ``mask`` or
something with ``groundtruth``, each at any depth, with blanks or without. What stands elsewhere is
told by its name. A mask is named like its picture, with ``_gt`` or without. The fourth letter tells
the kind: ``Sp_S``, ``Tp_S`` copy-move (same picture), ``Sp_D``, ``Tp_D`` splice (different ones);
that of the mask counts where the two differ, for the masks' authors corrected it.

Known defects, and what is done about them:

- Renamed files. Dozens of pictures have a wrong kind or a wrong source in the name that the set was
  published with, and a corrected one in the masks' repositories (README of casia1groundtruth; the
  README of casia2groundtruth counts 99, its issue 3 names one; YanLi8858/Image-Manipulation-Dataset
  counts 33 renamed and 73 unmatched in v1.0, 141 renamed and 3 unmatched in v2.0). The number at
  the end was never changed, so a picture and a mask that both lack a partner are matched by it if
  no other of either has that number; W240 says so on each.
- ``Original Tp`` beside ``Modified Tp``: the same pictures under the old and the corrected names.
  The modified copy is measured; of the original one, E140 says so.
- ``Sp_D_NRN_A_cha0011_sec0011_0542.jpg`` of v1.0 has no mask, so that there are 920
  (SunnyHaze/IML-Dataset-Corrections, 2.1): E136.
- Masks of another size than the picture: 17 in v2.0, some of them turned by 90 degrees, some
  scaled or cropped (SunnyHaze/CASIA2.0-Corrected-Groundtruth, issue 1). Which way they were turned,
  and where they were cropped, is not told; none is repaired, and `read_truth` answers E138. The
  repository has corrected ones.
- Masks of doubtful border: they were made by subtracting the authentic picture, a threshold and
  some cleaning (casia2groundtruth, issue 1). Nothing can be done.
- Authentic pictures that are there twice in v2.0 (list linked in the README of casia2groundtruth):
  kept, for published figures include them.
- ``Thumbs.db``, lists and tables between the pictures are passed over; so is the folder ``Samples``
  of the masks' repositories, whose pictures are copies or collages.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial

from unsplice.errors import ImageError, Notice
from unsplice.evaluation.datasets.layout import (
    Assigned,
    Layout,
    PictureFiles,
    assign_masks,
    authentic_sample,
    plain_folders,
    stem_of,
    tampered_sample,
)
from unsplice.evaluation.datasets.sample import Sample

__all__ = ["CASIA1", "CASIA2", "kind_of", "mask_key", "match_by_number"]

AUTHENTIC_FOLDERS = {"au", "authentic"}
TAMPERED_FOLDERS = {"tp", "sp", "cm", "tampered", "modifiedtp", "originaltp"}
MASK_FOLDERS = {"gt", "mask", "masks"}
NUMBER = re.compile(r"[._](\d{4,5})\Z")
KIND = re.compile(r"[ST]p_([DS])_", re.IGNORECASE)


@dataclass(frozen=True)
class _Version:
    """How the files of one version are told from those of the other, which may lie beside it."""

    name: str
    tampered: re.Pattern[str]
    foreign: re.Pattern[str]


V1 = _Version(
    "casia1", re.compile(r"Sp_[DS]_", re.I), re.compile(r"Tp_[DS]_|Au_[a-z]+_\d{5}", re.I)
)
V2 = _Version(
    "casia2", re.compile(r"Tp_[DS]_", re.I), re.compile(r"Sp_[DS]_|Au_[a-z]+_\d{4}\Z", re.I)
)


def kind_of(stem: str) -> str:
    """Return the kind that a name of CASIA tells.

    Examples
    --------
    >>> kind_of("Sp_S_CND_A_pla0016_pla0016_0196_gt"), kind_of("x")
    ('copy-move', 'tampered')
    """
    match = KIND.match(stem)
    if match is None:
        return "tampered"
    return "copy-move" if match[1] in "sS" else "splice"


def mask_key(name: str) -> str:
    """Return the name of the picture that the mask `name` is named after, in lower case."""
    return stem_of(name).casefold().removesuffix("_gt")


def match_by_number(
    assigned: dict[str, Assigned], masks: dict[str, str], files: PictureFiles
) -> dict[str, Assigned]:
    """Match pictures without a mask to masks without a picture by the number in their names.

    Only where one of each has the number; the match carries W240.
    """
    lonely = [
        name for name, got in assigned.items() if got.error is not None and got.error.code == "E136"
    ]
    taken = {stem_of(name).casefold() for name in assigned if name not in lonely}
    free = [name for name, key in masks.items() if key not in taken]
    of_picture = {name: match[1] for name in lonely if (match := NUMBER.search(stem_of(name)))}
    of_mask = {name: match[1] for name in free if (match := NUMBER.search(masks[name]))}
    pictures, left = Counter(of_picture.values()), Counter(of_mask.values())
    by_number = {number: name for name, number in of_mask.items() if left[number] == 1}
    matched = dict(assigned)
    for name, number in of_picture.items():
        mask = by_number.get(number)
        if mask is not None and pictures[number] == 1:
            notice = Notice.of("W240", mask=files[mask].name)
            matched[name] = Assigned(mask, warnings=(notice,))
    return matched


def _is_role(folder: str) -> bool:
    known = AUTHENTIC_FOLDERS | TAMPERED_FOLDERS | MASK_FOLDERS
    return folder in known or "groundtruth" in folder


def _home(version: _Version, files: PictureFiles) -> str:
    """Return the folder of the set, with a slash: other sets may lie beside it."""
    homes = set()
    for name in files:
        if version.tampered.match(stem_of(name)):
            parts, folders = name.split("/")[:-1], plain_folders(name)
            depth = next((i for i, folder in enumerate(folders) if _is_role(folder)), len(parts))
            homes.add("/" + "/".join(parts[:depth]))
    home = os.path.commonpath(homes).strip("/") if homes else ""
    return f"{home}/" if home else ""


def _role(version: _Version, name: str) -> str | None:
    folders, stem = set(plain_folders(name)), stem_of(name)
    if "samples" in folders or version.foreign.match(stem):
        return None
    if folders & MASK_FOLDERS or any("groundtruth" in folder for folder in folders):
        return "mask"
    if folders & AUTHENTIC_FOLDERS:
        return "authentic"
    if folders & TAMPERED_FOLDERS:
        return "tampered"
    if stem.casefold().startswith("au_"):
        return "authentic"
    if version.tampered.match(stem):
        return "mask" if stem.casefold().endswith("_gt") else "tampered"
    return None


def _recognizes(version: _Version, files: PictureFiles) -> bool:
    return any(version.tampered.match(stem_of(name)) for name in files)


def _samples(version: _Version, files: PictureFiles) -> list[Sample]:
    home = _home(version, files)
    roles = {name: _role(version, name) for name in files if name.startswith(home)}
    masks = {name: mask_key(name) for name, role in roles.items() if role == "mask"}
    tampered = [name for name, role in roles.items() if role == "tampered"]
    older = {name for name in tampered if "originaltp" in plain_folders(name)}
    if len(older) == len(tampered):
        older = set()
    pictures = {name: stem_of(name).casefold() for name in tampered if name not in older}
    assigned = match_by_number(
        assign_masks(pictures, masks, files, "_gt in a ground-truth folder"), masks, files
    )
    for name in older:
        reason = "it is the copy in Original Tp, with uncorrected names; Modified Tp is measured"
        assigned[name] = Assigned(error=ImageError("E140", path=files[name], reason=reason))
    samples = []
    for name, role in roles.items():
        if role == "authentic":
            samples.append(authentic_sample(version.name, name, files))
        elif role == "tampered":
            got = assigned[name]
            kind = kind_of(stem_of(got.mask if got.mask is not None else name))
            sample = tampered_sample(version.name, kind, name, files, got)
            samples.append(_kind_by_folder(sample) if kind == "tampered" else sample)
    return samples


def _kind_by_folder(sample: Sample) -> Sample:
    """Return `sample` with the kind that its folder tells, if it is one of CM and Sp."""
    kinds = {"cm": "copy-move", "sp": "splice"}
    told = [kinds[folder] for folder in plain_folders(sample.name) if folder in kinds]
    return replace(sample, kind=told[-1]) if told else sample


CASIA1 = Layout(
    "casia1",
    ("au", "tp", "modifiedtp", "sp", "cm", "casia10dataset", "casia10groundtruth"),
    "pictures named Sp_D_... or Sp_S_...",
    partial(_recognizes, V1),
    partial(_samples, V1),
)
CASIA2 = Layout(
    "casia2",
    ("au", "tp", "gt", "casia2groundtruth"),
    "pictures named Tp_D_... or Tp_S_...",
    partial(_recognizes, V2),
    partial(_samples, V2),
)
