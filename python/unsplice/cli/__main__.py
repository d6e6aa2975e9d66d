"""``python -m unsplice.cli`` is the command ``unsplice``."""

from unsplice.cli import program

__all__: list[str] = []

if __name__ == "__main__":
    program()
