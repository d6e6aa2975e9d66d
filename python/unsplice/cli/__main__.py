"""``python -m unsplice.cli`` is the command ``unsplice``."""

import sys

from unsplice.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
