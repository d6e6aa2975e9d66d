"""IMD2020, the real-life manipulated images.

2010 manipulated pictures found on the Internet with their 414 originals; the masks were drawn by
hand. A. Novozamsky, B. Mahdian and S. Saic, IMD2020: a large-scale annotated dataset tailored for
detecting manipulated images, WACV workshops 2020; https://staff.utia.cas.cz/novozada/db/ . No
licence is known here; the pictures are other people's. (The paper's other set, 35000 automatically
inpainted pictures, has another layout: use a manifest.)

::

    IMD2020/
        1a1ogs/                      one folder for each original
            1a1ogs_orig.jpg          authentic
            c8tf5mq_0.png            tampered
            c8tf5mq_0_mask.png       its mask
        z14/
            00030_fake.jpg ...

A mask is named like the picture in the same folder, with ``_mask``. The set does not say how a
picture was made, so the kind is "tampered".

Known defects, and what is done about them:

- ``z14/00030_fake.jpg`` and its mask have different sizes (SunnyHaze/IML-Dataset-Corrections, 2.4,
  which has a corrected mask; issue 10 of SunnyHaze/IML-ViT): `read_truth` answers E138.
- The originals were found apart from what was made of them and need not fit in size or
  compression: they serve as authentic pictures, not as the other half of a pair.
"""

from __future__ import annotations

from unsplice.evaluation.datasets.layout import (
    Layout,
    PictureFiles,
    assign_masks,
    authentic_sample,
    stem_of,
    tampered_sample,
)
from unsplice.evaluation.datasets.sample import Sample

__all__ = ["IMD2020"]


def _key(name: str) -> str:
    """Return the path without extension; only files of one folder belong together."""
    return f"{name.rpartition('/')[0]}/{stem_of(name).casefold()}"


def _role(name: str) -> str:
    stem = stem_of(name).casefold()
    if stem.endswith("_mask"):
        return "mask"
    return "authentic" if stem.endswith("_orig") else "tampered"


def _recognizes(files: PictureFiles) -> bool:
    folders = [
        {name.rpartition("/")[0] for name in files if _role(name) == role}
        for role in ("authentic", "mask")
    ]
    return not folders[0].isdisjoint(folders[1])


def _samples(files: PictureFiles) -> list[Sample]:
    roles = {name: _role(name) for name in files}
    pictures = {name: _key(name) for name, role in roles.items() if role == "tampered"}
    masks = {name: _key(name).removesuffix("_mask") for name in files if roles[name] == "mask"}
    assigned = assign_masks(pictures, masks, files, "_mask in its folder")
    return [
        authentic_sample("imd2020", name, files)
        if role == "authentic"
        else tampered_sample("imd2020", "tampered", name, files, assigned[name])
        for name, role in roles.items()
        if role != "mask"
    ]


IMD2020 = Layout(
    "imd2020",
    (),
    "a folder with NAME_orig.jpg and OTHER_mask.png",
    _recognizes,
    _samples,
)
