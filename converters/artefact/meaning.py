"""What one start means: the slot it is told, what its guard and its text say of it, and what the lock does to it.

The way is that of the definition made from the spec (`converters.workflows.machine`), state by state, with an item of the lock
table as DynamoDB holds it; a job without a workflow has no states, and asks its guard in the container.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from converters.artefact.registered import Registered
from converters.expressions.left_tests import START_SECONDS
from converters.schedules.zones import iso
from converters.specs.wishes import FOREVER, Lock
from converters.workflows import locks, machine, starts, statuses
from converters.workflows.followers import Follower
from converters.workflows.times import lease

if TYPE_CHECKING:
    from converters.specs.model import Spec

End = Literal["runs", "no date", "came twice", "lock taken", "waits", "text says no"]


@dataclass(frozen=True, slots=True)
class Item:
    """A lock's item: ``owner`` is an execution, or ``readers`` are executions with the end of each one's lease; ``expires`` the
    end of the longest. Instants are seconds since 1970."""

    expires: float
    owner: str | None = None
    readers: Mapping[str, float] = field(default_factory=dict)

    def is_free(self, now: float) -> bool:
        return self.expires <= now or (self.owner is None and not self.readers)


@dataclass(frozen=True, slots=True)
class Meaning:
    """``slot`` as AWS tells it, ``zone`` the one that the guard and the text see, ``local`` the minute that the guard reads
    (of its own zone; since 1970), ``states`` those the workflow enters, up to the task or the end."""

    expression: str
    slot: str
    zone: str
    local: int
    end: End
    states: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        return self.end == "runs"


def meanings(
    spec: Spec,
    minute: int,
    *,
    followers: Collection[Follower] = (),
    taken: Collection[str] = (),
    lock: Item | None = None,
    waited: float = 0,
    seconds: float = START_SECONDS,
) -> list[Meaning]:
    """What AWS makes of a UTC minute (since 1970): one meaning for each expression that fires then.

    ``taken`` are slots that another execution had, ``lock`` is the item of the job's lock as it is found (None: there is none),
    ``waited`` how long the execution waits for it already; ``seconds`` lie between the start and the text's first word. Raises
    as `Registered.of` does.
    """
    registered = Registered.of(spec)
    workflow = machine.needs_machine(spec, list(followers))
    found = []
    for one in registered.schedule.at(minute):
        slot, states = iso(minute), [starts.DECIDE] if workflow else []
        end: End = "runs"
        if not one.runs:
            end = "no date"
            states += [starts.SKIPPED] if workflow else []
        elif workflow:
            end, way = _workflow(spec, minute, slot, taken, lock, waited)
            states += way
        if end == "runs" and registered.test is not None and not registered.test_passes(minute, seconds):
            end = "text says no"
        zone = spec.schedule.timezone or registered.zone
        found.append(Meaning(str(one.expression), slot, zone, one.local, end, tuple(states)))
    return found


def _workflow(
    spec: Spec, minute: int, slot: str, taken: Collection[str], lock: Item | None, waited: float
) -> tuple[End, list[str]]:
    """From the guard on: the states up to the task."""
    states = []
    if spec.once:
        states.append(machine.TAKE_SLOT)
        if slot in taken:
            return "came twice", [*states, machine.SKIPPED_SLOT]
    if spec.lock is not None:
        end, way = _lock(spec.lock, lock, minute * 60 + waited, lease(spec), waited)
        states += way
        if end != "runs":
            return end, states
    begin = statuses.begin(spec, machine.RUN)
    return "runs", [*states, *([begin] if begin != machine.RUN else []), machine.RUN]


def _lock(wish: Lock, item: Item | None, now: float, lease_seconds: int, waited: float) -> tuple[End, list[str]]:
    """The conditions of the writes that take a lock, and of the look at one that is taken (`converters.workflows.locks`)."""
    if item is None or item.is_free(now):
        return "runs", [locks.first(wish)]
    alive = [end for end in item.readers.values() if end > now]
    if wish.shared:
        states = [locks.TAKE_SHARED, locks.JOIN_LONGER]
        if item.owner is None:
            return "runs", states if item.expires <= now + lease_seconds else [*states, locks.JOIN]
        return _taken(wish, waited, [*states, locks.JOIN, locks.LOOK, locks.HELD])
    states = [locks.TAKE, locks.LOOK, locks.HELD]
    if item.owner is None and not alive:
        return "runs", [*states, locks.TAKE_LEFT]
    return _taken(wish, waited, states)


def _taken(wish: Lock, waited: float, states: list[str]) -> tuple[End, list[str]]:
    if wish.wait == 0:
        return "lock taken", [*states, locks.SKIPPED]
    if wish.wait == FOREVER:
        return "waits", [*states, locks.WAIT]
    if isinstance(wish.wait, int) and waited < wish.wait:
        return "waits", [*states, locks.GIVE_UP, locks.WAIT]
    return "lock taken", [*states, locks.GIVE_UP, locks.SKIPPED_LATE]
