from __future__ import annotations

import hashlib
import math
import pickle
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from strategies import sizes
from unsplice import ImageError, SourceImage, UsageError, decode_image
from unsplice.evaluation.attacks import ATTACKS, PRESETS, Attack, parse_attack
from unsplice.evaluation.attacks.elementary import power, sinc
from unsplice.evaluation.attacks.resampling import shrink, shrink_mask
from unsplice.jpeg import standard_tables
from unsplice.output import encode_png

PHOTO = skimage.data.astronaut()[:240, :300]
GRAY = skimage.data.camera()[:200, :260]
WIDE = np.linspace(0, 65535, 200 * 260).astype(np.uint16).reshape(200, 260)  # 16 bits
EVERY_STEP = (
    "none", "jpeg:70", "jpeg:85:4:4:4", "gamma:1.5", "blur:1", "downsample:0.5", "noise:5",
    "whatsapp", "instagram", "facebook", "gamma:1.3+jpeg:95", "jpeg:60+noise:3+downsample:0.7",
)  # fmt: skip


def source_of(pixels: np.ndarray, path: str | None = None) -> SourceImage:
    return decode_image(encode_png(pixels), path=path)


def attacked(text: str, pixels: np.ndarray, *, seed: int = 0) -> SourceImage:
    return parse_attack(text)(source_of(pixels), None, seed=seed)[0]


def truth_of(pixels: np.ndarray) -> np.ndarray:
    truth = np.zeros(pixels.shape[:2], bool)
    truth[40:110, 60:190] = True
    return truth


# What each step does


@pytest.mark.parametrize("quality", [1, 49, 50, 70, 75, 90, 100])
@pytest.mark.parametrize("subsampling", ["4:1:1", "4:2:0", "4:2:2", "4:4:0", "4:4:4"])
def test_a_jpeg_has_the_tables_and_the_subsampling_asked_for(quality, subsampling):
    result = attacked(f"jpeg:{quality}:{subsampling}", PHOTO)
    luma, chroma = standard_tables(quality)
    assert result.format == "JPEG"
    assert result.subsampling == subsampling
    assert np.array_equal(np.stack(result.quantization), np.stack([luma, chroma, chroma]))


def test_a_jpeg_holds_what_another_writer_of_the_same_settings_makes():
    bgr = np.ascontiguousarray(PHOTO[..., ::-1])
    expected = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
    assert attacked("jpeg:70", PHOTO).sha256 == hashlib.sha256(expected).hexdigest()


def test_a_gray_picture_becomes_a_gray_jpeg():
    result = attacked("jpeg:70", GRAY)
    assert result.pixels.shape == GRAY.shape
    assert np.array_equal(result.quantization[0], standard_tables(70)[0])
    assert np.abs(result.pixels.astype(int) - GRAY).mean() < 3


@pytest.mark.parametrize("exponent", [0.1, 0.5, 1, 1.5, 2.2, 10])
@pytest.mark.parametrize("peak", [255, 65535])
def test_gamma_is_the_formula(exponent, peak):
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16) * (peak // 255)
    result = attacked(f"gamma:{exponent}", levels.astype(np.uint8 if peak == 255 else np.uint16))
    expected = [round(peak * math.pow(level / peak, exponent)) for level in levels.ravel().tolist()]
    assert result.pixels.ravel().tolist() == expected


@pytest.mark.parametrize("sigma", [0.01, 0.5, 1, 3])
@pytest.mark.parametrize("picture", [PHOTO, GRAY, WIDE], ids=["color", "gray", "16 bits"])
def test_blur_is_a_gaussian(sigma, picture):
    blurred = attacked(f"blur:{sigma}", picture).pixels
    axes = (sigma, sigma, 0)[: picture.ndim]
    expected = scipy.ndimage.gaussian_filter(
        picture.astype(float), axes, mode="mirror", radius=math.ceil(3 * sigma)
    )
    assert np.abs(blurred - expected).max() <= 1


def test_noise_has_its_standard_deviation_in_every_channel_and_no_channel_that_of_another():
    flat = np.full((300, 300, 3), 128, np.uint8)
    noise = attacked("noise:5", flat).pixels.astype(float) - 128
    # Rounding adds the variance of a uniform level.
    assert noise.std(axis=(0, 1)) == pytest.approx([math.sqrt(25 + 1 / 12)] * 3, rel=0.02)
    assert np.abs(noise.mean(axis=(0, 1))).max() < 0.1
    correlation = np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)
    assert np.abs(correlation).max() < 0.02
    right, below = noise[:, 1:] * noise[:, :-1], noise[1:] * noise[:-1]
    assert max(abs(right.mean()), abs(below.mean())) < 0.02 * 25


def test_noise_means_the_same_on_16_bits():
    flat = np.full((300, 300), 128 * 257, np.uint16)
    noise = attacked("noise:5", flat).pixels.astype(float) - 128 * 257
    assert noise.std() == pytest.approx(5 * 257, rel=0.02)


@given(
    hnp.arrays(np.uint8, sizes(most=9)),
    st.data(),
)
def test_shrinking_is_the_exact_mean_over_what_a_pixel_covers(image, data):
    rows, cols = image.shape
    shape = data.draw(st.integers(1, rows)), data.draw(st.integers(1, cols))
    mask = image >= 128

    def overlap(size: int, new: int, source: int, target: int) -> Fraction:
        left, right = Fraction(target * size, new), Fraction((target + 1) * size, new)
        return max(Fraction(0), min(right, Fraction(source + 1)) - max(left, Fraction(source)))

    means = {}
    for y, x in np.ndindex(shape):
        weights = {
            (row, col): overlap(rows, shape[0], row, y) * overlap(cols, shape[1], col, x)
            for row, col in np.ndindex(rows, cols)
        }
        total = sum(weights.values())
        means[y, x] = (
            sum(weight * int(image[at]) for at, weight in weights.items()) / total,
            sum(weight * bool(mask[at]) for at, weight in weights.items()) / total,
        )
    small, small_mask = shrink(image, shape), shrink_mask(mask, shape)
    for at, (mean, share) in means.items():
        assert small[at] == math.floor(mean + Fraction(1, 2))
        assert small_mask[at] == (share >= Fraction(1, 2))


@pytest.mark.parametrize("scale", [0.07, 0.5, 0.75, 0.93])
@pytest.mark.parametrize("picture", [PHOTO, GRAY, WIDE], ids=["color", "gray", "16 bits"])
def test_downsampling_is_that_of_opencv_to_one_level(scale, picture):
    result, truth = parse_attack(f"downsample:{scale}")(
        source_of(picture), truth_of(picture), seed=0
    )
    rows, cols = (math.floor(side * scale + 0.5) for side in picture.shape[:2])
    expected = cv2.resize(picture, (cols, rows), interpolation=cv2.INTER_AREA)
    assert result.pixels.dtype == picture.dtype
    assert np.abs(result.pixels.astype(int) - expected).max() <= 1
    assert truth.shape == (rows, cols)
    share = cv2.resize(
        truth_of(picture).astype(np.float64), (cols, rows), interpolation=cv2.INTER_AREA
    )
    doubtful = np.abs(share - 0.5) < 1e-6
    assert np.array_equal(truth[~doubtful], share[~doubtful] > 0.5)


@pytest.mark.parametrize("shape", [(91, 113), (120, 150), (200, 299), (7, 300)])
def test_lanczos_is_that_of_pillow(shape):
    small = shrink(PHOTO, shape, kernel="lanczos")
    for channel in range(3):
        # On floats: on bytes it rounds, and cuts off what rings, between rows and columns.
        plane = Image.fromarray(PHOTO[..., channel].astype(np.float32))
        theirs = np.clip(plane.resize(shape[::-1], Image.Resampling.LANCZOS), 0, 255)
        assert np.abs(small[..., channel] - theirs).max() < 0.52
    assert not np.array_equal(small, shrink(PHOTO, shape))


@given(st.integers(0, 65535), sizes(most=20), st.data())
def test_a_flat_picture_stays_flat(level, size, data):
    shape = data.draw(st.integers(1, size[0])), data.draw(st.integers(1, size[1]))
    flat = np.full(size, level, np.uint16)
    for kernel in ("area", "lanczos"):
        assert np.array_equal(shrink(flat, shape, kernel=kernel), np.full(shape, level))


@pytest.mark.parametrize(
    ("preset", "size", "expected"),
    [
        ("whatsapp", (2000, 1500), (1600, 1200)),
        ("whatsapp", (1200, 1601), (1199, 1600)),
        ("whatsapp", (1600, 900), (1600, 900)),
        ("instagram", (2000, 1500), (1440, 1080)),
        ("instagram", (1500, 1080), (1500, 1080)),
        ("facebook", (1000, 2500), (819, 2048)),
        ("facebook", (1, 4000), (1, 2048)),
        ("facebook", (30, 40), (30, 40)),
    ],
)
def test_a_preset_limits_its_side_and_saves_with_its_tables(preset, size, expected):
    y, x = np.indices(size)
    picture = np.stack([y % 251, x % 239, (x + y) % 233], axis=-1).astype(np.uint8)
    truth = x < size[1] / 2
    result, small_truth = parse_attack(preset)(source_of(picture), truth, seed=0)
    assert result.pixels.shape == (*expected, 3)
    assert small_truth.shape == expected
    assert small_truth.mean() == pytest.approx(truth.mean(), abs=1 / expected[1])
    _, jpeg = PRESETS[preset]
    assert result.subsampling == jpeg.subsampling == "4:2:0"
    assert np.array_equal(result.quantization[0], standard_tables(jpeg.quality)[0])


def test_facebook_resamples_with_lanczos_and_whatsapp_with_means():
    picture = np.tile(GRAY, (2, 10))[:, :2500]
    for preset, kernel in (("facebook", "lanczos"), ("whatsapp", "area")):
        result = attacked(preset, picture).pixels
        small = shrink(picture, result.shape, kernel=kernel)
        assert np.array_equal(result, attacked(f"jpeg:{PRESETS[preset][1].quality}", small).pixels)


def test_sine_and_power_are_those_of_the_library_to_the_last_bits():
    x = np.linspace(-3.5, 3.5, 20_001)
    assert np.abs(sinc(x) - np.sinc(x)).max() < 1e-15
    assert sinc(np.array([0.0, 1, -2, 3])).tolist() == [1, 0, 0, 0]
    shares = np.arange(65536) / 65535
    for exponent in (0.1, 0.45, 1, 1.5, 2.2, 10):
        expected = [math.pow(share, exponent) for share in shares.tolist()]
        assert power(shares, exponent).tolist() == pytest.approx(expected, rel=1e-13, abs=0)
        assert power(shares[[0, -1]], exponent).tolist() == [0, 1]


# Every attack


def test_none_returns_the_very_source_and_truth():
    source, truth = source_of(PHOTO), truth_of(PHOTO)
    same, same_truth = parse_attack("none")(source, truth, seed=0)
    assert same is source
    assert same_truth is truth


@pytest.mark.parametrize("text", EVERY_STEP)
@pytest.mark.parametrize("picture", [PHOTO, GRAY, WIDE], ids=["color", "gray", "16 bits"])
def test_a_chain_is_its_steps_one_after_another_through_files(text, picture):
    source, truth = source_of(picture), truth_of(picture)
    whole, whole_truth = parse_attack(text)(source, truth, seed=3)
    for part in text.split("+"):
        source, truth = parse_attack(part)(source, truth, seed=3)
    assert whole.sha256 == source.sha256
    assert np.array_equal(whole_truth, truth)


@pytest.mark.parametrize("text", EVERY_STEP)
def test_the_same_call_gives_the_same_file_whatever_the_threads(text):
    attack, source = parse_attack(text), source_of(PHOTO)
    results = [attack(source, None, seed=7, num_threads=n)[0].sha256 for n in (None, 1, 3)]
    assert len(set(results)) == 1


@pytest.mark.parametrize("text", EVERY_STEP)
def test_only_noise_depends_on_the_seed(text):
    first, second = (attacked(text, PHOTO, seed=seed).sha256 for seed in (1, 2))
    assert (first != second) == ("noise" in text)


def test_two_pictures_never_share_their_noise():
    flat = np.full((64, 64), 128, np.uint8)
    other = np.full((64, 64), 129, np.uint8)
    noise, others = (attacked("noise:8", p).pixels.astype(int) - p for p in (flat, other))
    assert abs(np.corrcoef(noise.ravel(), others.ravel())[0, 1]) < 0.1
    turned = attacked("noise:8", flat.reshape(32, 128)).pixels.astype(int) - 128
    assert not np.array_equal(noise.ravel(), turned.ravel())


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("gamma:1.5", "2fc286cdba49826b"),
        ("blur:1.2", "ec0535ec4575774e"),
        ("downsample:0.61", "7498ab3b025a5195"),
        ("noise:5", "972325762d55a6d6"),
        ("gamma:0.45", "3244709bcf892b6c"),
        ("lanczos", "866395b5783b8c4a"),
    ],
)
def test_pixels_are_those_of_every_other_machine(text, digest):
    """Recorded once: whoever gets others has found a machine, or a NumPy, that differs."""
    y, x = np.indices((61, 83))
    picture = np.stack([x * y % 256, (7 * x + y * y) % 256, (x ^ y) % 256], -1).astype(np.uint8)
    if text == "lanczos":  # no step of its own: Facebook's preset makes a JPEG as well
        pixels = shrink(picture, (44, 51), kernel="lanczos")
    else:
        pixels = attacked(text, picture, seed=11).pixels
    assert hashlib.sha256(pixels.tobytes()).hexdigest()[:16] == digest


@given(
    st.sampled_from(EVERY_STEP),
    st.sampled_from([np.uint8, np.uint16]),
    sizes(most=40),
    st.sampled_from([(), (3,)]),
    st.integers(0, 2**32 - 1),
)
def test_every_size_gets_a_result_or_a_coded_error(text, dtype, size, channels, seed):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, np.iinfo(dtype).max, (*size, *channels), dtype, endpoint=True)
    truth = rng.random(size) < 0.5
    source, attack = source_of(picture), parse_attack(text)
    scale = 0.5 if text == "downsample:0.5" else 0.7
    halved = {math.floor(side * scale + 0.5) for side in size}
    if "downsample" in text and (0 in halved or size == (1, 1)):
        with pytest.raises(ImageError) as caught:
            attack(source, truth, seed=seed)
        assert caught.value.code == "E139"
        return
    result, new_truth = attack(source, truth, seed=seed)
    assert result.pixels.ndim == picture.ndim
    assert new_truth.shape == result.pixels.shape[:2]
    assert new_truth.dtype == bool
    lossless = text.rpartition("+")[2].startswith(("none", "gamma", "blur", "downsample", "noise"))
    assert result.format == ("PNG" if lossless else "JPEG")
    assert np.array_equal(source.pixels, picture)


def test_sixteen_bits_stay_until_a_jpeg_takes_eight():
    assert attacked("gamma:1.5+blur:1", WIDE).pixels.dtype == np.uint16
    reduced = np.rint(WIDE / 257).astype(np.uint8)
    assert attacked("jpeg:80", WIDE).sha256 == attacked("jpeg:80", reduced).sha256
    assert attacked("jpeg:80+blur:1", WIDE).pixels.dtype == np.uint8


def test_the_path_is_kept_and_a_png_under_it_deserves_no_warning():
    source = source_of(PHOTO, path="in/photo.png")
    for text in ("jpeg:80", "blur:1"):
        result, _ = parse_attack(text)(source, None, seed=0)
        assert result.path == "in/photo.png"
        assert result.warnings == ()


def test_a_small_region_may_vanish_from_the_truth():
    truth = np.zeros(PHOTO.shape[:2], bool)
    truth[50, 50] = True
    _, small = parse_attack("downsample:0.25")(source_of(PHOTO), truth, seed=0)
    assert small.shape == (60, 75)
    assert not small.any()


@pytest.mark.parametrize(
    ("text", "size", "reason"),
    [
        ("downsample:0.1", (4, 30), "no pixel would be left"),
        ("downsample:0.9", (4, 4), "neither of its sides"),
        ("downsample:0.1+downsample:0.1", (30, 30), "no pixel would be left"),
        ("jpeg:70", (1, 65501), "at most 65,500 pixels"),
    ],
)
def test_a_picture_of_the_wrong_size_is_refused_with_a_code(text, size, reason):
    with pytest.raises(ImageError, match=reason) as caught:
        parse_attack(text)(source_of(np.zeros(size, np.uint8), path="a.png"), None, seed=0)
    assert caught.value.code == "E139"
    assert f"the attack {text} cannot be applied to a.png" in str(caught.value)


def test_bad_arguments_are_refused_by_name():
    attack, source = parse_attack("noise:5"), source_of(GRAY)
    bad: list[tuple[Any, Any, Any, type[Exception], str]] = [
        (GRAY, None, 0, TypeError, "source must be a SourceImage, got ndarray"),
        (source, GRAY, 0, TypeError, "truth must have dtype bool"),
        (source, truth_of(GRAY).T, 0, ValueError, r"the picture, \(200, 260\), got \(260, 200\)"),
        (source, None, -1, ValueError, "seed must be >= 0, got -1"),
        (source, None, 0.5, TypeError, "seed must be an int, got float"),
    ]
    for picture, truth, seed, error, message in bad:
        with pytest.raises(error, match=message):
            attack(picture, truth, seed=seed)
        with pytest.raises(error, match=message):
            parse_attack("none")(picture, truth, seed=seed)


# Names


@pytest.mark.parametrize(
    ("text", "name", "family", "strength"),
    [
        ("none", "none", "none", None),
        ("jpeg:70", "jpeg:70", "jpeg", 70),
        (" jpeg:070.0 ", "jpeg:70", "jpeg", 70),
        ("jpeg:70:4:2:0", "jpeg:70", "jpeg", 70),
        ("jpeg:70:4:4:4", "jpeg:70:4:4:4", "jpeg:4:4:4", 70),
        ("gamma:1.50", "gamma:1.5", "gamma", 1.5),
        ("gamma:2.", "gamma:2", "gamma", 2),
        ("downsample:.5", "downsample:0.5", "downsample", 0.5),
        ("downsample:0.00001", "downsample:0.00001", "downsample", 1e-5),
        ("noise:255", "noise:255", "noise", 255),
        ("blur:1.0", "blur:1", "blur", 1),
        ("whatsapp", "whatsapp", "whatsapp", None),
        ("gamma:1.30+jpeg:95", "gamma:1.3+jpeg:95", "gamma+jpeg", None),
        ("facebook+whatsapp", "facebook+whatsapp", "facebook+whatsapp", None),
    ],
)
def test_names_are_canonical(text, name, family, strength):
    attack = parse_attack(text)
    assert (attack.name, attack.family, attack.strength) == (name, family, strength)
    assert parse_attack(attack.name) == attack


@given(
    st.sampled_from(["gamma", "blur", "noise", "downsample"]), st.floats(0.1, 0.9, allow_nan=False)
)
def test_a_name_reads_back_as_the_same_attack(family, strength):
    attack = parse_attack(f"{family}:{strength!r}")
    assert attack.strength == strength
    assert parse_attack(attack.name) == attack


def test_an_attack_crosses_a_process_border():
    attack = parse_attack("gamma:1.3+facebook")
    assert isinstance(attack, Attack)
    assert pickle.loads(pickle.dumps(attack)) == attack  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("text", "reason", "suggestion"),
    [
        ("jpg:70", 'unknown step "jpg"', 'did you mean "jpeg:70"?'),
        ("JPEG:70", 'unknown step "JPEG"', 'did you mean "jpeg:70"?'),
        ("jpeg70", 'unknown step "jpeg70"', 'did you mean "jpeg:QUALITY[:SUBSAMPLING]"?'),
        ("facbook", 'unknown step "facbook"', 'did you mean "facebook"?'),
        ("gamma:1.3+bluur:1", 'unknown step "bluur"', 'did you mean "blur:1"?'),
        ("qqqq", 'unknown step "qqqq"', "known are none, jpeg:QUALITY"),
        ("", "a step is empty", "known are none"),
        ("jpeg:70+", "a step is empty", "known are none"),
        ("jpeg:70 + blur:1", "must be a number", "jpeg:QUALITY"),
        ("jpeg", "jpeg needs a value", "write jpeg:QUALITY[:SUBSAMPLING]"),
        ("jpeg:", "the quality must be a number", "quality 1 to 100"),
        ("jpeg:0", "whole number from 1 to 100, got 0", "quality 1 to 100"),
        ("jpeg:101", "whole number from 1 to 100, got 101", "quality 1 to 100"),
        ("jpeg:70.5", "whole number from 1 to 100, got 70.5", "quality 1 to 100"),
        ("jpeg:70:4:2:1", 'must be one of 4:1:1, 4:2:0, .* got "4:2:1"', "chroma 4:2:0"),
        ("jpeg:70:", 'must be one of .* got ""', "chroma 4:2:0"),
        ("gamma:nan", 'G must be a number, got "nan"', "0.1 to 10"),
        ("gamma:0", "G must be from 0.1 to 10, got 0", "0.1 to 10"),
        ("gamma:1e1", 'G must be a number, got "1e1"', "0.1 to 10"),
        ("gamma:\N{ARABIC-INDIC DIGIT ONE}", "G must be a number", "0.1 to 10"),
        ("blur:0", "from 0.01 to 100 pixels, got 0", "SIGMA in pixels"),
        ("blur:101", "from 0.01 to 100 pixels, got 101", "SIGMA in pixels"),
        ("downsample:1", "above 0 and below 1, got 1", "between 0 and 1"),
        ("downsample:0", "above 0 and below 1, got 0", "between 0 and 1"),
        ("noise:-1", 'SIGMA must be a number, got "-1"', "gray levels"),
        ("noise:0", "above 0 and at most 255 gray levels, got 0", "gray levels"),
        ("noise:256", "at most 255 gray levels, got 256", "gray levels"),
        ("whatsapp:80", "whatsapp takes no value", "write whatsapp"),
        ("none+jpeg:70", '"none" stands alone', "leave it out"),
    ],
)
def test_what_cannot_be_read_is_told_with_a_way_out(text, reason, suggestion):
    with pytest.raises(UsageError, match=reason) as caught:
        parse_attack(text)
    assert caught.value.code == "E186"
    assert suggestion in caught.value.help


def test_a_text_is_a_str():
    with pytest.raises(TypeError, match="text must be a str, got int"):
        parse_attack(70)  # type: ignore[arg-type]


def test_every_form_that_is_listed_can_be_read():
    values = {"QUALITY[:SUBSAMPLING]": "70:4:2:2", "G": "1.5", "SIGMA": "2", "SCALE": "0.5"}
    for form in ATTACKS:
        name, colon, value = form.partition(":")
        assert parse_attack(name + colon + values.get(value, value)).family.startswith(name)
