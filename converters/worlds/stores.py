"""Where a program keeps what it works with: a repository on another machine is none of this host's disk."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from converters.programs.operands import Operand, Reading
from converters.worlds.calls import Call
from converters.worlds.words import elsewhere

_ARCHIVES = frozenset({"borg", "attic"})
_BY_SSH = re.compile(r"(?:ssh|sftp|scp|rsync\+ssh)(?:://|:)|sshfs:", re.I)


class Store(NamedTuple):
    """``value`` is the place, and ``where`` it is: on this host's disk, elsewhere, or in words that nothing here tells."""

    value: str
    where: Literal["here", "elsewhere", "unknown"]


def store_of(call: Call, reading: Reading) -> Store | None:
    """The place that a program changes, by its operands or a variable; ``None`` where it names none and asks none."""
    named = [place_in(reading, one.value) for one in reading.operands if one.role in ("place", "place>")]
    named = [value for value in named if value]
    if not named:
        named = [value for name in reading.program.places if (value := call.known.get(name))]
    if not named:
        return Store("", "unknown") if reading.program.places else None
    value = named[-1]
    if elsewhere(Operand("place", value, 0)):
        return Store(value, "elsewhere")
    return Store(value, "unknown" if value.startswith(("$", "`")) else "here")


def place_in(reading: Reading, value: str) -> str:
    """The repository of ``REPOSITORY::ARCHIVE`` (borg(1)); nothing where a variable names it."""
    if reading.program.name.partition(" ")[0] in _ARCHIVES:
        value = value.partition("::")[0]
    return value.removeprefix("file://")


def by_ssh(name: str, value: str) -> bool:
    """Whether a place is reached by ssh by its scheme. A remote of rclone is only called so, and its file says how."""
    return name != "rclone" and _BY_SSH.match(value) is not None


def host_in(value: str) -> str:
    """``sftp:user@host:/path`` (restic) names its host behind a scheme without slashes."""
    found = re.match(r"sftp:(?!//)([^:/]+)", value)
    return found[1] if found is not None else value
