"""Known vulnerabilities of what the package and its extras install, by pip-audit.

    python tests/audit.py

Two services are asked, PyPI and OSV. A package of which one knows nothing is an error (--strict):
silence would look like an answer.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_SHIPPED = "training"  # what it needs is asked for by nobody who installs the package


def requirements() -> list[str]:
    """Return what the package and its extras ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    groups = [project["dependencies"], *(extras[name] for name in extras if name != NOT_SHIPPED)]
    return sorted({one for group in groups for one in group})


def main() -> int:
    """Ask both services; return 1 if one of them knows of a vulnerability, or does not answer."""
    path = ROOT / "build" / "audit" / "requirements.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(requirements()) + "\n", "utf-8")
    failed = False
    for service in ("pypi", "osv"):
        words = ["--strict", "--vulnerability-service", service, "--requirement", str(path)]
        failed |= (
            subprocess.run([sys.executable, "-m", "pip_audit", *words], check=False).returncode != 0
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
