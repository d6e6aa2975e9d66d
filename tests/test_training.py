"""How the shipped weights are made: pictures, their truth, splits, and the way into the package."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from training import calibrate, extract, forgeries, make
from training.forgeries import KINDS, make_forgery
from training.photographs import SPLITS, list_photographs, load, split_of, tables_of
from training.saving import decode, draw_saving
from training.untouched import VARIANTS, untouched
from unsplice.blind.evidence.maps import MAP_NAMES, SCALAR_NAMES
from unsplice.blind.fusion.gate import GATE_NAMES, gate_of
from unsplice.blind.fusion.network import Network, load_network
from unsplice.evaluation.datasets import read_dataset, read_truth
from unsplice.image import decode_image
from unsplice.jpeg import parse_jpeg
from unsplice.output import encode_png
from unsplice.synthetic.forging import Saving
from unsplice.synthetic.scene import make_scene

SHAPE = (360, 480)
RED, BLUE = (200, 60, 70), (50, 90, 170)
# Names of which `split_of` makes training photographs.
TRAIN = [f"{number}.jpg" for number in range(40) if split_of(Path(f"{number}.jpg")) == "train"]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three photographs of the split "train", with tables of their own."""
    folder = tmp_path_factory.mktemp("photographs")
    paths = [folder / name for name in TRAIN[:3]]
    for seed, path in enumerate(paths):
        saving = replace(draw_saving(np.random.default_rng(seed), 95), tables=_tables(seed))
        path.write_bytes(saving.encode(make_scene(*SHAPE, seed=seed)))
    return paths


def _tables(seed: int) -> tuple[tuple[int, ...], ...]:
    luma, chroma = (
        np.random.default_rng((seed, which)).integers(1, 9, 64).tolist() for which in (0, 1)
    )
    return tuple(luma), tuple(chroma)


def in_this_process(
    function: Callable[[Any], Any], items: Iterable[Any], **_: object
) -> Iterator[tuple[Any, Any]]:
    """Stand in for `run_in_workers`, whose processes take seconds to start."""
    for item in items:
        yield item, function(item)


def started(command: Any, *words: object) -> str:
    """Run a command line of training/ and return what it prints."""
    result = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


# ------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("kind", KINDS)
def test_a_forgery_is_a_function_of_its_random_numbers_alone(
    kind: str, photographs: list[Path]
) -> None:
    host, *donors = photographs
    made = []
    for seed in (1, 1, 2):
        load.cache_clear()  # nothing is remembered, and nothing that is cached was changed
        made.append(make_forgery(host, donors, np.random.default_rng(seed), kind=kind))
    assert made[0].data == made[1].data
    assert made[0].data != made[2].data
    np.testing.assert_array_equal(made[0].mask, made[1].mask)


@pytest.mark.parametrize("kind", ["splice", "copy-move", "removal"])
def test_the_mask_is_what_differs_from_the_host(
    kind: str, photographs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = forgeries._cut
    hosts: list[NDArray[np.uint8]] = []

    def kept(*given: Any, **named: Any) -> Any:
        draft = cut(*given, **named)
        hosts.append(draft.pixels.copy())
        return draft

    monkeypatch.setattr(forgeries, "_cut", kept)
    monkeypatch.setattr(forgeries, "_EXPOSED", 0.0)
    seen = 0
    for seed in range(6):
        hosts.clear()
        rng = np.random.default_rng(seed)
        made = make_forgery(photographs[0], photographs[1:], rng, kind=kind, uncompressed=True)
        if any(step.startswith("whole") for step in made.steps):
            continue
        seen += 1
        assert made.suffix == ".png"
        differs = (decode(made.data) != hosts[0]).any(axis=2)
        # Soft edges reach a few pixels further; and by chance what is pasted is what was there.
        far = cv2.dilate(made.mask.astype(np.uint8), np.ones((25, 25), np.uint8)) == 0
        assert not differs[far].any()
        assert differs[made.mask].mean() > 0.8
    assert seen >= 3


def test_the_mask_follows_whatever_is_done_to_the_whole_picture(tmp_path: Path) -> None:
    host, donor = tmp_path / "host.png", tmp_path / "donor.png"
    host.write_bytes(encode_png(np.full((280, 400, 3), BLUE, np.uint8)))
    donor.write_bytes(encode_png(np.full((280, 400, 3), RED, np.uint8)))
    done = set()
    for seed in range(40):
        made = make_forgery(host, [donor], np.random.default_rng(seed), kind="splice")
        pixels = decode(made.data)
        assert made.mask.shape == pixels.shape[:2]
        redness = pixels[..., 0].astype(int) - pixels[..., 2]
        inside, outside = (float(np.median(redness[part])) for part in (made.mask, ~made.mask))
        if inside - outside < 100:
            continue  # the paste took on the colors of the host
        found = redness > (inside + outside) / 2
        assert np.count_nonzero(found & made.mask) > 0.85 * np.count_nonzero(found | made.mask)
        done |= {step for step in made.steps if step.startswith("whole")}
    assert {"whole: resize", "whole: crop"} <= done  # which move what is pasted


def test_the_mask_of_an_authentic_picture_is_empty(photographs: list[Path]) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        made = make_forgery(photographs[0], photographs[1:], rng, kind="authentic")
        assert made.kind == "authentic"
        assert not made.mask.any()
        assert made.mask.shape == decode(made.data).shape[:2]


def test_the_tables_that_are_drawn_are_those_of_the_file(photographs: list[Path]) -> None:
    image = make_scene(64, 80, seed=1)
    kinds = set()
    for seed in range(40):
        saving = draw_saving(np.random.default_rng(seed), 60 + seed % 30, photographs)
        header = parse_jpeg(saving.encode(image))
        luma, chroma = saving.tables  # the file names one for each of Y, Cb and Cr
        found = [tuple(table.ravel().tolist()) for table in header.quantization]
        assert found == [luma, chroma, chroma]
        assert header.subsampling == saving.subsampling
        kinds.add(saving.kind)
        if saving.kind == "camera":
            assert saving.tables in [tables_of(path) for path in photographs]
        elif saving.kind == "libjpeg":
            same = parse_jpeg(Saving(saving.quality).encode(image)).quantization
            assert found == [tuple(table.ravel().tolist()) for table in same]
    assert kinds == {"libjpeg", "camera", "smooth"}


def test_the_tables_of_a_photograph_are_read_in_row_order(photographs: list[Path]) -> None:
    assert [tables_of(path) for path in photographs] == [_tables(seed) for seed in range(3)]


def test_untouched_variants_are_pictures_of_what_their_name_says(photographs: list[Path]) -> None:
    original = load(photographs[0])
    found = list(untouched(photographs[0], np.random.default_rng(1), rounds=2))
    assert [name.rstrip("-012") for name, _, _ in found] == [
        VARIANTS[0], *VARIANTS[1:], *VARIANTS[1:]
    ]  # fmt: skip
    for name, suffix, data in found:
        image = decode_image(data, path=name + suffix)
        assert image.format == {".jpg": "JPEG", ".png": "PNG"}[suffix]
        assert not image.warnings
        rows, cols = image.pixels.shape[:2]
        if name.startswith("reduced"):
            assert rows < original.shape[0]
            assert rows / cols == pytest.approx(SHAPE[0] / SHAPE[1], rel=0.02)
        elif name.startswith("cut"):
            assert rows <= original.shape[0]
            assert cols <= original.shape[1]
        else:
            assert (rows, cols) == SHAPE
    assert found[0][2] == photographs[0].read_bytes()


# --------------------------------------------------------------------------------------- splits


def test_the_splits_part_the_photographs_by_name_alone(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(60)]
    for folder in ("a", "b/c"):
        (tmp_path / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / folder / name).write_bytes(folder.encode())
    (tmp_path / "a" / "notes.txt").write_bytes(b"no photograph")
    shares = {split: list_photographs([tmp_path], split) for split in SPLITS}
    assert sorted(path.name for part in shares.values() for path in part) == sorted(2 * names)
    in_split = [{path.name for path in part} for part in shares.values()]
    assert all(in_split)
    assert sum(map(len, in_split)) == len(names)  # so no name is in two of them


def test_a_photograph_never_changes_its_split() -> None:
    # The shipped weights know the photographs that are called so, or they do not.
    names = ["kodim01.png", "kodim05.png", "kodim17.png", "Apple_iPhone_4.jpg", "HTC_One_M8.jpg"]
    assert [split_of(Path("anywhere") / name) for name in names] == [
        "test", "test", "train", "train", "validation"
    ]  # fmt: skip


# ------------------------------------------------------------------------------------ the steps


@pytest.fixture(scope="module")
def made(photographs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of twelve pictures."""
    output = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "run_in_workers", in_this_process)
        started(make.make, photographs[0].parent, "-o", output, "--count", 12, "--seed", 3)
    return output / "made.csv"


def test_evaluate_reads_what_is_made(made: Path, photographs: list[Path]) -> None:
    samples = read_dataset(made)
    assert len(samples) == 12
    assert {sample.kind for sample in samples} > {"splice", "authentic"}
    for sample in samples:
        assert sample.error is None
        image = decode_image(sample.image.read_bytes(), path=sample.name)
        truth = read_truth(sample, image.pixels.shape)
        assert truth is not None
        assert truth.mask.any() == (sample.kind != "authentic")
    record = json.loads((made.parent / "made.json").read_text("utf-8"))
    assert record["photographs"] == [path.name for path in photographs]


def test_worker_processes_make_the_same_files(
    made: Path, photographs: list[Path], tmp_path: Path
) -> None:
    words = ("--count", 12, "--seed", 3, "--jobs", 2)
    started(make.make, photographs[0].parent, "-o", tmp_path, *words)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in made.parent.iterdir()
    }


@pytest.fixture(scope="module")
def extracted(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The maps of the twelve pictures."""
    output = tmp_path_factory.mktemp("maps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extract, "run_in_workers", in_this_process)
        started(extract.extract, made, "-o", output)
    return output


def test_every_picture_has_maps_and_truth_of_its_blocks(made: Path, extracted: Path) -> None:
    files = sorted(extracted.glob("*.npz"))
    with made.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(files) == len(rows)
    for path, row in zip(files, rows, strict=True):
        with np.load(path) as file:
            assert str(file["kind"]) == row["kind"]
            assert file["maps"].shape == (len(MAP_NAMES), *file["truth"].shape)
            assert np.isfinite(file["maps"]).all()
            assert file["scalars"].shape == (len(SCALAR_NAMES),)
            assert file["truth"].any() == (row["kind"] != "authentic")


def test_the_truth_of_blocks_lies_on_the_grid_of_the_last_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Saving(75).encode(make_scene(200, 280, seed=4))
    pixels = decode(saved)[3:, 5:]  # the grid begins at (5, 3) now
    mask = np.zeros(pixels.shape[:2], bool)
    mask[5 + 8 * 4 : 5 + 8 * 9, 3 + 8 * 6 : 3 + 8 * 12] = True
    mask[5 + 8 * 9 : 5 + 8 * 9 + 2, 3 + 8 * 6 : 3 + 8 * 7] = True  # a quarter of one more
    (tmp_path / "t.png").write_bytes(encode_png(pixels))
    (tmp_path / "m.png").write_bytes(encode_png(mask.astype(np.uint8) * 255))
    (tmp_path / "made.csv").write_text(
        "set,kind,authentic,tampered,mask\nown,splice,,t.png,m.png\n", "utf-8"
    )
    monkeypatch.setattr(extract, "run_in_workers", in_this_process)
    started(extract.extract, tmp_path / "made.csv", "-o", tmp_path / "maps")
    (path,) = (tmp_path / "maps").iterdir()
    expected = np.zeros(((197 - 5) // 8, (275 - 3) // 8), np.uint8)
    expected[4:9, 6:12] = 255
    expected[9, 6] = 64
    with np.load(path) as file:
        np.testing.assert_array_equal(file["truth"], expected)


# ---------------------------------------------------------------------------------- the network


def test_the_exported_network_says_what_the_trained_one_says() -> None:
    torch = pytest.importorskip("torch")
    import click

    from training.export import Line, arrays_of
    from training.model import FusionModule
    from training.train import ABSOLUTE, Example, Normalization, predicted, restored

    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    model = FusionModule(len(MAP_NAMES), len(SCALAR_NAMES))
    with torch.no_grad():
        model.gains += torch.randn(model.gains.shape) / 10
    positive = rng.uniform(0.5, 2, (2, len(MAP_NAMES))).astype(np.float32)
    normal = Normalization(
        positive[0],
        rng.normal(0, 1, len(SCALAR_NAMES)).astype(np.float32),
        positive[1, : len(SCALAR_NAMES)],
    )
    trained = {"state": model.state_dict(), **normal.tensors(), "maps": (*MAP_NAMES, *SCALAR_NAMES)}
    network = Network.from_arrays(arrays_of(trained))
    shifted = Network.from_arrays(arrays_of(trained, Line(0.5, 0.75)))
    with pytest.raises(click.ClickException, match="other maps"):
        restored(trained | {"maps": MAP_NAMES})
    assert network.map_names == MAP_NAMES
    assert network.scalar_names == SCALAR_NAMES
    for shape in [(1, 1), (17, 30), (32, 48)]:
        maps = rng.normal(0, 3, (len(MAP_NAMES), *shape)).astype(np.float32)
        scalars = rng.normal(0, 3, len(SCALAR_NAMES)).astype(np.float32)
        flat = np.sort(maps.reshape(len(maps), -1), axis=1)
        middle = flat[:, (flat.shape[1] - 1) // 2]
        middle[[name in ABSOLUTE for name in MAP_NAMES]] = 0
        centered: Any = maps - middle[:, np.newaxis, np.newaxis]
        example = Example(centered, scalars, np.zeros(shape, np.uint8), "", "")
        logits, detection = predicted(model, example, normal)
        found = network.run(maps, scalars)
        np.testing.assert_allclose(found.logits, logits, atol=2e-3, rtol=0)
        assert found.detection == pytest.approx(detection, abs=2e-3)
        assert shape == (1, 1) or np.ptp(logits) > 0.1
        moved = shifted.run(maps, scalars)
        np.testing.assert_allclose(moved.logits, found.logits / 2 + 0.75, atol=1e-5, rtol=0)
        assert moved.detection == pytest.approx(found.detection, abs=1e-4)


@pytest.mark.parametrize(("scale", "shift"), [(0.4, -0.5), (3.0, 2.0), (0.02, -1.0)])
def test_logits_become_probabilities(scale: float, shift: float) -> None:
    pytest.importorskip("torch")
    from training import export
    from training.train import Example

    rng = np.random.default_rng(8)
    made: list[Example] = []
    answers: dict[str, Any] = {}
    for number in range(40):
        p = rng.uniform(0.02, 0.6) * np.ones((20, 30))
        p[:8, :9] = 0.9
        truth = ((rng.random(p.shape) < p) * 255).astype(np.uint8)
        made.append(Example(np.zeros((1, 1, 1), np.float16), np.zeros(1, np.float32), truth,
                            "splice", str(number)))  # fmt: skip
        # As of a network that is too sure, or too unsure.
        answers[str(number)] = (np.log(p / (1 - p)) - shift) / scale
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "predicted", lambda _, example, __: (answers[example.name], 0.0))
        # Neither the network nor what it is fed through is looked at.
        line = export.probability_line(None, made, None)  # type: ignore[arg-type]
    assert line.scale == pytest.approx(scale, rel=0.1)
    assert line.shift == pytest.approx(shift, abs=0.1)


def test_training_ends_in_a_file_that_the_package_reads(extracted: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from training.export import export, probability_line
    from training.train import load_examples, predicted, restored, train

    threads = torch.get_num_threads()
    try:
        words = (extracted, extracted, "-o", tmp_path, "--epochs", 6, "--threads", 1)
        assert started(train, *words).startswith("epoch 1: loss ")
    finally:
        torch.set_num_threads(threads)
    words = (tmp_path / "model.pt", tmp_path / "network.npz", "--validation", extracted)
    told = started(export, *words)
    network = load_network(tmp_path / "network.npz")
    # To go on without learning anything changes nothing.
    words = (extracted, extracted, "-o", tmp_path / "more", "--epochs", 1, "--threads", 1)
    started(train, *words, "--start", tmp_path / "model.pt", "--rate", 1e-9)
    more = torch.load(tmp_path / "more" / "model.pt", weights_only=True)
    model, normal = restored(torch.load(tmp_path / "model.pt", weights_only=True))
    for one, other in zip(more["state"].values(), model.state_dict().values(), strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-4)
    line = probability_line(model, load_examples(extracted), normal)
    assert f"logits {line.scale:.3f} x {line.shift:+.3f}" in told
    for path, example in zip(
        sorted(extracted.glob("*.npz")), load_examples(extracted), strict=True
    ):
        with np.load(path) as file:
            found = network.run(file["maps"].astype(np.float32), file["scalars"])
        # What is learned from is kept in halves of the precision.
        logits, _ = predicted(model, example, normal)
        expected = line.scale * logits + line.shift
        np.testing.assert_allclose(found.logits, expected, atol=2e-2, rtol=0)


# ------------------------------------------------------------------------------------- the gate

Rows = list[calibrate.Row]


def rows_of_numbers(distance: float, *, count: int = 400, history: float = 0.0) -> Rows:
    """Numbers of authentic pictures and of spliced ones, which are `distance` higher."""
    rng = np.random.default_rng(5)
    rows: Rows = []
    for kind, offset in (("authentic", 0.0), ("spliced", distance)):
        for number in range(count):
            numbers = rng.normal(offset, 1, len(GATE_NAMES))
            numbers[GATE_NAMES.index("history_valid")] = number < history * count
            variant = "" if kind == "spliced" else f"{('saved', 'saved-twice')[number % 2]}-0"
            rows.append(calibrate.Row(kind, True, variant, f"{number}.jpg", numbers))
    return rows


def test_numbers_that_differ_are_told_apart() -> None:
    record = calibrate.fitted(rows_of_numbers(3.0))
    assert record["pictures"] == {"authentic": 400, "spliced": 400}
    for measured in record["measured"]:
        assert measured["spliced passed"] > 0.99


@pytest.mark.parametrize("distance", [0.0, 0.3])
@pytest.mark.parametrize("history", [0.0, 0.03])
def test_the_gate_keeps_its_rates_on_the_pictures_that_it_was_made_from(
    distance: float, history: float
) -> None:
    rows = rows_of_numbers(distance, history=history)
    record = calibrate.fitted(rows)
    gate = gate_of(json.loads(json.dumps(record)))
    authentic = [row.numbers for row in rows if row.kind == "authentic"]
    valid = np.array([numbers[GATE_NAMES.index("history_valid")] > 0.5 for numbers in authentic])
    shares = []
    for (rate, least), measured in zip(record["thresholds"], record["measured"], strict=True):
        assert gate.threshold(rate) == (rate, least)
        passed = valid | np.array([gate.score(numbers) >= least for numbers in authentic])
        shares.append(float(passed.mean()))
        assert shares[-1] <= rate
        assert measured["authentic passed"] == shares[-1]
        assert measured["authentic passed by history"] == valid.mean()
    assert shares[-1] > 0.05  # of at most a tenth: the gate is no tighter than it has to be
    assert min(rate for rate, _ in record["thresholds"]) >= history


def test_a_rate_that_no_score_keeps_has_no_threshold() -> None:
    certain, none = np.ones(10), np.zeros(10, bool)
    assert calibrate._least_score(certain, none, 0.1) is None
    assert calibrate._least_score(certain / 2, none, 0.1) == 2049 / 4096
    assert calibrate._least_score(certain / 2, ~none, 0.1) is None  # the history passes all
    assert calibrate._least_score(certain / 2, none, 0.05) is None  # of ten no twentieth is seen


def test_a_gate_of_too_few_pictures_is_refused() -> None:
    rows = [row for row in rows_of_numbers(1.0) if row.kind == "authentic"]
    with pytest.raises(ValueError, match=r"10 spliced and 10 authentic .* got 0 and 400"):
        calibrate.fitted(rows)


def test_the_rate_of_a_variant_is_that_of_no_other() -> None:
    rows = rows_of_numbers(0.5)
    for row in rows:
        if row.variant.startswith("saved-twice"):
            row.numbers[:] += 1
    record = calibrate.fitted(rows)
    for measured in record["measured"]:
        once, twice = (measured["by variant"][name] for name in ("saved", "saved-twice"))
        assert (once + twice) / 2 == pytest.approx(measured["authentic passed"])
        assert once < twice


@pytest.mark.parametrize("change", [GATE_NAMES[::-1], GATE_NAMES[:-1], (*GATE_NAMES, "more")])
def test_a_gate_of_other_numbers_is_refused(change: tuple[str, ...]) -> None:
    record = calibrate.fitted(rows_of_numbers(1.0, count=40))
    gate_of(record)
    with pytest.raises(ValueError, match="the gate must weigh"):
        gate_of({**record, "names": list(change)})
