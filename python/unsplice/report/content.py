"""What a report shows of one result: pictures made small, numbers made readable."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unsplice._version import __version__
from unsplice.blind.quantization import table_name
from unsplice.errors import MESSAGES, printable
from unsplice.formats.exif import exif_texts
from unsplice.image import SourceImage
from unsplice.outcomes import Sources
from unsplice.output import path_text
from unsplice.previews import (
    Format,
    as_rgb,
    color_bar,
    data_uri,
    encode_jpeg,
    heat_colors,
    reduced,
    small_overlay,
    upright,
    upright_point,
    with_numbers,
)
from unsplice.report.words import (
    ALARMING,
    NEXT,
    headline_of,
    limits_of,
    place_in_words,
    reliability_of,
    score_in_words,
)
from unsplice.result import Localization
from unsplice.step import Step, levels_of_map

__all__ = ["Figure", "report_context", "thumbnail_of"]

LARGE, MIDDLE, SMALL, THUMBNAIL = 1280, 960, 480, 320  # pixels of the longer side of a preview
MOST_REGIONS = 40  # rows of the table; the record has them all
MOST_NUMBERS = 20  # of them, drawn
# Steps that the report shows larger, elsewhere.
_SHOWN_ELSEWHERE: Final = frozenset(["mask", "heatmap", "evidence"])
_ORIENTATIONS: Final = {
    1: "as stored", 2: "mirrored", 3: "turned by half", 4: "mirrored upside down",
    5: "mirrored and turned", 6: "turned right by a quarter", 7: "mirrored and turned",
    8: "turned left by a quarter",
}  # fmt: skip
_ROLES: Final = {
    "image": "Examined picture", "spliced": "Examined picture", "authentic": "Authentic picture",
}  # fmt: skip
_SCORES: Final = {
    "evidence": "summed evidence: how far the region stands out of the noise over all its pixels. "
    "It has no upper bound and orders the regions of one picture.",
    "neighborhood-threshold": "summed difference. It orders the regions of one picture.",
    "fusion": "mean of the heat map over the region, in [0, 1].",
    "jpeg-history": "mean of the heat map over the region, in [0, 1].",
    "paper": "highest suspicion in the region, in [0, 1].",
}


@dataclass(frozen=True)
class Figure:
    """A picture in the page.

    Attributes
    ----------
    uri : str
        The picture itself.
    width, height : int
        Of the preview, in pixels.
    alt : str
        For who does not see it.
    title, caption : str
        Beside it.
    """

    uri: str
    width: int
    height: int
    alt: str
    title: str = ""
    caption: str = ""


def report_context(
    name: str,
    result: Localization,
    steps: Sequence[Step],
    sources: Sources,
) -> dict[str, Any]:
    """Return what the template of a report fills in.

    Parameters
    ----------
    name : str
        Of the results, below the output folder.
    result : Localization
        What was found.
    steps : sequence of Step
        What it rests on.
    sources : mapping of str to SourceImage
        The files that were read, by role; the last is the examined one.
    """
    examined = list(sources.values())[-1]
    turned = examined.orientation
    reliability = reliability_of(result.method, result.finding, result.details)
    regions = _regions(result, turned)
    return {
        "name": printable(path_text(name)),
        "headline": headline_of(result.finding, result.method),
        "statement": _sentence(result.statement),
        "alarming": result.finding in ALARMING,
        "found": result.found,
        "finding": result.finding,
        "method": result.method,
        "score": score_in_words(result.score),
        "reliability": reliability,
        "gauge": _gauge(result, reliability.rates),
        "pictures": _pictures(result, sources, turned, regions),
        "heat": _heat(result, turned),
        "threshold": f"{result.threshold:.2f}" if np.isfinite(result.threshold) else None,
        "scale": _scale_figure(),
        "regions": regions[:MOST_REGIONS],
        "more_regions": len(result.regions) - MOST_REGIONS,
        "score_of_regions": _SCORES[result.method],
        "evidence": [_of_step(step, turned) for step in steps if _is_evidence(step)],
        "inputs": [_input(role, source) for role, source in sources.items()],
        "turned": turned != 1,
        "has_metadata": any(_metadata(source) for source in sources.values()),
        "notices": [_notice(notice.code, notice.text) for notice in result.warnings],
        "limits": limits_of(result.method),
        "next": NEXT,
        "parameters": [(key, _value(value)) for key, value in result.parameters.items()],
        "versions": _versions(),
    }


def thumbnail_of(result: Localization, orientation: int = 1) -> bytes:
    """Return the overlay as a small JPEG file."""
    return encode_jpeg(
        upright(small_overlay(result.image, result.mask, THUMBNAIL), orientation), quality=75
    )


# --------------------------------------------------------------------------------- pictures


def _figure(
    picture: NDArray[np.uint8], alt: str, *, title: str = "", caption: str = "",
    form: Format = "jpeg",
) -> Figure:  # fmt: skip
    rows, cols = picture.shape[:2]
    return Figure(data_uri(picture, form), cols, rows, alt, title, caption)


def _pictures(
    result: Localization, sources: Sources, turned: int, regions: Sequence[Mapping[str, Any]]
) -> list[Figure]:
    figures = []
    for role, source in sources.items():
        shown = upright(reduced(as_rgb(source.pixels), LARGE), source.orientation)
        title = _ROLES[role]
        figures.append(_figure(shown, f"{title}, as it came", title=title))
    overlay = upright(small_overlay(result.image, result.mask, LARGE), turned)
    points = [one["point"] for one in regions[:MOST_NUMBERS]]
    overlay = with_numbers(overlay, points)
    if not regions:
        alt, caption = "The examined picture; nothing is marked", "Nothing is marked."
    else:
        places = ", ".join(f"{one['number']} {one['place']}" for one in regions[:MOST_NUMBERS])
        alt = f"The examined picture with marked regions outlined and the rest darkened: {places}"
        caption = "Marked regions have a magenta border; the rest is darkened. "
        caption += "The numbers are those of the table of regions."
    return [*figures, _figure(overlay, alt, title="What is marked", caption=caption)]


def _heat(result: Localization, turned: int) -> Figure:
    levels = upright(reduced(levels_of_map(result.heatmap), MIDDLE), turned)
    row, col = np.unravel_index(int(levels.argmax()), levels.shape)
    where = place_in_words(float(row) / levels.shape[0], float(col) / levels.shape[1])
    low, high = int(levels.min()), int(levels.max())
    alt = "Heat map, dark all over" if high == low else f"Heat map, brightest at the {where}"
    return _figure(heat_colors(levels), alt)


def _scale_figure() -> Figure:
    return _figure(
        color_bar(320, 14), "Color scale from black, 0, over purple and orange to pale yellow, 1",
        form="png",
    )  # fmt: skip


def _is_evidence(step: Step) -> bool:
    return step.name not in _SHOWN_ELSEWHERE


def _of_step(step: Step, turned: int) -> Figure:
    picture = step.picture
    if step.kind == "mask":
        small = reduced(picture > 0, SMALL).astype(np.uint8) * np.uint8(255)
    else:
        small = reduced(picture, SMALL)
    small = upright(small, turned)
    form: Format = "png" if step.kind == "mask" else "jpeg"
    alt = {"map": "Map", "mask": "Mask", "picture": "Picture"}[step.kind]
    shown = heat_colors(small) if step.kind == "map" else small
    return _figure(shown, f"{alt}: {step.title}", title=step.title, caption=step.caption, form=form)


# ----------------------------------------------------------------------------------- numbers


def _regions(result: Localization, turned: int) -> list[dict[str, Any]]:
    rows, cols = result.mask.shape
    described = []
    for number, region in enumerate(result.regions[: max(MOST_REGIONS, MOST_NUMBERS)], 1):
        top, left, below, right = region.bounding_box
        point = upright_point(region.centroid[0] / rows, region.centroid[1] / cols, turned)
        described.append({
            "number": number,
            "place": place_in_words(*point),
            "point": point,
            "area": f"{region.area:,}",
            "share": f"{100 * region.area / (rows * cols):.2g} %",
            "box": f"{left}, {top}",
            "size": f"{right - left} × {below - top}",  # noqa: RUF001 - the sign of a size
            "score": f"{region.score:,.2f}" if region.score < 1000 else f"{region.score:,.0f}",
        })  # fmt: skip
    return described


def _gauge(result: Localization, rates: Sequence[tuple[float, float]]) -> dict[str, Any] | None:
    """Return where score and false-alarm rates lie on a line from 0 to 1, in percent."""
    if not rates:
        return None
    score = float(result.details["gate"]["score"])
    held = result.details["gate"]["threshold"]
    by_history = result.details["jpeg_history"]["counts"]
    return {
        "score": f"{100 * score:.1f}",
        "told": score_in_words(score),
        "rates": [
            {
                "left": f"{100 * least:.1f}",
                "share": f"{100 * rate:g} %",
                "score": f"{least:.2f}",
                "held": least == held and not by_history,
                "reached": score >= least,
            }
            for rate, least in sorted(rates, reverse=True)
        ],
    }


def _input(role: str, source: SourceImage) -> dict[str, Any]:
    rows, cols = source.pixels.shape[:2]
    depth = 8 * source.pixels.dtype.itemsize
    kind = "gray" if source.pixels.ndim == 2 else "color"
    megapixels = rows * cols / 1e6
    told = [
        ("File", printable(path_text(PurePath(source.path).name)) if source.path else "no file"),
        ("Size", f"{source.size:,} bytes"),
        ("SHA-256", source.sha256),
        ("Format", source.format),
        ("Dimensions", f"{cols:,} × {rows:,} pixels ({megapixels:.2g} megapixels), {kind}, "  # noqa: RUF001
                       f"{depth} bits a channel"),
        ("Orientation", f"Exif {source.orientation}: {_ORIENTATIONS[source.orientation]}"),
    ]  # fmt: skip
    if (jpeg := source.jpeg) is not None:
        told.append(("JPEG quality", _quality(source)))
        told.append(("Chroma subsampling", jpeg.subsampling or "none (gray)"))
        told.append(("JPEG coding", "progressive" if jpeg.progressive else "baseline"))
        if jpeg.icc_sha256:
            told.append(("Color profile", f"SHA-256 {jpeg.icc_sha256}"))
        if jpeg.trailing_bytes:
            told.append(("After the end of the JPEG", f"{jpeg.trailing_bytes:,} bytes"))
    told += [(f"Metadata: {name}", printable(text)) for name, text in _metadata(source).items()]
    return {"title": _ROLES[role], "rows": told}


def _metadata(source: SourceImage) -> dict[str, str]:
    return exif_texts(source.exif) if source.exif is not None else {}


def _quality(source: SourceImage) -> str:
    name = table_name(source.quantization[0])
    if name == "own table":
        return "a table of its own, as cameras and image editors have"
    return f"{name.removeprefix('libjpeg quality ')} (as libjpeg counts)"


def _notice(code: str, text: str) -> dict[str, str]:
    advice = MESSAGES[code].help if code in MESSAGES else ""
    kind = "Note" if code.startswith("N") else "Warning"
    told = _sentence(advice) if "{" not in advice and advice != "nothing to do" else ""
    return {"code": code, "kind": kind, "text": _sentence(text), "help": told}


def _sentence(text: str) -> str:
    """Return a statement as a sentence."""
    shown = printable(text).strip().rstrip(".")
    return f"{shown[:1].upper()}{shown[1:]}." if shown else ""


def _value(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "chosen by the picture" if value is None else printable(value)


def _versions() -> list[tuple[str, str]]:
    import cv2

    return [
        ("unsplice", __version__),
        ("Python", platform.python_version()),
        ("NumPy", np.__version__),
        ("OpenCV", cv2.__version__),
    ]
