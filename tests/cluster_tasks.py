"""What the tests let a cluster do; its processes find this by the name of the module."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unsplice.cluster.jobs import Answer, Job
from unsplice.errors import UnspliceError

__all__ = ["Behaving", "children"]


def children() -> int:
    """How many processes this one has started that still run."""
    return len(multiprocessing.active_children())


@dataclass(frozen=True, kw_only=True)
class Behaving(Job[str]):
    """Answer with the item in capitals, or do what nobody hopes for.

    Each item that is done leaves a mark in `marks`, so that what is done twice is seen.
    """

    marks: Path
    seconds: float = 0.0

    verb = "behave"
    noun = "manner"

    @property
    def columns(self) -> Mapping[str, type]:
        return {"name": str, "answer": str, "error": str}

    def settings(self) -> Mapping[str, Any]:
        return {"letters": "capital"}

    def name_of(self, item: str) -> str:
        return item

    def answer(self, item: str) -> Answer:
        if item == "leave":
            os._exit(3)
        if item == "kill the worker":  # the process that started this one, which does the unit
            os.kill(os.getppid(), signal.SIGKILL)
        if item == "hang" or item.startswith("kill"):
            time.sleep(600)
        if item == "raise":
            raise ValueError("on purpose")
        time.sleep(self.seconds)
        with (self.marks / item).open("a", encoding="ascii") as file:
            file.write("x")
        return Answer([{"name": item, "answer": item.upper()}], [item[:1]])

    def failed(self, item: str, error: UnspliceError) -> Answer:
        told = {"name": item, "path": item, "code": error.code, "what": error.what,
                "cause": error.cause, "help": error.help}  # fmt: skip
        return Answer([{"name": item, "error": error.code}], [], [told])
