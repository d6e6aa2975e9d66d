from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from unsplice import EvidenceParameters, NeighborhoodThresholdParameters

BAD_EVIDENCE: list[tuple[str, Any, type[Exception]]] = [
    ("tone_residual", nan, ValueError),
    ("tone_residual", -0.1, ValueError),
    ("tone_residual", "1.5", TypeError),
    ("tone_residual", None, TypeError),
    ("tone_residual", True, TypeError),
    ("scales", (0.7, 1.6), ValueError),
    ("scales", (0.7, 1.6, 3.2, 6.4), ValueError),
    ("scales", (0.0, 1.6, 3.2), ValueError),
    ("scales", (0.7, -1.6, 3.2), ValueError),
    ("scales", (0.7, 1.6, nan), ValueError),
    ("scales", (0.7, 1.6, inf), ValueError),
    ("scales", 1.6, TypeError),
    ("scales", "abc", TypeError),
    ("scales", (0.7, "1.6", 3.2), TypeError),
    ("scales", None, TypeError),
    ("noise_floors", (0.0, 0.32, 0.16), ValueError),
    ("noise_floors", (0.8, 0.32, -0.16), ValueError),
    ("noise_floors", (nan, 0.32, 0.16), ValueError),
    ("noise_floors", (), ValueError),
    ("lossless_noise_floors", (0.01, 0.006, 0.0), ValueError),
    ("lossless_noise_floors", (0.01, 0.006), ValueError),
    ("lossless_noise_floors", (0.01, None, 0.004), TypeError),
    ("grow_energy", (-4.0, 4.0, 6.0), ValueError),
    ("grow_energy", (4.0, nan, 6.0), ValueError),
    ("grow_energy", (4.0, 4.0), ValueError),
    ("grow_energy", 4, TypeError),
    ("seed_energy", (9.0, 9.0, nan), ValueError),
    ("seed_energy", (9.0,), ValueError),
    ("seed_energy", (9.0, "9", 10.0), TypeError),
    ("rim_share", -0.1, ValueError),
    ("rim_share", 1.1, ValueError),
    ("rim_share", nan, ValueError),
    ("rim_share", "15 %", TypeError),
    ("min_seeds", -1, ValueError),
    ("min_seeds", 3.5, TypeError),
    ("min_seeds", True, TypeError),
    ("min_area", -1, ValueError),
    ("min_area", nan, TypeError),
    ("min_area", "12", TypeError),
    ("min_area", None, TypeError),
    ("min_evidence", -120.0, ValueError),
    ("min_evidence", nan, ValueError),
    ("evidence_per_residual", -60.0, ValueError),
    ("evidence_per_residual", "60", TypeError),
    ("energy_floor", -4.0, ValueError),
    ("energy_floor", nan, ValueError),
    ("energy_ceiling", nan, ValueError),
    ("energy_ceiling", [30], TypeError),
    ("toned_factor", -0.6, ValueError),
    ("toned_factor", nan, ValueError),
    ("step_share", -0.1, ValueError),
    ("step_share", nan, ValueError),
    ("step_share", "0.4", TypeError),
    ("max_hole_share", 1.5, ValueError),
    ("max_hole_share", -0.35, ValueError),
    ("closing", (0.1, 12.0), ValueError),
    ("closing", (-0.1, 12.0, 30.0), ValueError),
    ("closing", (0.1, -12.0, 30.0), ValueError),
    ("closing", (0.1, 12.0, nan), ValueError),
    ("closing", (0.1, 12.0, inf), ValueError),
    ("closing", None, TypeError),
    ("gap_energy", nan, ValueError),
    ("gap_energy", -1.5, ValueError),
    ("min_gap", -4, ValueError),
    ("min_gap", 4.0, TypeError),
    ("refit_share", -0.12, ValueError),
    ("refit_share", 12, ValueError),
    ("majority_share", 60, ValueError),
    ("majority_share", nan, ValueError),
    ("least_compared", nan, ValueError),
    ("least_compared", 95, ValueError),
    ("least_compared", -0.95, ValueError),
    ("unrelated_mismatch", "0.7", TypeError),
    ("unrelated_mismatch", -0.7, ValueError),
    ("unrelated_residual", nan, ValueError),
    ("unrelated_residual", -12.0, ValueError),
]

BAD_THRESHOLD: list[tuple[str, Any, type[Exception]]] = [
    ("threshold", nan, ValueError),
    ("threshold", inf, ValueError),
    ("threshold", -1, ValueError),
    ("threshold", "8", TypeError),
    ("threshold", None, TypeError),
    ("threshold", True, TypeError),
    ("threshold", (8, 8, 8), TypeError),
    ("min_area", -1, ValueError),
    ("min_area", 100.0, TypeError),
    ("min_area", nan, TypeError),
    ("min_area", "100", TypeError),
    ("min_area", None, TypeError),
    ("min_area", True, TypeError),
]


@pytest.mark.parametrize(("field", "value", "error"), BAD_EVIDENCE)
def test_a_bad_parameter_of_the_evidence_is_named(field, value, error):
    with pytest.raises(error, match=rf"^{field}\b.* must .*got "):
        EvidenceParameters(**{field: value})


@pytest.mark.parametrize(("field", "value", "error"), BAD_THRESHOLD)
def test_a_bad_parameter_of_the_fixed_threshold_is_named(field, value, error):
    with pytest.raises(error, match=rf"^{field}\b.* must .*got "):
        NeighborhoodThresholdParameters(**{field: value})


def test_the_tables_hold_every_parameter():
    assert {field for field, *_ in BAD_EVIDENCE} >= {f.name for f in fields(EvidenceParameters)}
    assert {field for field, *_ in BAD_THRESHOLD} == {"threshold", "min_area"}


def test_good_parameters_are_kept_as_given():
    given = EvidenceParameters(
        min_area=0, rim_share=1, max_hole_share=0.0, scales=(0.5, 1, 2), tone_residual=0
    )
    assert (given.min_area, given.rim_share, given.max_hole_share) == (0, 1, 0.0)
    assert given.scales == (0.5, 1, 2)
    whole = NeighborhoodThresholdParameters(threshold=0, min_area=0)
    assert (whole.threshold, whole.min_area) == (0, 0)
    numbers = NeighborhoodThresholdParameters(threshold=np.float32(2.5), min_area=np.int64(7))
    assert (numbers.threshold, numbers.min_area) == (2.5, 7)


def test_a_changed_copy_is_checked_too():
    with pytest.raises(ValueError, match="min_area must"):
        replace(EvidenceParameters(), min_area=-1)
    with pytest.raises(ValueError, match="threshold must"):
        replace(NeighborhoodThresholdParameters(), threshold=-1)


@pytest.mark.parametrize("parameters", [EvidenceParameters(), NeighborhoodThresholdParameters()])
def test_parameters_are_frozen_and_named(parameters):
    with pytest.raises(FrozenInstanceError):
        parameters.min_area = 3
    with pytest.raises(TypeError, match="positional"):
        type(parameters)(8)
    with pytest.raises(TypeError, match="unexpected keyword"):
        type(parameters)(min_size=8)
