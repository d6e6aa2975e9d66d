"""``--config``: the values that a TOML file gives to the options of the verbs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from unsplice.cli.words import Words
from unsplice.errors import UsageError, nearest_name
from unsplice.limits import EVERY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from unsplice.configuration import Tables

__all__ = [
    "LIMITS",
    "Configuration",
    "configured_verbs",
    "key_of",
    "load_configuration",
    "options_of",
]

LIMITS: Final = tuple(one.name for one in EVERY_LIMIT if one.option)
# What belongs to one run, not to every run: what it is over, where it goes, and what it may do to
# what is there. A file must not have anything replaced, or left unchecked, that nobody asked for.
OF_A_RUN: Final = ("overwrite", "resume", "dry-run", "input", "shard", "hashes-only")
_ON_ITS_OWN: Final = ("config", "debug", "help")

Verb = TypeVar("Verb", bound="Callable[..., Any]")


@dataclass(frozen=True)
class Configuration:
    """What a file says, checked.

    Attributes
    ----------
    tables : Tables
        The file.
    options : mapping
        By verb and name of the parameter (as click has it): the value, and the key that gives it.
    parameters : mapping
        By method: a dataclass of its parameters.
    """

    tables: Tables
    options: Mapping[str, Mapping[str, tuple[Any, str]]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def defaults(self, verb: str) -> dict[str, Any]:
        """Return the values for a verb, as click takes them."""
        return {name: value for name, (value, _) in self.options.get(verb, {}).items()}


def configured_verbs() -> dict[str, click.Command]:
    """Return the verbs that read a file, by name."""
    from unsplice.cli import cli

    return {
        name: verb
        for name, verb in cli.commands.items()
        if any(option.name == "config" for option in verb.params) and options_of(verb)
    }


def key_of(option: click.Parameter) -> str | None:
    """Return the long name of an option, without its dashes; None of what is no option."""
    if not isinstance(option, click.Option):
        return None
    return next((name[2:] for name in option.opts if name.startswith("--")), None)


def options_of(verb: click.Command) -> dict[str, click.Option]:
    """Return the options that a file may set, by key."""
    return {key: option for key, option in _all_options(verb) if not _why_not(key, option)}


def _all_options(verb: click.Command) -> Iterator[tuple[str, click.Option]]:
    for option in verb.params:
        key = key_of(option)
        if key is not None and key not in _ON_ITS_OWN and isinstance(option, click.Option):
            yield key, option


def _why_not(key: str, option: click.Option) -> str:
    """Return why a file may not set an option, or nothing if it may."""
    if key == "preset":
        return "a preset is one of a method"
    if key in OF_A_RUN:
        return "it is asked for a run at a time"
    if isinstance(option.type, click.Path):
        return "inputs and outputs are those of one run"
    return ""


def load_configuration(given: Path | None) -> Configuration:
    """Read and check the file that is in force.

    Raises
    ------
    UnspliceError
        E101 to E105 or E200 if it cannot be read, E201 for a key that is unknown, E202 for a value
        that cannot be meant, E203 for an option that a file may not set.
    """
    from unsplice.configuration import (
        Tables,
        configured_parameters,
        find_file,
        read_tables,
        unknown_key,
    )

    if find_file(given)[0] is None:
        return Configuration(Tables())
    tables = read_tables(given)
    verbs = configured_verbs()
    for name in tables.content:
        if name not in (*verbs, "limits", "parameters"):
            raise unknown_key(tables, name, ["limits", "parameters", *verbs])
    limits = _limits(tables, verbs)
    options = {
        name: {
            option.name: limits[key_of(option)]
            for _, option in _all_options(verb)
            if option.name is not None and key_of(option) in limits
        }
        | _options(tables, name, verb)
        for name, verb in verbs.items()
    }
    return Configuration(tables, options, configured_parameters(tables))


def _table(tables: Tables, name: str) -> Mapping[str, Any]:
    from unsplice.configuration import wrong_value

    table = tables.content.get(name, {})
    if not isinstance(table, dict):
        raise wrong_value(tables, name, "it must be a table")
    spelt: dict[str, str] = {}
    for key in table:
        if (other := spelt.setdefault(key.replace("_", "-"), key)) != key:
            raise wrong_value(tables, f"{name}.{key}", f'it is the same as "{other}"')
    return table


def _limits(
    tables: Tables, verbs: Mapping[str, click.Command]
) -> dict[str | None, tuple[Any, str]]:
    """Return the values of ``[limits]``, which hold for every verb, by long name."""
    from unsplice.configuration import unknown_key

    found: dict[str | None, tuple[Any, str]] = {}
    for key, value in _table(tables, "limits").items():
        place = f"limits.{key}"
        name = key.replace("_", "-")
        if name.replace("-", "_") not in LIMITS:
            raise unknown_key(tables, place, list(LIMITS))
        option = next(
            option for verb in verbs.values() for one, option in _all_options(verb) if one == name
        )
        found[name] = _checked(tables, place, option, value), place
    return found


def _options(tables: Tables, verb: str, command: click.Command) -> dict[str, tuple[Any, str]]:
    from unsplice.configuration import unknown_key

    table = _table(tables, verb)
    every = dict(_all_options(command))
    found = {}
    for key, value in table.items():
        place = f"{verb}.{key}"
        name = key.replace("_", "-")
        if name not in every:
            raise unknown_key(tables, place, list(options_of(command)))
        option = every[name]
        if reason := _why_not(name, option):
            way = "[parameters.METHOD] of the file" if name == "preset" else "the command line"
            raise UsageError("E203", key=place, path=tables.path, reason=reason, way=way)
        found[str(option.name)] = _checked(tables, place, option, value), place
    return found


def _checked(tables: Tables, place: str, option: click.Option, value: Any) -> Any:
    """Return the value of an option, if it is of its kind and in its range; else raise E202."""
    from unsplice.configuration import wrong_value

    if option.multiple:
        if not isinstance(value, list) or not value:
            raise wrong_value(tables, place, f"it must be an array of values, got {value!r}")
        return [_one_checked(tables, place, option, item) for item in value]
    return _one_checked(tables, place, option, value)


def _one_checked(tables: Tables, place: str, option: click.Option, value: Any) -> Any:
    from unsplice.configuration import wrong_value

    wanted: tuple[type, ...] = (str,)
    word = "a string"
    if option.is_flag:
        wanted, word = (bool,), "true or false"
    elif isinstance(option.type, click.types.IntParamType):
        wanted, word = (int,), "a whole number"
    elif isinstance(option.type, click.types.FloatParamType):
        wanted, word = (int, float), "a number"
    finite = not isinstance(value, float) or math.isfinite(value)
    if type(value) not in wanted or not finite:
        raise wrong_value(tables, place, f"it must be {word}, got {value!r}")
    if isinstance(option.type, Words) and option.type.closed and value not in option.type.words:
        near = nearest_name(value, option.type.words)
        known = ", ".join(option.type.words)
        hint = f'; did you mean "{near}"?' if near is not None else ""
        raise wrong_value(tables, place, f'it must be one of {known}, got "{value}"{hint}')
    try:
        return option.type.convert(value, option, None)
    except click.BadParameter as error:
        raise wrong_value(tables, place, error.message) from None
    except OverflowError:
        raise wrong_value(tables, place, f"it must be {word} that can be held") from None
