"""Where the figures of every measurement are kept, for the page that tells of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

__all__ = ["FOLDER", "write_figures"]

FOLDER = Path(__file__).resolve().parents[2] / "build" / "reliability"


def write_figures(name: str, command: str, figures: Mapping[str, object]) -> Path:
    """Write the figures that `command` measured to ``build/reliability/<name>.json``."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    record = {"name": name, "command": command, "figures": dict(figures)}
    path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return path
