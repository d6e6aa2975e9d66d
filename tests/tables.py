"""Tables that the command line writes, read back."""

from __future__ import annotations

import csv
from pathlib import Path

__all__ = ["read_table"]


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file by the names of its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
