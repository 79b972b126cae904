"""Units take their turns: each waits for its safe minute, and goes when that has come and nothing of it still runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from converters.history.safe_minute import FIRST_SECOND, LAST_SECOND, Side
from migrate.cutover.units import Unit
from migrate.errors import UserError
from migrate.machine.now import Clock
from migrate.terminal.language import _


class LateError(Exception):
    """The safe minute passed while its unit was being looked at; nothing was changed."""


class RefusedError(UserError):
    """In its safe minute something stands against the unit; nothing of it was changed, and the others go on."""


@dataclass(slots=True)
class Turns:
    """What became of the units: ``done`` in their order, ``later`` with the minute that was too far off (or None),
    ``refused`` in their very minute, each with its refusals."""

    done: list[Unit] = field(default_factory=list)
    later: list[tuple[Unit, int | None]] = field(default_factory=list)
    refused: list[Unit] = field(default_factory=list)


def take_turns(
    units: list[Unit],
    *,
    source: Side,
    clock: Clock,
    until: float,
    at_once: Callable[[Unit], bool],
    running: Callable[[Unit], str | None],
    go: Callable[[Unit, float | None], None],
    tell: Callable[[str], None],
) -> Turns:
    """Calls ``go`` for each unit in its safe minute, the earliest first; those without one before ``until`` are left.
    ``go`` is told until when it may begin to change something (seconds since 1970), and raises `LateError` after that.

    ``at_once`` says that a unit must not wait (it stands half way), ``running`` why it should let this minute pass.
    """
    turns = Turns()
    waiting = []
    for unit in units:
        if at_once(unit):
            go(unit, None)
            turns.done.append(unit)
        else:
            waiting.append(unit)
    not_before: dict[str, float] = {}
    while waiting:
        now = clock.now()
        # A minute whose switching seconds have begun is still good while there is room.
        times = {unit.name: _minute(unit, max(now, not_before.get(unit.name, 0)), until, source) for unit in waiting}
        for unit in [unit for unit in waiting if times[unit.name] is None]:
            waiting.remove(unit)
            # Two days and 22 hours: the window of times that was computed reaches a little farther.
            turns.later.append((unit, unit.minute(now, now + 3 * 86400 - 7200, source)))
        if not waiting:
            break
        first = min(waiting, key=lambda unit: times[unit.name] or 0)
        minute = times[first.name] or 0
        if now < minute * 60 + FIRST_SECOND:
            tell(_("{jobs}: waiting for the safe minute").format(jobs=first.name))
            clock.sleep_until(minute * 60 + FIRST_SECOND)
            continue
        # Looked at as late as can be: the lock and the process of this very moment.
        why = running(first)
        if why:
            tell(_("{why}; waiting for the next safe minute").format(why=why))
            not_before[first.name] = (minute + 1) * 60
            continue
        try:
            go(first, minute * 60 + LAST_SECOND)
        except LateError:
            tell(_("{jobs}: its safe minute has passed; waiting for the next").format(jobs=first.name))
            not_before[first.name] = (minute + 1) * 60
            continue
        except RefusedError as error:
            first.refusals += str(error).splitlines()
            for sentence in first.refusals:
                tell(f"  x {sentence}")
            waiting.remove(first)
            turns.refused.append(first)
            continue
        waiting.remove(first)
        turns.done.append(first)
    return turns


# A switch is two calls to AWS and one write.
ROOM = 10  # seconds a switch needs before its minute's last second for it


def in_time(now: float, minute: int) -> bool:
    """Whether ``now`` lies in this minute with room enough for a switch."""
    return minute * 60 + FIRST_SECOND <= now <= minute * 60 + LAST_SECOND - ROOM


def _minute(unit: Unit, now: float, until: float, source: Side) -> int | None:
    begun = int(now // 60)
    if in_time(now, begun) and unit.minute(begun * 60, begun * 60 + 59, source) == begun:
        return begun
    return unit.minute(now, until, source)
