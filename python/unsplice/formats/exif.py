"""What an Exif block says in words: camera, program, dates. Nobody vouches for any of it."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["exif_texts"]

_TEXT: Final = 2  # ASCII, of the types of Exif
_LONG: Final = 4
_CAMERA_PART: Final = 0x8769  # the tag that leads to the directory of the camera
# Of Exif 2.32, tables 4 to 8: what tells of the way of a picture.
_TAGS: Final = {
    0x010F: "Camera maker",
    0x0110: "Camera model",
    0xA434: "Lens",
    0x0131: "Software",
    0x9003: "Taken",
    0x0132: "Changed",
    0x013B: "Artist",
    0x8298: "Copyright",
}
_MOST_ENTRIES: Final = 512
_MOST_CHARACTERS: Final = 200


def exif_texts(exif: bytes) -> dict[str, str]:
    r"""Return what an Exif block says of the way of a picture.

    Parameters
    ----------
    exif : bytes
        From its TIFF header on; what is damaged in it is passed over.

    Returns
    -------
    dict of str to str
        Of "Camera maker", "Camera model", "Lens", "Software", "Taken", "Changed", "Artist" and
        "Copyright" those that are there, in this order. Anybody may have written them: escape them.

    Examples
    --------
    >>> header = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x31\x01\x02\0\x04\0\0\0Gim\0" + bytes(4)
    >>> exif_texts(header)
    {'Software': 'Gim'}
    """
    order: Literal["little", "big"] = "little" if exif[:2] == b"II" else "big"
    if exif[:4] not in (b"II*\0", b"MM\0*"):
        return {}

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)

    found: dict[int, str] = {}
    directories = [number(4, 4)]
    for directory in directories:
        for entry in range(min(number(directory, 2), _MOST_ENTRIES)):
            at = directory + 2 + 12 * entry
            if at + 12 > len(exif):
                break
            tag, kind, count = number(at, 2), number(at + 2, 2), number(at + 4, 4)
            if tag == _CAMERA_PART and kind == _LONG and len(directories) == 1:
                directories.append(number(at + 8, 4))
            elif tag in _TAGS and kind == _TEXT:
                start = at + 8 if count <= 4 else number(at + 8, 4)
                raw = exif[start : start + min(count, _MOST_CHARACTERS)]
                text = raw.partition(b"\0")[0].decode("utf-8", "replace").strip()
                if text:
                    found.setdefault(tag, text)
    return {name: found[tag] for tag, name in _TAGS.items() if tag in found}
