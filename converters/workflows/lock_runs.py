"""How many runs of one lock may go at once: each job counts the holders by its own number, so all must name one number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converters.findings.few import few
from converters.specs.untyped import fields
from converters.workflows import locks

if TYPE_CHECKING:
    from converters.specs.model import Spec


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes a lock that is not shared: where that is said, the lock's name, and how many may hold it at once."""

    place: str
    lock: str
    runs: int


def differing_runs(specs: Iterable[tuple[str, Spec]], live: Iterable[Taker] = ()) -> dict[str, str]:
    """A sentence for each job whose lock has another number of ``runs`` elsewhere; ``specs`` with the place of each, ``live``
    are takers that are no part of this run.

    A run that comes asks for fewer holders than its own number, so of two numbers the lower one binds only those that name
    it. A shared lock names none (``flock -s``): no number bounds its readers.
    """
    locked: defaultdict[str, list[str]] = defaultdict(list)
    takers: defaultdict[str, list[Taker]] = defaultdict(list)
    for path, spec in specs:
        if spec.lock is not None and not spec.lock.shared:
            locked[spec.lock.name].append(spec.name)
            takers[spec.lock.name].append(Taker(path, spec.lock.name, spec.lock.runs))
    for one in live:
        if one.lock in locked:
            takers[one.lock].append(one)
    return {
        job: _sentence(name, takers[name])
        for name, jobs in locked.items()
        if len({one.runs for one in takers[name]}) > 1
        for job in jobs
    }


def taken_by(definition: Mapping[str, object], table: str) -> Taker | None:
    """The lock that a definition of ours takes in a table, by the key of its item; None where it takes none, or shares it."""
    states = fields(definition.get("States"))
    arguments = fields(fields(states.get(locks.TAKE)).get("Arguments"))
    key = fields(fields(arguments.get("Item")).get("lock")).get("S")
    if arguments.get("TableName") != table or not isinstance(key, str):
        return None
    beside = fields(fields(states.get(locks.BESIDE)).get("Arguments"))
    most = fields(fields(beside.get("ExpressionAttributeValues")).get(":most")).get("N", "1")
    return Taker("", key, int(most)) if isinstance(most, str) and most.isdecimal() else None


def _sentence(lock: str, takers: list[Taker]) -> str:
    by_number: defaultdict[int, list[str]] = defaultdict(list)
    for one in takers:
        by_number[one.runs].append(one.place)
    said = ", ".join(f"{runs} by {few(sorted(by_number[runs]), 3)}" for runs in sorted(by_number))
    return f"lock {lock} lets different numbers of runs go at once: {said}; write one number in all of them (lock.runs)"
