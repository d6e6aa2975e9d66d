"""From what there is to say to a page: the templates, with everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from unsplice.errors import UsageError

__all__ = ["render", "require_jinja"]


def require_jinja() -> Any:
    """Return Jinja2, or say how to get it (E189)."""
    try:
        import jinja2
    except ImportError as error:
        raise UsageError(
            "E189", purpose="a report", package="jinja2", extra="report", reason=error
        ) from None
    return jinja2


@cache
def _environment() -> Any:
    """Return what makes pages of templates; whatever is put into them is escaped."""
    jinja2 = require_jinja()
    import markupsafe

    folder = files("unsplice.report") / "templates"

    def source_of(name: str) -> str:
        return (folder / name).read_text("utf-8")

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(source_of),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The style sheet alone is taken as it is: it is ours.
    environment.globals["style"] = markupsafe.Markup(  # noqa: S704
        source_of("style.css")
    )
    return environment


def render(template: str, context: Mapping[str, Any]) -> bytes:
    """Return the page that a template of ours makes of `context`, in UTF-8.

    Raises
    ------
    UsageError
        E189 if Jinja2 is not installed.
    """
    text: str = _environment().get_template(template).render(context)
    return text.encode("utf-8", "backslashreplace")
