"""What was read of one account for one plan, by kind and name: each thing once, whoever asks first.

A plan compares with this and makes no call where it has been filled (`account`). It is thrown away before anything is
written: what writes reads again right before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

Thing = TypeVar("Thing")
Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Thing]):
    """A kind of things, or of lists of them, with the type that is kept of it."""

    name: str


@dataclass(slots=True)
class Seen:
    """``owner`` is whose tags are read by page. Threads may fill it at once: what two of them read is the same."""

    owner: str
    _things: dict[tuple[str, str], object] = field(default_factory=dict)
    _doubted: set[str] = field(default_factory=set)

    def get(self, kind: Kind[Thing], name: str, read: Callable[[], Thing]) -> Thing:
        """What is there under this name; ``read`` is called for what was not read yet, and what it raises is not kept."""
        key = (kind.name, name)
        if key not in self._things:
            self._things[key] = read()
        return cast("Thing", self._things[key])

    def known(self, kind: Kind[Thing], name: str, otherwise: Thing) -> Thing:
        """The same without a call: ``otherwise`` where it was not read."""
        return cast("Thing", self._things.get((kind.name, name), otherwise))

    def has(self, kind: Kind[Thing], name: str) -> bool:
        return (kind.name, name) in self._things

    def keep(self, kind: Kind[Thing], name: str, thing: Thing) -> None:
        """What was read in one call with others."""
        self._things[kind.name, name] = thing

    def forget(self, kind: Kind[Thing], name: str) -> None:
        """It is read again when it is asked for."""
        self._things.pop((kind.name, name), None)

    def doubt(self, name: str) -> bool:
        """Lists and indexes are not believed any more of this ARN: the service itself is asked. False where it was already."""
        new = name not in self._doubted
        self._doubted.add(name)
        return new

    def is_doubted(self, name: str) -> bool:
        return name in self._doubted


Index = Mapping[str, Tags]
INDEX: Kind[Index] = Kind("tags by page")
TAGS: Kind[Tags] = Kind("tags")
BY_STEM: Kind[Mapping[str, list[str]]] = Kind("names of things by those of jobs")


def by_stem(names: Iterable[str]) -> Mapping[str, list[str]]:
    """Names by what may be the name of their job: NAME and NAME-2 stand below NAME, NAME-2 below its own name as well."""
    # To hold each name against each job would be four million comparisons for two thousand of both.
    found: dict[str, list[str]] = {}
    for name in names:
        stem, _, number = name.rpartition("-")
        for key in (name, stem) if number.isdecimal() else (name,):
            found.setdefault(key, []).append(name)
    return found
