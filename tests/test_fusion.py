"""Blind mode by fusion: what must hold for any weights, and what is decided from given ones."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, replace
from functools import cache
from importlib.resources import files
from math import inf, nan
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from consistent import assert_arrays_fit, codes, found
from made_networks import Arrays, network_arrays
from scenes import disc, pasted, saved, scene
from unsplice import FusionParameters, Localization, SourceImage, decode_image, localize
from unsplice.blind.compression import too_small
from unsplice.blind.evidence.maps import FAMILIES, MAP_NAMES, SCALAR_NAMES
from unsplice.blind.fusion import judgement as judgement_module
from unsplice.blind.fusion import localize as fusion_module
from unsplice.blind.fusion.gate import GATE_NAMES, Gate
from unsplice.blind.fusion.judgement import Judgement, judge, shipped_network
from unsplice.blind.fusion.network import Network, load_network, sigmoid_of
from unsplice.blind.fusion.texture import with_texture
from unsplice.blind.kernels import pixels_of_blocks
from unsplice.blind.parameters import Edges, Family
from unsplice.blind.source import blind_source
from unsplice.errors import UnspliceError
from unsplice.output import encode_json
from unsplice.synthetic.forging import Saving

Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
UNGATED = FusionParameters.preset("ungated")
EDGES: tuple[Edges, ...] = get_args(Edges)
SHAPE = (384, 512)


def fused(image: Any, parameters: FusionParameters | None = None, **options: Any) -> Localization:
    """Localize, and check what must hold for every picture and all weights."""
    chosen = FusionParameters() if parameters is None else parameters
    result = localize(image, method="fusion", parameters=parameters, **options)
    pixels = image.pixels if isinstance(image, SourceImage) else image
    assert_arrays_fit(result, pixels)
    assert result.method == "fusion"
    assert result.parameters == asdict(chosen)
    assert 0 < result.threshold <= 1
    if chosen.threshold is not None:
        assert result.threshold in (chosen.threshold, 1)
    assert 0 <= result.score <= 1
    assert result.found == result.mask.any()
    assert result.suspected is not None
    assert result.suspected.dtype == bool
    assert (result.mask == (result.suspected & result.mask.any())).all()
    assert (result.heatmap[result.mask] >= np.float32(result.threshold)).all()
    assert "W230" not in codes(result)
    if chosen.gate:
        assert result.finding in ("spliced", "nothing-found")
    if too_small(pixels.shape):
        assert result.details == {}
        assert not result.heatmap.any()
        assert result.score == 0
        assert "too small" in result.statement
    else:
        told = result.details["gate"]
        by_history = result.details["jpeg_history"]["counts"]
        assert by_history <= (result.details["jpeg_history"]["finding"] == "spliced")
        reached = told["threshold"] is not None and told["score"] >= told["threshold"]
        passed = reached or by_history
        assert (result.finding == "spliced") <= passed
        assert (result.finding == "marked") <= (not passed)
        assert tuple(told["numbers"]) == GATE_NAMES
        assert np.isfinite(list(told["numbers"].values())).all()
        assert {"finding", "statement"} <= set(result.details["jpeg_history"])
        assert ("no evidence" in result.statement) == (not passed)
        assert result.details["heatmap"] == ("traces" if passed else "traces and texture")
    record = result.to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == json.loads(encode_json(record))
    return result


def same(first: Localization, second: Localization) -> bool:
    return (
        first.mask.tobytes() == second.mask.tobytes()
        and first.heatmap.tobytes() == second.heatmap.tobytes()
        and first.to_dict() == second.to_dict()
    )


@cache
def photograph() -> Image:
    """Return a photograph that was never compressed on this grid: it is scaled down."""
    image = data.astronaut()[:, :, :3]
    return np.asarray(cv2.resize(image, SHAPE[::-1], interpolation=cv2.INTER_AREA), np.uint8)


@cache
def truth() -> Mask:
    return disc(SHAPE, 170, 300, 62)


@cache
def twice() -> SourceImage:
    """Return a JPEG whose host was saved before, with a landscape pasted into it."""
    image = pasted(saved(photograph(), 75), truth(), scene(5, *SHAPE))
    return decode_image(Saving(92, "4:2:0").encode(image))


# ------------------------------------------------------------- what holds for the shipped weights


def test_the_shipped_network_fits_the_code() -> None:
    network = shipped_network()
    assert network is shipped_network()
    assert network.map_names == MAP_NAMES
    assert network.scalar_names == SCALAR_NAMES
    assert len((files("unsplice.blind.fusion") / "network.npz").read_bytes()) <= 300_000


@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("gate", [True, False])
def test_a_result_hangs_together(gate: bool, edges: Edges) -> None:
    parameters = FusionParameters(gate=gate, edges=edges)
    for image in (twice(), twice().pixels[3:, 6:], photograph(), scene(3)):
        fused(image, parameters)


def test_the_gate_decides_whether_and_nothing_else() -> None:
    for image in (twice(), photograph(), scene(4)):
        gated, open_ = fused(image), fused(image, UNGATED)
        assert gated.heatmap.tobytes() == open_.heatmap.tobytes()
        assert gated.score == open_.score
        assert gated.details == open_.details
        assert gated.suspected is not None
        assert (gated.suspected == open_.mask).all()
        assert (gated.finding == "spliced") == (open_.finding == "spliced")


@pytest.mark.parametrize("num_threads", [2, 3])
@pytest.mark.parametrize("edges", EDGES)
def test_threads_change_no_bit(num_threads: int, edges: Edges) -> None:
    parameters = replace(UNGATED, edges=edges)
    for image in (twice(), twice().pixels[5:, 1:]):
        one = fused(image, parameters, num_threads=1)
        assert same(one, fused(image, parameters, num_threads=num_threads))


def test_a_paste_without_the_earlier_compression_is_spliced() -> None:
    result = fused(twice())
    assert result.finding == "spliced"
    assert found(result.mask, truth()) > 0.5
    history = localize(twice(), method="jpeg-history")
    assert result.score >= history.score
    assert result.details["jpeg_history"]["statement"] == history.statement
    assert history.statement in result.statement
    assert result.details["gate"]["numbers"]["history_valid"] == 1


@settings(max_examples=40)
@given(
    st.integers(1, 110), st.integers(60, 110), st.sampled_from(["gray", "rgb"]), st.booleans(),
    st.sampled_from(EDGES), st.integers(0, 99),
)  # fmt: skip
def test_every_size_gets_an_answer(
    rows: int, cols: int, kind: str, deep: bool, edges: Edges, seed: int
) -> None:
    dtype: Any = np.uint16 if deep else np.uint8
    shape = (rows, cols) if kind == "gray" else (rows, cols, 3)
    image = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, True)
    for gate in (True, False):
        result = fused(image, FusionParameters(gate=gate, edges=edges))
        assert ("N307" in codes(result)) == deep


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (15, 900, 3), (16, 16, 3), (71, 70)])
def test_small_and_thin_pictures_show_nothing(shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
    for picture in (image, decode_image(cv2.imencode(".jpg", image)[1].tobytes())):
        assert fused(picture).finding == "nothing-found"


@pytest.mark.parametrize("level", [0, 1, 128, 255])
@pytest.mark.parametrize("shape", [(16, 16), (64, 64), (256, 333), (256, 333, 3)])
def test_flat_pictures_show_nothing(level: int, shape: tuple[int, ...]) -> None:
    image = np.full(shape, level, np.uint8)
    for picture in (image, decode_image(cv2.imencode(".jpg", image)[1].tobytes())):
        assert fused(picture).finding == "nothing-found"
        assert fused(picture, UNGATED).finding == "nothing-found"


def test_a_thin_picture_with_blocks_enough_is_judged() -> None:
    strip = twice().pixels[150:190]
    assert fused(strip).details["heatmap"]
    assert fused(np.ascontiguousarray(strip.swapaxes(0, 1))).details["heatmap"]


def test_transparent_pictures_are_judged_by_their_colors(tmp_path: Path) -> None:
    pixels = twice().pixels
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:40] = 0
    encoded = cv2.imencode(".png", np.dstack([pixels[..., ::-1], alpha]))[1].tobytes()
    path = tmp_path / "picture.png"
    path.write_bytes(encoded)
    result = localize(path)
    assert codes(result) == ["W205"]
    assert result.mask.tobytes() == fused(pixels).mask.tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_can_be_left_out(family: Family) -> None:
    parameters = FusionParameters.preset(f"without-{family}")
    assert parameters == FusionParameters(without=(family,))
    network = shipped_network()
    source = blind_source(twice())
    whole = judge(source, network)
    part = judge(source, network, without=[family])
    lines = [name in FAMILIES[family] for name in MAP_NAMES]
    assert not part.evidence.maps[lines].any()
    kept = [not line for line in lines]
    assert part.evidence.maps[kept].tobytes() == whole.evidence.maps[kept].tobytes()
    assert part.by_history == (family != "jpeg-history")
    fused(twice(), parameters)


# --------------------------------------------------------------- what is decided, of made weights

# Levels of gray, and what the network that sees brightness takes them for: probabilities of 0.5,
# 0.65, 0.93 and 0.02.
UNDECIDED, LIKELY, CERTAIN, DARK = 128, 138, 170, 20


def seeing_brightness() -> Arrays:
    """Return a network that holds what is bright for spliced, in the form of its file.

    Its logits are 2 (max(x, 2) - 4), where x is the mean of a block in units of 32 levels.
    """
    arrays = network_arrays(len(MAP_NAMES), len(SCALAR_NAMES), 1, dilations=(1,), pooled=())
    for name, array in arrays.items():
        if array.dtype == np.float32 and not name.endswith("scale"):
            array[:] = 0
    arrays["map_names"], arrays["scalar_names"] = np.array(MAP_NAMES), np.array(SCALAR_NAMES)
    arrays["centered"][:] = False
    arrays["scale"][:] = 32
    arrays["scalar_scale"][:] = 1
    arrays["entry_weights"][0, MAP_NAMES.index("mean_y")] = 1
    arrays["entry_bias"][:] = -2
    arrays["exit_weights"][:] = 2
    arrays["exit_bias"][:] = -4
    return arrays


def blind_network() -> Network:
    """Return a network that holds nothing for spliced."""
    arrays = seeing_brightness()
    arrays["exit_weights"][:] = 0
    return Network.from_arrays(arrays)


def unsure_network() -> Network:
    """Return a network to which each block is spliced with a probability of 0.27."""
    arrays = seeing_brightness()
    arrays["exit_weights"][:] = 0
    arrays["exit_bias"][:] = -1
    return Network.from_arrays(arrays)


def constant_gate(bias: float) -> Gate:
    zeros, ones = (0.0,) * len(GATE_NAMES), (1.0,) * len(GATE_NAMES)
    return Gate(zeros, ones, zeros, bias, ((0.01, 0.75), (0.05, 0.5)))


SHUT, AJAR, OPEN = constant_gate(-30.0), constant_gate(0.5), constant_gate(30.0)


@pytest.fixture
def given_weights(monkeypatch: pytest.MonkeyPatch) -> Callable[[Network, Gate], None]:
    """Give tests a way to put other weights in the place of those that ship."""

    def put(network: Network, gate: Gate) -> None:
        monkeypatch.setattr(fusion_module, "shipped_network", lambda: network)
        monkeypatch.setattr(fusion_module, "shipped_gate", lambda **_: gate)

    return put


Weights = Callable[[Network, Gate], None]


def bright(*places: tuple[slice, slice, int]) -> Image:
    """Return a dark picture with brighter places."""
    image = np.full((256, 320, 3), DARK, np.uint8)
    for rows, cols, level in places:
        image[rows, cols] = level
    return image


SQUARE = slice(64, 128), slice(80, 160)


def test_what_the_network_sees_is_marked_where_the_gate_is_open(given_weights: Weights) -> None:
    image = bright((*SQUARE, CERTAIN))
    inside = image[..., 0] > DARK
    for gate, finding, ungated in (
        (OPEN, "spliced", "spliced"),
        (SHUT, "nothing-found", "marked"),
    ):
        given_weights(Network.from_arrays(seeing_brightness()), gate)
        for edges in EDGES:
            result = fused(image, FusionParameters(edges=edges))
            assert result.finding == finding
            open_ = fused(image, replace(UNGATED, edges=edges))
            assert open_.finding == ungated
            assert found(open_.mask, inside) > 0.85
            assert open_.score == (1 if gate is OPEN else 0)


def test_the_wanted_rate_of_false_alarms_decides_how_wide_the_gate_is(
    given_weights: Weights,
) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), AJAR)  # a score of 0.62
    image = bright((*SQUARE, CERTAIN))
    for rate, finding, told in (
        (0.0, "nothing-found", None),
        (0.01, "nothing-found", "about 1 % of untouched photographs reach 0.75"),
        (0.03, "nothing-found", "about 1 % of untouched photographs reach 0.75"),
        (0.05, "spliced", "about 5 % of untouched photographs reach 0.50"),
        (1.0, "spliced", "about 5 % of untouched photographs reach 0.50"),
    ):
        result = fused(image, FusionParameters(false_alarm_rate=rate))
        assert result.finding == finding
        assert (told in result.statement) if told else ("photographs" not in result.statement)


def test_at_a_rate_of_none_the_surest_score_is_not_enough(given_weights: Weights) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), OPEN)
    result = fused(bright((*SQUARE, CERTAIN)), FusionParameters(false_alarm_rate=0.0))
    assert (result.finding, result.score) == ("nothing-found", 1.0)


def test_where_no_region_stands_out_an_open_gate_marks_nothing_and_says_so(
    given_weights: Weights,
) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), OPEN)
    even = np.full((256, 320, 3), LIKELY, np.uint8)
    small = bright((slice(64, 72), slice(80, 88), CERTAIN))
    for gate in (True, False):
        for image, area in ((even, 0.002), (small, 0.1)):
            result = fused(image, FusionParameters(gate=gate, min_area=area))
            assert result.finding == "nothing-found"
            assert not result.mask.any()
            assert result.heatmap.max() > 0.5
            assert "no region is large enough" in result.statement


def test_a_sure_region_is_marked_with_the_likely_ones_around(given_weights: Weights) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), OPEN)
    image = bright((*SQUARE, LIKELY), (slice(80, 96), slice(96, 112), CERTAIN))
    result = fused(image, FusionParameters(edges="blocks"))
    assert found(result.mask, image[..., 0] > DARK) > 0.85
    stricter = fused(image, FusionParameters(edges="blocks", threshold=0.8))
    assert found(stricter.mask, image[..., 0] >= CERTAIN) > 0.5


def test_small_regions_are_left_out(given_weights: Weights) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), OPEN)
    dot = slice(200, 208), slice(240, 248), CERTAIN  # one block of 1280
    image = bright((*SQUARE, CERTAIN), dot)
    assert len(fused(image).regions) == 1
    assert len(fused(image, FusionParameters(min_area=0.0)).regions) == 2
    assert len(fused(image, FusionParameters(min_area=0.5)).regions) == 0


@pytest.mark.parametrize("edges", EDGES)
def test_undecided_pictures_have_no_edges_to_follow(given_weights: Weights, edges: Edges) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), OPEN)
    result = fused(np.full((80, 96, 3), UNDECIDED, np.uint8), FusionParameters(edges=edges))
    assert result.finding == "nothing-found"
    np.testing.assert_array_equal(result.heatmap, 0.5)


def test_what_a_cut_adds_is_marked(given_weights: Weights) -> None:
    given_weights(Network.from_arrays(seeing_brightness()), OPEN)
    # An object that ends amid blocks, whose border the blocks leave out.
    image = bright((slice(61, 131), slice(77, 163), CERTAIN))
    inside = image[..., 0] > DARK
    cut = fused(image, FusionParameters(edges="cut"))
    blocks = fused(image, FusionParameters(edges="blocks"))
    assert found(cut.mask, inside) > max(found(blocks.mask, inside), 0.98)


def test_without_edges_the_heatmap_lies_between_the_blocks(given_weights: Weights) -> None:
    network = Network.from_arrays(seeing_brightness())
    given_weights(network, OPEN)
    for image, place in (
        (bright((*SQUARE, CERTAIN)), (0, 0)),
        (saved(photograph(), 75)[3:, 6:], (5, 2)),
    ):
        judgement = judge(blind_source(image), network)
        assert (judgement.evidence.row, judgement.evidence.col) == place
        expected = pixels_of_blocks(
            judgement.probabilities, image.shape[:2], row=place[0], col=place[1]
        )
        result = fused(image, FusionParameters(edges="blocks"))
        assert result.heatmap.tobytes() == expected.tobytes()
        assert result.details["grid"] == {"row": place[0], "col": place[1]}


def test_a_judgement_has_what_was_measured() -> None:
    judgement = judge(blind_source(twice()), shipped_network())
    assert isinstance(judgement, Judgement)
    assert judgement.probabilities.shape == judgement.evidence.maps.shape[1:] == (48, 64)
    assert judgement.probabilities.dtype == np.float32
    assert judgement.numbers.shape == (len(GATE_NAMES),)
    assert judgement.by_history


@pytest.mark.parametrize("gate", [SHUT, OPEN])
@pytest.mark.parametrize("edges", EDGES)
def test_what_the_history_proves_is_spliced_though_the_network_is_unsure(
    given_weights: Weights, gate: Gate, edges: Edges
) -> None:
    given_weights(unsure_network(), gate)
    once = pasted(saved(photograph(), 70), truth(), scene(5, *SHAPE))[3:, 6:]  # of its pixels alone
    for image, where in ((twice(), truth()), (once, truth()[3:, 6:])):
        result = fused(image, FusionParameters(edges=edges))
        history = localize(image, method="jpeg-history")
        assert result.finding == history.finding == "spliced"
        assert result.score >= history.score > 0
        assert found(result.mask, where) > 0.7
        assert f"{history.statement}; marked: " in result.statement


def test_the_history_does_not_count_where_the_network_sees_nothing(given_weights: Weights) -> None:
    given_weights(blind_network(), SHUT)
    result = fused(twice())
    assert result.finding == "nothing-found"
    assert result.details["jpeg_history"]["finding"] == "spliced"
    assert not result.details["jpeg_history"]["counts"]
    assert f"history alone: {result.details['jpeg_history']['statement']}" in result.statement
    assert result.details["gate"]["numbers"]["history_valid"] == 0


def test_the_history_proves_nothing_where_it_is_left_out(given_weights: Weights) -> None:
    given_weights(blind_network(), SHUT)
    parameters = FusionParameters(without=("jpeg-history",))
    result = fused(twice(), parameters)
    assert (result.finding, result.score) == ("nothing-found", 0.0)


@pytest.mark.parametrize("logit", [-1.0, 0.0, 1.0, 2.0, 3.0])
def test_what_the_history_proves_is_marked_whatever_the_network_thinks_of_the_rest(
    given_weights: Weights, logit: float
) -> None:
    arrays = seeing_brightness()
    arrays["exit_weights"][:] = 0
    arrays["exit_bias"][:] = logit
    given_weights(Network.from_arrays(arrays), SHUT)
    result = fused(twice(), FusionParameters(edges="blocks"))
    history = localize(twice(), method="jpeg-history")
    assert result.finding == "spliced"
    assert history.statement in result.statement
    assert (result.mask & history.mask).sum() > 0.7 * history.mask.sum()
    assert result.mask.mean() < 0.65


def test_the_history_adds_its_odds(given_weights: Weights) -> None:
    arrays = seeing_brightness()
    # What lacks the earlier compression: some of the region, not all.
    arrays["entry_weights"][0] = np.array(MAP_NAMES) == "history_ratio"
    arrays["scale"][:] = 0.2
    network = Network.from_arrays(arrays)
    given_weights(network, SHUT)
    judgement = judge(blind_source(twice()), network)
    ratio = judgement.evidence.maps[MAP_NAMES.index("history_ratio")].clip(0, 1)
    odds = np.float32(4) * (ratio - np.float32(0.5))
    np.testing.assert_array_equal(judgement.probabilities, sigmoid_of(judgement.logits + odds))
    result = fused(twice(), FusionParameters(edges="blocks"))
    assert result.finding == "spliced"
    assert result.heatmap.tobytes() == pixels_of_blocks(judgement.probabilities, SHAPE).tobytes()


def test_where_the_gate_is_shut_texture_is_weighed_in(given_weights: Weights) -> None:
    network = Network.from_arrays(seeing_brightness())
    image = photograph()
    judgement = judge(blind_source(image), network)
    logits, place = judgement.logits, (judgement.evidence.row, judgement.evidence.col)
    weighed = with_texture(logits, blind_source(image), row=place[0], col=place[1])
    for gate, shown in ((OPEN, logits), (SHUT, weighed)):
        given_weights(network, gate)
        result = fused(image, FusionParameters(edges="blocks"))
        expected = pixels_of_blocks(sigmoid_of(shown), SHAPE, row=place[0], col=place[1])
        assert result.heatmap.tobytes() == expected.tobytes()


# ----------------------------------------------------------------------------- files of weights


def file_of(arrays: Arrays) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def of_another_version() -> bytes:
    arrays = seeing_brightness()
    arrays["map_names"] = arrays["map_names"][::-1]
    return file_of(arrays)


def of_other_scalars() -> bytes:
    arrays = seeing_brightness()
    arrays["scalar_names"] = arrays["scalar_names"][::-1]
    return file_of(arrays)


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"no archive",
        file_of(seeing_brightness())[:-100],
        file_of({"a": np.zeros(3, np.float32)}),
        of_another_version(),
        of_other_scalars(),
    ],
)
def test_a_damaged_or_foreign_network_is_a_coded_error(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / "network.npz").write_bytes(content)
    monkeypatch.setattr(judgement_module, "files", lambda _: tmp_path)
    monkeypatch.setattr(fusion_module, "shipped_network", shipped_network.__wrapped__)
    with pytest.raises(UnspliceError) as caught:
        localize(scene())
    assert caught.value.code == "E195"
    assert "network.npz" in caught.value.what


def test_a_network_that_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    path.write_bytes(file_of(seeing_brightness()))
    assert load_network(path).map_names == MAP_NAMES


# ----------------------------------------------------------------------------------- parameters


def test_presets_are_named() -> None:
    assert FusionParameters.preset("gated") == FusionParameters()
    assert replace(FusionParameters(), gate=False) == UNGATED
    assert FusionParameters.PRESETS == ("gated", "ungated")
    assert get_args(Family) == tuple(FAMILIES)
    assert tuple(f"without-{family}" for family in FAMILIES) == FusionParameters.ABLATIONS
    for name in ("open", "best-measured", ""):
        with pytest.raises(ValueError, match='preset must be "gated" or "ungated"'):
            FusionParameters.preset(name)
    for name in ("without-", "without-colors"):
        with pytest.raises(ValueError, match="preset must be one of without-jpeg-history, "):
            FusionParameters.preset(name)
    with pytest.raises(TypeError, match="preset must be a str"):
        FusionParameters.preset(None)  # type: ignore[arg-type]


def test_parameters_are_frozen_and_recorded_whole() -> None:
    parameters = FusionParameters(threshold=0.25, edges="blocks", without=("noise", "ghosts"))
    with pytest.raises(FrozenInstanceError):
        parameters.threshold = 0.5  # type: ignore[misc]
    record: Any = json.loads(encode_json(asdict(parameters)))
    assert FusionParameters(**record) == parameters
    assert hash(FusionParameters(**record)) == hash(parameters)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("gate", 1, TypeError),
        ("gate", "gated", TypeError),
        ("gate", None, TypeError),
        ("false_alarm_rate", -0.01, ValueError),
        ("false_alarm_rate", 1.01, ValueError),
        ("false_alarm_rate", nan, ValueError),
        ("false_alarm_rate", "1 %", TypeError),
        ("false_alarm_rate", True, TypeError),
        ("threshold", 1.5, ValueError),
        ("threshold", nan, ValueError),
        ("threshold", inf, ValueError),
        ("threshold", "0.7", TypeError),
        ("min_area", -1, ValueError),
        ("min_area", 12, ValueError),
        ("min_area", nan, ValueError),
        ("min_area", None, TypeError),
        ("edges", "none", ValueError),
        ("edges", "Guided", ValueError),
        ("edges", None, TypeError),
        ("without", "ghosts", TypeError),
        ("without", None, TypeError),
        ("without", 3, TypeError),
        ("without", ("ghost",), ValueError),
        ("without", (3,), TypeError),
    ],
)
def test_a_bad_parameter_is_named(field: str, value: Any, error: type[Exception]) -> None:
    bad: Any = {field: value}
    with pytest.raises(error, match=rf"^{field}\b.* must .*got "):
        FusionParameters(**bad)
    with pytest.raises(error, match=rf"^{field}\b"):
        replace(FusionParameters(), **bad)
