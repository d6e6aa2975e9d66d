"""What every benchmark needs: one thread in every library, and a way past pytest's capture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import pytest

import contest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    cv2.setNumThreads(1)


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Print a table of timings on the terminal, and what goals were met."""

    def show(title: str, timings: list[contest.Timing], *goals: str) -> None:
        with capsys.disabled():
            print(contest.table(title, timings), *goals, sep="\n")

    return show
