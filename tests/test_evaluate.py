"""An evaluation gives a row a picture, attack and method, the same however it is run."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from made_sets import STAND_IN, bright_half, make_set, plan_of, use_stand_in
from scenes import disc, pasted, saved, scene
from unsplice.errors import OutputError, UsageError
from unsplice.evaluation import evaluate
from unsplice.evaluation.datasets import Sample, read_dataset, read_datasets, read_truth
from unsplice.evaluation.run import evaluation as evaluation_module
from unsplice.evaluation.run import task as task_module
from unsplice.evaluation.run.evaluation import Evaluation
from unsplice.evaluation.run.journal import Journal
from unsplice.evaluation.run.methods import BASELINE, expand_methods, find_method
from unsplice.evaluation.run.plan import Plan
from unsplice.evaluation.run.rows import ImageRow
from unsplice.evaluation.run.task import TaskResult, run_task
from unsplice.evaluation.scores.pixels import score_heatmap, score_mask
from unsplice.image import SourceImage, read_image
from unsplice.output import encode_png
from unsplice.result import Localization
from unsplice.synthetic.forging import Saving
from worker_tasks import run_task_or_die


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_stand_in(monkeypatch)
    return make_set(tmp_path / "data")


def finished(plan: Plan, journal: Journal | None = None) -> tuple[list[TaskResult], list[ImageRow]]:
    evaluation = Evaluation(plan, journal)
    results = list(evaluation.run())
    return results, evaluation.rows


def test_rows_come_by_picture_attack_and_method(table: Path) -> None:
    _, rows = finished(plan_of(table))
    assert [(row.name, row.attack, row.method) for row in rows] == [
        (name, attack, method)
        for name in ("t0.jpg", "t1.jpg", "t2.jpg", "a0.jpg", "a1.jpg")
        for attack in ("none", "jpeg:70")
        for method in (STAND_IN, BASELINE)
    ]
    assert {(row.family, row.strength) for row in rows} == {("none", None), ("jpeg", 70.0)}
    assert not any(row.error for row in rows)


def test_a_row_holds_the_scores_of_mask_and_heat_map_on_the_attacked_picture(table: Path) -> None:
    plan = plan_of(table)
    (task,) = (
        task for task in plan.tasks if task.sample.name == "t1.jpg" and task.attack == "none"
    )
    row, _ = run_task(task).rows
    source = read_image(table.parent / "t1.jpg")
    truth = read_image(table.parent / "t1.png").pixels > 127
    result = bright_half(source)
    mask_scores, map_scores = score_mask(result.mask, truth), score_heatmap(result.heatmap, truth)
    for name in ("tpr", "fpr", "precision", "f1", "iou", "mcc"):
        assert getattr(row, name) == getattr(mask_scores, name)
    for name in ("auc", "best_f1", "best_threshold"):
        assert getattr(row, name) == getattr(map_scores, name)
    assert (row.truth_pixels, row.flagged_pixels, row.pixels) == (
        truth.sum(), result.mask.sum(), truth.size,
    )  # fmt: skip
    assert row.sha256 == source.sha256
    assert row.mask_sha256 == read_image(table.parent / "t1.png").sha256
    assert row.finding == "spliced"


def test_flagging_everything_is_worth_what_the_truth_covers(table: Path) -> None:
    _, rows = finished(plan_of(table))
    for row in rows:
        if row.method == BASELINE and not row.authentic:
            assert row.truth_pixels is not None
            assert row.pixels is not None
            share = row.truth_pixels / row.pixels
            assert (row.tpr, row.fpr, row.auc) == (1.0, 1.0, 0.5)
            assert row.precision == pytest.approx(share)
            assert row.f1 == row.best_f1 == pytest.approx(2 * share / (1 + share))


def test_of_an_authentic_picture_only_the_flagged_share_is_told(table: Path) -> None:
    _, rows = finished(plan_of(table))
    authentic = [row for row in rows if row.authentic]
    assert len(authentic) == 2 * 2 * 2
    for row in authentic:
        assert row.flagged_pixels is not None
        assert row.pixels is not None
        assert row.fpr == row.flagged_pixels / row.pixels
        assert row.truth_pixels == 0
        assert row.mask_sha256 == ""
        for name in ("tpr", "precision", "f1", "iou", "mcc", "auc", "best_f1", "best_threshold"):
            assert getattr(row, name) is None


def test_f1_without_the_gate_stands_beside_that_of_the_mask_whether_it_is_open_or_closed(
    tmp_path: Path,
) -> None:
    shape = (192, 256)
    lines = ["set,kind,image,mask", "made,authentic,a.jpg,"]
    host = saved(scene(3, *shape), 85)
    (tmp_path / "a.jpg").write_bytes(Saving(88, "4:2:0").encode(host))
    for name, radius in (("closed", 14), ("open", 34)):  # a small paste is too little evidence
        truth = disc(shape, 90, 150, radius)
        data = Saving(88, "4:2:0").encode(pasted(host, truth, scene(5, *shape)))
        (tmp_path / f"{name}.jpg").write_bytes(data)
        (tmp_path / f"{name}.png").write_bytes(encode_png(truth))
        lines.append(f"made,splice,{name}.jpg,{name}.png")
    (tmp_path / "made.csv").write_text("\n".join(lines) + "\n", "utf-8")
    rows = evaluate(
        read_dataset(tmp_path / "made.csv"), methods=["jpeg-history", "paper:best-measured"]
    )
    cells = {(row.name, row.method): row for row in rows}
    gated, without = "jpeg-history:gated", "jpeg-history:ungated"
    closed, open_ = cells["closed.jpg", gated], cells["open.jpg", gated]
    assert (closed.finding, closed.f1) == ("nothing-found", 0.0)
    assert closed.ungated_f1 == cells["closed.jpg", without].f1
    assert closed.ungated_f1 is not None
    assert closed.ungated_f1 > 0.4
    assert open_.finding == "spliced"
    assert open_.f1 == open_.ungated_f1 == cells["open.jpg", without].f1
    for row in rows:
        if row.method == without:
            assert row.ungated_f1 == row.f1
        elif row.method != gated or row.authentic:
            assert row.ungated_f1 is None


def test_an_empty_mask_has_no_precision_but_an_f1_of_zero(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing(image: SourceImage) -> Localization:
        answer = bright_half(image)
        answer.mask[:] = False
        return answer

    use_stand_in(monkeypatch, find_nothing)
    row, _ = run_task(plan_of(table).tasks[0]).rows
    assert (row.flagged_pixels, row.precision, row.tpr, row.f1) == (0, None, 0.0, 0.0)


def test_a_picture_is_read_once_a_task_and_all_methods_see_the_same(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    seen: list[SourceImage] = []

    def reading(path: Path, **options: Any) -> SourceImage:
        read.append(path)
        return read_image(path, **options)

    def seeing(image: SourceImage) -> Localization:
        seen.append(image)
        return bright_half(image)

    monkeypatch.setattr(task_module, "read_image", reading)
    use_stand_in(monkeypatch, seeing)
    plan = plan_of(table, attacks=["jpeg:70"], names=[STAND_IN, STAND_IN])
    run_task(plan.tasks[0])
    assert read == [table.parent / "t0.jpg"]
    assert seen[0] is seen[1]
    assert seen[0].format == "JPEG"
    assert seen[0].sha256 != read_image(read[0]).sha256


def test_a_method_that_fails_spoils_its_own_row_only(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: SourceImage) -> Localization:
        raise ZeroDivisionError("on purpose")

    use_stand_in(monkeypatch, fail)
    result = run_task(plan_of(table).tasks[0])
    assert [row.error for row in result.rows] == ["E199", ""]
    assert (result.rows[0].f1, result.rows[0].sha256) == (None, result.rows[1].sha256)
    (failure,) = result.failures
    assert failure.method == STAND_IN
    assert "on purpose" in failure.error.what
    assert "ZeroDivisionError" in failure.trace


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("t0.jpg", None, "E101"), ("t0.jpg", b"", "E110"), ("t0.png", None, "E101")],
)
def test_a_picture_or_mask_that_cannot_be_read_has_rows_with_the_code(
    table: Path, name: str, content: bytes | None, code: str
) -> None:
    path = table.parent / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    results, rows = finished(plan_of(table))
    assert [row.error for row in rows[:4]] == [code] * 4
    assert not any(row.error for row in rows[4:])
    assert [failure.error.code for result in results for failure in result.failures] == [code] * 2


def test_a_row_without_scores_tells_the_hashes_of_what_was_read(table: Path) -> None:
    picture, mask = (read_image(table.parent / f"t0.{kind}").sha256 for kind in ("jpg", "png"))
    task = plan_of(table, attacks=["downsample:0.001"]).tasks[0]
    assert {(row.error, row.sha256, row.mask_sha256) for row in run_task(task).rows} == {
        ("E139", picture, mask)
    }
    (table.parent / "t0.png").write_bytes(encode_png(np.zeros((9, 9), bool)))
    assert {(row.error, row.sha256, row.mask_sha256) for row in run_task(task).rows} == {
        ("E138", picture, "")
    }


def test_the_hash_of_a_mask_is_that_of_the_bytes_that_were_decoded(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table.parent / "t0.png"
    mask = read_image(path).sha256

    def truth_then_change(*arguments: Any, **options: Any) -> Any:
        truth = read_truth(*arguments, **options)
        path.write_bytes(b"other")
        return truth

    monkeypatch.setattr(task_module, "read_truth", truth_then_change)
    assert run_task(plan_of(table).tasks[0]).rows[0].mask_sha256 == mask


def test_a_sample_that_the_data_set_calls_defective_keeps_its_error() -> None:
    error = UsageError("E182", path="x", reason="on purpose")
    sample = Sample("made", "splice", "x.jpg", Path("x.jpg"), error=error)
    rows = run_task(Plan((sample,), (BASELINE,), ("none",)).tasks[0]).rows
    assert [row.error for row in rows] == ["E182"]


def test_a_region_that_an_attack_makes_vanish_leaves_its_rates_undefined(tmp_path: Path) -> None:
    table = make_set(tmp_path, spliced=1, authentic=0)
    truth = np.zeros((64, 80), bool)
    truth[20, 20] = True
    (tmp_path / "t0.png").write_bytes(encode_png(truth))
    plan = plan_of(table, attacks=["downsample:0.25"], names=[])
    (row,) = run_task(plan.tasks[0]).rows
    assert (row.error, row.truth_pixels, row.pixels) == ("", 0, 16 * 20)
    assert (row.tpr, row.auc, row.best_f1) == (None, None, None)
    assert (row.fpr, row.precision, row.f1) == (1.0, 0.0, 0.0)


def test_what_is_random_depends_on_the_picture_and_the_seed_not_on_its_company(
    table: Path,
) -> None:
    samples = read_dataset(table)
    (last,) = (sample for sample in samples if sample.name == "t2.jpg")

    def flagged(samples: list[Sample], seed: int) -> list[ImageRow]:
        plan = Plan(tuple(samples), (STAND_IN,), ("noise:20",), seed)
        return [row for row in finished(plan)[1] if row.name == "t2.jpg"]

    assert flagged(samples, 1) == flagged([last], 1)
    assert flagged(samples, 1) != flagged(samples, 2)


def test_what_is_random_does_not_depend_on_a_name_that_is_made_to_differ(
    table: Path, tmp_path: Path
) -> None:
    other = make_set(tmp_path / "other", spliced=1, authentic=0)
    other.write_text(other.read_text().replace("made,", "more,"), "utf-8")
    (tmp_path / "other/t0.jpg").write_bytes((table.parent / "t2.jpg").read_bytes())

    def seen(tables: list[Path]) -> tuple[bytes, ImageRow]:
        pixels: list[bytes] = []

        def seeing(image: SourceImage) -> Localization:
            pixels.append(image.pixels.tobytes())
            return bright_half(image)

        with pytest.MonkeyPatch.context() as patch:
            use_stand_in(patch, seeing)
            plan = Plan(tuple(read_datasets(tables)), (STAND_IN,), ("noise:20",))
            rows = finished(plan)[1]
        return pixels[-1], rows[-1]

    alone, row = seen([other])
    beside, renamed = seen([table, other])
    assert row.name == "t0.jpg"
    assert renamed.name.startswith("t0.jpg~")
    assert beside == alone


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros((64, 80), np.uint8), "marks nothing: its values are 0 of 255"),
        (np.uint8(100) * (np.arange(80) > 40) * np.ones((64, 1), np.uint8), "are 0 and 100 of 255"),
        (np.uint8(2) * (np.arange(80) > 40) * np.ones((64, 1), np.uint8), "are 0 and 2 of 255"),
        (
            np.uint16(255) * (np.arange(80) > 40) * np.ones((64, 1), np.uint16),
            "are 0 and 255 of 65535, and white is from 32768 on",
        ),
        (scene(7, 64, 80), "looks like a picture, not a mask"),
    ],
)
def test_a_mask_that_cannot_be_the_truth_is_an_error_that_says_what_it_holds(
    tmp_path: Path, values: NDArray[Any], told: str
) -> None:
    table = make_set(tmp_path, spliced=1, authentic=0)
    (tmp_path / "t0.png").write_bytes(encode_png(values))
    result = run_task(plan_of(table, attacks=["none"], names=[]).tasks[0])
    assert [row.error for row in result.rows] == ["E140"]
    assert told in result.failures[0].error.what
    assert "t0.png" in result.failures[0].error.what


@pytest.mark.parametrize("quality", [5, 50, 95])
def test_a_mask_that_was_saved_as_jpeg_is_a_mask(tmp_path: Path, quality: int) -> None:
    table = make_set(tmp_path, spliced=1, authentic=0)
    white = 255 * disc((64, 80), 30, 30, 12).astype(np.uint8)
    (tmp_path / "t0.png").write_bytes(Saving(quality, "4:2:0").encode(np.dstack([white] * 3)))
    (row,) = run_task(plan_of(table, attacks=["none"], names=[]).tasks[0]).rows
    assert row.error == ""
    assert row.truth_pixels == pytest.approx(np.count_nonzero(white), rel=0.1)


def test_a_mask_of_few_gray_levels_is_a_mask(tmp_path: Path) -> None:
    table = make_set(tmp_path, spliced=1, authentic=0)
    values = np.full((64, 80), 100, np.uint8)
    values[20:40, 20:40] = 180
    (tmp_path / "t0.png").write_bytes(encode_png(values))
    (row,) = run_task(plan_of(table, attacks=["none"], names=[]).tasks[0]).rows
    assert (row.error, row.truth_pixels) == ("", 400)


def test_two_pictures_that_look_alike_get_noise_of_their_own(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[SourceImage] = []

    def seeing(image: SourceImage) -> Localization:
        seen.append(image)
        return bright_half(image)

    data = (table.parent / "t0.jpg").read_bytes()
    comment = b"\xff\xfe\x00\x04ab"  # other bytes, the same pixels
    (table.parent / "t1.jpg").write_bytes(data[:2] + comment + data[2:])
    use_stand_in(monkeypatch, seeing)
    finished(plan_of(table, attacks=["noise:5"]))
    assert not np.array_equal(seen[0].pixels, seen[1].pixels)


def test_worker_processes_give_the_rows_of_this_process(table: Path) -> None:
    plan = Plan(tuple(read_dataset(table)), (BASELINE,), ("none", "jpeg:70", "noise:5"))
    (table.parent / "t1.jpg").write_bytes(b"no picture")
    _, rows = finished(plan)
    evaluation = Evaluation(plan)
    results = list(evaluation.run(jobs=2))
    assert evaluation.rows == rows
    assert sum(bool(result.failures) for result in results) == 3


def test_evaluate_does_it_all_in_one_call(table: Path) -> None:
    rows = evaluate(read_dataset(table), methods=[], attacks=["jpeg:70", "none", "jpeg:70.0"])
    assert len(rows) == 5 * 2
    assert {row.attack for row in rows} == {"none", "jpeg:70"}


def test_an_evaluation_of_nothing_has_no_rows() -> None:
    assert evaluate([]) == []


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"samples": ["x"]}, TypeError, "samples must be of Sample.*got str"),
        ({"seed": -1}, ValueError, "seed must be >= 0, got -1"),
        ({"seed": 1.5}, TypeError, "seed must be an int"),
        ({"max_pixels": 0}, ValueError, "max_pixels must be >= 1"),
        ({"jobs": 0}, ValueError, "jobs must be >= 1"),
        ({"timeout": -1}, ValueError, "timeout must be above 0 and finite, or None, got -1"),
        ({"timeout": 0}, ValueError, "timeout must be above 0"),
        ({"timeout": float("nan")}, ValueError, "timeout must be above 0.*got nan"),
        ({"timeout": "5"}, TypeError, "timeout must be a number, got str"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    table: Path, arguments: dict[str, Any], kind: type[Exception], words: str
) -> None:
    given = {"samples": read_dataset(table), "methods": []} | arguments
    with pytest.raises(kind, match=words):
        evaluate(**given)


@pytest.mark.parametrize("name", ["samples", "methods", "attacks"])
def test_a_str_is_not_taken_for_its_letters(table: Path, name: str) -> None:
    arguments: dict[str, Any] = {"samples": read_dataset(table), "methods": [], name: "paper"}
    with pytest.raises(TypeError, match=f"{name} must be several.*'paper'"):
        evaluate(**arguments)
    with pytest.raises(TypeError, match="names must be several"):
        expand_methods("paper")


def test_what_is_given_twice_counts_once_and_names_tell_pictures_apart(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_set(tmp_path / "other", spliced=1, authentic=1)
    monkeypatch.chdir(tmp_path)
    again = [read_dataset("data/made.csv"), read_dataset("other/../data/made.csv")]
    samples = [*read_dataset(table), *again[0], *again[1], *read_dataset(other)]
    rows = evaluate(samples, methods=[])
    assert [Path(row.image).parent.name for row in rows] == ["data"] * 5 + ["other"] * 2
    names = [row.name for row in rows]
    assert len(set(names)) == 7
    assert names[:5] == ["t0.jpg", "t1.jpg", "t2.jpg", "a0.jpg", "a1.jpg"]


# -------------------------------------------------------------------------------- methods


def test_a_method_stands_for_its_presets_and_the_baseline_is_always_last() -> None:
    both = ("paper:best-measured", "paper:closest-to-text", BASELINE)
    assert expand_methods(["paper"]) == both
    assert expand_methods(["paper:closest-to-text", "paper"]) == (both[1], both[0], BASELINE)
    assert expand_methods([BASELINE]) == (BASELINE,)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("papr", 'unknown method "papr".*did you mean "paper"'),
        ("paper:best", 'unknown preset of paper "best".*did you mean "best-measured"'),
        ("paper:", 'unknown preset of paper "".*best-measured'),
        ("PAPER", 'unknown method "PAPER".*did you mean "paper"'),
        ("", 'unknown method ""'),
        (f"{BASELINE}:x", "unknown preset of everything-flagged"),
    ],
)
def test_unknown_methods_are_told_with_what_is_known(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        expand_methods([name])
    assert caught.value.code == "E180"


def test_every_parameter_of_a_method_stands_in_the_record(table: Path) -> None:
    record = plan_of(table).record()
    assert record["methods"] == [
        {"name": STAND_IN, "parameters": {"level": 0.5}},
        {"name": BASELINE, "parameters": {}},
    ]
    assert find_method("paper:best-measured").parameters
    names = [sample["name"] for sample in record["samples"]]
    assert names == ["t0.jpg", "t1.jpg", "t2.jpg", "a0.jpg", "a1.jpg"]


# --------------------------------------------------------------------------------- resume


def opened(folder: Path, plan: Plan, **options: Any) -> Journal:
    return Journal.open(folder, plan.record(), **options)


def test_a_resumed_run_repeats_no_finished_task(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def counting(image: SourceImage) -> Localization:
        calls.append(image.path or "")
        return bright_half(image)

    use_stand_in(monkeypatch, counting)
    plan = plan_of(table)
    whole = finished(plan)[1]
    assert len(calls) == 10
    calls.clear()
    with opened(tmp_path / "out", plan) as journal:
        run = Evaluation(plan, journal).run()
        for _ in range(4):
            next(run)
    with opened(tmp_path / "out", plan, resume=True) as journal:
        evaluation = Evaluation(plan, journal)
        assert evaluation.resumed == evaluation.done == 4
        assert [task.number for task in evaluation.remaining] == [4, 5, 6, 7, 8, 9]
        list(evaluation.run())
    assert len(calls) == 10
    assert evaluation.rows == whole
    with opened(tmp_path / "out", plan, resume=True) as journal:
        assert Evaluation(plan, journal).remaining == []


def test_what_failed_is_tried_again_when_a_run_is_resumed(table: Path, tmp_path: Path) -> None:
    plan = plan_of(table)
    whole = finished(plan)[1]
    data = (table.parent / "t1.jpg").read_bytes()
    (table.parent / "t1.jpg").unlink()
    with opened(tmp_path / "out", plan) as journal:
        assert any(row.error for row in finished(plan, journal)[1])
    (table.parent / "t1.jpg").write_bytes(data)
    with opened(tmp_path / "out", plan, resume=True) as journal:
        evaluation = Evaluation(plan, journal)
        assert [task.number for task in evaluation.remaining] == [2, 3]
        list(evaluation.run())
        assert evaluation.rows == whole


@pytest.mark.parametrize("name", ["t1.jpg", "t1.png"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_run_is_not_resumed_where_a_file_of_the_finished_part_changed(
    table: Path, tmp_path: Path, name: str, gone: bool
) -> None:
    plan = plan_of(table)
    with opened(tmp_path / "out", plan) as journal:
        finished(plan, journal)
    path = table.parent / name
    data = path.read_bytes()
    path.unlink()
    if not gone:
        path.write_bytes(data + b"x")
    with (
        opened(tmp_path / "out", plan, resume=True) as journal,
        pytest.raises(OutputError, match=name) as caught,
    ):
        Evaluation(plan, journal)
    assert caught.value.code == "E171"


def test_a_picture_that_kills_its_worker_has_rows_with_the_code_and_is_tried_again(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(tuple(read_dataset(table)), (BASELINE,), ("none", "jpeg:70"))
    whole = finished(plan)[1]
    with monkeypatch.context() as patched, opened(tmp_path / "out", plan) as journal:
        patched.setattr(evaluation_module, "run_task", run_task_or_die)
        evaluation = Evaluation(plan, journal)
        failures = [failure for result in evaluation.run(jobs=2) for failure in result.failures]
    assert [failure.error.code for failure in failures] == ["E192", "E192"]
    assert "t1.jpg" in failures[0].error.what
    rows = evaluation.rows
    assert [row.error for row in rows[2:4]] == ["E192", "E192"]
    assert rows[:2] + rows[4:] == whole[:2] + whole[4:]
    with opened(tmp_path / "out", plan, resume=True) as journal:
        evaluation = Evaluation(plan, journal)
        assert [task.number for task in evaluation.remaining] == [2, 3]
        list(evaluation.run())
    assert evaluation.rows == whole


def test_a_journal_that_takes_no_more_ends_the_workers_with_the_run(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OutputError("E162", path="journal", reason="on purpose")

    plan = Plan(tuple(read_dataset(table)), (BASELINE,), ("none", "jpeg:70"))
    monkeypatch.setattr(Journal, "append", refuse)
    with (
        opened(tmp_path / "out", plan) as journal,
        pytest.raises(OutputError, match="on purpose") as caught,
    ):
        list(Evaluation(plan, journal).run(jobs=2))
    assert caught.tb is not None  # the frames of the run are still alive
    assert multiprocessing.active_children() == []


def test_a_name_that_is_not_utf8_is_evaluated_in_a_worker_and_resumed(
    table: Path, tmp_path: Path
) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (table.parent / "t0.jpg").rename(table.parent / name)
    table.write_bytes(table.read_bytes().replace(b"t0.jpg", os.fsencode(name)))
    plan = Plan(tuple(read_dataset(table)), (BASELINE,), ("none",))
    with opened(tmp_path / "out", plan) as journal:
        evaluation = Evaluation(plan, journal)
        assert not any(result.failures for result in evaluation.run(jobs=2))
    assert evaluation.rows[0].name == "caf\\xe9.jpg"
    with opened(tmp_path / "out", plan, resume=True) as journal:
        resumed = Evaluation(plan, journal)
        assert resumed.rows == evaluation.rows
