"""Means over pictures say over how many, with an interval; sets, methods and attacks stay apart."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsplice.errors import OutputError, UsageError
from unsplice.evaluation.run.methods import BASELINE
from unsplice.evaluation.run.rows import COLUMNS, ImageRow
from unsplice.evaluation.tables.files import (
    RESULT_FILES,
    encode_images,
    require_packages,
    write_results,
)
from unsplice.evaluation.tables.plot import plot_f1_by_strength
from unsplice.evaluation.tables.summary import (
    SUMMARY_COLUMNS,
    Results,
    bootstrap_interval,
    share_interval,
    summarize,
    summarize_authentic,
)
from unsplice.evaluation.tables.text import markdown_tables, text_tables

ROW = ImageRow(
    dataset="made", kind="splice", name="a.jpg", image="in/a.jpg", sha256="00", mask_sha256="11",
    method="one", attack="none", family="none", pixels=100, truth_pixels=10, flagged_pixels=20,
    tpr=0.5, fpr=0.25, precision=0.25, f1=0.375, iou=0.25, mcc=0.5, auc=0.75, best_f1=0.625,
    best_threshold=0.5, finding="spliced",
)  # fmt: skip
AUTHENTIC_ROW = replace(
    ROW, kind="authentic", truth_pixels=0, fpr=0.2, tpr=None, precision=None, f1=None, iou=None,
    mcc=None, auc=None, best_f1=None, best_threshold=None,
)  # fmt: skip


def rows_with(**columns: list[Any]) -> list[ImageRow]:
    """Return copies of `ROW` with one value of each column a row."""
    names, lines = list(columns), zip(*columns.values(), strict=True)
    return [replace(ROW, **dict(zip(names, line, strict=True))) for line in lines]


# ------------------------------------------------------------------------------ summarize


def test_a_line_holds_the_means_over_the_pictures() -> None:
    (line,) = summarize(rows_with(f1=[0.0, 0.5, 1.0], fpr=[0.0, 0.0, 0.75], mcc=[-1.0, 0.0, 0.25]))
    assert (line.pictures, line.failed) == (3, 0)
    assert (line.f1, line.fpr, line.mcc) == (0.5, 0.25, -0.25)
    assert (line.dataset, line.kind, line.method, line.attack) == ("made", "splice", "one", "none")
    assert line.f1_low == 0.0
    assert line.f1_high == 1.0


def test_a_rate_that_is_undefined_on_a_picture_is_left_out_of_its_mean_and_told() -> None:
    rows = rows_with(
        precision=[None, 0.5, 1.0], tpr=[0.0, None, 0.5], auc=[None, None, None], f1=[0.0, 0.5, 1.0]
    )
    (line,) = summarize(rows)
    assert (line.precision, line.precision_pictures) == (0.75, 2)
    assert (line.tpr, line.tpr_pictures) == (0.25, 2)
    assert (line.auc, line.auc_pictures) == (None, 0)
    assert (line.f1, line.pictures, line.fpr_pictures) == (0.5, 3, 3)
    assert ".750 (2)" in text_tables(Results.of(rows))


def test_the_column_after_f1_is_the_mean_without_the_gate_over_the_pictures_that_have_one() -> None:
    rows = rows_with(f1=[0.0, 0.5, 0.25], ungated_f1=[0.5, 0.5, None])
    (line,) = summarize(rows)
    assert (line.f1, line.ungated_f1, line.ungated_f1_pictures) == (0.25, 0.5, 2)
    assert SUMMARY_COLUMNS[SUMMARY_COLUMNS.index("f1") + 1] == "ungated_f1"
    assert list(COLUMNS)[list(COLUMNS).index("f1") + 1] == "ungated_f1"
    assert "  .250  .500 (2)  " in text_tables(Results.of(rows))
    (plain,) = summarize([ROW])
    assert (plain.ungated_f1, plain.ungated_f1_pictures) == (None, 0)


def test_a_picture_that_failed_is_counted_and_in_no_mean() -> None:
    failed = replace(ROW, f1=None, precision=None, error="E120")
    (line,) = summarize([ROW, failed, ROW])
    assert (line.pictures, line.failed, line.f1, line.precision_pictures) == (2, 1, ROW.f1, 2)
    assert "2 (1 failed)" in text_tables(Results.of([ROW, failed, ROW]))


def test_a_set_of_which_nothing_succeeded_has_a_line_without_numbers() -> None:
    (line,) = summarize([replace(ROW, f1=None, error="E101")])
    assert (line.pictures, line.failed) == (0, 1)
    assert (line.f1, line.f1_low, line.f1_high, line.iou, line.best_f1) == (None,) * 5


def test_sets_kinds_attacks_and_methods_have_lines_of_their_own_in_the_order_of_the_rows() -> None:
    rows = [
        replace(ROW, dataset=dataset, kind=kind, attack=attack, method=method)
        for dataset, kind in (("z", "splice"), ("a", "copy-move"), ("z", "copy-move"))
        for attack in ("none", "jpeg:90")
        for method in ("y", "x")
    ]
    lines = [(one.dataset, one.kind, one.attack, one.method) for one in summarize(rows)]
    assert lines == [
        *((row.dataset, row.kind, row.attack, row.method) for row in rows),
        *(("", "", row.attack, row.method) for row in rows[:4]),
    ]
    assert [one.scope for one in summarize(rows)] == ["set"] * 12 + ["total"] * 4


def test_the_line_over_all_sets_is_the_mean_over_all_pictures_and_only_where_there_are_sets() -> (
    None
):
    first = rows_with(f1=[0.25, 0.25, 0.25])
    assert [one.dataset for one in summarize(first)] == ["made"]
    lines = summarize([*first, replace(ROW, dataset="other", f1=0.75)])
    assert [(one.dataset, one.pictures, one.f1) for one in lines] == [
        ("made", 3, 0.25), ("other", 1, 0.75), ("", 4, 0.375),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["all", "total", "all sets", "", "set"])
def test_a_set_may_be_named_like_the_total(name: str) -> None:
    named = [replace(ROW, dataset=name, kind="", f1=0.0)]
    other = [replace(ROW, dataset="other", f1=1.0)]
    for rows in ([*named, *other], [*other, *named]):
        lines = {(one.scope, one.dataset): one.f1 for one in summarize(rows)}
        assert lines == {("set", name): 0.0, ("set", "other"): 1.0, ("total", ""): 0.5}
        assert text_tables(Results.of(rows)).count("\n\n") == 2
    clean = replace(AUTHENTIC_ROW, flagged_pixels=0, fpr=0.0, dataset=name)
    authentic = summarize_authentic([clean, AUTHENTIC_ROW])
    assert [(one.scope, one.dataset) for one in authentic] == [
        ("set", name), ("set", "made"), ("total", ""),
    ]  # fmt: skip


def test_the_plot_is_of_the_total_also_where_a_set_is_named_all() -> None:
    blurred = replace(ROW, attack="blur:2", family="blur", strength=2.0)
    rows = [replace(blurred, dataset="all", f1=0.0), replace(blurred, dataset="other", f1=1.0)]
    plain = [replace(row, dataset=row.dataset.replace("all", "one")) for row in rows]
    assert plot_f1_by_strength(summarize(rows)) == plot_f1_by_strength(summarize(plain))
    assert plot_f1_by_strength(summarize(rows)) != plot_f1_by_strength(summarize(rows[:1]))


def test_sets_whose_titles_read_the_same_have_tables_of_their_own() -> None:
    rows = [replace(ROW, dataset="a, b", kind="c"), replace(ROW, dataset="a", kind="b, c")]
    assert text_tables(Results.of(rows)).count("a, b, c\n") == 2


def test_a_picture_without_a_spliced_pixel_is_counted_and_best_f1_is_told_to_be_over_fewer() -> (
    None
):
    vanished = replace(ROW, truth_pixels=0, tpr=None, auc=None, best_f1=None, f1=0.0)
    failed = replace(ROW, truth_pixels=None, f1=None, best_f1=None, error="E120")
    rows = [ROW, replace(ROW, best_f1=0.375), vanished, failed]
    (line,) = summarize(rows)
    assert (line.pictures, line.failed, line.empty_truth) == (3, 1, 1)
    assert (line.best_f1, line.best_f1_pictures) == (0.5, 2)
    text = text_tables(Results.of(rows))
    assert "  3 (1 failed, 1 of empty truth)  " in text
    assert "  .500 (2)  .750 (2)  " in text


def test_authentic_pictures_have_a_table_of_their_own() -> None:
    clean = replace(AUTHENTIC_ROW, flagged_pixels=0, fpr=0.0)
    failed = replace(AUTHENTIC_ROW, flagged_pixels=None, fpr=None, error="E120")
    rows = [ROW, AUTHENTIC_ROW, clean, clean, clean, failed]
    assert [one.pictures for one in summarize(rows)] == [1]
    (line,) = summarize_authentic(rows)
    assert (line.pictures, line.failed) == (4, 1)
    assert line.flagged_pixels == pytest.approx(0.05)
    assert line.flagged_pictures == 0.25
    assert (line.flagged_pictures_low, line.flagged_pictures_high) == share_interval(1, 4)


def test_no_rows_make_no_lines() -> None:
    assert summarize([]) == summarize_authentic([]) == []


# ------------------------------------------------------------------------------ intervals


def test_the_bootstrap_interval_is_that_of_another_implementation() -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(5).beta(0.5, 1.5, 120)
    low, high = bootstrap_interval(list(values))
    theirs = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(6)
    ).confidence_interval
    # Both draw at random: the bounds scatter by some hundredths of the width.
    tolerance = 0.06 * (theirs.high - theirs.low)
    assert low == pytest.approx(theirs.low, abs=tolerance)
    assert high == pytest.approx(theirs.high, abs=tolerance)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_bootstrap_interval_is_repeatable_and_within_the_values(values: list[float]) -> None:
    low, high = bootstrap_interval(values)
    assert low is not None
    assert high is not None
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    assert bootstrap_interval(values) == (low, high)


def test_nothing_has_no_interval() -> None:
    assert bootstrap_interval([]) == share_interval(0, 0) == (None, None)


@pytest.mark.parametrize(("count", "total"), [(0, 1), (0, 74), (5, 10), (94, 100), (7, 7)])
def test_the_interval_of_a_share_is_that_of_another_implementation(count: int, total: int) -> None:
    from scipy.stats import binomtest

    theirs = binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert share_interval(count, total) == pytest.approx((theirs.low, theirs.high))


# --------------------------------------------------------------------------------- tables


def test_the_text_names_sets_and_aligns_columns() -> None:
    rows = [
        replace(ROW, ungated_f1=0.5),
        replace(ROW, method=BASELINE, tpr=1.0, fpr=1.0),
        AUTHENTIC_ROW,
    ]
    text = text_tables(Results.of(rows, notes=["The first 2 pictures only."]))
    assert text.splitlines() == [
        "made, splice",
        "  attack  method              n    TPR    FPR  precision    F1  no gate    95 % of F1"
        "  best F1   AUC   IoU   MCC",
        "  none    one                 1   .500   .250       .250  .375     .500  .375 to .375"
        "     .625  .750  .250  .500",
        "  none    everything-flagged  1  1.000  1.000       .250  .375        -  .375 to .375"
        "     .625  .750  .250  .500",
        "",
        "made, authentic",
        "  attack  method  n  pixels flagged  pictures flagged           95 %",
        "  none    one     1            .200             1.000  .207 to 1.000",
        "",
        "The first 2 pictures only.",
    ]


def test_markdown_holds_the_same_cells_and_says_what_best_f1_is() -> None:
    text = markdown_tables(Results.of([ROW, AUTHENTIC_ROW], notes=["Only some."]))
    assert text.startswith("## made, splice\n\n| attack | method | n | TPR |")
    assert "| none | one | 1 | .500 | .250 | .250 | .375 | - | .375 to .375 | .625 |" in text
    assert "## made, authentic\n" in text
    assert "nobody knows beforehand" in text
    assert "what a method with a gate would mark without it" in text
    assert text.endswith("\n\nOnly some.\n")


def test_a_name_from_a_table_is_no_markdown() -> None:
    text = markdown_tables(Results.of([replace(ROW, dataset="a|b\n# <i>[x](y)")]))
    assert text.splitlines()[0] == r"## a\|b\\n\# \<i>\[x\](y), splice"


def test_where_nothing_is_spliced_or_nothing_is_there_the_tables_say_so() -> None:
    results = Results.of([AUTHENTIC_ROW])
    assert results.spliced == ()
    for text in (text_tables(results), markdown_tables(results)):
        assert "No picture is spliced: there is nothing to find" in text
        assert "best F1" not in text
    assert text_tables(Results.of([])) == "There are no pictures."
    assert not Results.of([ROW]).notes


def test_columns_have_types_and_every_row_holds_such_values() -> None:
    assert set(COLUMNS.values()) == {int, float, str}
    for row in (ROW, replace(AUTHENTIC_ROW, strength=1.5)):
        for name, kind in COLUMNS.items():
            value = getattr(row, name)
            assert isinstance(value, kind) or (value is None and kind is not str)


def test_a_name_from_a_table_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in text_tables(Results.of([replace(ROW, dataset="made\x1b[2J")]))


def test_the_table_of_images_has_empty_cells_where_there_is_no_number() -> None:
    data = encode_images([AUTHENTIC_ROW, replace(ROW, name="=cmd()", strength=70.0)], "csv")
    first, second = csv.DictReader(io.StringIO(data.decode("utf-8")))
    assert tuple(first) == tuple(COLUMNS)
    assert (first["f1"], first["fpr"], first["strength"]) == ("", "0.2", "")
    assert (second["f1"], second["ungated_f1"]) == ("0.375", "")
    assert (second["name"], second["strength"]) == ("'=cmd()", "70.0")


def test_parquet_holds_the_same_rows_with_types() -> None:
    from pyarrow import parquet

    rows = [AUTHENTIC_ROW, replace(ROW, name="caf\\xe9.jpg"), replace(ROW, error="E120", f1=None)]
    data = encode_images(rows, "parquet")
    table = parquet.read_table(io.BytesIO(data))
    assert [ImageRow(**line) for line in table.to_pylist()] == rows
    assert [str(kind) for kind in table.schema.types] == [
        *["string"] * 9, "double", *["int64"] * 3, *["double"] * 11, *["string"] * 3,
    ]  # fmt: skip
    assert encode_images(rows, "parquet") == data


def test_results_replace_those_of_before_and_leave_none_of_another_kind(tmp_path: Path) -> None:
    rows = [ROW, AUTHENTIC_ROW]
    first = write_results(tmp_path, Results.of(rows), table_format="parquet", plot=True)
    assert {path.name for path in first} == {
        "images.parquet", "authentic.csv", "summary.csv", "summary.md", "f1_by_strength.png",
    }  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in first}
    write_results(tmp_path, Results.of(rows))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"images.csv", "authentic.csv", "summary.csv", "summary.md"}
    assert left < set(RESULT_FILES)


@pytest.mark.parametrize("name", ["images.parquet", "summary.md"])
def test_a_folder_in_the_way_of_a_table_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(OutputError, match=name) as caught:
        write_results(tmp_path, Results.of([ROW]))
    assert caught.value.code == "E162"


# ----------------------------------------------------------------------------------- plot


def attacked(attack: str, family: str, strength: float | None, f1: float) -> list[ImageRow]:
    made = replace(ROW, attack=attack, family=family, strength=strength, f1=f1)
    return [made, replace(made, method=BASELINE, f1=0.2, best_f1=0.2)]


def curves(drawn: list[Any]) -> dict[tuple[str, str], list[tuple[Any, float]]]:
    """Return the points of each line that was drawn, by panel and method."""
    return {
        (panel, label): list(zip(places, values, strict=True))
        for panel, label, places, values in drawn
    }


def test_the_plot_is_a_png_that_is_the_same_for_the_same_rows() -> None:
    rows = [*attacked("none", "none", None, 0.5), *attacked("jpeg:70", "jpeg", 70.0, 0.25)]
    data = plot_f1_by_strength(summarize(rows))
    assert data.startswith(b"\x89PNG")
    assert plot_f1_by_strength(summarize(rows)) == data
    assert b"Software" not in data
    assert plot_f1_by_strength(summarize([replace(row, f1=0.0) for row in rows])) != data


def test_the_plot_has_a_line_a_method_over_ordered_strengths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from matplotlib.axes import Axes

    drawn: list[tuple[str, list[Any], list[float], str]] = []
    plot = Axes.plot

    def remember(self: Axes, places: Any, values: Any, **style: Any) -> Any:
        drawn.append((style["label"], places, values, style["linestyle"]))
        return plot(self, places, values, **style)

    monkeypatch.setattr(Axes, "plot", remember)
    rows = [
        *attacked("none", "none", None, 0.5),
        *attacked("jpeg:90", "jpeg", 90.0, 0.375),
        *attacked("jpeg:70", "jpeg", 70.0, 0.25),
        *attacked("facebook", "facebook", None, 0.125),
    ]
    plot_f1_by_strength(summarize(rows))
    assert drawn[:2] == [
        ("one", [70.0, 90.0], [0.25, 0.375], "-"),
        (BASELINE, [70.0, 90.0], [0.2, 0.2], "--"),
    ]
    assert drawn[2] == ("one", ["facebook"], [0.125], "")
    assert len(drawn) == 2 * 2 * 2


def test_the_plot_names_its_pictures_and_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    titles: list[str] = []
    entitle = Figure.suptitle

    def remember(self: Figure, title: str, **style: Any) -> Any:
        titles.append(title)
        return entitle(self, title, **style)

    monkeypatch.setattr(Figure, "suptitle", remember)
    rows = [*attacked("none", "none", None, 0.5), *attacked("jpeg:70", "jpeg", 70.0, 0.25)]
    rows = [replace(row, dataset="$a_", kind="\u62fc\u63a5") for row in rows]
    plot_f1_by_strength(summarize(rows))
    plot_f1_by_strength(summarize([*rows, *(replace(row, dataset="b") for row in rows[:2])]))
    assert titles == ["$a_, \u62fc\u63a5: n = 1", "all sets: n = 1 to 2"]


@pytest.mark.parametrize("rows", [[], [ROW], [replace(ROW, error="E101", f1=None, best_f1=None)]])
def test_what_has_no_strengths_is_still_a_picture(rows: list[ImageRow]) -> None:
    assert plot_f1_by_strength(summarize(rows)).startswith(b"\x89PNG")


@pytest.mark.parametrize("package", ["matplotlib", "pyarrow"])
def test_a_package_that_lacks_is_told_with_the_way_to_get_it(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=package) as caught:
        require_packages("parquet", plot=True)
    assert caught.value.code == "E189"
    assert caught.value.help == f"pip install {package}"
    require_packages("csv", plot=False)


def test_scores_are_shown_with_three_digits() -> None:
    (line,) = summarize([replace(ROW, f1=1 / 3, mcc=-0.25, tpr=0.99999)])
    assert line.f1 == 1 / 3
    text = text_tables(
        Results.of([replace(ROW, f1=1 / 3, mcc=-0.25, tpr=0.99999, fpr=math.ulp(1.0))])
    )
    for cell in (" .333 ", " -.250", " 1.000 ", " .000 "):
        assert cell in text
