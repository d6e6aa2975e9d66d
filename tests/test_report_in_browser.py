"""Reports and their index as a browser shows them: on a desk, on a phone, dark, and in print."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from unsplice.cli import main
from unsplice.synthetic.pairs import make_demo_pair

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SIZES = {"desk": (1280, 900), "phone": (390, 844), "small phone": (360, 640)}
HOSTILE = "<img src=x onerror=alert(1)> & a name without an end " + "x" * 90 + ".jpg"

# What every text has behind it: the nearest ground that is not transparent.
CONTRAST = """() => {
  const parse = color => {
    const found = color.match(/[\\d.]+/g).map(Number);
    return found.length < 4 ? [...found, 1] : found;
  };
  const light = ([red, green, blue]) => {
    const linear = [red, green, blue].map(level => {
      const share = level / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim()) continue;
    let ground = [255, 255, 255, 1];
    for (let one = element; one; one = one.parentElement) {
      const here = parse(getComputedStyle(one).backgroundColor);
      if (here[3] > 0.99) { ground = here; break; }
    }
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground)];
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), texts.currentNode.data.trim()]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, or the reason why these tests are left out."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report of each mode and an index, as the command line writes them."""
    folder = tmp_path_factory.mktemp("reports")
    pair = make_demo_pair(seed=0)
    given = folder / "in"
    (given / "deep").mkdir(parents=True)
    (given / "authentic.jpg").write_bytes(pair.authentic_file)
    (given / HOSTILE).write_bytes(pair.spliced_file)
    (given / "deep" / os.fsdecode(b"caf\xe9?#%41.jpg")).write_bytes(pair.spliced_file)
    (given / "bad.jpg").write_bytes(b"no picture")
    out = folder / "out"
    assert main(["localize", "-r", str(given), "-o", str(out), "--report", "--jobs", "1"]) == 1
    both = [str(given / "authentic.jpg"), str(given / HOSTILE)]
    assert main(["compare", *both, "-o", str(folder / "pair"), "--report"]) == 0
    one = [str(given / HOSTILE), "-o", str(folder / "paper"), "--report", "--method", "paper"]
    assert main(["localize", *one]) == 0
    return {
        "index": out / "index.html",
        "blind": out / f"{HOSTILE}.report.html",
        "pair": folder / "pair" / f"{HOSTILE}.report.html",
        "paper": folder / "paper" / f"{HOSTILE}.report.html",
    }


KINDS = ["index", "blind", "pair", "paper"]


class Opened:
    """A page in the browser, and what it said and asked for."""

    def __init__(self, browser: Any, path: Path, size: tuple[int, int], scheme: str) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.page = browser.new_page(viewport=viewport, color_scheme=scheme)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(f"dialog {dialog.message}"))
        self.page.on("requestfailed", lambda one: self.said.append(f"failed {one.url[:200]}"))
        self.page.on("request", lambda one: self.asked.append(one.url))
        self.page.goto(path.as_uri())
        self.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        self.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(
    ("size", "scheme"), [*((size, "light") for size in SIZES), ("desk", "dark")]
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_fits_loads_nothing_from_elsewhere_and_can_be_read(
    browser: Any, pages: dict[str, Path], kind: str, size: str, scheme: str
) -> None:
    opened = Opened(browser, pages[kind], SIZES[size], scheme)
    page = opened.page
    try:
        assert opened.said == []
        own = pages[kind].as_uri()
        others = [url for url in opened.asked if not url.startswith("data:") and url != own]
        if kind == "index":
            assert others
            assert all(url.endswith(".thumbnail.jpg") for url in others)
            assert all(url.startswith("file:") for url in others)
        else:
            assert others == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= SIZES[size][0]
        images = page.evaluate(
            "[...document.images].map(one => [one.complete && one.naturalWidth > 0, one.alt,"
            " one.hasAttribute('alt')])"
        )
        assert images
        assert all(loaded and has_alt for loaded, _, has_alt in images)
        if kind != "index":  # there the link has the name of the picture
            assert all(alt.strip() for _, alt, _ in images)
        headings = page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])"
        )
        assert headings[0] == 1
        assert headings.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(headings))
        contrasts = page.evaluate(CONTRAST)
        assert len(contrasts) > 10
        low = [(round(ratio, 2), text) for ratio, text in contrasts if ratio < 4.5]
        assert low == []
    finally:
        page.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_prints(browser: Any, pages: dict[str, Path], kind: str, tmp_path: Path) -> None:
    opened = Opened(browser, pages[kind], SIZES["desk"], "dark")
    try:
        printed = opened.page.pdf(path=tmp_path / "page.pdf", format="A4")
        assert printed.startswith(b"%PDF")
        opened.page.emulate_media(media="print", color_scheme="light")
        opened.page.set_viewport_size({"width": 680, "height": 960})  # A4 without its margins
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 680
        assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") in (
            "rgb(255, 255, 255)",
            "rgba(0, 0, 0, 0)",
        )
        low = [one for one in opened.page.evaluate(CONTRAST) if one[0] < 4.5]
        assert low == []
    finally:
        opened.page.close()


def test_the_index_leads_to_the_reports(browser: Any, pages: dict[str, Path]) -> None:
    opened = Opened(browser, pages["index"], SIZES["desk"], "light")
    page = opened.page
    try:
        links = page.locator(".cards a")
        assert links.count() == 3
        for number in range(3):
            name = page.locator(".cards a").nth(number).inner_text().strip()
            page.locator(".cards a").nth(number).click()
            page.wait_for_load_state("load")
            assert page.locator("h1").inner_text().strip() == name
            page.go_back()
        assert opened.said == []
    finally:
        page.close()


def test_wide_tables_scroll_within_their_box(browser: Any, pages: dict[str, Path]) -> None:
    opened = Opened(browser, pages["pair"], SIZES["small phone"], "light")
    try:
        inner, outer = opened.page.evaluate(
            "(() => { const box = document.querySelector('.scroll');"
            " return [box.scrollWidth, box.clientWidth]; })()"
        )
        assert inner > outer
        reached = opened.page.evaluate(
            "(() => { const box = document.querySelector('.scroll'); box.focus();"
            " return document.activeElement === box; })()"
        )
        assert reached
    finally:
        opened.page.close()
