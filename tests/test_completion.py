"""Words are completed by a real bash, at once, and the words are those that the verbs take."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from unsplice.blind.localize import METHODS, PARAMETERS
from unsplice.cli.words import ATTACK_WORDS, BLIND_PRESETS, DATASET_WORDS
from unsplice.errors import MESSAGES
from unsplice.evaluation.attacks import ATTACKS
from unsplice.evaluation.datasets import DATASETS, PICTURES

BASH = shutil.which("bash")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder of programs with this very unsplice, wherever it is installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    path = folder / "unsplice"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -m unsplice.cli "$@"\n', "utf-8")
    path.chmod(0o755)
    return folder


def completed(program: Path, line: str) -> list[str]:
    """What bash offers when the tabulator is pressed at the end of `line`."""
    assert BASH is not None
    script = f"""
        eval "$(unsplice completion bash)"
        COMP_LINE={line!r}; COMP_POINT=${{#COMP_LINE}}
        read -r -a COMP_WORDS <<< "$COMP_LINE"
        case "$COMP_LINE" in *' ') COMP_WORDS+=("") ;; esac
        COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        $(complete -p unsplice | sed 's/.* -F \\([^ ]*\\) .*/\\1/') unsplice
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    env = os.environ | {"PATH": f"{program}:{os.environ['PATH']}"}
    done = subprocess.run(
        [BASH, "--norc", "-c", script], env=env, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("unsplice comp", ["compare", "completion"]),
        ("unsplice localize --meth", ["--method"]),
        ("unsplice localize --method ", list(METHODS)),
        ("unsplice localize --method paper --preset ", list(PARAMETERS["paper"].PRESETS)),
        ("unsplice localize --preset gat", ["gated"]),
        ("unsplice compare --method n", ["neighborhood-threshold"]),
        ("unsplice evaluate --method paper:c", ["paper:closest-to-text"]),
        ("unsplice evaluate --attack w", ["whatsapp"]),
        ("unsplice evaluate --format p", ["parquet"]),
        ("unsplice evaluate --dataset im", ["imd2020"]),
        ("unsplice explain e12", [code for code in MESSAGES if code.startswith("E12")]),
        ("unsplice completion z", ["zsh"]),
    ],
)
def test_bash_completes(program: Path, line: str, words: list[str]) -> None:
    assert completed(program, line) == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(run: Any, shell: str) -> None:
    ran = run("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert "_UNSPLICE_COMPLETE" in ran.out
    if path := shutil.which(shell):
        subprocess.run([path, "-n"], input=ran.out, text=True, check=True)


def test_another_shell_is_refused(run: Any) -> None:
    ran = run("completion", "bsh")
    assert (ran.code, 'did you mean "bash"?' in ran.err) == (2, True)


def test_completing_reads_no_file_and_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from unsplice.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'cv2', 'tqdm', 'tomllib'} & set(sys.modules)"
    )
    settings = tmp_path / "broken.toml"
    settings.write_text("[", "utf-8")
    env = os.environ | {
        "_UNSPLICE_COMPLETE": "bash_complete", "COMP_CWORD": "3", "UNSPLICE_CONFIG": str(settings),
        "COMP_WORDS": "unsplice localize --method f",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("plain,fusion\n", "", 0)


def test_the_words_are_those_of_the_library() -> None:
    assert tuple(BLIND_PRESETS) == METHODS
    for method, kind in PARAMETERS.items():
        assert BLIND_PRESETS[method] == (*kind.PRESETS, *getattr(kind, "ABLATIONS", ()))
    assert [word.rstrip(":") for word in ATTACK_WORDS] == [one.partition(":")[0] for one in ATTACKS]
    assert [word.endswith(":") for word in ATTACK_WORDS] == [":" in one for one in ATTACKS]
    assert DATASET_WORDS == DATASETS
    assert PICTURES == ("all", "tampered", "authentic")
