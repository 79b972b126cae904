"""``data/*.toml`` -> programs, read when the first command is looked at. A wrong entry is a `ValueError` that names it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from converters.programs.model import FLAGS, PARTS, ROLES, STYLES, WANTS, Program, Service

Raw = Mapping[str, object]
_KEYS = frozenset(Program.__dataclass_fields__) - {"name", "family"} | {"also"}
_FLAG_ONLY = frozenset({"pure", "script"})


def program(name: str) -> Program | None:
    """What is known of the program of this name (the last part of its path), or ``None``."""
    return _programs().get(name)


def service(name: str) -> Service:
    return _services()[name]


def services() -> Mapping[str, Service]:
    return _services()


def names() -> Iterator[str]:
    """Every name that is known, other names of the same program among them."""
    yield from _programs()


@cache
def _programs() -> Mapping[str, Program]:
    """Read once a run: 150 KB of TOML take about 20 ms, so nothing is read before a command asks."""
    found: dict[str, Program] = {}
    for family, text in _texts():
        for name, raw in tomllib.loads(text).items():
            if family == "services":
                continue
            one = entry(name, _table(raw, name), family)
            for other in (name, *_words(_table(raw, name).get("also"), f"{name}.also")):
                if other in found:
                    raise ValueError(f"{family}.toml: {other} stands in {found[other].family}.toml too")
                found[other] = one
    return found


@cache
def _services() -> Mapping[str, Service]:
    text = next(text for family, text in _texts() if family == "services")
    found = {}
    for name, raw in tomllib.loads(text).items():
        table = _table(raw, name)
        port = table.get("port")
        found[name] = Service(
            name,
            str(table["title"]),
            port if isinstance(port, int) else None,
            _words(table.get("sockets"), name),
            _words(table.get("variables"), name),
            _words(table.get("schemes"), name),
            str(table["manual"]),
        )
    return found


def _texts() -> Iterator[tuple[str, str]]:
    folder = files("converters.programs") / "data"
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".toml"):
            yield path.name.removesuffix(".toml"), path.read_text(encoding="utf-8")


def entry(name: str, raw: Raw, family: str, outer: Program | None = None) -> Program:
    """One program of a table. Raises `ValueError` on a key, role or flag that is not known."""
    where = f"{family}.toml: {name}"
    unknown = set(raw) - _KEYS
    if unknown:
        raise ValueError(f"{where}: unknown key {sorted(unknown)[0]}")
    manual = str(raw.get("manual") or (outer.manual if outer else ""))
    if not manual:
        raise ValueError(f"{where}: no manual is named")
    options = {**(outer.options if outer else {}), **_options(_table(raw.get("options", {}), where), where)}
    made = Program(
        name=name,
        manual=manual,
        family=family,
        package=_text(raw, "package", where) or (outer.package if outer else None),
        operands=_pattern(_text(raw, "operands", where) or "word*", where),
        options=options,
        style=_one_of(_text(raw, "style", where) or (outer.style if outer else "getopt"), STYLES, where),
        assigns=_roles(_table(raw.get("assigns", {}), where), where),
        service=_text(raw, "service", where) or (outer.service if outer else None),
        home=_words(raw.get("home"), where) or (outer.home if outer else ()),
        reads=_words(raw.get("reads"), where),
        writes=_words(raw.get("writes"), where),
        part=_one_of(_text(raw, "part", where), PARTS, where) or None,
        fate=cast(
            'Literal["stay", "drop"] | None', _one_of(_text(raw, "fate", where), {"stay", "drop"}, where) or None
        ),
        instead=_text(raw, "instead", where),
        life=cast(
            'Literal["ends", "leaves", "endless"]',
            _one_of(_text(raw, "life", where) or "ends", {"ends", "leaves", "endless"}, where),
        ),
        wants=tuple(_one_of(want, WANTS, where) for want in _words(raw.get("wants"), where)),
        ends={int(status): str(why) for status, why in _table(raw.get("ends", {}), where).items()},
        pure=raw.get("pure") is True,
        script=raw.get("script") is True,
        printed=_text(raw, "printed", where),
    )
    for other, inner in _table(raw.get("sub", {}), where).items():
        for one in other.split():
            cast("dict[str, Program]", made.sub)[one] = entry(
                f"{name} {one}", _table(inner, f"{where} {one}"), family, made
            )
    return made


def _options(raw: Raw, where: str) -> dict[str, str]:
    found = {}
    for key, role in raw.items():
        text = str(role)
        known = text.removeprefix("!").split()[0] in FLAGS if text.startswith("!") else text in ROLES
        if not known:
            raise ValueError(f"{where}: option {key}: unknown role {text}")
        for option in key.split():
            found[option] = text
    return found


def _roles(raw: Raw, where: str) -> dict[str, str]:
    for role in raw.values():
        _one_of(str(role), ROLES, where)
    return {key: str(role) for key, role in raw.items()}


def _pattern(text: str, where: str) -> tuple[str, ...]:
    roles = tuple(text.split())
    for role in roles:
        _one_of(role.rstrip("*+?"), ROLES, where)
    if sum(role[-1] in "*+" for role in roles) > 1:
        raise ValueError(f"{where}: operands repeat more than once")
    return roles


def _one_of(text: str, known: frozenset[str] | set[str], where: str) -> str:
    if text and text not in known:
        raise ValueError(f"{where}: unknown word {text}")
    return text


def _text(raw: Raw, key: str, where: str) -> str:
    value = raw.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{where}: {key} is no text")
    return value


def _words(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{where}: a list is expected")
    return tuple(str(one) for one in value)


def _table(value: object, where: str) -> Raw:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: a table is expected")
    return value
