"""What a TOML file sets: which one is read, and the parameters of the methods in it.

One file at most is read: the one that is given, else the one that ``UNSPLICE_CONFIG`` names, else
the user's own. None is looked for in the current folder, which may be that of the evidence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from unsplice.errors import ReadError, UsageError, nearest_name
from unsplice.limits import LARGEST_CONFIGURATION

__all__ = [
    "ENVIRONMENT",
    "NO_FILE",
    "Origin",
    "Tables",
    "as_toml",
    "configured_parameters",
    "find_file",
    "parameter_kinds",
    "read_tables",
    "unknown_key",
    "user_file",
    "wrong_value",
]

ENVIRONMENT: Final = "UNSPLICE_CONFIG"
NO_FILE: Final = "none"  # where a file is named: read none at all
ABSENT: Final = "none"  # TOML has no word for what is not there

Origin = Literal["given", "environment", "user", "none"]


@dataclass(frozen=True)
class Tables:
    """The content of a configuration file; empty where there is none.

    Attributes
    ----------
    path : Path or None
        The file.
    origin : {"given", "environment", "user", "none"}
        Who named it.
    content : mapping
        As TOML has it, unchecked.
    """

    path: Path | None = None
    origin: Origin = "none"
    content: Mapping[str, Any] = field(default_factory=dict)


def user_file() -> Path | None:
    """Return where the user's own file is, or would be; None where there is no place for it.

    ``unsplice/config.toml`` in the folder of ``XDG_CONFIG_HOME``, else in ``~/.config``. A relative
    path there is passed over, as the XDG Base Directory Specification wants it.
    """
    try:
        places = (Path(os.environ.get("XDG_CONFIG_HOME", "")), Path.home() / ".config")
    except RuntimeError:  # nobody's home
        places = (Path(os.environ.get("XDG_CONFIG_HOME", "")), Path())
    found = next((place for place in places if place.is_absolute()), None)
    return None if found is None else found / "unsplice" / "config.toml"


def find_file(given: Path | None = None) -> tuple[Path | None, Origin]:
    """Return the file to read, and who named it; (None, "none") if there is none."""
    if given is not None:
        return (None, "none") if str(given) == NO_FILE else (given, "given")
    if named := os.environ.get(ENVIRONMENT, ""):
        return (None, "none") if named == NO_FILE else (Path(named), "environment")
    own = user_file()
    return (own, "user") if own is not None and os.path.lexists(own) else (None, "none")


def read_tables(given: Path | None = None) -> Tables:
    """Return the content of the file that is to be read, if there is one.

    Parameters
    ----------
    given : Path, optional
        The file; "none" stands for none at all. By default the environment, then the user's own.

    Raises
    ------
    ReadError
        E101 to E105 if it cannot be reached.
    UsageError
        E200 if it is no TOML.
    """
    path, origin = find_file(given)
    if path is None:
        return Tables()
    return Tables(path, origin, _parsed(path))


def _parsed(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        if not path.exists():
            raise ReadError("E101", path=path)
        if not path.is_file():  # a pipe may never end
            raise UsageError("E200", path=path, reason="it is no regular file")
        with path.open("rb") as file:
            data = file.read(LARGEST_CONFIGURATION + 1)
    except PermissionError:
        raise ReadError("E104", path=path) from None
    except OSError as error:
        if isinstance(error, ReadError):
            raise
        reason = os.strerror(error.errno or 0)
        raise ReadError("E105", path=path, reason=reason) from None
    if len(data) > LARGEST_CONFIGURATION:
        raise UsageError(
            "E200", path=path, reason=f"it has more than {LARGEST_CONFIGURATION:,} bytes"
        )
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
    except RecursionError:
        reason = "it is nested too deeply"
    raise UsageError("E200", path=path, reason=reason)


def unknown_key(tables: Tables, key: str, known: list[str]) -> UsageError:
    """Return E201: a file has a `key` that means nothing there; `known` are those that do."""
    place, _, name = key.rpartition(".")
    near = nearest_name(name, known)
    suggestion = f'did you mean "{near}"?' if near is not None else "choose one of these"
    what = f"known in [{place}]" if place else "known at the top"
    return UsageError(
        "E201", key=key, path=tables.path, place=what, known=", ".join(known) or "nothing",
        suggestion=suggestion,
    )  # fmt: skip


def wrong_value(tables: Tables, key: str, reason: object) -> UsageError:
    """Return E202: the value of a `key` cannot be meant."""
    return UsageError("E202", key=key, path=tables.path, reason=str(reason).strip().rstrip("."))


def parameter_kinds() -> dict[str, Any]:
    """Return the class of the parameters of each method, by name."""
    from unsplice.blind.localize import PARAMETERS
    from unsplice.pair.parameters import PAIR_PARAMETERS

    kinds: dict[str, Any] = {str(name): kind for name, kind in PARAMETERS.items()}
    return kinds | PAIR_PARAMETERS


def configured_parameters(tables: Tables) -> dict[str, Any]:
    """Return the parameters that ``[parameters.METHOD]`` gives, by method.

    A table names a ``preset``, fields of the dataclass of the method, or both: then fields change
    the preset. A method that has no table is not in the answer.

    Raises
    ------
    UsageError
        E201 for a method or field that is unknown, E202 for a value that cannot be meant.
    """
    content = tables.content.get("parameters", {})
    if not isinstance(content, dict):
        raise wrong_value(tables, "parameters", "it must be a table")
    if not content:
        return {}
    kinds = parameter_kinds()
    found = {}
    for method, table in content.items():
        key = f"parameters.{method}"
        if method not in kinds:
            raise unknown_key(tables, key, list(kinds))
        if not isinstance(table, dict):
            raise wrong_value(tables, key, "it must be a table")
        found[method] = _made(tables, key, kinds[method], table)
    return found


def _made(tables: Tables, place: str, kind: Any, table: Mapping[str, Any]) -> Any:
    names = [one.name for one in fields(kind)]
    presets = [*getattr(kind, "PRESETS", ()), *getattr(kind, "ABLATIONS", ())]
    known = [*(["preset"] if presets else []), *names]
    for name in table:
        if name not in known:
            raise unknown_key(tables, f"{place}.{name}", known)
    base = kind()
    if "preset" in table:
        preset = table["preset"]
        if preset not in presets:
            reason = f"it must be one of {', '.join(presets)}, got {preset!r}"
            raise wrong_value(tables, f"{place}.preset", reason)
        base = kind.preset(preset)
    hints = get_type_hints(kind)
    given = {name: _value(table[name], hints[name]) for name in names if name in table}
    try:
        return replace(base, **given)
    except (TypeError, ValueError) as error:
        # What is wrong with one field alone is told of that; the rest is of several together.
        for name in given:
            if str(error).startswith((f"{name} ", f"{name}[")):
                raise wrong_value(tables, f"{place}.{name}", error) from None
        raise wrong_value(tables, place, error) from None


def _value(value: Any, hint: Any) -> Any:
    """Return what TOML gives as the field takes it: arrays as tuples, "none" as None."""
    options = get_args(hint) if NoneType in get_args(hint) else (hint,)
    if value == ABSENT and NoneType in options:
        return None
    if isinstance(value, list):
        return tuple(_value(item, _item_of(options[0])) for item in value)
    if type(value) is int and float in options:
        try:
            return float(value)
        except OverflowError:
            return value  # the check of the field says so in its words
    return value


def _item_of(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is tuple else hint


def as_toml(value: Any) -> str:
    """Return a value as it stands in a file.

    Examples
    --------
    >>> as_toml((0.25, 0.5)), as_toml(None), as_toml(True), as_toml(256_000_000)
    ('[0.25, 0.5]', '"none"', 'true', '256_000_000')
    """
    if value is None:
        return f'"{ABSENT}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(as_toml(item) for item in value)}]"
    if isinstance(value, str):
        import json

        text = json.dumps(value, ensure_ascii=False)
        return "".join(one if one.isprintable() else rf"\U{ord(one):08x}" for one in text)
    return repr(value)
