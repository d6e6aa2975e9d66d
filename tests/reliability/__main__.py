"""Write docs/reliability.md from what was measured: ``PYTHONPATH=tests python -m reliability``.

Figures that lie in ``build/reliability``, where every measurement leaves them, are taken into
``tests/reliability/measured.json`` first, which keeps those that are not measured again today.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from reliability.figures import FOLDER
from reliability.page import MEASUREMENTS, page_of

__all__ = ["MEASURED", "PAGE"]

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ROOT / "tests" / "reliability" / "measured.json"
PAGE = ROOT / "docs" / "reliability.md"
LONG = ("answers", "details", "log")  # of use to who measures


def main() -> int:
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    measured = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else {}
    for path in sorted(FOLDER.glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        if record["name"] in MEASUREMENTS:
            figures = {name: one for name, one in record["figures"].items() if name not in LONG}
            measured[record["name"]] = {"command": record["command"], "figures": figures}
    lacking = [command for name, command in MEASUREMENTS.items() if name not in measured]
    for command in lacking:
        print(f"not measured yet: {command}", file=sys.stderr)
    if lacking:
        return 1
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
    PAGE.write_text(page_of(measured), "utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
