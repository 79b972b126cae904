"""A lock's item as DynamoDB holds it, and what a run does that finds it so: the one model of a lease.

What a single start means and what a lock does to days of starts are both made by it; tests hold it against the definition
itself, executed with a lock table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from converters.specs.wishes import FOREVER, Lock
from converters.workflows import locks

Met = Literal["runs", "lock taken", "waits"]


@dataclass(frozen=True, slots=True)
class Item:
    """A lock's item: ``owner`` is an execution, or ``readers`` are executions with the end of each one's lease; ``expires`` the
    end of the longest. Instants are seconds since 1970."""

    expires: float
    owner: str | None = None
    readers: Mapping[str, float] = field(default_factory=dict)

    def is_free(self, now: float) -> bool:
        """Whether whoever comes may take it."""
        return self.expires <= now or (self.owner is None and not self.readers)

    def left_by(self, execution: str) -> Item | None:
        """The item once a holder has given it back."""
        if self.owner is not None:
            return None if self.owner == execution else self
        # The end of the longest lease stays, though it may be that of who has left (`converters.workflows.locks`).
        return replace(self, readers={name: end for name, end in self.readers.items() if name != execution})


def taken(item: Item | None, wish: Lock, execution: str, now: float, lease: float) -> Item:
    """The item once a run that may (`meets`) has taken or joined it."""
    until = now + lease
    if not wish.shared and wish.runs == 1:
        return Item(until, execution)
    if item is None or item.is_free(now):
        return Item(until, None, {execution: until})
    if len(item.readers) >= wish.runs > 1:
        ends = {**item.readers, execution: until}
        return Item(max(ends.values()), None, {name: end for name, end in ends.items() if end > now})
    return Item(max(item.expires, until), None, {**item.readers, execution: until})


def meets(wish: Lock, item: Item | None, now: float, lease: float, waited: float) -> tuple[Met, list[str]]:
    """What a run does that comes to an item (None: there is none), and the states of its way: the conditions of the writes
    that take a lock, and of the look at one that is taken. ``waited``: seconds that it waits already."""
    if item is None or item.is_free(now):
        return "runs", [locks.first(wish)]
    alive = [end for end in item.readers.values() if end > now]
    if wish.runs > 1:
        return _place(wish, item, len(alive), now + lease, waited)
    if wish.shared:
        states = [locks.TAKE_SHARED, locks.JOIN_LONGER]
        if item.owner is None:
            return "runs", states if item.expires <= now + lease else [*states, locks.JOIN]
        return _without(wish, waited, [*states, locks.JOIN, locks.LOOK, locks.HELD])
    states = [locks.TAKE, locks.LOOK, locks.HELD]
    if item.owner is None and not alive:
        return "runs", [*states, locks.TAKE_LEFT]
    return _without(wish, waited, states)


def _place(wish: Lock, item: Item, alive: int, until: float, waited: float) -> tuple[Met, list[str]]:
    """The same of a lock that several runs may hold, which somebody holds."""
    states = [locks.TAKE, locks.BESIDE_LONGER]
    if item.owner is None and len(item.readers) < wish.runs:
        return "runs", states if item.expires <= until else [*states, locks.BESIDE]
    states += [locks.BESIDE, locks.LOOK, locks.HELD]
    if item.owner is None and alive < wish.runs:
        return "runs", [*states, locks.TAKE_ENDED]
    return _without(wish, waited, states)


def _without(wish: Lock, waited: float, states: list[str]) -> tuple[Met, list[str]]:
    full = wish.runs > 1
    if wish.wait == 0:
        return "lock taken", [*states, locks.FULL if full else locks.SKIPPED]
    if wish.wait == FOREVER:
        return "waits", [*states, locks.WAIT]
    if isinstance(wish.wait, int) and waited < wish.wait:
        return "waits", [*states, locks.GIVE_UP, locks.WAIT]
    return "lock taken", [*states, locks.GIVE_UP, locks.FULL if full else locks.SKIPPED_LATE]
