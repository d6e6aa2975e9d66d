"""Settings from a TOML file: the command line goes first, then the file, and nothing is ignored."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click
import pytest

from made_sets import make_set
from unsplice import EvidenceParameters, FusionParameters, PaperParameters
from unsplice.batch import ComparePairs, LocalizeImages
from unsplice.cli import cli
from unsplice.cli.configured import (
    LIMITS,
    OF_A_RUN,
    configured_verbs,
    load_configuration,
    options_of,
)
from unsplice.configuration import as_toml, find_file, parameter_kinds, user_file
from unsplice.errors import UnspliceError
from unsplice.output import json_ready
from unsplice.patch_set import CutPatches

A, B, M = "in/authentic.jpg", "in/edited.jpg", "in/mask.png"


@pytest.fixture
def write(folder: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = folder / "settings.toml"
        path.write_text(text, "utf-8")
        return path

    return written


Write = Callable[[str], Path]


def record(folder: Path, name: str = "edited.jpg") -> Any:
    return json.loads((folder / f"{name}.run.json").read_bytes())


# ------------------------------------------------------------------------ which file is read


def test_the_file_that_is_given_goes_before_the_environment_and_that_before_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = tmp_path / "unsplice" / "config.toml"
    monkeypatch.delenv("UNSPLICE_CONFIG")
    assert user_file() == own
    assert find_file() == (None, "none")
    own.parent.mkdir()
    own.write_text("", "utf-8")
    assert find_file() == (own, "user")
    monkeypatch.setenv("UNSPLICE_CONFIG", "")
    assert find_file() == (own, "user")
    monkeypatch.setenv("UNSPLICE_CONFIG", "b.toml")
    assert find_file() == (Path("b.toml"), "environment")
    assert find_file(Path("c.toml")) == (Path("c.toml"), "given")
    assert find_file(Path("none")) == (None, "none")
    monkeypatch.setenv("UNSPLICE_CONFIG", "none")
    assert find_file() == (None, "none")


@pytest.mark.parametrize("place", ["", "relative", "."])
def test_the_users_file_is_never_one_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", place)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_file() == tmp_path / ".config" / "unsplice" / "config.toml"
    monkeypatch.setenv("HOME", "relative")
    assert user_file() is None


def test_a_file_in_the_current_folder_is_not_read(
    folder: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNSPLICE_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "nothing"))
    for name in ("unsplice.toml", "config.toml", ".unsplice.toml", "none"):
        (folder / name).write_text("hostile = 1", "utf-8")
    assert run("compare", A, B).code == 0
    assert run("compare", A, B, "--config", "none").code == 0


@pytest.mark.parametrize("way", ["--config", "UNSPLICE_CONFIG", "user"])
def test_each_way_gives_a_verb_its_settings(
    folder: Path, write: Write, run: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    path = write('[compare]\nmethod = "neighborhood-threshold"\n')
    words: tuple[str, ...] = ()
    if way == "--config":
        words = ("--config", str(path))
    elif way == "UNSPLICE_CONFIG":
        monkeypatch.setenv(way, str(path))
    else:
        monkeypatch.delenv("UNSPLICE_CONFIG")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
        (folder / "home" / "unsplice").mkdir(parents=True)
        path.rename(folder / "home" / "unsplice" / "config.toml")
    assert run("compare", A, B, "-o", "out", *words).code == 0
    assert record(folder / "out")["method"] == "neighborhood-threshold"
    assert run("compare", A, B, "-o", "plain", "--config", "none").code == 0
    assert record(folder / "plain")["method"] == "evidence"


# ------------------------------------------------------------------------ what goes first


def test_the_command_line_goes_before_the_file_and_the_verb_before_the_limits(
    write: Write, run: Any
) -> None:
    path = write("[limits]\nmax_pixels = 999\n[patches]\nmax-pixels = 100_000\n")
    for words in (("compare", A, B), ("localize", B)):
        ran = run(*words, "--config", path)
        assert (ran.code, "limit 999" in ran.err) == (1, True)
        assert run(*words, "--config", path, "--max-pixels", "100000").code == 0
    assert run("patches", B, M, "-o", "out", "--size", "32", "--config", path).code == 0


def test_a_flag_that_the_file_sets_is_set(write: Write, run: Any) -> None:
    path = write("[localize]\njson = true\nrecursive = true\nquiet = true\nexit-code = false\n")
    ran = run("localize", "in", "--config", path)
    assert [json.loads(line)["name"] for line in ran.out.splitlines()] == [
        "authentic.jpg", "edited.jpg", "mask.png",
    ]  # fmt: skip


def test_parameters_of_the_file_are_those_of_the_record(
    folder: Path, write: Write, run: Any
) -> None:
    path = write(
        '[localize]\nmethod = "paper"\n'
        '[parameters.paper]\npreset = "closest-to-text"\nwindow = 15\nela_gain = 2\n'
        'clip_limit = "none"\nchannel_weights = [1, 0, 0]\ntiles = [4, 4]\n'
        "[parameters.evidence]\nmin_area = 40\nscales = [1, 2, 4]\n"
    )
    assert run("localize", B, "-o", "out", "--config", path).code == 0
    text = PaperParameters.preset("closest-to-text")
    expected = asdict(text) | {
        "window": 15, "ela_gain": 2.0, "clip_limit": None, "channel_weights": (1.0, 0.0, 0.0),
        "tiles": (4, 4),
    }  # fmt: skip
    assert record(folder / "out")["parameters"] == json_ready(expected)
    assert record(folder / "out")["method"] == "paper"
    again = ("localize", B, "-o", "out", "--config", path)
    assert run(*again, "--preset", "best-measured", "--overwrite").code == 0
    assert record(folder / "out")["parameters"] == json_ready(asdict(PaperParameters()))
    assert run(*again, "--method", "fusion", "--overwrite").code == 0
    assert record(folder / "out")["parameters"] == json_ready(asdict(FusionParameters()))
    assert run("compare", A, B, "-o", "pair", "--config", path).code == 0
    found = record(folder / "pair")["parameters"]
    assert (found["min_area"], found["scales"]) == (40, [1.0, 2.0, 4.0])


def test_pairs_are_compared_with_the_parameters_of_the_file_before_patches_are_cut(
    folder: Path, write: Write, run: Any
) -> None:
    path = write("[patches]\nsize = 32\n[parameters.evidence]\nmin_area = 40\n")
    (folder / "pairs.csv").write_text(f"authentic,spliced\n{A},{B}\n", "utf-8")
    assert run("patches", "--pairs", "pairs.csv", "-o", "out", "--config", path).code == 0
    (path_of_record,) = (folder / "out" / "records").rglob("*.run.json")
    found = json.loads(path_of_record.read_bytes())["parameters"]
    assert (found["size"], found["min_area"]) == (32, 40)
    # Other parameters are another run.
    ran = run("patches", "--pairs", "pairs.csv", "-o", "out", "--resume", "--size", "32")
    assert "error[E170]" in ran.err


def test_an_evaluation_takes_its_options_and_says_that_parameters_are_not_used(
    folder: Path, write: Write, run: Any
) -> None:
    table = make_set(folder / "set", spliced=1, authentic=0)
    path = write(
        '[evaluate]\nmethod = ["everything-flagged"]\nattack = ["jpeg:70", "gamma:1.5"]\njobs = 1\n'
        "[parameters.fusion]\ngate = false\n"
    )
    ran = run("evaluate", table, "--config", path, "--json")
    assert ran.code == 0
    assert {json.loads(line)["attack"] for line in ran.out.splitlines()} == {
        "none", "jpeg:70", "gamma:1.5",
    }  # fmt: skip
    assert "[parameters.METHOD] of the configuration are not used" in ran.err


def test_parameters_of_another_method_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    for make in (
        lambda: ComparePairs(parameters=FusionParameters()),  # type: ignore[arg-type]
        lambda: LocalizeImages(method="paper", parameters=FusionParameters()),
        lambda: CutPatches(
            output=tmp_path, method="neighborhood-threshold", parameters=EvidenceParameters()
        ),
    ):
        with pytest.raises(TypeError, match=r"parameters must be \w+ or None, got \w+"):
            make()


# ------------------------------------------------------------------------ nothing is ignored

BAD_FILES: dict[str, tuple[str, str, str]] = {
    "no TOML": ("[localize\n", "E200", "line 1"),
    "twice": ("[localize]\njobs = 1\njobs = 2\n", "E200", "line 3"),
    "binary": ("\0\1", "E200", ""),
    "deep": ("a = " + "[" * 5000, "E200", ""),
    "unknown table": ("[localise]\njobs = 4\n", "E201", 'did you mean "localize"?'),
    "key at the top": ("jobs = 4\n", "E201", "unknown key jobs"),
    "hostile key": ('"\\u001b[2J" = 1\n', "E201", r"\x1b[2J"),
    "unknown option": ("[localize]\nmehtod = 'fusion'\n", "E201", 'did you mean "method"?'),
    "unknown limit": ("[limits]\nmax_pixel = 4\n", "E201", 'did you mean "max_pixels"?'),
    "unknown method": ("[parameters.papre]\nwindow = 11\n", "E201", 'did you mean "paper"?'),
    "unknown field": ("[parameters.fusion]\ngates = true\n", "E201", 'did you mean "gate"?'),
    "preset of none": ("[parameters.evidence]\npreset = 'x'\n", "E201", "preset"),
    "no table": ("localize = 3\n", "E202", "must be a table"),
    "no table of limits": ("limits = 3\n", "E202", "must be a table"),
    "no table of parameters": ("parameters = 3\n", "E202", "must be a table"),
    "no table of a method": ("[parameters]\nfusion = 3\n", "E202", "must be a table"),
    "both spellings": ("[localize]\nmax-pixels = 1\nmax_pixels = 2\n", "E202", "the same as"),
    "text for a number": ("[localize]\njobs = '4'\n", "E202", "localize.jobs"),
    "fraction of a job": ("[localize]\njobs = 1.5\n", "E202", "must be a whole number, got 1.5"),
    "true for a number": ("[localize]\njobs = true\n", "E202", "must be a whole number, got True"),
    "no jobs": ("[localize]\njobs = 0\n", "E202", "1<=x<=1024"),
    "too many pixels": ("[limits]\nmax_pixels = 9_000_000_000\n", "E202", "limits.max_pixels"),
    "endless time": ("[limits]\ntimeout = inf\n", "E202", "must be a number, got inf"),
    "no time": ("[limits]\ntimeout = nan\n", "E202", "must be a number, got nan"),
    "number for a flag": ("[compare]\njson = 1\n", "E202", "must be true or false, got 1"),
    "number for a name": ("[compare]\nmethod = 1\n", "E202", "must be a string, got 1"),
    "unknown name": ("[compare]\nmethod = 'evidense'\n", "E202", 'did you mean "evidence"?'),
    "one for several": ("[evaluate]\nattack = 'jpeg:70'\n", "E202", "must be an array"),
    "none of several": ("[evaluate]\nmethod = []\n", "E202", "must be an array"),
    "unknown preset": ("[parameters.paper]\npreset = 'best'\n", "E202", "best-measured"),
    "field out of range": ("[parameters.paper]\nquality = 0\n", "E202", "quality must be in"),
    "field of another kind": ("[parameters.paper]\nwindow = 'x'\n", "E202", "window must be"),
    "field that is a table": ("[parameters.paper.sigma]\nx = 1\n", "E202", "sigma must be"),
    "too few numbers": ("[parameters.evidence]\nscales = [1.0]\n", "E202", "scales must have 3"),
    "no number": ("[parameters.evidence]\nscales = [1, 2, nan]\n", "E202", "scales[2] must be"),
    "beyond a float": (f"[parameters.fusion]\nmin_area = 1{'0' * 400}\n", "E202", "min_area"),
    "date": ("[parameters.fusion]\nmin_area = 2024-01-01\n", "E202", "min_area must be a number"),
    "none where needed": ("[parameters.fusion]\nmin_area = 'none'\n", "E202", "min_area"),
    "two that disagree": (
        "[parameters.jpeg-history]\nleast_threshold = 0.8\nmost_threshold = 0.2\n", "E202",
        "below most_threshold",
    ),
    "output": ("[localize]\noutput = 'here'\n", "E203", "the command line"),
    "list": ("[localize]\nlist = 'here'\n", "E203", "the command line"),
    "overwrite": ("[localize]\noverwrite = true\n", "E203", "localize.overwrite"),
    "resume": ("[localize]\nresume = true\n", "E203", "localize.resume"),
    "preset": ("[localize]\npreset = 'gated'\n", "E203", "[parameters.METHOD]"),
    "another file": ("[localize]\nconfig = 'x.toml'\n", "E201", "localize.config"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_cannot_be_meant_is_told_by_key_and_never_ignored(
    folder: Path, write: Write, run: Any, name: str
) -> None:
    text, code, words = BAD_FILES[name]
    path = write(text)
    ran = run("compare", A, B, "-o", "out", "--config", path)  # of whatever verb the key is
    assert ran.code == 2
    assert f"error[{code}]" in ran.err
    assert "settings.toml" in ran.err
    assert words in ran.err
    assert ran.err.count("\n") == 3
    assert not (folder / "out").exists()


def test_a_file_that_cannot_be_read_is_told(folder: Path, run: Any) -> None:
    (folder / "latin.toml").write_bytes(b"# caf\xe9\n")
    (folder / "large.toml").write_bytes(b"#" * (1 << 21))
    os.mkfifo(folder / "pipe.toml")
    for name, code, words in (
        ("missing.toml", "E101", "missing.toml"),
        ("in", "E200", "no regular file"),
        ("pipe.toml", "E200", "no regular file"),
        ("latin.toml", "E200", "not UTF-8"),
        ("large.toml", "E200", "more than 32,768 bytes"),
    ):
        ran = run("localize", B, "--config", name)
        assert f"error[{code}]" in ran.err
        assert words in ran.err
    assert run("localize", B, "--config", "").code == 2


def test_help_is_given_whatever_the_file_says(write: Write, run: Any) -> None:
    path = write("x = 1")
    assert run("localize", "--help", "--config", path).code == 0


def test_a_byte_order_mark_is_no_fault(write: Write) -> None:
    path = write("\ufeff[limits]\nmax_pixels = 5\n")
    assert load_configuration(path).defaults("compare") == {"max_pixels": 5}


# ------------------------------------------------------------------------ unsplice config


def uncommented(text: str) -> str:
    return "\n".join(re.sub(r"^#(?! )", "", line) for line in text.splitlines())


def test_the_template_holds_every_key_with_its_default(write: Write, run: Any) -> None:
    ran = run("config", "--template")
    assert ran.code == 0
    assert max(len(line) for line in ran.out.splitlines()) <= 100
    assert tomllib.loads(ran.out) == {}
    path = write(uncommented(ran.out))
    loaded = load_configuration(path)
    for method, kind in parameter_kinds().items():
        assert loaded.parameters[method] == kind()
        given = set(loaded.tables.content["parameters"][method])
        assert given - {"preset"} == {one.name for one in fields(kind)}
    # What is in force is the same as without a file, but for where it comes from.
    plain, set_all = run("config").out, run("config", "--config", path).out
    assert tomllib.loads(plain) == tomllib.loads(set_all)
    for verb, command in configured_verbs().items():
        section = ran.out.partition(f"#[{verb}]")[2].partition("#[")[0]
        for key in options_of(command):
            limit = key.replace("-", "_") in ("max_pixels", "timeout")
            assert limit or re.search(rf"^#{key} = |^# {key} = ", section, re.MULTILINE), key


def test_what_is_in_force_is_told_with_its_source(write: Write, run: Any) -> None:
    path = write(
        "[limits]\nmax_pixels = 1000\n[localize]\nquiet = true\n[patches]\nmax_pixels = 2000\n"
        '[parameters.paper]\npreset = "closest-to-text"\nwindow = 15\n'
    )
    ran = run("config", "--config", path)
    assert ran.out.startswith(f"# file: {path} (--config)\n")
    for line in (
        "max-pixels = 1000  # limits.max_pixels",
        "max-pixels = 2000  # patches.max_pixels",
        "quiet = true  # localize.quiet",
        "# jobs is not set",
        "window = 15  # parameters.paper.window",
        'fusion = "union"  # preset closest-to-text',
        "sigma = 1.0  # default",
    ):
        assert f"\n{line}\n" in ran.out
    # It can be read again, and says the same then.
    path.write_text(ran.out, "utf-8")
    assert tomllib.loads(run("config", "--config", path).out) == tomllib.loads(ran.out)


def test_every_verb_that_reads_pictures_takes_a_file() -> None:
    assert set(configured_verbs()) >= {"compare", "localize", "patches", "evaluate"}
    for name, verb in cli.commands.items():
        if any(option.name == "max_pixels" for option in verb.params):
            assert name in configured_verbs()


def test_what_belongs_to_one_run_cannot_be_set() -> None:
    for verb in configured_verbs().values():
        settable = options_of(verb)
        assert not {*OF_A_RUN, "config", "debug", "help", "preset"} & set(settable)
        assert not any(isinstance(option.type, click.Path) for option in settable.values())
    assert all(
        any(limit.replace("_", "-") in options_of(verb) for verb in configured_verbs().values())
        for limit in LIMITS
    )


@pytest.mark.parametrize(
    "value", [1, 123_456, 1.5, 1e-9, True, 'a"b\\\n\u00e9\x7f', (1, 2.5), [("x",)], 0.1 + 0.2]
)
def test_values_survive_the_way_through_a_file(value: Any) -> None:
    found = tomllib.loads(f"x = {as_toml(value)}")["x"]
    assert found == json.loads(json.dumps(value))


def test_the_files_of_the_document_can_be_read(write: Write) -> None:
    text = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        assert load_configuration(write(block)).parameters["paper"].window == 15


def test_a_run_without_a_file_does_not_load_the_reader_of_toml() -> None:
    code = "import sys; from unsplice.cli import main; main(['localize', '--help']); " \
        "assert not {'tomllib', 'numpy'} & set(sys.modules)"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_a_broken_file_is_an_error_of_the_catalogue(write: Write) -> None:
    with pytest.raises(UnspliceError, match="E200"):
        load_configuration(write("["))
