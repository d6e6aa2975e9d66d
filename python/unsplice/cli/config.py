"""``unsplice config``: the settings that are in force, and a file of all that can be set."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from unsplice.cli.options import Session, config_option, debug_option
from unsplice.errors import printable

if TYPE_CHECKING:
    from unsplice.cli.configured import Configuration

__all__ = ["config"]

WIDTH = 96
ORIGINS = {
    "given": "--config",
    "environment": "UNSPLICE_CONFIG",
    "user": "the user's own file",
}


@click.command(short_help="Print the settings that are in force, as a TOML file.")
@click.option("--template", is_flag=True, help="Print every key with its default, as comments.")
@config_option
@debug_option
@click.pass_obj
def config(session: Session, template: bool) -> None:
    """Print every setting that is in force, and where it comes from, as a TOML file.

    --template prints a file to begin with: every key, what it means, and its default.
    """
    from unsplice.cli.configured import Configuration
    from unsplice.configuration import Tables

    if template:
        lines = _template()
    else:
        lines = _effective(session.configuration or Configuration(Tables()))
    for line in lines:
        click.echo(line)


def _effective(configuration: Configuration) -> Iterator[str]:
    from unsplice.cli.configured import configured_verbs, options_of
    from unsplice.configuration import as_toml, parameter_kinds

    tables = configuration.tables
    if tables.path is None:
        yield "# no configuration file is read; every value is the default"
    else:
        yield f"# file: {printable(tables.path)} ({ORIGINS[tables.origin]})"
    for verb, command in configured_verbs().items():
        yield from ("", f"[{verb}]")
        given = configuration.options.get(verb, {})
        for key, option in options_of(command).items():
            value, source = _default(option), "default"
            if option.name in given:
                value, source = given[option.name]
            unset = value is None or value == []
            yield f"# {key} is not set" if unset else f"{key} = {as_toml(value)}  # {source}"
    for method, kind in parameter_kinds().items():
        yield from ("", f"[parameters.{method}]")
        chosen = configuration.parameters.get(method, kind())
        table = tables.content.get("parameters", {}).get(method, {})
        preset = table.get("preset")
        default = kind()
        for one in fields(kind):
            value = getattr(chosen, one.name)
            source = f"parameters.{method}.{one.name}"
            if one.name not in table:
                of_preset = preset is not None and value != getattr(default, one.name)
                source = f"preset {preset}" if of_preset else "default"
            yield f"{one.name} = {as_toml(value)}  # {source}"


def _default(option: click.Option) -> Any:
    """Return what an option is where nobody sets it; None where it is not set then."""
    value = option.to_info_dict()["default"]
    return list(value) if isinstance(value, tuple) else value


def _template() -> Iterator[str]:
    from unsplice.cli.configured import configured_verbs, options_of
    from unsplice.configuration import as_toml, parameter_kinds

    yield "# Settings of unsplice. Remove the # before a key to set it, and before the table of it."
    yield from _comment(
        "The command line goes first, then this file, then the defaults, which stand here. Read is "
        "one file: that of --config, else that of UNSPLICE_CONFIG, else "
        "~/.config/unsplice/config.toml; never one of the current folder."
    )
    yield ""
    yield "# Of every verb; in the table of a verb max-pixels, threads, jobs and timeout go first."
    yield "#[limits]"
    verbs = configured_verbs()
    some = options_of(verbs["localize"])
    for key in ("max_pixels", "timeout"):
        yield f"#{key} = {as_toml(_default(some[key.replace('_', '-')]))}"
    for verb, command in verbs.items():
        yield from ("", f"# unsplice {verb}: {command.get_short_help_str(WIDTH)}", f"#[{verb}]")
        for key, option in options_of(command).items():
            value = _default(option)
            if key in ("max-pixels", "timeout"):
                continue  # those of [limits] are its defaults
            yield from _comment(option.help or "")
            if value is None or value == []:
                kind = option.metavar or "text"
                yield f"# {key} = {kind} (not set)"
            else:
                yield f"#{key} = {as_toml(value)}"
    for method, kind in parameter_kinds().items():
        presets = getattr(kind, "PRESETS", ())
        yield from ("", f'# The method "{method}".', f"#[parameters.{method}]")
        if presets:
            ablations = (*presets, *getattr(kind, "ABLATIONS", ()))
            yield from _comment(f"What the other keys change: {', '.join(ablations)}.")
            yield f"#preset = {as_toml(presets[0])}"
        meanings = _meanings(kind)
        default = kind()
        for one in fields(kind):
            yield from _comment(meanings.get(one.name, ""))
            yield f"#{one.name} = {as_toml(getattr(default, one.name))}"


def _comment(text: str) -> Iterator[str]:
    plain = " ".join(text.replace("`", "").split())
    yield from (f"# {line}" for line in textwrap.wrap(plain, WIDTH - 2, break_on_hyphens=False))


def _meanings(kind: type) -> dict[str, str]:
    """Return what the docstring of a dataclass says of each attribute, on its first mention."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes\n----------\n")[2]
    found: dict[str, str] = {}
    for names, meaning in re.findall(r"^(\w[\w, ]*) : .*\n((?:    .*\n?)+)", text, re.MULTILINE):
        for name in names.split(", "):
            if meaning not in found.values():
                found[name] = meaning
    return found
