"""Forgeries sent through online social networks, of Wu et al. 2022.

The tampered pictures of CASIA v1.0, Columbia, DSO-1 and NIST 16, uploaded to and downloaded from
Facebook, WhatsApp, Weibo and WeChat. H. Wu, J. Zhou, J. Tian, J. Liu and Y. Qiao, Robust image
forgery detection against transmission over online social networks, IEEE TIFS 17 (2022); repository
HighwayWu/ImageForensicsOSN, archive ImageForgeriesOSN_Dataset.zip. The terms of the four sets hold.

::

    ImageForgeriesOSN_Dataset/
        CASIA/               the pictures as they were sent
        CASIA_Facebook/      Sp_D_CND_A_pla0005_pla0023_0281.jpg ...
        CASIA_Wechat/  CASIA_Weibo/  CASIA_Whatsapp/
        CASIA_GT/            Sp_D_CND_A_pla0005_pla0023_0281_gt.png ...
        Columbia*/  DSO*/  NIST16*/  the same

    or, repackaged (photoholmes):
        Casia_Facebook/CM/  Casia_Facebook/Sp/  Casia_Facebook/CASIA_GT/

Each pair of set and network is a set of its own in results: ``osn-casia-facebook``, and
``osn-casia`` for the pictures as they were sent. The four copies of a picture share its mask, which
is black and white in all four sets. There are no authentic pictures.

Known defects, and what is done about them:

- Networks reduce large pictures, and the masks are of the size that was sent: where the two
  differ, `read_truth` answers E138. Resizing a mask would be guessing how the network rounds.
- Public loaders find each mask under the name that its picture had before it was sent. Names of
  CASIA differ between copies of that set, so a picture and a mask that both lack a partner are
  matched by the number at the end as in `unsplice.evaluation.datasets.casia`, with W240.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from unsplice.evaluation.datasets.casia import kind_of, mask_key, match_by_number
from unsplice.evaluation.datasets.layout import (
    Layout,
    PictureFiles,
    assign_masks,
    plain,
    plain_folders,
    stem_of,
    tampered_sample,
)
from unsplice.evaluation.datasets.sample import Sample

__all__ = ["OSN"]

KINDS = {"casia": None, "columbia": "splice", "dso": "splice", "nist": "tampered"}
SENT = re.compile(r"(casia|columbia|dso|nist)[v\d]*(facebook|wechat|weibo|whatsapp)?\Z")
TRUTH = re.compile(r"(casia|columbia|dso|nist)[v\d]*gt\Z")


@dataclass(frozen=True)
class _Home:
    """A folder of pictures of one set as one network gave them back ("" as they were sent)."""

    source: str
    network: str
    folder: str


def _home(name: str) -> _Home | None:
    """Return the innermost folder above a file that names a set, perhaps with a network."""
    parts = name.split("/")[:-1]
    for depth in range(len(parts), 0, -1):
        if match := SENT.match(plain(parts[depth - 1])):
            return _Home(match[1], match[2] or "", "/".join(parts[:depth]))
    return None


def _truth_of(name: str) -> str | None:
    """Return the set whose mask this is."""
    matches = [TRUTH.match(folder) for folder in plain_folders(name)]
    return next((match[1] for match in reversed(matches) if match), None)


def _recognizes(files: PictureFiles) -> bool:
    return any((home := _home(name)) is not None and home.network for name in files)


def _samples(files: PictureFiles) -> list[Sample]:
    masks: dict[str, dict[str, str]] = {}
    pictures: dict[_Home, dict[str, str]] = {}
    for name in files:
        source, home = _truth_of(name), _home(name)
        if source is not None:
            masks.setdefault(source, {})[name] = mask_key(name)
        elif home is not None:
            pictures.setdefault(home, {})[name] = stem_of(name).casefold()
    samples = {}
    for home, keys in pictures.items():
        every = masks.get(home.source, {})
        # Repackaged, each network has a copy of the masks in its folder.
        own = {name: key for name, key in every.items() if name.startswith(home.folder + "/")}
        own = own or every
        got = assign_masks(keys, own, files, f"_gt in a folder {home.source}_GT")
        if home.source == "casia":
            got = match_by_number(got, own, files)
        dataset = "-".join(filter(None, ("osn", home.source, home.network)))
        for name, assigned in got.items():
            shown = stem_of(assigned.mask if assigned.mask is not None else name)
            kind = KINDS[home.source] or kind_of(shown)
            samples[name] = tampered_sample(dataset, kind, name, files, assigned)
    return [samples[name] for name in files if name in samples]


OSN = Layout(
    "osn",
    ("casiagt", "columbiagt", "dsogt", "nist16gt"),
    "a folder such as CASIA_Facebook or DSO_Wechat",
    _recognizes,
    _samples,
)
