"""Reports: what they say, that nothing in them acts, and where they stand among the results."""

from __future__ import annotations

import builtins
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote_to_bytes

import cv2
import numpy as np
import pytest

import unsplice
from unsplice.blind.steps import localize_in_steps
from unsplice.errors import OutputError, UsageError
from unsplice.formats.exif import exif_texts
from unsplice.image import decode_image, read_image
from unsplice.outcomes import Sources
from unsplice.pair.steps import compare_in_steps
from unsplice.report.content import report_context
from unsplice.report.files import write_report
from unsplice.report.index import index_entry, refuse_index, remove_index, write_index
from unsplice.report.words import FINDINGS, headline_of, limits_of, reliability_of
from unsplice.result import Finding
from unsplice.synthetic.pairs import make_demo_pair, make_scene

EDITED, AUTHENTIC = "in/edited.jpg", "in/authentic.jpg"
TIMES = "\N{MULTIPLICATION SIGN}"
VOID = {"meta", "img", "br", "hr", "link", "input"}

Below = Callable[[Path], dict[str, bytes]]


class Page(HTMLParser):
    """A page as its tags and its text; fails where tags are not closed in their order."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(path.read_bytes().decode("utf-8"))
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="module")
def pair_sources() -> Sources:
    pair = make_demo_pair(seed=0)
    return {
        "authentic": decode_image(pair.authentic_file, path="authentic.jpg"),
        "spliced": decode_image(pair.spliced_file, path="spliced.jpg"),
    }


def pair_page(sources: Sources, folder: Path, name: str = "spliced.jpg") -> Page:
    result, steps = compare_in_steps(sources["authentic"], sources["spliced"])
    return Page(write_report(folder, name, result, steps, sources)["report"])


def assert_nothing_acts(page: Page) -> None:
    """Nothing runs, nothing is loaded but pictures in the page itself."""
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section",
        "h1", "h2", "h3", "p", "a", "div", "span", "strong", "figure", "figcaption", "img", "ul",
        "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "nav",
    }  # fmt: skip
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
    policies = [one["content"] for one in page.all("meta") if "http-equiv" in one]
    assert len(policies) == 1
    assert "default-src 'none'" in str(policies[0])


# ------------------------------------------------------------------------------- one picture


def test_the_report_of_a_pair_says_what_was_found_and_what_it_is_worth(
    pair_sources: Sources, tmp_path: Path
) -> None:
    page = pair_page(pair_sources, tmp_path)
    assert_nothing_acts(page)
    assert all(str(one["src"]).startswith("data:image/") for one in page.all("img"))
    text = page.text
    assert text.index("Part of this picture is not in the authentic one.") < text.index("Heat map")
    for expected in (
        "5.1 % of the picture", "indicates; it does not prove", "1 had a false region",
        "Authentic picture, brought onto the other", "Difference, times 4", "20,044",
        pair_sources["spliced"].sha256, pair_sources["authentic"].sha256, f"768 {TIMES} 512 pixels",
        "80 (as libjpeg counts)", "4:2:0", "Who should look next", "evidence_per_residual",
        unsplice.__version__, "previews",
    ):  # fmt: skip
        assert expected in text, expected


@pytest.mark.parametrize("method", ["fusion", "jpeg-history", "paper"])
def test_every_method_of_blind_mode_has_a_report(method: Any, tmp_path: Path) -> None:
    pair = make_demo_pair(seed=0)
    source = decode_image(pair.spliced_file, path="x.jpg")
    result, steps = localize_in_steps(source, method=method)
    page = Page(write_report(tmp_path, "x.jpg", result, steps, {"image": source})["report"])
    assert_nothing_acts(page)
    assert headline_of(result.finding, method) in page.text
    shown = [step for step in steps if step.name not in ("mask", "heatmap")]
    assert len(page.all("img")) == 4 + len(shown)
    for step in shown:
        assert step.caption in page.text
        assert len(step.caption.split()) > 8
    for limit in limits_of(method):
        assert limit in page.text
    if method == "fusion":
        assert "of untouched photographs" in page.text.lower()
        assert f"{result.details['gate']['threshold']:.2f}" in page.text


def test_a_report_is_well_formed_for_who_does_not_see_it(
    pair_sources: Sources, tmp_path: Path
) -> None:
    page = pair_page(pair_sources, tmp_path)
    assert page.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(one.get("alt") for one in page.all("img"))
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    names = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))
    for _, attributes in page.tags:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in names
        if str(attributes.get("href", "")).startswith("#"):
            assert str(attributes["href"])[1:] in names


HOSTILE = [
    "<script>alert(1)</script>.jpg",
    "\"><img src=x onerror=alert(1)>'.jpg",
    "{{ 7 * 7 }}{% raw %}&amp;.jpg",
    os.fsdecode(b"caf\xe9\x1b[2J\n.jpg"),
    "\u202egpj.exe.jpg",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_and_words_are_shown_and_do_nothing(
    name: str, pair_sources: Sources, tmp_path: Path
) -> None:
    attack = '<script src="//x"></script>" onload="x'
    sources = {
        role: replace(one, path=name if role == "spliced" else attack)
        for role, one in pair_sources.items()
    }
    result, steps = compare_in_steps(sources["authentic"], sources["spliced"])
    result = replace(
        result, statement=attack, parameters={attack: attack},
        warnings=(unsplice.Notice("W201", attack),),
    )  # fmt: skip
    steps = tuple(replace(one, title=attack, caption=attack) for one in steps)
    file = name.replace("/", "_")
    page = Page(write_report(tmp_path, file, result, steps, sources)["report"])
    assert_nothing_acts(page)
    assert len(page.all("img")) == 8
    assert page.text.count(attack) >= 8
    if "alert" in name or "{" in name:
        assert f"{file}: Part of this picture" in page.text
    raw = (tmp_path / f"{file}.report.html").read_bytes()
    assert b"<script" not in raw
    assert b"\x1b" not in raw
    assert "\u202e".encode() not in raw


def exif_block(order: str, texts: dict[int, bytes]) -> bytes:
    """Return an Exif block: its first directory, with the last text in that of the camera."""
    small = order == "II"

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little" if small else "big")

    *first, (last_tag, last_text) = texts.items()
    second = 8 + 2 + 12 * (len(first) + 1) + 4
    place = second + 2 + 12 + 4
    data = b""
    entries = []
    for tag, text in [*first, (last_tag, last_text)]:
        stored = text + b"\0"
        inline = len(stored) <= 4
        where = stored.ljust(4, b"\0") if inline else number(place + len(data), 4)
        data += b"" if inline else stored
        entries.append(number(tag, 2) + number(2, 2) + number(len(stored), 4) + where)
    pointer = number(0x8769, 2) + number(4, 2) + number(1, 4) + number(second, 4)
    head = (b"II*\0" if small else b"MM\0*") + number(8, 4)
    directory = number(len(entries), 2) + b"".join(entries[:-1]) + pointer + bytes(4)
    return head + directory + number(1, 2) + entries[-1] + bytes(4) + data


TEXTS = {
    0x010F: b"Maker",
    0x0131: b"<b>Editor 5</b>",
    0x013B: b"Me",
    0x9003: b"2024:05:06 07:08:09",
}


@pytest.mark.parametrize("order", ["II", "MM"])
def test_metadata_are_read_in_both_orders_and_damage_is_passed_over(order: str) -> None:
    block = exif_block(order, TEXTS)
    assert exif_texts(block) == {
        "Camera maker": "Maker", "Software": "<b>Editor 5</b>", "Taken": "2024:05:06 07:08:09",
        "Artist": "Me",
    }  # fmt: skip
    for end in range(len(block)):
        assert set(exif_texts(block[:end])) <= {"Camera maker", "Software", "Taken", "Artist"}
    rng = np.random.default_rng(1)
    for _ in range(200):
        damaged = bytearray(block)
        damaged[rng.integers(4, len(block))] = rng.integers(256)
        assert all(isinstance(text, str) for text in exif_texts(bytes(damaged)).values())
    assert exif_texts(b"") == exif_texts(b"JUNK") == {}


def test_metadata_are_shown_escaped_and_not_vouched_for(
    pair_sources: Sources, tmp_path: Path
) -> None:
    data = bytearray(make_demo_pair(seed=0).spliced_file)
    block = b"Exif\0\0" + exif_block("MM", TEXTS)
    segment = b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block
    spliced = decode_image(bytes(data[:2] + segment + data[2:]), path="spliced.jpg")
    page = pair_page({**pair_sources, "spliced": spliced}, tmp_path)
    assert_nothing_acts(page)
    assert "Metadata: Software <b>Editor 5</b>" in page.text
    assert "Anybody can change them" in page.text


def test_a_report_is_the_same_bytes_each_time(pair_sources: Sources, tmp_path: Path) -> None:
    pair_page(pair_sources, tmp_path / "a")
    pair_page(pair_sources, tmp_path / "b")
    first, second = (tmp_path / name / "spliced.jpg.report.html" for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_a_report_of_twelve_megapixels_stays_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    scene = make_scene(375, 500, seed=1).repeat(8, axis=0).repeat(8, axis=1)
    noisy = scene // 2 + rng.integers(0, 100, scene.shape, np.uint8)
    small, steps = localize_in_steps(make_scene(96, 128, seed=1))
    source = replace(decode_image(cv2.imencode(".png", scene[:8])[1].tobytes()), pixels=noisy)
    mask = noisy[..., 0] > 120
    result = replace(small, image=noisy, mask=mask, heatmap=noisy[..., 1] / np.float32(255))
    steps = tuple(replace(step, picture=noisy[..., 2]) for step in steps)
    written = write_report(tmp_path, "large.jpg", result, steps, {"image": source}, thumbnail=True)
    assert written["report"].stat().st_size < 3_000_000
    assert written["thumbnail"].stat().st_size < 60_000
    thumbnail = read_image(written["thumbnail"]).pixels
    assert max(thumbnail.shape) == 320


def test_pictures_are_shown_upright_and_the_page_says_so(tmp_path: Path) -> None:
    pair = make_demo_pair(seed=0)
    stored = decode_image(pair.spliced_file, path="turned.jpg")
    source = replace(stored, orientation=6)
    authentic = decode_image(pair.authentic_file, path="a.jpg")
    result, steps = compare_in_steps(authentic, source)
    context = report_context("t", result, steps, {"authentic": authentic, "spliced": source})
    assert context["turned"]
    shown = context["pictures"]
    assert (shown[0].width, shown[0].height) == (768, 512)
    assert [(one.width, one.height) for one in shown[1:]] == [(512, 768)] * 2
    assert (context["heat"].width, context["heat"].height) == (512, 768)
    (region,) = result.regions
    row, col = region.centroid
    assert context["regions"][0]["point"] == pytest.approx((col / 768, 1 - row / 512))
    page = Page(
        write_report(tmp_path, "t", result, steps, {"authentic": authentic, "spliced": source})[
            "report"
        ]
    )
    assert "shown upright" in page.text
    assert "turned right by a quarter" in page.text


def test_small_gray_and_deep_pictures_have_reports(tmp_path: Path) -> None:
    for number, shape in enumerate([(16, 16), (40, 40, 3), (90, 100), (1, 1, 3)]):
        pixels = (np.arange(np.prod(shape)) * 257 % 65536).astype(np.uint16).reshape(shape)
        data = cv2.imencode(".png", pixels if number % 2 else pixels.astype(np.uint8))[1]
        source = decode_image(data.tobytes())
        result, steps = localize_in_steps(source)
        paths = write_report(tmp_path, f"{number}", result, steps, {"image": source})
        assert_nothing_acts(Page(paths["report"]))


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.1, "more than 10 in 100"),
        (0.7, "between about 5 and 10 in 100"),
        (0.95, "about 1 in 100 or fewer"),
    ],
)
def test_the_score_is_put_beside_that_of_untouched_photographs(score: float, words: str) -> None:
    details = {
        "gate": {"score": score, "files": "jpeg", "threshold": 0.81, "false_alarm_rate": 0.02},
        "jpeg_history": {"counts": False},
    }
    told = reliability_of("fusion", "spliced", details)
    assert words in told.sentences[0]
    assert [rate for rate, _ in told.rates] == [0.01, 0.02, 0.05, 0.1]


@pytest.mark.parametrize(("finding", "alarming"), [("spliced", True), ("marked", False)])
def test_what_is_no_evidence_is_not_shown_as_an_alarm(
    finding: Any, alarming: bool, pair_sources: Sources, tmp_path: Path
) -> None:
    result, steps = localize_in_steps(pair_sources["spliced"], method="paper")
    sources = {"image": pair_sources["spliced"]}
    result = replace(result, finding=finding)
    page = Page(write_report(tmp_path, "x", result, steps, sources)["report"])
    (verdict,) = [one for one in page.all("div") if str(one.get("class")).startswith("verdict")]
    assert ("alarming" in str(verdict["class"])) == alarming
    assert index_entry("x", result.to_dict())["alarming"] == alarming


def test_every_finding_has_words() -> None:
    assert set(FINDINGS) == set(get_args(Finding))
    for finding in FINDINGS:
        assert headline_of(finding, "fusion" if finding == "marked" else "evidence").endswith(".")


# ---------------------------------------------------------------------- on the command line


def test_a_report_is_written_beside_the_result_and_before_the_record(
    folder: Path, run: Any, below: Below, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (("localize", EDITED), ("compare", AUTHENTIC, EDITED)):
        assert run(*words, "-o", "plain", "--overwrite").code == 0
        ran = run(*words, "-o", "out", "--report", "--json", "--overwrite")
        assert ran.code == 0
        assert json.loads(ran.out)["outputs"]["report"] == "out/edited.jpg.report.html"
        got, plain = below(folder / "out"), below(folder / "plain")
        assert set(got) - set(plain) == {"edited.jpg.report.html"}
        assert got.items() >= plain.items()

    from unsplice.report import files as report_files

    def ends(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(report_files, "write_file", ends)
    assert run("localize", EDITED, "-o", "out", "--report", "--overwrite").code == 130
    assert not (folder / "out" / "edited.jpg.run.json").exists()


def test_a_report_of_an_earlier_run_is_refused_replaced_or_removed(
    folder: Path, run: Any, below: Below
) -> None:
    words = ("localize", EDITED, "-o", "out")
    assert run(*words, "--report").code == 0
    whole = below(folder / "out")
    for name in whole:
        if not name.endswith(".html"):
            (folder / "out" / name).unlink()
    ran = run(*words)
    assert ran.code == 4
    assert "error[E161]: out/edited.jpg.report.html" in ran.err
    assert run(*words, "--report", "--overwrite").code == 0
    assert below(folder / "out") == whole
    assert run(*words, "--overwrite").code == 0
    assert set(below(folder / "out")) == set(whole) - {"edited.jpg.report.html"}


def test_what_lacks_its_report_is_done_again_when_a_run_is_resumed(
    folder: Path, run: Any, below: Below
) -> None:
    words = ("localize", EDITED, AUTHENTIC, "-o", "out")
    assert run(*words).code == 0
    assert run(*words, "--report", "--resume").code == 0
    whole = below(folder / "out")
    assert {name for name in whole if name.endswith((".html", ".jpg"))} == {
        "index.html", "edited.jpg.report.html", "authentic.jpg.report.html",
        "edited.jpg.thumbnail.jpg", "authentic.jpg.thumbnail.jpg",
    }  # fmt: skip
    (folder / "out" / "edited.jpg.thumbnail.jpg").unlink()
    (folder / "out" / "index.html").unlink()
    ran = run(*words, "--report", "--resume", "--json")
    assert [json.loads(line)["resumed"] for line in ran.out.splitlines()] == [False, True]
    assert below(folder / "out") == whole


def test_reports_of_workers_are_those_of_one_process(folder: Path, run: Any, below: Below) -> None:
    words = ("localize", EDITED, AUTHENTIC, "in/none.jpg", "--report", "--steps", "-o")
    assert run(*words, "one", "--jobs", "1").code == run(*words, "two", "--jobs", "2").code == 1
    assert below(folder / "one") == below(folder / "two")


@pytest.mark.usefixtures("folder")
def test_a_report_without_what_it_needs_is_refused_before_anything_is_done(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "E184" in run("compare", AUTHENTIC, EDITED, "--report").err
    monkeypatch.setitem(sys.modules, "jinja2", None)
    ran = run("localize", EDITED, "-o", "out", "--report")
    assert ran.code == 2
    assert "error[E189]: a report needs the package jinja2" in ran.err
    assert not Path("out").exists()
    ran = run("demo")
    assert ran.code == 0
    assert "pip install unsplice[report]" in ran.out
    assert not Path("demo/spliced.jpg.report.html").exists()


# ------------------------------------------------------------------------------------- index


def entry(name: str, finding: str, score: float | None) -> dict[str, Any]:
    return index_entry(
        name, {"finding": finding, "score": score, "fraction": 0.1, "regions": [1, 2]}
    )


def test_the_index_leads_to_every_report_and_tells_what_failed(folder: Path, run: Any) -> None:
    hostile = os.fsdecode(b'50% "<b>#?\xe9.jpg')
    (folder / "in" / "x").mkdir()
    (folder / EDITED).rename(folder / "in" / "x" / hostile)
    (folder / "in" / "mask.png").unlink()
    (folder / "in" / "bad.jpg").write_bytes(b"<b>no picture</b>")
    assert run("localize", "-r", "in", "-o", "out", "--report").code == 1
    page = Page(folder / "out" / "index.html")
    assert_nothing_acts(page)
    addresses = [one["href"] for one in page.all("a")] + [one["src"] for one in page.all("img")]
    assert len(addresses) == 4
    for address in addresses:
        assert str(address).startswith("./")
        assert (folder / "out" / os.fsdecode(unquote_to_bytes(str(address)))).is_file()
    assert all(one["loading"] == "lazy" for one in page.all("img"))
    assert "2 pictures examined, 1 failed" in page.text
    assert 'x/50% "<b>#?\\xe9.jpg' in page.text
    assert "E111" in page.text


def test_the_most_serious_come_first_and_pages_are_linked(tmp_path: Path) -> None:
    entries = [
        entry("a.jpg", "nothing-found", 0.9), entry("b.jpg", "spliced", 0.8),
        entry("c.jpg", "spliced", 0.95), entry("d.jpg", "marked", None),
        entry("e.jpg", "nothing-found", 0.1),
    ]  # fmt: skip
    first = write_index(tmp_path, entries, [], per_page=2)
    assert first == tmp_path / "index.html"
    names = ["index.html", "index-002.html", "index-003.html"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    pages = [Page(tmp_path / name) for name in names]
    told = [re.findall(r"\b([a-e])\.jpg", page.text) for page in pages]
    assert told == [["c", "b"], ["d", "a"], ["e"]]
    for number, page in enumerate(pages):
        links = [one["href"] for one in page.all("a") if "index" in str(one["href"])]
        assert set(links) == set(names) - {names[number]}
        assert "5 pictures examined" in page.text
    write_index(tmp_path, entries[:1], [], overwrite=True, per_page=2)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_an_index_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "index.html"
    theirs.write_text("<h1>mine</h1>", "utf-8")
    with pytest.raises(OutputError, match="E161"):
        refuse_index(tmp_path, overwrite=True)
    remove_index(tmp_path)
    assert theirs.exists()
    theirs.unlink()
    write_index(tmp_path, [], [])
    with pytest.raises(OutputError, match="E161"):
        refuse_index(tmp_path, overwrite=False)
    refuse_index(tmp_path, overwrite=True)
    remove_index(tmp_path)
    assert not theirs.exists()


# --------------------------------------------------------------------------------- in Python


def test_a_result_draws_itself_into_a_figure_of_its_own_or_into_given_axes() -> None:
    from matplotlib import pyplot
    from matplotlib.figure import Figure

    from unsplice.plots import plot_steps

    result, steps = localize_in_steps(make_scene(96, 128, seed=1))
    figure = result.plot()
    assert isinstance(figure, Figure)
    assert not pyplot.get_fignums()
    assert len(figure.axes) == 3
    own = Figure()
    axes = own.subplots(1, 2)
    assert result.plot(axes) is own
    assert own.get_suptitle() == ""
    with pytest.raises(ValueError, match="must be two"):
        result.plot(axes[:1])
    drawn = plot_steps(steps, columns=4)
    assert [panel.get_title() for panel in drawn.axes][: len(steps)] == [s.title for s in steps]
    with pytest.raises(ValueError, match="at least one"):
        plot_steps([])
    with pytest.raises(ValueError, match="columns"):
        plot_steps(steps, columns=0)


def test_drawing_without_matplotlib_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    result = unsplice.localize(make_scene(96, 128, seed=1))
    honest = builtins.__import__

    def refuses(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return honest(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuses)
    with pytest.raises(UsageError, match="pip install matplotlib"):
        result.plot()
    assert "<img" in result._repr_html_()


def test_a_notebook_shows_a_small_escaped_preview() -> None:
    result = unsplice.localize(make_scene(96, 128, seed=1))
    page = replace(result, statement="<script>x</script>")._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    large = replace(
        result,
        image=np.zeros((2000, 3000, 3), np.uint8),
        mask=np.eye(2000, 3000, dtype=bool),
    )._repr_html_()
    assert 'width="480" height="320"' in large
    assert len(large) < 200_000
