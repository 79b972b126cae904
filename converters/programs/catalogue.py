"""What is known of programs, by name. ``data/*.toml`` are its source; ``known.json`` is made from them by ``make docs``.

TOML is written and reviewed by people; reading all of it takes 0.2 s, which no scan should wait for. The JSON takes 3 ms,
and an entry is made when a command first asks for it. A wrong entry is a `ValueError` that names it (`read_families`, run by
``make docs`` and by a test).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, cast

from converters.programs.model import FLAGS, PARTS, ROLES, STYLES, WANTS, Program, Service

Raw = Mapping[str, object]
_KEYS = frozenset(Program.__dataclass_fields__) - {"name", "family"} | {"also"}


@lru_cache(maxsize=4096)
def program(name: str) -> Program | None:
    """What is known of the program of this name (the last part of its path), or ``None``."""
    known = _known()
    # `also` names (rsync-ssl) stand in the same index: one look-up for all.
    where = cast("Mapping[str, list[str]]", known["names"]).get(name)
    if where is None:
        return None
    family, own = where
    return entry(own, _table(_table(known[family], family)[own], own), family)


def service(name: str) -> Service:
    return _services()[name]


def services() -> Mapping[str, Service]:
    return _services()


def names() -> Iterator[str]:
    """Every name that is known, other names of the same program among them."""
    yield from cast("Mapping[str, list[str]]", _known()["names"])


@cache
def _known() -> Raw:
    # Package data, not a file of the user's: what this module knows, only not in Python's own notation.
    return cast("Raw", json.loads((files("converters.programs") / "known.json").read_text(encoding="utf-8")))


@cache
def _services() -> Mapping[str, Service]:
    found = {}
    for name, raw in _table(_known()["services"], "services").items():
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


def read_families(families: Mapping[str, Raw]) -> dict[str, object]:
    """The families of ``data/`` checked entry by entry, with an index of all names: what ``known.json`` holds."""
    index: dict[str, tuple[str, str]] = {}
    for family, table in families.items():
        if family == "services":
            continue
        # Each entry is made once here, so that a wrong one fails in `make docs` and in no scan.
        for name, raw in table.items():
            entry(name, _table(raw, name), family)
            for other in (name, *_words(_table(raw, name).get("also"), f"{name}.also")):
                # Two entries of one name would depend on the order of the files.
                if other in index:
                    raise ValueError(f"{family}.toml: {other} stands in {index[other][0]}.toml too")
                index[other] = family, name
    return {**families, "names": index}


def entry(name: str, raw: Raw, family: str, outer: Program | None = None) -> Program:
    """One program of a table. Raises `ValueError` on a key, role or flag that is not known."""
    where = f"{family}.toml: {name}"
    unknown = set(raw) - _KEYS
    if unknown:
        raise ValueError(f"{where}: unknown key {sorted(unknown)[0]}")
    manual = str(raw.get("manual") or (outer.manual if outer else ""))
    if not manual:
        raise ValueError(f"{where}: no manual is named")
    # getopt of a subcommand knows the command's options too: `git -C DIR pull`, `docker --host X run`.
    options = {**(outer.options if outer else {}), **_options(_table(raw.get("options", {}), where), where)}
    made = Program(
        name=name,
        manual=manual,
        family=family,
        package=_text(raw, "package", where) or (outer.package if outer else None),
        operands=_pattern(_text(raw, "operands", where) or "word*", where),
        options=options,
        always=tuple(_one_of(flag, FLAGS, where) for flag in _words(raw.get("always"), where)),
        style=_one_of(_text(raw, "style", where) or (outer.style if outer else "getopt"), STYLES, where),
        # A subcommand may stand under several names in one key (`rm remove`).
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
        wants=_wants(raw, where, outer),
        logins=_words(raw.get("logins"), where) or (outer.logins if outer else ()),
        places=_words(raw.get("places"), where) or (outer.places if outer else ()),
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


def _wants(raw: Raw, where: str, outer: Program | None) -> tuple[str, ...]:
    """What it wants; a subcommand works in the same directory as the command, and logs in by the same file."""
    own = tuple(_one_of(want, WANTS, where) for want in _words(raw.get("wants"), where))
    # `git -C` and `make -C` tell the directory; where they do not, it is the one that the job starts in.
    return (*own, *(want for want in ("directory", "login") if outer and want in outer.wants and want not in own))


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
    # With two that repeat nobody can tell which operand belongs to which.
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
