"""The same job on several hosts: what of it differs, and whether that tells if it runs once or on each of them.

Only two things are known without asking. A test of the host that lets the job run on exactly one of them makes it a job that
runs once; shards that are all there, one a host, make it as many jobs as there are hosts. All else is a question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from converters.commands.fleet_matching import HOST, SHARD_OF, Line, matched, without_names
from converters.commands.host_tests import IDENTITY

Kind = Literal["guard", "shard", "host", "lock", "drift", "same"]
Runs = Literal["once", "each"]


@dataclass(frozen=True, slots=True)
class Value:
    """One of the ways in which a thing stands, and the hosts on which it does."""

    text: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that is not the same on all hosts: ``schedule``, ``zone``, ``user``, ``arguments``, ``script`` (its content)
    or a variable, then ``environment NAME``. The most common way comes first."""

    what: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One job of a fleet. ``name`` is what it is called where it runs once; ``jobs`` and ``hosts`` go in pairs.

    ``kind``: ``guard`` a test of the host decides where it runs, ``shard`` an argument says which part is whose, ``host`` the
    host's own name stands in it, ``lock`` all take one lock on a file system that they share, ``drift`` something else
    differs, ``same`` nothing does. ``by`` is the test, the lock or the argument that says so.
    ``runs`` is known or None; ``active`` are the hosts on which it runs today, as far as a test tells.
    ``strays``: hosts whose line names another host of the group, so that it may be a copy that nobody meant.
    """

    name: str
    kind: Kind
    jobs: tuple[str, ...]
    hosts: tuple[str, ...]
    drift: tuple[Drift, ...] = ()
    by: str = ""
    runs: Runs | None = None
    active: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()


def fleet(lines: Sequence[Line]) -> list[Group]:
    """The groups of jobs that stand on several hosts, in the order of their first lines. Pure; never raises."""
    return [_group(members) for members in matched(lines)]


def _group(lines: Sequence[Line]) -> Group:
    hosts = tuple(line.host for line in lines)
    drift = tuple(_drift(lines))
    active, by = _guarded(lines)
    kind: Kind = "drift" if drift else "same"
    runs: Runs | None = None
    if by:
        kind = "guard"
        runs = "once" if len(active) == 1 else None
    elif (shards := _shards(lines)) is not None:
        kind, by = "shard", shards
        runs = "each" if _complete(lines) else None
    elif all(without_names(line.command, line.aliases) != line.command for line in lines):
        kind, by = "host", _argument(lines[0], HOST)
    elif (lock := lines[0].lock) is not None and all(line.lock == lock for line in lines):
        kind, by = "lock", lock
    jobs = tuple(line.name for line in lines)
    strays = () if kind == "guard" else _strays(lines)
    return Group(_name(lines), kind, jobs, hosts, drift, by, runs, active if kind == "guard" else (), strays)


def _name(lines: Sequence[Line]) -> str:
    """What most of them would be called, the first of them where several are."""
    return Counter(line.base for line in lines).most_common(1)[0][0]


# --- what differs


def _drift(lines: Sequence[Line]) -> list[Drift]:
    aspects: list[tuple[str, Callable[[Line], str], Callable[[Line], str]]] = [
        ("schedule", lambda line: " ".join(line.schedule.split()), lambda line: line.schedule),
        ("zone", lambda line: line.zone, lambda line: line.zone),
        ("user", lambda line: line.user, lambda line: line.user),
        ("arguments", lambda line: " ".join(line.command.split()), lambda line: line.said),
    ]
    found = [one for what, key, shown in aspects if (one := _differing(what, lines, key, shown)) is not None]
    names = sorted({name for line in lines for name, _value in line.environment})
    for name in names:
        here = partial(_variable, name)
        one = _differing(f"environment {name}", lines, partial(here, False), partial(here, True))
        found += [one] if one is not None else []
    # Of a script that could not be read on one host, nothing is said there: not looked at is not another content.
    read = [line for line in lines if line.script is not None]
    script = _differing("script", read, lambda line: line.script or "", lambda line: (line.script or "")[:12])
    return [*found, *([script] if script is not None else [])]


def _variable(name: str, shown: bool, line: Line) -> str:
    return dict(line.variables if shown else line.environment).get(name, "" if shown else "\0")


def _differing(
    what: str, lines: Sequence[Line], key: Callable[[Line], str], shown: Callable[[Line], str]
) -> Drift | None:
    by: dict[str, list[Line]] = {}
    for line in lines:
        by.setdefault(key(line), []).append(line)
    if len(by) < 2:
        return None
    ordered = sorted(by.values(), key=lambda same: -len(same))
    return Drift(what, tuple(Value(shown(same[0]), tuple(line.host for line in same)) for same in ordered))


# --- what it says of where it runs


def _guarded(lines: Sequence[Line]) -> tuple[tuple[str, ...], str]:
    """The hosts on which tests of the host let it run, and the test that makes the difference; no test where none does."""
    asked = [_asks(line) for line in lines]
    active = tuple(line.host for line, asks in zip(lines, asked, strict=True) if not line.never and not asks)
    if any(asked):
        # A test that the host's files do not answer: where it runs is not known.
        return (), next(asks for asks in asked if asks)
    if len(active) == len(lines) or not active:
        return (), ""
    decided = next(line for line in lines if line.never)
    return active, next((test.text for test in decided.tests if test.holds is not None), decided.said)


def _asks(line: Line) -> str:
    """The test of who the host is that nobody can answer from its files."""
    return next((test.text for test in line.tests if test.holds is None and IDENTITY.search(test.text)), "")


_PART = re.compile(r"(\d{1,4})")


def _shards(lines: Sequence[Line]) -> str | None:
    """The argument that says which part is whose, as the first host has it; None where nothing does."""
    rows = [without_names(line.said, line.aliases).split() for line in lines]
    if len({len(row) for row in rows}) != 1:
        return None
    differing = [column for column in zip(*rows, strict=True) if len(set(column)) > 1]
    if not differing or not all(map(_is_parts, differing)):
        return None
    return _argument(lines[0], differing[0][0])


def _argument(line: Line, word: str) -> str:
    """A word of the line with the option in front of it, as it may be shown."""
    words = without_names(line.said, line.aliases).split()
    at = next((number for number, one in enumerate(words) if word in one), None)
    if at is None:
        return word
    before = words[at - 1] if at else ""
    return f"{before} {words[at]}" if before.startswith("-") and not words[at].startswith("-") else words[at]


def _is_parts(column: Sequence[str]) -> bool:
    """Whether words differ in one number alone, and no two have the same one."""
    split = [_PART.split(word) for word in column]
    if len({len(parts) for parts in split}) != 1 or len(set(column)) != len(column):
        return False
    different = [parts for parts in zip(*split, strict=True) if len(set(parts)) > 1]
    return len(different) == 1 and all(part.isdigit() for part in different[0])


def _complete(lines: Sequence[Line]) -> bool:
    """Whether the parts are all there: 1/3, 2/3 and 3/3 (or 0/3 to 2/3) on three hosts."""
    found = [SHARD_OF.findall(line.said) for line in lines]
    if any(len(one) != 1 for one in found):
        return False
    parts = sorted(int(one[0][0]) for one in found)
    return {int(one[0][1]) for one in found} == {len(lines)} and parts in (
        list(range(len(lines))),
        list(range(1, len(lines) + 1)),
    )


def _strays(lines: Sequence[Line]) -> tuple[str, ...]:
    """Hosts whose line has the name of another host of the group, which its own line has too: a copy, perhaps."""
    own = {line.host: line.aliases for line in lines if without_names(line.command, line.aliases) != line.command}
    return tuple(
        line.host
        for line in lines
        if line.host not in own
        and any(without_names(line.command, names) != line.command for host, names in own.items() if host != line.host)
    )
