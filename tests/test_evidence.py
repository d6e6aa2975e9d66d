from __future__ import annotations

import cv2
import numpy as np
import pytest

from scenes import disc, pasted, saved, scene
from unsplice.pair.evidence import level_bins, measure_evidence, noise_variance
from unsplice.pair.kernels import activity_level
from unsplice.pair.matching import Prediction
from unsplice.pair.parameters import EvidenceParameters

SHAPE = (200, 320)
FLOOR = 0.01
EVERY_PIXEL = np.arange(SHAPE[0] * SHAPE[1])
DEFAULTS = EvidenceParameters()
WHOLE = (slice(0, 10_000), slice(0, 10_000))


@pytest.fixture(scope="module")
def level() -> np.ndarray:
    """Activity levels that grow from left to right."""
    columns = np.linspace(0, 95, SHAPE[1]).astype(np.uint8)
    return np.tile(columns, (SHAPE[0], 1))


def true_variance(level: np.ndarray) -> np.ndarray:
    return 1.0 + (np.asarray(level, float) / 30) ** 2


def simulated_noise(level: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return three planes of Gaussian noise; the second has four times, the third a quarter."""
    draw = np.random.default_rng(seed).normal(size=(3, *level.shape))
    gains = np.sqrt([1.0, 4.0, 0.25])[:, np.newaxis, np.newaxis]
    return (draw * gains * np.sqrt(true_variance(level))).astype(np.float32)


def learnt_from(
    noise: np.ndarray, level: np.ndarray, samples: np.ndarray, floor: float
) -> np.ndarray:
    """Return what `noise_variance` makes of the 0.4-quantiles of simulated noise."""
    bins, centers = level_bins(level.ravel()[samples])
    sampled = np.abs(noise.reshape(3, -1)[:, samples])
    quantiles = [np.quantile(sampled[:, bins == k], 0.4, axis=1, method="lower") for k in range(16)]
    return noise_variance(np.array(quantiles, np.float32).T, floor, centers)


def test_the_variance_of_gaussian_noise_is_learnt_at_each_level(level):
    learnt = learnt_from(simulated_noise(level), level, EVERY_PIXEL, FLOOR)
    assert learnt.shape == (3, 256)
    levels = np.arange(5, 91)
    for plane, gain in zip(learnt, (1.0, 4.0, 0.25), strict=True):
        np.testing.assert_allclose(plane[levels], gain * true_variance(levels), rtol=0.2)


def test_the_variance_is_learnt_in_spite_of_outliers_in_nearly_a_third(level):
    noise = simulated_noise(level)
    noise[:, disc(SHAPE, 100, 160, 80)] += 40  # 31 %
    share = disc(SHAPE, 100, 160, 80).mean()
    assert 0.3 < share < 0.33
    learnt = learnt_from(noise, level, EVERY_PIXEL, FLOOR)
    calm = np.arange(5, 20)  # no outlier there
    np.testing.assert_allclose(learnt[0][calm], true_variance(calm), rtol=0.2)
    everywhere = np.arange(5, 91)
    assert (learnt[0][everywhere] < 6 * true_variance(everywhere)).all()
    assert (learnt[0][everywhere] > 0.8 * true_variance(everywhere)).all()


def test_evenly_spread_outliers_cost_little(level):
    noise = simulated_noise(level)
    hit = np.random.default_rng(1).random(SHAPE) < 0.3
    noise[:, hit] += 60
    learnt = learnt_from(noise, level, EVERY_PIXEL, FLOOR)[0]
    levels = np.arange(5, 91)
    # The 0.4-quantile of what is left and outliers is a higher quantile of the noise.
    assert (learnt[levels] < 2.5 * true_variance(levels)).all()
    assert (learnt[levels] > true_variance(levels)).all()


def test_noise_never_falls_with_activity(level):
    falling = simulated_noise(level)[:, :, ::-1]
    learnt = learnt_from(np.ascontiguousarray(falling), level, EVERY_PIXEL, FLOOR)
    assert (np.diff(learnt, axis=1) >= 0).all()


def test_a_calm_bin_that_was_pasted_over_is_capped_by_busier_ones(level):
    noise = simulated_noise(level)
    noise[:, level < 12] += 50
    learnt = learnt_from(noise, level, EVERY_PIXEL, FLOOR)[0]
    assert learnt[5] < 1.6 * true_variance(18)


def test_a_busy_bin_that_was_pasted_over_is_capped_by_calmer_ones(level):
    noise = simulated_noise(level)
    noise[:, level > 90] += 500
    assert learnt_from(noise, level, EVERY_PIXEL, FLOOR)[0][95] < 10 * true_variance(90)


def test_the_floor_is_added_where_there_is_no_noise(level):
    learnt = learnt_from(np.zeros((3, *SHAPE), np.float32), level, EVERY_PIXEL, 0.6)
    np.testing.assert_allclose(learnt, 0.6)


@pytest.mark.parametrize("count", [16, 17, 40])
def test_few_samples_still_give_a_variance(count, level):
    learnt = learnt_from(simulated_noise(level), level, EVERY_PIXEL[:count], 0.6)
    assert learnt.shape == (3, 256)
    assert np.isfinite(learnt).all()
    assert (learnt >= 0.6).all()


def test_one_level_everywhere_gives_one_variance():
    level = np.full(SHAPE, 7, np.uint8)
    noise = np.random.default_rng(0).normal(0, 3, (3, *SHAPE)).astype(np.float32)
    learnt = learnt_from(noise, level, EVERY_PIXEL, FLOOR)
    np.testing.assert_allclose(learnt[:, 7], 9, rtol=0.2)


@pytest.mark.parametrize("count", [16, 17, 40, 1000])
def test_bins_have_equal_counts_and_the_median_level_as_centre(count):
    levels = np.random.default_rng(0).integers(0, 96, count).astype(np.uint8)
    bins, centers = level_bins(levels)
    counts = np.bincount(bins, minlength=16)
    assert np.ptp(counts) <= 1
    for k in range(16):
        assert centers[k] == np.median(levels[bins == k])
        assert k == 0 or levels[bins == k].min() >= levels[bins == k - 1].max()


def prediction_of(image: np.ndarray, **changes) -> Prediction:
    fields = {"valid": np.ones(image.shape[:2], bool), "residual": 0.5} | changes
    return Prediction(image, **fields)


def measured(prediction: Prediction, spliced: np.ndarray, *, lossless=False, threads=1, **changes):
    return measure_evidence(
        prediction,
        spliced,
        prediction.valid,
        lossless=lossless,
        parameters=EvidenceParameters(**changes),
        num_threads=threads,
    )


def noisy(image: np.ndarray, sigma: float = 3.0) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def test_noise_alone_is_no_evidence():
    evidence = measured(prediction_of(scene()), noisy(scene()))
    assert not evidence.seeds.any()
    assert evidence.candidates.mean() < 0.001
    assert np.sqrt((evidence.energy.astype(float) ** 2).mean()) < 1.3


def test_compression_noise_alone_is_hardly_any_evidence():
    resaved = saved(scene(), 60)
    evidence = measured(prediction_of(saved(scene(), 90)), resaved)
    assert evidence.seeds.mean() < 0.001
    assert evidence.candidates.mean() < 0.01


def test_a_paste_is_evidence_on_itself_and_not_around():
    where = disc(scene().shape[:2], 90, 120, 35)
    changed = pasted(scene(), where, 255 - scene())
    evidence = measured(prediction_of(scene()), noisy(changed))
    well_inside = disc(where.shape, 90, 120, 30) & (np.abs(scene().astype(int) - 128).max(2) > 30)
    assert evidence.candidates[well_inside].mean() > 0.99
    assert evidence.seeds[well_inside].mean() > 0.95
    assert evidence.candidates[~disc(where.shape, 90, 120, 40)].mean() < 0.002
    assert evidence.energy[well_inside].mean() > 10
    assert evidence.amplitude(WHOLE)[well_inside].mean() > 20


def test_the_same_difference_weighs_more_where_the_pair_is_quiet():
    mark = disc(scene().shape[:2], 90, 120, 20)
    spliced = scene() // 2 + np.uint8(40)
    background = spliced.copy()
    spliced = spliced + 12 * mark[..., np.newaxis].astype(np.uint8)
    quiet = measured(prediction_of(background), noisy(spliced, 1.0))
    loud = measured(prediction_of(background), noisy(spliced, 6.0))
    assert quiet.energy[mark].mean() > 2 * loud.energy[mark].mean()


def test_there_is_no_evidence_where_there_is_nothing_to_compare():
    changed = pasted(scene(), disc((192, 256), 20, 30, 25), 255 - scene())
    valid = np.ones((192, 256), bool)
    valid[:25] = False
    evidence = measured(prediction_of(scene(), valid=valid), noisy(changed))
    assert not evidence.heat[:25].any()
    assert not evidence.seeds[:25].any()
    assert evidence.seeds[25:].any()


def test_bounds_are_lower_where_a_tone_curve_was_fitted_and_energies_too():
    changed = noisy(pasted(scene(), disc((192, 256), 90, 120, 35), 255 - scene()))
    plain = measured(prediction_of(scene()), changed, toned_factor=0.5)
    toned = measured(prediction_of(scene(), toned=True), changed, toned_factor=0.5)
    np.testing.assert_allclose(toned.energy, 0.5 * plain.energy, rtol=1e-5)
    assert toned.seeds.sum() < plain.seeds.sum()
    assert (toned.heat <= plain.heat + 1e-6).all()


def test_the_tail_of_a_soft_edge_is_no_evidence_of_membership():
    height = 120 * disc((192, 256), 90, 120, 30).astype(np.float32)
    soft = cv2.GaussianBlur(height, (0, 0), 3)
    flat = np.full((192, 256, 3), 60, np.uint8)
    changed = flat + soft.astype(np.uint8)[..., np.newaxis]
    evidence = measured(prediction_of(flat), changed, lossless=True)
    tail = (soft > 1) & (soft < 5)  # under a twentieth of the height, within six pixels of more
    assert evidence.energy[tail].mean() > DEFAULTS.grow_energy[0]
    assert evidence.candidates[tail].mean() < 0.1
    assert evidence.candidates[soft > 60].all()


def test_a_lossless_pair_shows_smaller_differences():
    faint = scene().copy()
    mark = disc((192, 256), 90, 120, 20)
    faint[mark] = np.clip(faint[mark].astype(int) + 3, 0, 255)
    lossy = measured(prediction_of(scene()), faint, lossless=False)
    lossless = measured(prediction_of(scene()), faint, lossless=True)
    assert lossless.energy[mark].mean() > 3 * lossy.energy[mark].mean()
    assert lossless.seeds[mark].mean() > 0.9
    assert not lossless.seeds[~disc((192, 256), 90, 120, 34)].any()


def test_evidence_does_not_depend_on_the_number_of_threads_or_touch_its_input():
    image, changed = scene().copy(), noisy(pasted(scene(), disc((192, 256), 90, 120, 35), scene(2)))
    kept = changed.copy()
    first, *others = (measured(prediction_of(image), changed, threads=n) for n in (1, 2, 4))
    for other in others:
        for name in ("heat", "candidates", "seeds", "energy"):
            np.testing.assert_array_equal(getattr(other, name), getattr(first, name))
    np.testing.assert_array_equal(image, scene())
    np.testing.assert_array_equal(changed, kept)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 3), (7, 9), (40, 2)])
@pytest.mark.parametrize("flat", [False, True])
def test_tiny_and_flat_pictures_give_finite_evidence(shape, flat):
    first, second = np.random.default_rng(0).integers(0, 256, (2, *shape, 3), np.uint8)
    if flat:
        first[:], second[:] = 0, 255
    evidence = measured(prediction_of(first), second)
    for plane in (evidence.heat, evidence.energy, evidence.amplitude(WHOLE)):
        assert plane.shape == shape
        assert plane.dtype == np.float32
        assert np.isfinite(plane).all()
    assert evidence.seeds.shape == shape
    assert evidence.seeds.dtype == bool


def test_without_background_the_noise_is_its_floor():
    everywhere = np.ones((192, 256), bool)
    floor_alone, learnt = (
        measure_evidence(
            prediction_of(scene()), noisy(scene()), background, lossless=False, parameters=DEFAULTS
        ).energy
        for background in (~everywhere, everywhere)
    )
    assert np.isfinite(floor_alone).all()
    assert (floor_alone >= learnt).all()
    assert floor_alone.mean() > 1.1 * learnt.mean()


def test_levels_of_a_scene_use_much_of_the_scale():
    assert np.ptp(activity_level(scene())) > 40


@pytest.mark.parametrize(
    "box", [(0, 9, 3, 30), (100, 192, 250, 256), (50, 51, 0, 256), (0, 0, 0, 0)]
)
@pytest.mark.parametrize("sigma", [0.7, 5.0])
def test_the_amplitude_of_a_part_is_that_of_the_whole(box, sigma):
    changed = noisy(pasted(scene(), disc((192, 256), 90, 120, 35), scene(2)))
    evidence = measured(prediction_of(scene()), changed, scales=(sigma, 6.0, 7.0))
    part = slice(box[0], box[1]), slice(box[2], box[3])
    np.testing.assert_array_equal(evidence.amplitude(part), evidence.amplitude(WHOLE)[part])
