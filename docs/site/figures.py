"""The pictures of the documentation, made while the site is built.

A page asks for one by ``<!-- figure: NAME -->``. Pictures, captions and the figures in the captions
come from one run, so that a caption tells what its picture shows. Backgrounds are photographs that
scikit-image ships, and landscapes of `unsplice.synthetic`; every splice is made here, so the truth
is known.

``python docs/site/figures.py docs/unsplice.jpg`` writes the picture of the README.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

import unsplice
from unsplice.blind.evidence.maps import FAMILIES, MAP_NAMES, block_maps
from unsplice.blind.paper_steps import paper_steps
from unsplice.blind.parameters import JpegHistoryParameters
from unsplice.blind.source import blind_source
from unsplice.demo import contact_sheet
from unsplice.evaluation.attacks import parse_attack
from unsplice.synthetic.forging import Saving, composite, decode
from unsplice.synthetic.pairs import SyntheticPair, make_pair
from unsplice.synthetic.scene import make_balloon, make_scene

__all__ = ["FIGURES", "Figure", "Panel", "readme_picture"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Panel:
    """One picture of a figure: (rows, cols[, 3]) uint8 or bool, and what to say of it."""

    picture: Array
    caption: str
    alt: str

    @property
    def extension(self) -> str:
        """A photograph is small as JPEG, a mask or a map as PNG."""
        return ".jpg" if self.picture.ndim == 3 else ".png"

    def encoded(self) -> bytes:
        """Return the bytes of the file."""
        picture = self.picture
        pixels = picture.astype(np.uint8) * np.uint8(255) if picture.dtype == bool else picture
        return Saving(88 if self.extension == ".jpg" else None).encode(pixels)


@dataclass(frozen=True, eq=False)
class Figure:
    """Panels side by side, and what they show together."""

    panels: tuple[Panel, ...]
    caption: str


FIGURES: Final[dict[str, Callable[[], Figure]]] = {}


def _figure(make: Callable[[], Figure]) -> Callable[[], Figure]:
    FIGURES[make.__name__.strip("_").replace("_", "-")] = make
    return make


Photograph = Literal["astronaut", "chelsea", "coffee"]


@functools.cache
def _photograph(name: Photograph) -> NDArray[np.uint8]:
    """Return a photograph that scikit-image ships."""
    pixels: NDArray[np.uint8] = getattr(skimage.data, name)()
    return pixels


# -- pair mode ---------------------------------------------------------------------------------


def _plain_difference(pair: SyntheticPair, level: int = 24) -> NDArray[np.bool_]:
    """Return what a threshold on the plain difference marks; sizes are made equal before."""
    authentic: Array = pair.authentic
    rows, cols = pair.spliced.shape[:2]
    if authentic.shape != pair.spliced.shape:
        authentic = cv2.resize(authentic, (cols, rows), interpolation=cv2.INTER_CUBIC)
    difference = np.abs(authentic.astype(np.int16) - pair.spliced).max(axis=2)
    return np.asarray(difference > level)


def _compared(pair: SyntheticPair) -> unsplice.Localization:
    """Compare the files of a pair, as a user would: their tables and sampling count."""
    authentic, spliced = (
        unsplice.decode_image(data) for data in (pair.authentic_file, pair.spliced_file)
    )
    return unsplice.compare(authentic, spliced)


def _require(result: unsplice.Localization, finding: str, what: str) -> None:
    """Stop the build where a picture no longer shows what the page says of it."""
    if result.finding != finding:
        raise RuntimeError(f"{what}: the page says {finding}, the result {result.finding}")


def _pair_figure(pair: SyntheticPair, what: str, said: str, *, finding: str = "spliced") -> Figure:
    result, plain = _compared(pair), _plain_difference(pair)
    _require(result, finding, what)
    scores = unsplice.score_mask(result.mask, pair.truth)
    against = unsplice.score_mask(plain, pair.truth)
    made = "; ".join(pair.steps)
    worth = (
        f"F1 {scores.f1:.3f}, and {against.f1:.3f} for the plain difference."
        if pair.truth.any()
        else f"Marked: {result.mask.mean():.1%} of the pixels, and {plain.mean():.1%} by the plain "
        "difference."
    )
    return Figure(
        (
            Panel(pair.authentic, "authentic", f"{what}: the authentic picture"),
            Panel(
                pair.spliced,
                "spliced" if pair.truth.any() else "to be examined",
                f"{what}: the picture to be examined",
            ),
            Panel(pair.truth, "the truth", f"{what}: what was pasted, in white"),
            Panel(
                plain,
                "plain difference above 24",
                f"{what}: a threshold on the plain difference marks {plain.mean():.1%} in white",
            ),
            Panel(
                result.mask,
                "mask of unsplice",
                f"{what}: the mask that compare finds, {result.mask.mean():.1%} in white",
            ),
            Panel(
                result.overlay(),
                "overlay",
                f"{what}: the picture with the border of the mask drawn in magenta",
            ),
        ),
        f"{said} {worth} <code>compare</code> says: “{result.finding}: {result.statement}” "
        f"(How it was made: {made}.)".strip(),
    )


def _drawn(
    difficulty: str, background: Photograph, donor: Photograph, *, seed: int
) -> SyntheticPair:
    return make_pair(_photograph(background), _photograph(donor), difficulty=difficulty, seed=seed)


@_figure
def pair_balloon() -> Figure:
    """Show the pair of the README."""
    return _pair_figure(
        _graded_balloon(),
        "A balloon in a landscape",
        "A balloon was pasted, the whole was brightened and saved again strongly.",
    )


@_figure
def blind_balloon() -> Figure:
    """Show the single picture of the README."""
    return _blind_figure(
        _lonely_balloon(),
        "A balloon in a landscape, alone",
        "The landscape was a JPEG before the balloon was pasted into it.",
    )


@_figure
def pair_recompressed() -> Figure:
    """Show the plainest case: pasted, and saved again."""
    return _pair_figure(
        _drawn("heavy", "coffee", "chelsea", seed=3),
        "A cup, saved again strongly",
        "Saved again at a low quality: the plain difference is full of specks.",
    )


@_figure
def pair_resized() -> Figure:
    """Show a pair of two sizes."""
    return _pair_figure(
        _drawn("resized", "astronaut", "coffee", seed=2),
        "A portrait, resized",
        "The whole was resized after pasting: no pixel lies where it lay.",
    )


@_figure
def pair_graded() -> Figure:
    """Show a pair with other colors."""
    return _pair_figure(
        _drawn("graded", "chelsea", "astronaut", seed=5),
        "A cat, graded",
        "Brightness and contrast of the whole were changed after pasting.",
    )


@_figure
def pair_lookalike() -> Figure:
    """Show a paste that resembles what it covers."""
    return _pair_figure(
        _drawn("lookalike", "coffee", "astronaut", seed=1),
        "A paste that takes the colors of what it covers",
        "What was pasted has the mean and spread of the colors below it.",
    )


@_figure
def pair_nothing() -> Figure:
    """Show that nothing is found where nothing was pasted."""
    return _pair_figure(
        _drawn("null_shifted", "chelsea", "coffee", seed=1),
        "A cat, cropped and saved again, and nothing pasted",
        "Nothing was pasted; both were cut from one larger picture, at different places.",
        finding="nothing-found",
    )


@_figure
def pair_falloff() -> Figure:
    """Show a failure: an edit of the whole picture that is not matched away."""
    authentic_file = Saving(90).encode(_photograph("astronaut"))
    authentic = decode(authentic_file)
    rows, cols = authentic.shape[:2]
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : cols * 1j]
    light = 1 - 0.35 * (y**2 + x**2)
    edited = (authentic * light[..., np.newaxis]).astype(np.uint8)
    return _pair_figure(
        _saved_pair(authentic_file, edited, 90, "darken towards the corners"),
        "A portrait, darkened towards its corners",
        "Nothing was pasted: the light of the whole falls off, which is no curve of each channel "
        "and is not matched away. A false alarm.",
    )


def _saved_pair(
    authentic_file: bytes, edited: Array, quality: int, step: str, truth: Array | None = None
) -> SyntheticPair:
    authentic = decode(authentic_file)
    spliced_file = Saving(quality).encode(edited)
    return SyntheticPair(
        authentic,
        decode(spliced_file),
        authentic_file,
        spliced_file,
        np.zeros(authentic.shape[:2], bool) if truth is None else truth,
        "of its own",
        ("save authentic: JPEG 90 4:2:0", step, f"save spliced: JPEG {quality} 4:2:0"),
    )


@_figure
def pair_replaced() -> Figure:
    """Show a limit: hardly any background is left."""
    return _pair_figure(
        _drawn("large_70", "coffee", "astronaut", seed=1),
        "A cup of which 70 % was replaced",
        "Most of the picture was replaced.",
        finding="mostly-replaced",
    )


@_figure
def pair_steps() -> Figure:
    """Show pair mode step by step: what is left of the difference after each."""
    pair = _drawn("heavy", "coffee", "chelsea", seed=3)
    result = _compared(pair)
    spliced = unsplice.decode_image(pair.spliced_file)
    # The authentic picture saved the way the spliced file was.
    saving = next(step for step in pair.steps if step.startswith("save spliced"))
    quality, subsampling = saving.split()[-2:]
    again = decode(Saving(int(quality), subsampling).encode(pair.authentic))

    def shown(other: Array) -> Array:
        difference = np.abs(other.astype(np.int16) - spliced.pixels).max(axis=2)
        return np.clip(difference * 6, 0, 255).astype(np.uint8)

    heat = np.rint(result.heatmap * 255).astype(np.uint8)
    return Figure(
        (
            Panel(
                shown(pair.authentic),
                "1. plain difference, times 6",
                "The difference of the two files: noise of compression all over the picture",
            ),
            Panel(
                shown(again),
                "2. after the authentic picture was saved the same way, times 6",
                "The same difference after matching the compression: dark but for what was pasted",
            ),
            Panel(
                heat,
                "3. evidence: energy over the noise of this pair",
                "The heat map: bright where the difference stands out of the noise of the pair",
            ),
            Panel(
                result.mask,
                "4. regions: grown, accepted, closed",
                "The mask: one clean region in white",
            ),
            Panel(
                pair.truth,
                "the truth",
                "Where the picture was pasted into, known because it was drawn",
            ),
        ),
        "The steps of pair mode. Specks go in step 2, before anything is thresholded. "
        f"F1 of the mask: {unsplice.score_mask(result.mask, pair.truth).f1:.3f}.",
    )


# -- blind mode --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Forgery:
    """A picture with a pasted ellipse, as a file, and the truth."""

    file: bytes
    truth: NDArray[np.bool_]
    made: str


def _forgery(
    background: Array, donor: Array, *, before: int | None, after: int, paste: bool = True
) -> _Forgery:
    """Paste an ellipse of `donor` into `background`, saved at `before`; save all at `after`."""
    picture = background.copy() if before is None else decode(Saving(before).encode(background))
    truth = np.zeros(picture.shape[:2], bool)
    made = "taken without loss" if before is None else f"saved as JPEG {before}"
    if paste:
        ellipse = np.zeros(picture.shape[:2], np.uint8)
        cv2.ellipse(ellipse, (230, 130), (80, 70), 0, 0, 360, 1, -1)
        truth = ellipse.astype(bool)
        rows, cols = np.nonzero(truth)
        picture[rows, cols] = donor[rows + 40, cols + 50]
        made += ", an ellipse of another photograph pasted"
    return _Forgery(Saving(after).encode(picture), truth, f"{made}, saved as JPEG {after}")


def _shown_maps(result: unsplice.Localization) -> Array:
    return np.rint(result.heatmap * 255).astype(np.uint8)


def _localized(forgery: _Forgery, **options: Any) -> unsplice.Localization:
    return unsplice.localize(unsplice.decode_image(forgery.file), **options)


def _blind_figure(
    forgery: _Forgery, what: str, said: str, *, finding: str = "spliced", **options: Any
) -> Figure:
    result = _localized(forgery, **options)
    _require(result, finding, what)
    scores = unsplice.score_mask(result.mask, forgery.truth)
    if forgery.truth.any():
        heat = unsplice.score_heatmap(result.heatmap, forgery.truth)
        flagged = unsplice.score_mask(np.ones_like(forgery.truth), forgery.truth)
        worth = (
            f"F1 of the mask {scores.f1:.3f} (everything flagged: {flagged.f1:.3f}), AUC of the "
            f"heat map {heat.auc:.3f}."
        )
    else:
        worth = f"Marked: {result.mask.mean():.1%} of the pixels."
    return Figure(
        (
            Panel(decode(forgery.file), "the picture", f"{what}: the picture to be examined"),
            Panel(forgery.truth, "the truth", f"{what}: what was pasted, in white"),
            Panel(
                _shown_maps(result), "heat map", f"{what}: the heat map, brighter = more suspicious"
            ),
            *(
                Panel(ungated, "without the gate", f"{what}: what would be marked without the gate")
                for ungated in (result.suspected,)
                if ungated is not None
            ),
            Panel(
                result.mask,
                "mask",
                f"{what}: the mask, {result.mask.mean():.1%} of the picture in white",
            ),
            Panel(
                result.overlay(),
                "overlay",
                f"{what}: the picture with the border of the mask drawn in magenta",
            ),
        ),
        f"{said} {worth} <code>localize</code> says: “{result.finding}: {result.statement}” "
        f"(How it was made: {forgery.made}.)",
    )


def _cat_with_cup(**saving: Any) -> _Forgery:
    return _forgery(_photograph("chelsea"), _photograph("coffee"), **saving)


def _portrait_with_cup(**saving: Any) -> _Forgery:
    # The donor has to be as large as the background.
    cup = cv2.copyMakeBorder(_photograph("coffee"), 0, 200, 0, 0, cv2.BORDER_REFLECT)
    return _forgery(_photograph("astronaut"), cup, **saving)


@_figure
def blind_fusion() -> Figure:
    """Show the default method where it works."""
    return _blind_figure(
        _portrait_with_cup(before=70, after=92),
        "A portrait with a part of a cup",
        "The rest was compressed before, the paste was not.",
    )


@_figure
def blind_history() -> Figure:
    """Show the JPEG history alone."""
    return _blind_figure(
        _cat_with_cup(before=60, after=85),
        "A cat with a part of a cup",
        "By the history of the compression alone, with nothing trained.",
        method="jpeg-history",
    )


@_figure
def blind_untouched() -> Figure:
    """Show an untouched photograph."""
    return _blind_figure(
        _portrait_with_cup(before=75, after=90, paste=False),
        "An untouched portrait, saved twice",
        "Nothing was pasted.",
        finding="nothing-found",
    )


@_figure
def blind_untouched_paper() -> Figure:
    """Show that the paper's method marks untouched pictures."""
    return _blind_figure(
        _portrait_with_cup(before=75, after=90, paste=False),
        "An untouched portrait, by the paper's method",
        "The same picture by the paper's method, which always marks something.",
        method="paper",
        finding="marked",
    )


@_figure
def blind_saved_strongly() -> Figure:
    """Show a failure: the last save wiped the traces out."""
    return _blind_figure(
        _portrait_with_cup(before=85, after=70),
        "A portrait with a part of a cup, saved strongly",
        "The same splice, but the last save was stronger than the first: the traces are gone.",
        finding="nothing-found",
    )


@_figure
def blind_resized() -> Figure:
    """Show a failure: the picture was made smaller."""
    forgery = _portrait_with_cup(before=70, after=92)
    attack = parse_attack("downsample:0.6+jpeg:90")
    attacked, truth = attack(unsplice.decode_image(forgery.file), forgery.truth, seed=0)
    smaller = Saving(90).encode(attacked.pixels)
    return _blind_figure(
        _Forgery(smaller, truth, f"{forgery.made}, then made smaller by 0.6 and saved again"),
        "The portrait with a part of a cup, made smaller",
        "The splice of the first figure, made smaller afterwards.",
        finding="nothing-found",
    )


@_figure
def blind_false_alarm() -> Figure:
    """Show a failure: something is marked, at the wrong place."""
    return _blind_figure(
        _forgery(_photograph("coffee"), np.pad(_photograph("chelsea"), ((0, 100), (0, 149), (0, 0)),
                 mode="reflect"), before=None, after=92),
        "A cup with a part of a cat, never saved before",
        "Nothing was compressed before the last save. Something is marked, and at the wrong place.",
    )  # fmt: skip


@_figure
def blind_maps() -> Figure:
    """Show maps of evidence: of each family the one that tells the paste from the rest best."""
    forgery = _portrait_with_cup(before=70, after=92)
    source = blind_source(unsplice.decode_image(forgery.file))
    evidence = block_maps(source, JpegHistoryParameters())
    rows, cols = evidence.maps.shape[1:]
    truth = cv2.resize(
        forgery.truth.astype(np.uint8), (cols, rows), interpolation=cv2.INTER_AREA
    ).astype(bool)
    panels = []
    for family, names in FAMILIES.items():
        first = MAP_NAMES.index(names[0])
        scored = []
        for name, values in zip(names, evidence.maps[first : first + len(names)], strict=True):
            low, high = np.percentile(values, [2, 98])
            # What is the same all over tells nothing, and how bright a block is is no evidence.
            if high <= low or name.startswith("mean_"):
                continue
            shown = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
            auc = unsplice.score_heatmap(shown, truth).auc
            scored.append((abs(auc - 0.5), auc, name, shown))
        _, auc, name, shown = max(scored, key=lambda entry: entry[0])
        large = cv2.resize(
            np.rint(shown * 255).astype(np.uint8), None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST
        )
        panels.append(
            Panel(
                large,
                f"{family}: <code>{name}</code>, AUC {max(auc, 1 - auc):.2f}",
                f"A map of the family {family}, one gray square a block of 8 x 8 pixels",
            )
        )
    return Figure(
        tuple(panels),
        "Of each family, the map that parts the pasted ellipse from the rest best; bright = high. "
        "It was chosen with the truth at hand, and some mark it dark: the network has to learn "
        "what each is worth.",
    )


@_figure
def blind_fusion_steps() -> Figure:
    """Show what the fusion goes through."""
    forgery = _portrait_with_cup(before=70, after=92)
    result = _localized(forgery)
    return Figure(
        (
            Panel(decode(forgery.file), "1. the picture", "The portrait with a pasted ellipse"),
            Panel(
                _shown_maps(result),
                "2. what the network says, block by block",
                "The heat map: the ellipse is white",
            ),
            Panel(
                result.suspected if result.suspected is not None else result.mask,
                "3. regions of the highest expected F1, moved to edges",
                "What would be marked without the gate",
            ),
            Panel(
                result.mask,
                f"4. the gate: score {result.score:.2f}, {result.finding}",
                "The mask after the gate: the same, since the gate is open",
            ),
        ),
        f"“{result.statement}”",
    )


@_figure
def paper_figures() -> Figure:
    """Show the pictures of the paper's figures 3 to 10."""
    forgery = _cat_with_cup(before=60, after=85)
    steps = paper_steps(unsplice.decode_image(forgery.file))
    panels = tuple(
        Panel(
            np.ascontiguousarray(step.picture),
            f"figure {step.number}: {step.title}",
            f"{step.title}, of a cat with a pasted part of a cup",
        )
        for step in steps
        if not step.name.startswith("reconstructed-") or step.name.endswith("red")
    )
    mask = steps[-1].picture > 0
    return Figure(
        panels,
        "Every step of the paper on one picture, by the default reading. F1 of its mask here "
        f"{unsplice.score_mask(mask, forgery.truth).f1:.3f}; over a data set far less, and "
        "untouched pictures are marked as readily.",
    )


# -- the README --------------------------------------------------------------------------------


def readme_picture() -> bytes:
    """Return the picture of the README: both modes, on pictures made from nothing, as JPEG."""
    pair = _graded_balloon()
    found = _compared(pair)
    forgery = _lonely_balloon()
    alone = _localized(forgery)
    rows = (
        {
            "authentic": pair.authentic,
            "spliced, brightened": pair.spliced,
            "plain difference > 24": _plain_difference(pair),
            "unsplice compare": found.mask,
        },
        {
            "the picture alone": decode(forgery.file),
            "heat map": _shown_maps(alone),
            "unsplice localize": alone.mask,
            "the truth": forgery.truth,
        },
    )
    sheets = [contact_sheet({name: _small(row[name]) for name in row}) for row in rows]
    gap = np.full((8, sheets[0].shape[1], 3), 255, np.uint8)
    return Saving(82).encode(np.concatenate([sheets[0], gap, sheets[1]]))


def _small(picture: Array, cols: int = 288) -> Array:
    pixels = picture.astype(np.uint8) * np.uint8(255) if picture.dtype == bool else picture
    size = (cols, round(picture.shape[0] * cols / picture.shape[1]))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _graded_balloon() -> SyntheticPair:
    """Paste a balloon into a landscape, brighten the whole, and save it strongly."""
    authentic_file = Saving(90).encode(make_scene(512, 768, seed=0))
    pasted, truth = _with_balloon(decode(authentic_file), col=380)
    levels = np.arange(256) / 255
    brightened = np.rint(255 * levels**0.85).astype(np.uint8)[pasted]
    return _saved_pair(authentic_file, brightened, 60, "paste a balloon; gamma 0.85", truth)


def _lonely_balloon() -> _Forgery:
    """Paste a balloon into a landscape that was a JPEG before."""
    scene = decode(Saving(70).encode(make_scene(512, 768, seed=3)))
    pasted, truth = _with_balloon(scene, col=150)
    return _Forgery(
        Saving(92).encode(pasted), truth, "saved as JPEG 70, a balloon pasted, saved as JPEG 92"
    )


def _with_balloon(scene: NDArray[np.uint8], col: int) -> tuple[Array, NDArray[np.bool_]]:
    balloon, alpha = make_balloon(200, seed=1)
    rows, cols = alpha.shape
    box = (slice(20, 20 + rows), slice(col, col + cols))
    truth = np.zeros(scene.shape[:2], bool)
    truth[box] = alpha >= 0.5
    return composite(scene, balloon, alpha, box), truth


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(readme_picture())
