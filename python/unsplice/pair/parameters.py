"""The numbers that pair mode decides with, by name.

What is fixed by a method rather than chosen stands as a constant where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from unsplice.arguments import real_number, whole_number

__all__ = [
    "PAIR_PARAMETERS",
    "EvidenceParameters",
    "NeighborhoodThresholdParameters",
    "PairParameters",
]


@dataclass(frozen=True, kw_only=True)
class NeighborhoodThresholdParameters:
    """Parameters of ``method="neighborhood-threshold"``.

    Attributes
    ----------
    threshold : float
        Mean absolute difference, in gray levels, up to which a pixel counts as unchanged.
    min_area : int
        Components below this many pixels are removed.

    Examples
    --------
    >>> from unsplice import compare
    >>> from unsplice.synthetic.pairs import make_scene
    >>> scene = make_scene(96, 128, seed=1)
    >>> chosen = NeighborhoodThresholdParameters(threshold=12)
    >>> compare(scene, scene, method="neighborhood-threshold", parameters=chosen).finding
    'identical'
    """

    threshold: float = 8
    min_area: int = 100

    def __post_init__(self) -> None:
        """Refuse what the rule cannot work with, naming the field."""
        _require_number("threshold", self.threshold)
        whole_number(self.min_area, "min_area", 0)


@dataclass(frozen=True, kw_only=True)
class EvidenceParameters:
    """Parameters of ``method="evidence"``. Energies are in standard deviations of the noise.

    Attributes
    ----------
    tone_residual : float
        Residual, in gray levels, above which a tone curve and a filter are tried.
    scales : tuple of three floats
        Standard deviations, in pixels, of the Gaussians that the signed difference is averaged
        with: fine, middle, coarse.
    noise_floors : tuple of three floats
        Variance, in squared gray levels, that is added to the noise at each scale.
    lossless_noise_floors : tuple of three floats
        The same where the background is equal bit for bit, so that there is no compression noise.
    step_share : float
        Share of a quantisation step of a block's mean that counts as standard deviation of noise.
    grow_energy : tuple of three floats
        Energy at each scale above which a pixel may belong to a region.
    seed_energy : tuple of three floats
        Energy at each scale above which a pixel proves a region.
    rim_share : float
        Share of the difference nearby that a pixel must reach to belong to a region: pixels of
        soft edges and ringing do not.
    min_seeds, min_area : int
        Seeds and pixels that a region needs.
    min_evidence, evidence_per_residual : float
        A region needs a summed energy above ``min_evidence + evidence_per_residual *
        min(residual, 8)``, residual being the mean difference outside, in gray levels.
    energy_floor, energy_ceiling : float
        Part of a pixel's fine energy that counts for that sum.
    toned_factor : float
        Energies are multiplied by this where a tone curve had to be fitted, because its misfit is
        no noise.
    max_hole_share : float
        Holes up to this share of their region's area are filled.
    closing : tuple of three floats
        All regions together are closed with a disc of the second radius, in pixels, then each alone
        with one of radius ``min(first * sqrt(area), third)``.
    gap_energy, min_gap : float, int
        What closing and filling added is taken out again where its median energy is below
        `gap_energy`, measured on at least `min_gap` pixels.
    refit_share : float
        Above this share of changed pixels the noise is learnt again from the rest.
    majority_share : float
        Above this share of changed pixels the result is called uncertain: what counts as
        background is then a minority.
    unrelated_mismatch, unrelated_residual : float
        Above this share of unexplained detail (`Registration.mismatch`) and this residual, in gray
        levels, the pictures are unrelated; above the residual alone the mask is doubtful.
    least_compared : float
        Share of the picture that needs a counterpart in the authentic one for the result to stand
        without a warning.

    Examples
    --------
    >>> from unsplice import compare
    >>> from unsplice.synthetic.pairs import make_scene
    >>> scene = make_scene(96, 128, seed=1)
    >>> result = compare(scene, scene, parameters=EvidenceParameters(tone_residual=3.0))
    >>> result.parameters["tone_residual"]
    3.0
    """

    tone_residual: float = 1.5
    scales: tuple[float, float, float] = (0.7, 1.6, 3.2)
    noise_floors: tuple[float, float, float] = (0.8, 0.32, 0.16)
    lossless_noise_floors: tuple[float, float, float] = (0.01, 0.006, 0.004)
    step_share: float = 0.4
    grow_energy: tuple[float, float, float] = (4.0, 4.0, 6.0)
    seed_energy: tuple[float, float, float] = (9.0, 9.0, 10.0)
    rim_share: float = 0.15
    min_seeds: int = 3
    min_area: int = 12
    min_evidence: float = 180.0
    evidence_per_residual: float = 60.0
    energy_floor: float = 4.0
    energy_ceiling: float = 30.0
    toned_factor: float = 0.6
    max_hole_share: float = 0.35
    closing: tuple[float, float, float] = (0.1, 12.0, 30.0)
    gap_energy: float = 1.5
    min_gap: int = 4
    refit_share: float = 0.12
    majority_share: float = 0.6
    unrelated_mismatch: float = 0.7
    unrelated_residual: float = 12.0
    least_compared: float = 0.95

    def __post_init__(self) -> None:
        """Refuse what no method can work with, naming the field."""
        for name in ("scales", "noise_floors", "lossless_noise_floors", "grow_energy"):
            _require_numbers(name, getattr(self, name), 3, above=0)
        _require_numbers("seed_energy", self.seed_energy, 3, above=0)
        _require_numbers("closing", self.closing, 3, least=0, most=64)  # cost grows with its square
        for name in ("rim_share", "max_hole_share", "refit_share", "majority_share"):
            _require_number(name, getattr(self, name), least=0, most=1)
        _require_number("least_compared", self.least_compared, least=0, most=1)
        _require_number("toned_factor", self.toned_factor, above=0)
        _require_number("step_share", self.step_share, least=0)
        for name in ("tone_residual", "min_evidence", "evidence_per_residual", "gap_energy"):
            _require_number(name, getattr(self, name), least=0)
        for name in ("energy_floor", "unrelated_mismatch", "unrelated_residual"):
            _require_number(name, getattr(self, name), least=0)
        _require_number("energy_ceiling", self.energy_ceiling, above=self.energy_floor)
        for name in ("min_seeds", "min_area", "min_gap"):
            whole_number(getattr(self, name), name, 0)


PairParameters = EvidenceParameters | NeighborhoodThresholdParameters
PAIR_PARAMETERS: Final[dict[str, type[PairParameters]]] = {
    "evidence": EvidenceParameters,
    "neighborhood-threshold": NeighborhoodThresholdParameters,
}


def _require_number(
    name: str, value: object, *, least: float = 0, most: float = 1e6, above: float | None = None
) -> None:
    """Raise unless `value` is a number in the range; what is not a number is in none."""
    number = real_number(value, name)
    if above is not None and not above < number <= most:
        raise ValueError(f"{name} must be above {above:g} and at most {most:g}, got {value}")
    if above is None and not least <= number <= most:
        raise ValueError(f"{name} must be in {least:g}..{most:g}, got {value}")


def _require_numbers(
    name: str,
    values: object,
    count: int,
    *,
    least: float = 0,
    most: float = 1000,
    above: float | None = None,
) -> None:
    if not isinstance(values, tuple | list):
        raise TypeError(f"{name} must be a tuple of {count} numbers, got {type(values).__name__}")
    if len(values) != count:
        raise ValueError(f"{name} must have {count} numbers, got {len(values)}")
    for index, value in enumerate(values):
        _require_number(f"{name}[{index}]", value, least=least, most=most, above=above)
