"""Hold the name of a release against the repository: ``python tests/check_release.py v1.2.3``.

The tag must be "v" and the version of pyproject.toml, which is the only place where it stands, and
CHANGELOG.md must have a dated section of that version. It needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def problems(tag: str, project: str, changelog: str) -> list[str]:
    """Return what keeps `tag` from being a release, given the two files that tell of it."""
    version = tomllib.loads(project)["project"]["version"]
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag!r}, but pyproject.toml has version {version!r}")
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d{{2}}-\d{{2}}$"
    if not re.search(heading, changelog, re.MULTILINE):
        found.append(f"CHANGELOG.md lacks the line '## [{version}] - YYYY-MM-DD'")
    return found


def main(tag: str) -> int:
    """Tell what is wrong with `tag`."""
    found = problems(
        tag,
        (ROOT / "pyproject.toml").read_text("utf-8"),
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
    )
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
