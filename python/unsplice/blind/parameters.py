"""What can be chosen: how the paper is read, and what is evidence enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self, get_args

from unsplice.arguments import one_of, real_number, three_numbers, whole_number
from unsplice.blind.ela import LARGEST_WEIGHT
from unsplice.blind.enhance import checked_tiles
from unsplice.blind.kernels import Arithmetic, Bands, Difference
from unsplice.blind.points import Neighborhood
from unsplice.wavelets import require_wavelet

__all__ = ["FusionParameters", "JpegHistoryParameters", "PaperParameters"]

Binarization = Literal["none", "half", "otsu"]
Fusion = Literal["product", "sum", "union", "intersection", "noise", "ela"]
Enhancement = Literal["features", "fused", "none"]
Decision = Literal["density", "adaptive-mean", "adaptive-median", "otsu"]
RadiusUnit = Literal["percent", "pixels"]
Reading = Literal["best-measured", "closest-to-text"]
Verdict = Literal["gated", "ungated"]
Edges = Literal["guided", "cut", "blocks"]
Family = Literal["jpeg-history", "grid-votes", "ghosts", "noise", "color-filter", "co-occurrences"]


@dataclass(frozen=True, kw_only=True)
class PaperParameters:
    """A reading of the paper: parameters of ``method="paper"``.

    The defaults are the reading that measured best, the preset "best-measured";
    ``PaperParameters.preset("closest-to-text")`` takes the text at its word where it speaks, and
    does as OpenCV does, which the authors used, where it is silent.
    docs/paper.md says for each choice what the text has, and what it changes.

    Attributes
    ----------
    wavelet : str
        Discrete wavelet of equation 1, as PyWavelets names it.
    bands : {"all", "details"}
        Component images that the median of equation 1 filters: all, or not the approximation.
    arithmetic : {"saturating", "exact"}
        Numbers between the passes of equation 2: pictures of 8 bits, or numbers of any size.
    difference : {"absolute", "signed"}
        Whether equation 4 takes the magnitude of the differences, or their value.
    noise_gain : float or None
        Factor from F1, in gray levels, to a picture of 8 bits; None stretches it to the full range.
    quality : int
        JPEG quality of error level analysis.
    channel_weights : tuple of three floats
        Weights of red, green and blue in equation 5.
    ela_gain : float or None
        Factor from F2, in gray levels, to a picture of 8 bits; None stretches it to the full range.
    binarization : {"none", "half", "otsu"}
        How F1 and F2 are made binary: not at all; above half of the range; by Otsu's method.
    enhancement : {"features", "fused", "none"}
        What CLAHE equalises: F1 and F2 before they are fused, the fused picture, or nothing.
    clip_limit : float or None
        Contrast limit of CLAHE; see `unsplice.equalize_clahe`.
    tiles : tuple of two ints
        Tiles of CLAHE, (rows, cols).
    fusion : {"product", "sum", "union", "intersection", "noise", "ela"}
        How F1 and F2 become one: their product, their mean, the larger, the smaller, or one alone.
        Of binary features "union" is OR, "intersection" is AND.
    decision : {"density", "adaptive-mean", "adaptive-median", "otsu"}
        How the fused picture becomes the mask: by the density of forensic feature points, which
        Otsu's method splits; by the adaptive threshold of section 4.4; by Otsu's method alone.
    sigma : float
        Share of forensic feature points, in percent of the pixels ("density").
    alpha : float
        Radius of the neighborhood in which points are counted ("density").
    alpha_unit : {"percent", "pixels"}
        What `alpha` counts: percent of the shorter side, or pixels.
    neighborhood : {"box", "disc"}
        Shape of that neighborhood.
    window : int
        Side of the window of the adaptive threshold, in pixels; odd.
    offset : float
        Offset of the adaptive threshold, in levels of 8 bits.

    Examples
    --------
    >>> PaperParameters(quality=75).quality
    75
    >>> PaperParameters(quality=0)
    Traceback (most recent call last):
    ValueError: quality must be in 1..100, got 0
    """

    PRESETS: ClassVar[tuple[str, ...]] = get_args(Reading)

    wavelet: str = "haar"
    bands: Bands = "all"
    arithmetic: Arithmetic = "saturating"
    difference: Difference = "absolute"
    noise_gain: float | None = 1.0
    quality: int = 90
    channel_weights: tuple[float, float, float] = (0.25, 0.5, 0.25)
    ela_gain: float | None = 4.0
    binarization: Binarization = "none"
    enhancement: Enhancement = "features"
    clip_limit: float | None = 2.0
    tiles: tuple[int, int] = (8, 8)
    fusion: Fusion = "product"
    decision: Decision = "density"
    sigma: float = 1.0
    alpha: float = 14.0
    alpha_unit: RadiusUnit = "percent"
    neighborhood: Neighborhood = "box"
    window: int = 11
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no reading can work with, naming the field."""
        require_wavelet(self.wavelet)
        one_of(self.bands, "bands", Bands)
        one_of(self.arithmetic, "arithmetic", Arithmetic)
        one_of(self.difference, "difference", Difference)
        one_of(self.binarization, "binarization", Binarization)
        one_of(self.enhancement, "enhancement", Enhancement)
        one_of(self.fusion, "fusion", Fusion)
        one_of(self.decision, "decision", Decision)
        one_of(self.alpha_unit, "alpha_unit", RadiusUnit)
        one_of(self.neighborhood, "neighborhood", Neighborhood)
        whole_number(self.quality, "quality", 1, 100)
        weights = three_numbers(self.channel_weights, "channel_weights")
        for weight in weights:
            _in_range(weight, "channel_weights", 0, LARGEST_WEIGHT)
        # Equal readings are equal, whatever sequences they were given as.
        object.__setattr__(self, "channel_weights", weights)
        object.__setattr__(self, "tiles", checked_tiles(self.tiles))
        for name, gain in (("noise_gain", self.noise_gain), ("ela_gain", self.ela_gain)):
            if gain is not None:
                _in_range(gain, name, 2.0**-20, 2.0**20)
        if self.clip_limit is not None:
            _in_range(self.clip_limit, "clip_limit", 0.001, 1e6)
        _in_range(self.sigma, "sigma", 0.0, 100.0)
        _in_range(self.alpha, "alpha", 0.0, 65536.0)
        _in_range(self.offset, "offset", -255.0, 255.0)
        if whole_number(self.window, "window", 3, 255) % 2 == 0:
            raise ValueError(f"window must be odd, got {self.window}")

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the reading of one of the `PRESETS`.

        Parameters
        ----------
        name : str
            Key of `PRESETS`.

        Returns
        -------
        PaperParameters

        Raises
        ------
        TypeError
            If `name` is no str.
        ValueError
            If there is no such preset.

        Examples
        --------
        >>> PaperParameters.preset("best-measured") == PaperParameters()
        True
        """
        one_of(name, "preset", Reading)
        if name == "best-measured":
            return cls()
        return cls(
            difference="signed",
            noise_gain=None,
            ela_gain=None,
            binarization="half",
            fusion="union",
            enhancement="fused",
            decision="adaptive-mean",
        )


@dataclass(frozen=True, kw_only=True)
class JpegHistoryParameters:
    """When a compression history is evidence: parameters of ``method="jpeg-history"``.

    The defaults are those that were measured; docs/jpeg-history.md has the formulas.

    Attributes
    ----------
    gate : bool
        Whether there is a mask only where a region is evidence: `min_evidence`, `min_information`
        and `min_density`, and for the picture `max_leftover`. Without, the mask shows where a
        splice would be if there was one.
    frequencies : int
        How many frequencies are looked at, in zigzag order after the mean; 1 to 63.
    sigma : float
        Standard deviation of the Gaussian that gathers evidence, in blocks of 8 pixels.
    min_gain : float
        Least gain of two compressions over one, in nats a block; below nothing is said.
    min_share : float
        Least share of blocks with the earlier compression; below nothing is said.
    least_threshold, most_threshold : float
        Range of the threshold on the heat map, which the picture decides by Otsu's method.
    min_area : float
        Least area of a region, as a share of the picture.
    max_area : float
        Most area of all regions together; beyond nothing is said.
    min_evidence : float
        Least evidence of one region, as a share of what a single compression would show, and beyond
        that of all that is outside of the regions.
    min_plain_evidence : float
        The same where the picture was compressed once only, and comes in a lossless file.
    min_information : float
        Least evidence that a single compression would show in that region, in nats.
    min_density : float
        The same a block, as a multiple of what it is outside of the regions.
    min_deeper_density : float
        The same below a last save that the whole picture got later.
    max_leftover : float
        Most evidence, as a share, of all that is outside of the regions.

    Examples
    --------
    >>> JpegHistoryParameters.preset("ungated") == JpegHistoryParameters(gate=False)
    True
    """

    PRESETS: ClassVar[tuple[str, ...]] = get_args(Verdict)

    gate: bool = True
    frequencies: int = 50
    sigma: float = 1.0
    min_gain: float = 0.7
    min_share: float = 0.4
    least_threshold: float = 0.3
    most_threshold: float = 0.7
    min_area: float = 0.004
    max_area: float = 0.6
    min_evidence: float = 0.55
    min_plain_evidence: float = 0.85
    min_information: float = 150.0
    min_density: float = 0.3
    min_deeper_density: float = 0.7
    max_leftover: float = 0.3

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, naming the field."""
        if not isinstance(self.gate, bool):
            raise TypeError(f"gate must be a bool, got {type(self.gate).__name__}")
        whole_number(self.frequencies, "frequencies", 1, 63)
        _in_range(self.sigma, "sigma", 0.1, 100.0)
        for name in ("min_gain", "min_information", "min_density", "min_deeper_density"):
            _in_range(getattr(self, name), name, 0.0, 1e9)
        for name in (
            "min_share",
            "least_threshold",
            "most_threshold",
            "min_area",
            "max_area",
            "min_evidence",
            "min_plain_evidence",
            "max_leftover",
        ):
            _in_range(getattr(self, name), name, 0.0, 1.0)
        if not 0 < self.least_threshold < self.most_threshold < 1:
            raise ValueError(
                "least_threshold must be above 0 and below most_threshold, which must be below 1, "
                f"got {self.least_threshold} and {self.most_threshold}"
            )

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the parameters of one of the `PRESETS`.

        Parameters
        ----------
        name : str
            Key of `PRESETS`.

        Returns
        -------
        JpegHistoryParameters

        Raises
        ------
        TypeError
            If `name` is no str.
        ValueError
            If there is no such preset.

        Examples
        --------
        >>> JpegHistoryParameters.preset("ungated").gate
        False
        """
        one_of(name, "preset", Verdict)
        return cls(gate=name == "gated")


@dataclass(frozen=True, kw_only=True)
class FusionParameters:
    """When the learned fusion speaks of a splice: parameters of ``method="fusion"``.

    Attributes
    ----------
    gate : bool
        Whether there is a mask only where the picture as a whole scores what few untouched
        photographs do. Without, the mask shows where a splice would be if there was one.
    false_alarm_rate : float
        Share of untouched photographs that pass the gate. The largest one that was measured and is
        not above it is taken, and told; where there is none, only the compression history passes.
    threshold : float or None
        Probability from which on a pixel is marked. None for the one, picture by picture, whose
        mask can be expected to have the highest F1. Where nothing of what the compression history
        proves is above it, that is marked all the same.
    min_area : float
        Least area of a region, as a share of the picture.
    edges : {"guided", "cut", "blocks"}
        How regions find their borders: by a guided filter, by graph cuts (slow), or not at all.
    without : tuple of str
        Families of evidence maps that are not looked at: what each is worth can be seen so.

    Examples
    --------
    >>> FusionParameters.preset("ungated") == FusionParameters(gate=False)
    True
    """

    PRESETS: ClassVar[tuple[str, ...]] = get_args(Verdict)
    # Presets that are there for who asks: one family left out each.
    ABLATIONS: ClassVar[tuple[str, ...]] = tuple(f"without-{name}" for name in get_args(Family))

    gate: bool = True
    false_alarm_rate: float = 0.02
    threshold: float | None = None
    min_area: float = 0.002
    edges: Edges = "guided"
    without: tuple[Family, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, naming the field."""
        if not isinstance(self.gate, bool):
            raise TypeError(f"gate must be a bool, got {type(self.gate).__name__}")
        one_of(self.edges, "edges", Edges)
        if isinstance(self.without, str) or not isinstance(self.without, tuple | list):
            raise TypeError(f"without must be a tuple of str, got {type(self.without).__name__}")
        for family in self.without:
            one_of(family, "without", Family)
        # Equal parameters are equal, whatever sequences they were given as.
        object.__setattr__(self, "without", tuple(self.without))
        for name in ("false_alarm_rate", "min_area"):
            _in_range(getattr(self, name), name, 0.0, 1.0)
        if self.threshold is not None:
            _in_range(self.threshold, "threshold", 2.0**-16, 1.0)

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the parameters of one of the `PRESETS` or `ABLATIONS`.

        Parameters
        ----------
        name : str
            Key of `PRESETS` or of `ABLATIONS`.

        Returns
        -------
        FusionParameters

        Raises
        ------
        TypeError
            If `name` is no str.
        ValueError
            If there is no such preset.

        Examples
        --------
        >>> FusionParameters.preset("without-ghosts").without
        ('ghosts',)
        """
        if name in cls.ABLATIONS:
            # What is left is a Family, which the checker cannot see.
            return cls(without=(name.removeprefix("without-"),))  # type: ignore[arg-type]
        if isinstance(name, str) and name.startswith("without-"):
            raise ValueError(f"preset must be one of {', '.join(cls.ABLATIONS)}, got {name!r}")
        one_of(name, "preset", Verdict)
        return cls(gate=name == "gated")


def _in_range(value: object, name: str, least: float, most: float) -> None:
    number = real_number(value, name)
    if not least <= number <= most:
        raise ValueError(f"{name} must be in {least:g}..{most:g}, got {value}")
