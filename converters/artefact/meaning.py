"""What one start means: the slot it is told, what its guard and its text say of it, and what the lock does to it.

The way is that of the definition made from the spec (`converters.workflows.machine`), state by state, with an item of the lock
table as DynamoDB holds it; a job without a workflow has no states, and asks its guard in the container.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from converters.artefact.registered import Registered
from converters.expressions.left_tests import START_SECONDS
from converters.schedules.zones import iso
from converters.workflows import machine, starts, statuses
from converters.workflows.followers import Follower
from converters.workflows.lock_items import Item, meets
from converters.workflows.times import lease

if TYPE_CHECKING:
    from converters.specs.model import Spec

End = Literal["runs", "no date", "came twice", "lock taken", "waits", "text says no"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """``slot`` as AWS tells it, ``zone`` the one that the guard and the text see, ``local`` the minute that the guard reads
    (of its own zone; since 1970), ``states`` those the workflow enters, up to the task, the first wait, a ceiling (which is
    told to somebody then) or the end."""

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
    states: list[str] = []
    if spec.once:
        states.append(machine.TAKE_SLOT)
        if slot in taken:
            return "came twice", [*states, machine.SKIPPED_SLOT]
    if spec.lock is not None:
        met, way = meets(spec.lock, lock, minute * 60 + waited, lease(spec), waited)
        states += way
        if met != "runs":
            return met, states
    begin = statuses.begin(spec, machine.RUN)
    return "runs", [*states, *([begin] if begin != machine.RUN else []), machine.RUN]
