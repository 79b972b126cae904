"""What croniter starts around a clock change, foretold, and why the daemon does otherwise.

croniter matches the clock on the wall, minute for minute, with two habits of its own: runs that fall into a skipped time
are made up once at the first valid minute, unless every hour is listed; and the second pass of a repeated time is lost
where its search looks back behind the change (see `_loses_second_pass`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from converters.schedules.daemon import MEDIUM
from converters.schedules.minutes import MINUTES_A_DAY
from converters.schedules.schedule import Schedule
from converters.schedules.zones import Regime

EVERY_HOUR = (1 << 24) - 1


def due_at(schedule: Schedule) -> Callable[[int], bool]:
    """Whether the schedule matches a wall minute (since 1970, local)."""
    days, minutes = schedule.days(), schedule.minutes_of_day

    def due(wall: int) -> bool:
        day, minute = divmod(wall, MINUTES_A_DAY)
        return bool(minutes >> minute & 1 and days >> day & 1)

    return due


def croniter_starts(schedule: Schedule, regimes: tuple[Regime, ...], first: int, until: int) -> Counter[int]:
    """The UTC minutes that croniter names in ``[first, until)``, for a schedule as it reads it."""
    due = due_at(schedule)
    found: Counter[int] = Counter()
    ends = [*(r.start for r in regimes[1:]), until]
    for regime, end in zip(regimes, ends, strict=True):
        # Within a regime both count minutes of the wall alike; they differ only where it ends.
        found.update(m for m in range(max(first, regime.start), end) if due(m + regime.offset))
    for old, new in pairwise(regimes):
        if new.offset > old.offset:
            missed = any(due(wall) for wall in range(new.start + old.offset, new.start + new.offset))
            if missed and schedule.hours != EVERY_HOUR:
                # Once, however many of its runs fell into the gap.
                found[new.start] = 1
        elif _loses_second_pass(due, old, new):
            for minute in range(new.start, new.start + old.offset - new.offset):
                found.pop(minute, None)
    # A Counter keeps zeros; unary plus drops them, so that two can be compared.
    return +found


def _loses_second_pass(due: Callable[[int], bool], old: Regime, new: Regime) -> bool:
    """From the last match before the change, croniter looks for a match after the same wall time by the new offset; if that
    one is before the repeated time, it takes the first match after it instead."""
    back = old.offset - new.offset
    passed = range(new.start + new.offset, new.start + old.offset)
    last = max((wall for wall in passed if due(wall)), default=None)
    return last is not None and any(due(wall) for wall in range(last - back + 1, new.start + new.offset))


def why(schedule: Schedule, clock: str, old: Regime, new: Regime, minute: int, ours: int, theirs: int) -> str | None:
    """The deviation that explains one UTC minute at which the daemon starts ``ours`` times and croniter ``theirs`` times.

    ``clock`` is the daemon's: ``vixie``, ``freebsd``, ``plain``, or ``host`` for cronie's entries with a zone of their own at a
    change of the host's clock.
    ``None`` where no known deviation fits.
    """
    # FreeBSD's `cron -s` has its own way with a changed offset (cron(8)).
    if clock == "freebsd" and new.start <= minute < new.start + abs(new.offset - old.offset):
        return "croniter-freebsd"
    # cronie's CRON_TZ entries are held by the moods of the host's own clock (cron.c).
    if clock == "host":
        held = new.start <= minute < new.start + old.offset - new.offset and not schedule.elapsed
        return "croniter-host-zone" if held and not ours and theirs == 1 else None
    if new.offset > old.offset:
        return _why_in_spring(schedule, clock, new.offset - old.offset, ours, theirs) if minute == new.start else None
    if not new.start <= minute < new.start + old.offset - new.offset:
        return None
    if not ours and theirs == 1:
        return "croniter-repeated-hour" if clock == "vixie" and not schedule.elapsed else None
    return "croniter-lost-pass" if ours == 1 and not theirs else None


def _why_in_spring(schedule: Schedule, clock: str, leap: int, ours: int, theirs: int) -> str | None:
    """At the first minute after a leap, the only one at which the two differ."""
    if clock == "plain" and not ours and theirs == 1:
        return "croniter-gap-plain"
    if clock != "vixie":
        return None
    if not ours and theirs == 1:
        # vixie's cron.c: from three hours on, a change counts as the clock having been set, and nothing is made up.
        return "croniter-gap-long" if leap >= MEDIUM else "croniter-gap-star" if schedule.elapsed else None
    if ours > theirs and schedule.hours == EVERY_HOUR:
        return "croniter-gap-every-hour"
    return "croniter-gap-once" if ours > 1 and theirs == 1 else None
