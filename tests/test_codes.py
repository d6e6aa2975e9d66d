"""Every code of the catalogue is provoked once, for real, through what users call.

A new code needs a case here (a function under ``@provokes``) and a line in ``catalogue.txt``.
"""

# ruff: noqa: ARG001 - every case is given the stage, and some can do without

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

import test_bad_files as bad
import test_image as odd
import unsplice
from made_sets import make_set
from scenes import disc, made_pair, pasted, scene
from unsplice.cli import cli
from unsplice.cli.codes import exit_code_of, exit_code_of_code
from unsplice.errors import MESSAGES, Message, Notice, UnspliceError
from unsplice.evaluation.datasets import left_out, read_dataset
from unsplice.locks import alone_in
from unsplice.workers import run_in_workers
from worker_tasks import behave

A, B, M = "in/authentic.jpg", "in/edited.jpg", "in/mask.png"
EVALUATE = ("evaluate", "made.csv", "--jobs", "1", "--method", "everything-flagged")


@dataclass(frozen=True)
class Stage:
    """Where a case plays: an empty current folder with a pair and its mask in ``in``."""

    folder: Path
    run: Callable[..., Any]
    patch: pytest.MonkeyPatch
    forbid: Callable[[Path], None]

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def localize(self, name: str, content: bytes | str, *words: str) -> Any:
        return self.run("localize", self.file(name, content), *words)


Told = Any  # how a run ended, an error, or the notices of a result
Case = Callable[[Stage], Told]
CASES: dict[str, tuple[Case, int | None]] = {}


def provokes(code: str, *, exit_code: int | None = None) -> Callable[[Case], Case]:
    """Register a case; `exit_code` is that of a run in which it is one of several inputs."""

    def register(case: Case) -> Case:
        assert code not in CASES, f"{code} has a case already"
        CASES[code] = (case, exit_code)
        return case

    return register


def raised(call: Callable[[], object]) -> UnspliceError:
    with pytest.raises(UnspliceError) as caught:
        call()
    return caught.value


# ---------------------------------------------------------------- reaching the file, its content

FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "E110": ("empty.jpg", bytes),
    "E111": ("text.jpg", lambda: b"This is not a picture."),
    "E112": ("moving.gif", lambda: b"GIF89a" + bytes(60)),
    "E113": ("phone.heic", lambda: b"\0\0\0\x18ftypheic" + bytes(40)),
    "E114": ("newline.jpg", lambda: b"\r\n" + bad.jpeg()),
    "E115": ("flat.jpg", lambda: bad.frame(bad.jpeg(), rows=0)),
    "E120": ("cut.jpg", lambda: bad.cut(bad.jpeg(), 0.5)),
    "E121": ("starts.jpg", lambda: bad.insert(bad.jpeg(), 2, b"\xff\xd8")),
    "E122": ("cut.png", lambda: bad.cut(bad.encode(".png"), 0.5)),
    "E123": ("cut.bmp", lambda: bad.cut(bad.encode(".bmp"), 0.5)),
    "E124": ("short.png", lambda: bad.png(raw=bytes(40))),
    "E131": ("bomb.png", lambda: bad.png(15000, 15000)),
    "E132": ("scans.jpg", bad.scan_bomb),
}
for _code, (_name, _build) in FILES.items():
    provokes(_code)(lambda stage, name=_name, build=_build: stage.localize(name, build()))  # type: ignore[misc]


@provokes("E101")
def _(stage: Stage) -> Told:
    return stage.run("localize", "none.jpg")


@provokes("E102")
def _(stage: Stage) -> Told:
    return raised(lambda: unsplice.read_image("in"))


@provokes("E103")
def _(stage: Stage) -> Told:
    os.mkfifo("pipe.jpg")
    return stage.run("localize", "pipe.jpg")


@provokes("E104")
def _(stage: Stage) -> Told:
    stage.forbid(stage.folder / B)
    return stage.run("localize", B)


@provokes("E105")
def _(stage: Stage) -> Told:
    return stage.run("localize", "x" * 300 + ".jpg")


@provokes("E106")
def _(stage: Stage) -> Told:
    return stage.run("localize", "in")


@provokes("E130")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--max-pixels", "999")


@provokes("E133")
def _(stage: Stage) -> Told:
    long = bytes(cv2.imencode(".png", np.zeros((16, 65_501), np.uint8))[1])
    return stage.localize("long.png", long, "--method", "paper")


@provokes("E134")
def _(stage: Stage) -> Told:
    dot = bytes(cv2.imencode(".png", np.zeros((1, 1), np.uint8))[1])
    return stage.localize("dot.png", dot, "--method", "paper")


@provokes("E135")
def _(stage: Stage) -> Told:
    os.truncate(B, 2**40)
    return stage.run("localize", B)


@provokes("E136", exit_code=1)
def _(stage: Stage) -> Told:
    make_set(stage.folder, spliced=2, authentic=0)
    (stage.folder / "made.csv").write_text("image,mask,kind\nt0.jpg,t0.png,\nt1.jpg,,splice\n")
    return stage.run(*EVALUATE)


@provokes("E137")
def _(stage: Stage) -> Told:
    return stage.run("patches", B, M, "-o", "out", "--size", "200")


@provokes("E138")
def _(stage: Stage) -> Told:
    small = bytes(cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1])
    return stage.run("patches", B, stage.file("small.png", small), "-o", "out")


@provokes("E139", exit_code=1)
def _(stage: Stage) -> Told:
    make_set(stage.folder, spliced=1, authentic=0)
    return stage.run(*EVALUATE, "--attack", "downsample:0.001")


@provokes("E140", exit_code=1)
def _(stage: Stage) -> Told:
    make_set(stage.folder, spliced=1, authentic=0)
    stage.file("t0.png", bytes(cv2.imencode(".png", np.zeros((64, 80), np.uint8))[1]))
    return stage.run(*EVALUATE)


# ---------------------------------------------------------------- the pair, the output, resuming


def changed_record(stage: Stage, **changes: Any) -> str:
    """Return the record of a picture that was localized, with fields of it changed."""
    stage.run("localize", B, "--method", "paper", "-o", "out")
    record = json.loads((stage.folder / "out" / "edited.jpg.run.json").read_bytes())
    return stage.file("out/edited.jpg.run.json", json.dumps(record | changes))


@provokes("E141")
def _(stage: Stage) -> Told:
    return stage.run("verify", stage.file("a.run.json", "no JSON"))


@provokes("E142")
def _(stage: Stage) -> Told:
    return stage.run("verify", changed_record(stage, method=7))


@provokes("E143")
def _(stage: Stage) -> Told:
    return stage.run("verify", changed_record(stage, schema="other/1"))


@provokes("E144")
def _(stage: Stage) -> Told:
    return stage.run("verify", changed_record(stage, inputs={}))


@provokes("E145")
def _(stage: Stage) -> Told:
    record = changed_record(stage)
    (stage.folder / B).unlink()
    return stage.run("verify", record)


@provokes("E146")
def _(stage: Stage) -> Told:
    record = changed_record(stage)
    outputs = json.loads((stage.folder / record).read_bytes())["outputs"]
    outputs["mask"]["path"] = "../in/mask.png"
    return stage.run("verify", changed_record(stage, outputs=outputs))


@provokes("E147")
def _(stage: Stage) -> Told:
    return stage.run("verify", "in")


@provokes("E148")
def _(stage: Stage) -> Told:
    return stage.run("verify", "-r", "in")


@provokes("E150")
def _(stage: Stage) -> Told:
    small = stage.file("small.png", bytes(cv2.imencode(".png", scene(1, 90, 90))[1]))
    return stage.run("compare", small, B, "--method", "neighborhood-threshold")


@provokes("E151", exit_code=1)
def _(stage: Stage) -> Told:
    for name, seed in (("a.png", 1), ("b.png", 2)):
        stage.file(name, bytes(cv2.imencode(".png", scene(seed))[1]))
    stage.file("pairs.csv", "authentic,spliced\na.png,b.png\n")
    return stage.run("patches", "--pairs", "pairs.csv", "-o", "out")


@provokes("E160")
def _(stage: Stage) -> Told:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    stage.patch.setattr(os, "fsync", full)
    return stage.run("localize", B, "-o", "out")


@provokes("E161")
def _(stage: Stage) -> Told:
    assert stage.run("localize", B, "-o", "out").code == 0
    return stage.run("localize", B, "-o", "out")


@provokes("E162")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "-o", stage.file("file", b""))


@provokes("E163")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "-o", "in")


@dataclass(frozen=True)
class Ended:
    code: int
    err: str


@provokes("E164")
def _(stage: Stage) -> Told:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "unsplice.cli", "--version"], stdout=full,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    return Ended(done.returncode, done.stderr)


@provokes("E165")
def _(stage: Stage) -> Told:
    def removed() -> None:
        with alone_in(Path("out")):
            Path("out").rmdir()

    return raised(removed)


@provokes("E170")
def _(stage: Stage) -> Told:
    assert stage.run("localize", B, "-o", "out").code == 0
    return stage.run("localize", B, "-o", "out", "--resume", "--method", "paper")


@provokes("E171")
def _(stage: Stage) -> Told:
    assert stage.run("localize", B, "-o", "out").code == 0
    stage.file(B, (stage.folder / A).read_bytes())
    return stage.run("localize", B, "-o", "out", "--resume")


@provokes("E172")
def _(stage: Stage) -> Told:
    import fcntl

    make_set(stage.folder, spliced=1, authentic=0)
    assert stage.run(*EVALUATE, "-o", "out").code == 0
    with Path("out/journal").open("rb+") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        return stage.run(*EVALUATE, "-o", "out", "--resume")


# ---------------------------------------------------------------- the request


@provokes("E180")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--method", "papre")


@provokes("E181")
def _(stage: Stage) -> Told:
    return stage.run("compare", "--pairs", stage.file("other.csv", "before,after\na,b\n"))


@provokes("E182")
def _(stage: Stage) -> Told:
    return stage.run("compare", "--pairs", stage.file("bare.csv", "authentic,spliced\n"))


@provokes("E183", exit_code=1)
def _(stage: Stage) -> Told:
    lines = f"authentic,spliced\n{A},{B}\n{A},\n"
    return stage.run("compare", "--pairs", stage.file("pairs.csv", lines))


@provokes("E184")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--loud")


@provokes("E185")
def _(stage: Stage) -> Told:
    stage.patch.setenv("UNSPLICE_NUM_THREADS", "many")
    return stage.run("localize", B)


@provokes("E186")
def _(stage: Stage) -> Told:
    make_set(stage.folder, spliced=1, authentic=0)
    return stage.run(*EVALUATE, "--attack", "jpeg:101")


@provokes("E187")
def _(stage: Stage) -> Told:
    return stage.run("evaluate", "in")


@provokes("E188", exit_code=1)
def _(stage: Stage) -> Told:
    make_set(stage.folder, spliced=1, authentic=0)
    stage.file("made.csv", "kind,image,mask\n,t0.jpg,t0.png\nauthentic,t0.jpg,t0.png\n")
    return stage.run(*EVALUATE)


@provokes("E189")
def _(stage: Stage) -> Told:
    stage.patch.setitem(sys.modules, "pyarrow", None)
    make_set(stage.folder, spliced=1, authentic=0)
    return stage.run(*EVALUATE, "-o", "out", "--format", "parquet")


@provokes("E200")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--config", stage.file("x.toml", "[localize"))


@provokes("E201")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--config", stage.file("x.toml", "[localise]"))


@provokes("E202")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--config", stage.file("x.toml", "[localize]\njobs = 0"))


@provokes("E203")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--config", stage.file("x.toml", "[localize]\noutput = 'x'"))


# ---------------------------------------------------------------- in parts, on many machines


def part(stage: Stage, *words: str) -> Told:
    return stage.run("localize", A, B, "--method", "paper", "--jobs", "1", "-o", "out", *words)


@provokes("E205")
def _(stage: Stage) -> Told:
    part(stage, "--shard", "2/2")
    (stage.folder / "out" / "shards" / "1-of-2").mkdir()
    return stage.run("merge", "out")


@provokes("E206")
def _(stage: Stage) -> Told:
    part(stage, "--shard", "1/2")
    part(stage, "--shard", "2/2", "--preset", "closest-to-text")
    return stage.run("merge", "out")


@provokes("E207")
def _(stage: Stage) -> Told:
    return stage.run("merge", "in")


@provokes("E208")
def _(stage: Stage) -> Told:
    from unsplice.cluster import run

    stage.patch.setattr(run, "WAIT", 0.5)
    return stage.run("localize", B, "-o", "out", "--dask", "tcp://127.0.0.1:9")


@provokes("E209")
def _(stage: Stage) -> Told:
    from unsplice.batch import LocalizeImages
    from unsplice.cluster.jobs import FindJob
    from unsplice.cluster.units import Unit, do_unit

    job = FindJob.of(LocalizeImages(method="paper"))
    return raised(lambda: do_unit(job, Unit(0, [], "", {}, stage.folder / "out", None)))


@provokes("E210")
def _(stage: Stage) -> Told:
    from distributed import LocalCluster

    from cluster_tasks import Behaving
    from unsplice.cluster import run
    from unsplice.cluster.run import ClusterRun, connected

    stage.patch.setattr(run, "WAIT", 1.0)

    with LocalCluster(n_workers=1, dashboard_address=":0", processes=False) as cluster:
        client, end = connected(cluster.scheduler_address)
        job = Behaving(marks=stage.folder, seconds=1.0)
        begun = ClusterRun.begin(job, list("abcdef"), stage.folder / "out", unit=1, timeout=None)
        units = begun.over(client)
        next(units)
        cluster.close()
        told = raised(lambda: list(units))
        end()
    return told


# ---------------------------------------------------------------- the machine


@provokes("E190")
def _(stage: Stage) -> Told:
    def too_much(*_: object, **__: object) -> None:
        raise MemoryError

    stage.patch.setattr(cv2, "imdecode", too_much)  # the largest array of all
    return stage.run("localize", B)


@provokes("E191")
def _(stage: Stage) -> Told:
    stage.file("broken/cv2/__init__.py", "raise ImportError('libGL.so.1: no such file')")
    done = subprocess.run(
        [sys.executable, "-m", "unsplice.cli", "localize", B], capture_output=True, text=True,
        check=False, env=os.environ | {"PYTHONPATH": str(stage.folder / "broken")},
    )  # fmt: skip
    return Ended(done.returncode, done.stderr)


@provokes("E192")
def _(stage: Stage) -> Told:
    answers = dict(run_in_workers(behave, ["die", "answer"], jobs=2, timeout=60.0))
    assert answers["answer"] == "ANSWER"
    return answers["die"]


@provokes("E193", exit_code=1)
def _(stage: Stage) -> Told:
    ((_, answer),) = run_in_workers(behave, ["hang"], jobs=1, timeout=0.5)
    return answer


@provokes("E195")
def _(stage: Stage) -> Told:
    import unsplice.blind.fusion.localize as fusion
    from unsplice.blind.fusion import judgement

    stage.file("network.npz", b"damaged")
    stage.patch.setattr(judgement, "files", lambda _: stage.folder)
    for module in (fusion, judgement):
        if hasattr(module, "shipped_network"):
            plain = judgement.shipped_network.__wrapped__
            stage.patch.setattr(module, "shipped_network", plain)
    return stage.run("localize", B)


@provokes("E196", exit_code=1)
def _(stage: Stage) -> Told:
    def other(image: Any, size: int) -> Any:
        return image[::-1]

    stage.patch.setattr(cv2, "medianBlur", other)
    return stage.run("bench", "median_filter", "--size", "384x256")


@provokes("E197", exit_code=1)
def _(stage: Stage) -> Told:
    def refuse(*_: object) -> Any:
        raise RuntimeError("not here")

    stage.patch.setattr(cv2, "medianBlur", refuse)
    return stage.run("bench", "median_filter", "--size", "384x256")


@provokes("E198", exit_code=1)
def _(stage: Stage) -> Told:
    stage.patch.setattr(cv2, "__version__", "4.13.0")
    return stage.run("localize", B)


@provokes("E199")
def _(stage: Stage) -> Told:
    import unsplice.batch as batch

    def wrong(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    stage.patch.setattr(batch, "localize", wrong)
    return stage.run("localize", B)


# ---------------------------------------------------------------- warnings and notes

READ: dict[str, tuple[str, Callable[[], bytes]]] = {
    "W201": ("png.jpg", lambda: odd.opencv(".png", odd.RGB)),
    "W202": ("no-end.jpg", lambda: odd.jpeg()[:-2]),
    "W203": ("bomb.png", lambda: odd.BOMB),
    "W204": ("print.jpg", lambda: odd.saved("JPEG", mode="CMYK")),
    "W205": ("alpha.png", lambda: odd.opencv(".png", odd.RGBA)),
    "W206": ("palette.png", lambda: odd.saved("PNG", mode="P")),
    "W207": ("exif.jpg", lambda: odd.saved("JPEG", exif=b"Exif\0\0garbage")),
    "N301": ("zip.jpg", lambda: odd.jpeg() + b"PK\3\4" + bytes(96)),
    "N302": ("deep.png", lambda: odd.opencv(".png", odd.RGB16)),
    "N303": ("pages.tif", lambda: odd.animation("TIFF")),
    "N304": ("turned.jpg", lambda: odd.saved("JPEG", exif=odd.exif(6))),
    "N305": ("color.jpg", lambda: odd.saved("JPEG", icc_profile=odd.PROFILE)),
}


def _read(stage: Stage, name: str, build: Callable[[], bytes]) -> Sequence[Notice]:
    return unsplice.read_image(stage.file(name, build())).warnings


for _code, (_name, _build) in READ.items():
    provokes(_code)(lambda stage, name=_name, build=_build: _read(stage, name, build))  # type: ignore[misc]


@provokes("W208")
def _(stage: Stage) -> Told:
    whole = odd.jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    early = whole[: whole.rindex(b"\xff\xc4")] + b"\xff\xd9"
    return unsplice.decode_image(early).warnings


@provokes("W210")
def _(stage: Stage) -> Told:
    return unsplice.compare(A, A).warnings


@provokes("W211")
def _(stage: Stage) -> Told:
    for name in ("one/a.jpg", "one/b.jpg", "two/a.jpg"):
        stage.file(name, (stage.folder / A).read_bytes())
    return stage.run("compare", "one", "two")


@provokes("W212")
def _(stage: Stage) -> Told:
    return unsplice.compare(scene(1), scene(2)).warnings


@provokes("W213")
def _(stage: Stage) -> Told:
    from test_doubtful_pairs import COFFEE, SHAPE, lens

    bent = lens(pasted(COFFEE, disc(SHAPE, 200, 200, 60), COFFEE[::-1]), 0.08)
    return unsplice.compare(COFFEE, bent).warnings


@provokes("W214")
def _(stage: Stage) -> Told:
    pair = made_pair("large_70", 2)
    return unsplice.compare(
        unsplice.decode_image(pair.authentic_file), unsplice.decode_image(pair.spliced_file)
    ).warnings


@provokes("W215")
def _(stage: Stage) -> Told:
    whole = data.astronaut()
    return unsplice.compare(whole[:, :250], whole).warnings


@provokes("W220")
def _(stage: Stage) -> Told:
    return unsplice.sample_patches(scene(1, 200, 200), np.zeros((200, 200), bool)).warnings


@provokes("W221")
def _(stage: Stage) -> Told:
    mask = np.zeros((300, 300), bool)
    mask[150, 150] = True
    return unsplice.sample_patches(scene(1, 300, 300), mask).warnings


@provokes("W222")
def _(stage: Stage) -> Told:
    mask = np.ones((200, 200), bool)
    mask[100, 100] = False
    return unsplice.sample_patches(scene(1, 200, 200), mask).warnings


@provokes("W223")
def _(stage: Stage) -> Told:
    mask = disc((256, 256), 128, 128, 60)
    return unsplice.sample_patches(scene(1, 256, 256), mask).warnings


@provokes("W230")
def _(stage: Stage) -> Told:
    return stage.run("localize", B, "--method", "paper")


@provokes("W240")
def _(stage: Stage) -> Told:
    stage.file("set/Tp/Sp_D_NND_A_nat0054_nat0054_0189.jpg", b"")
    stage.file("set/Gt/Sp_S_NND_A_nat0054_nat0054_0189_gt.png", b"")
    return read_dataset("set")[0].warnings


@provokes("W241")
def _(stage: Stage) -> Told:
    for name in ("casia/Tp/Tp_D_x_00001.jpg", "casia/Gt/Tp_D_x_00001_gt.png", "other/1.jpg"):
        stage.file(f"set/{name}", b"")
    notice = left_out(Path("set"), read_dataset("set"))
    return [notice]


@provokes("N306")
def _(stage: Stage) -> Told:
    color = data.astronaut()
    return unsplice.compare(cv2.cvtColor(color, cv2.COLOR_RGB2GRAY), color).warnings


@provokes("N307")
def _(stage: Stage) -> Told:
    return unsplice.localize(scene(1).astype(np.uint16) * 257).warnings


# ---------------------------------------------------------------- packing a set


def patches_cut(stage: Stage) -> None:
    assert stage.run("patches", B, M, "-o", "set", "--size", "32", "-q").code == 0


def packed(stage: Stage, *words: str) -> Any:
    return stage.run("pack", "set", "-o", "out", "--format", *words)


@provokes("E215")
def _(stage: Stage) -> Told:
    patches_cut(stage)
    Path("set/index.csv").unlink()
    return packed(stage, "npz")


@provokes("E216")
def _(stage: Stage) -> Told:
    patches_cut(stage)
    next(Path("set/masks").rglob("*.png")).unlink()
    return packed(stage, "npz")


@provokes("E217")
def _(stage: Stage) -> Told:
    patches_cut(stage)
    index = Path("set/index.csv")
    index.write_text(index.read_text("utf-8").replace("images/", "../images/"), "utf-8")
    return packed(stage, "npz")


@provokes("E218")
def _(stage: Stage) -> Told:
    patches_cut(stage)
    return packed(stage, "npz", "--split", "train=0.8,test=0.1")


@provokes("E219")
def _(stage: Stage) -> Told:
    patches_cut(stage)
    return packed(stage, "coco")


@provokes("W250")
def _(stage: Stage) -> Told:
    patches_cut(stage)
    return packed(stage, "npz", "--split", "train=0.5,test=0.5")


# ---------------------------------------------------------------- the tests


@pytest.mark.parametrize("code", MESSAGES)
def test_a_code_is_provoked_and_told_in_full(
    code: str, folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch, forbid: Any
) -> None:
    if code not in CASES:
        pytest.fail(f"{code} has no case: add a function under @provokes({code!r}) to this file")
    case, exit_code = CASES[code]
    told = case(Stage(folder, run, monkeypatch, forbid))
    expected = exit_code_of_code(code) if exit_code is None else exit_code
    if isinstance(told, UnspliceError):
        assert told.code == code, told
        lines = [told.what, told.cause, told.help]
        assert exit_code_of(told) == expected
    elif hasattr(told, "err"):
        kind = {"E": "error", "W": "warning", "N": "note"}[code[0]]
        head = f"{kind}[{code}]: "
        lines = [line for line in told.err.splitlines() if head in line]
        assert lines, told
        if code[0] == "E":
            assert told.code == expected, told
            all_lines = told.err.splitlines()
            lines = all_lines[all_lines.index(lines[0]) :][:3]
            assert [line.split(":")[0].strip() for line in lines[1:]] == ["cause", "help"]
            lines[1:] = [line.partition(": ")[2] for line in lines[1:]]
        lines[0] = lines[0].partition(head)[2]
    else:
        assert code in [notice.code for notice in told]
        lines = [notice.text for notice in told if notice.code == code]
    for line in lines:
        assert line
        assert not set("{}") & set(line), line
        assert not re.search(r"\bNone\b(?! in sys.modules)", line), line


def test_no_case_is_of_a_code_that_is_gone() -> None:
    assert set(CASES) <= set(MESSAGES), "cases of unknown codes"


def texts_of(message: Message) -> str:
    return f"{message.what} {message.cause} {message.help}"


OPTIONS = {
    name
    for command in (cli, *cli.commands.values())
    for option in command.params
    for name in (*option.opts, *option.secondary_opts)
}


@pytest.mark.parametrize("code", MESSAGES)
def test_what_a_message_advises_exists(code: str) -> None:
    text = texts_of(MESSAGES[code])
    for option in re.findall(r"(?<![\w}-])--?[a-z][a-z-]*", text):
        if option not in ("--help",):
            assert option in OPTIONS, f"{code} names {option}, which no verb has"
    for verb in re.findall(r"`unsplice ([a-z]+)", text):
        assert verb in cli.commands, f"{code} names the verb {verb}"


# A code, and the first words of what it says, of every code that there ever was.
CATALOGUE = Path(__file__).parent / "catalogue.txt"


def test_no_code_ever_changes_its_meaning() -> None:
    listed = dict(line.split("  ", 1) for line in CATALOGUE.read_text("utf-8").splitlines())
    assert list(listed) == sorted(listed, key=lambda code: ("EWN".index(code[0]), code))
    for code, words in listed.items():
        if words.endswith("(retired)"):
            assert code not in MESSAGES, f"{code} is retired, and stands for nothing else"
        else:
            assert code in MESSAGES, f"{code} is gone: mark it (retired) in {CATALOGUE.name}"
            assert MESSAGES[code].what.startswith(words), f"{code} meant: {words}"
    lacking = [f"{code}  {MESSAGES[code].what}" for code in MESSAGES if code not in listed]
    assert not lacking, f"add to {CATALOGUE.name} (the first words will do): {lacking}"
