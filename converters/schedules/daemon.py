"""When a schedule really starts: wall clock -> instants, with each habit at clock changes.

A set of starts is a list of products *days x minutes of the day* in UTC. A whole regime between two clock changes is one
shift of such a product; only the days of a change are cut into pieces. So years cost little more than a day, and nothing
is sampled.

Habits, with their sources:

* ``fixed`` and ``elapsed``: Vixie's family (Debian, cronie, OpenBSD, ISC), ``cron.c``: the wake-up cases *small* (up to 5
  minutes missed: all run late), *medium* (6 to 180 minutes: fixed-time jobs run right after the jump, others are skipped),
  *negative* (back by less than 180 minutes: only jobs with ``*`` in minute or hour run again), otherwise a plain jump.
* ``freebsd``: FreeBSD's ``-s``, the default of rc(8): in spring, a job that ran within the last hour follows the wall clock,
  and one that did not runs once by the old zone's clock; in autumn each job is held back until the old zone's clock starts it.
* ``plain``: every instant is converted to wall time and matched (BusyBox, dcron, UTC).
* ``once``: EventBridge Scheduler as documented: skipped in spring, only once in autumn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import pairwise
from typing import Literal, NamedTuple

from converters.schedules.fields import members
from converters.schedules.minutes import ALL_MINUTES, MINUTES_A_DAY, minute_span, shifted
from converters.schedules.zones import Regime, regimes

Habit = Literal["fixed", "elapsed", "freebsd", "plain", "once"]

# cron.c: "case small", up to 5 minutes late every job of every missed minute is run.
SMALL = 5  # minutes missed up to which the daemon runs everything late
# cron.c: "case medium" is a clock moved forward by up to 3 hours, as in spring.
MEDIUM = 180  # minutes missed up to which it catches up fixed-time jobs


class Starts(NamedTuple):
    """``times`` starts at every one of these UTC minutes on every one of these UTC days (relative to the frame's base)."""

    days: int
    minutes: int
    times: int


@dataclass(frozen=True, slots=True)
class Window:
    """The UTC minutes ``[first, until)`` since 1970. Day sets are relative to ``base``, a little before it."""

    first: int
    until: int

    @property
    def base(self) -> int:
        # Zones lie up to 14 hours from UTC, so local dates reach back before the first UTC day.
        return self.first // MINUTES_A_DAY - 2

    @property
    def mask(self) -> int:
        return (1 << (self.until // MINUTES_A_DAY + 3 - self.base)) - 1

    def relative(self, days: int) -> int:
        """An absolute set of days (see ``days.py``) as seen from ``base``."""
        return (days >> self.base if self.base >= 0 else days << -self.base) & self.mask


class _Slice(NamedTuple):
    """Wall minutes that mean ``offset`` on these local days."""

    offset: int
    minutes: int
    days: int


class _Late(NamedTuple):
    """Wall minutes that never came on these local days; who is due in them starts at one UTC minute, ``shift`` days on."""

    minutes: int
    days: int
    minute: int
    shift: int


@dataclass(slots=True)
class _Cut:
    """Collects pieces of local days, equal ones together."""

    base: int
    slices: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    late: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))

    def wall(self, first: int, until: int, offset: int) -> None:
        """The wall minutes ``[first, until)`` (since 1970, local) hold ``offset``."""
        for minutes, day, days in _pieces(first, until, self.base):
            self.slices[offset, minutes] |= days << day

    def gap(self, first: int, until: int, instant: int) -> None:
        """The wall minutes ``[first, until)`` never came; what they missed starts at the UTC minute ``instant``."""
        for minutes, day, days in _pieces(first, until, self.base):
            shift = instant // MINUTES_A_DAY - self.base - day
            for back in range(days.bit_length()):
                self.late[minutes, instant % MINUTES_A_DAY, shift - back] |= 1 << (day + back)


def _pieces(first: int, until: int, base: int) -> list[tuple[int, int, int]]:
    """A span of minutes as (minutes of the day, first day from base, run of days as bits): part, whole days, part."""
    if until <= first:
        return []
    day, minute = divmod(first, MINUTES_A_DAY)
    last_day, last_minute = divmod(until, MINUTES_A_DAY)
    day -= base
    last_day -= base
    if day == last_day:
        return [(minute_span(minute, last_minute), day, 1)]
    found = []
    if minute:
        found.append((minute_span(minute, MINUTES_A_DAY), day, 1))
        day += 1
    if last_day > day:
        found.append((ALL_MINUTES, day, (1 << (last_day - day)) - 1))
    if last_minute:
        found.append((minute_span(0, last_minute), last_day, 1))
    return found


class Timeline:
    """One zone over one window: turns due days and minutes into starts, for every habit."""

    def __init__(self, zone: tzinfo | tuple[Regime, ...], window: Window) -> None:
        """``zone`` may be given as its regimes, the first of which holds from before the window on."""
        self.window = window
        self.regimes = (
            tuple(one for one in zone if one.start < window.until)
            if isinstance(zone, tuple)
            else regimes(zone, window.first, window.until)
        )
        self._cuts: dict[Habit, tuple[tuple[_Slice, ...], tuple[_Late, ...]]] = {}

    def starts(self, days: int, minutes: int, habit: Habit) -> list[Starts]:
        """The starts of what is due on these days (relative to the window's base) at these wall minutes."""
        slices, late = self._cuts.get(habit) or self._cut(habit)
        found: list[Starts] = self._freebsd(days, minutes) if habit == "freebsd" else []
        for offset, part, on in slices:
            due, wall = days & on, minutes & part
            if due and wall:
                # UTC itself, and zones in their winter in Britain: no bits need moving.
                if not offset:
                    found.append(Starts(due, wall, 1))
                    continue
                before, same, after = shifted(wall, offset)
                if same:
                    found.append(Starts(due, same, 1))
                if before:
                    found.append(Starts(due >> 1, before, 1))
                if after:
                    found.append(Starts(due << 1, after, 1))
        for part, on, minute, shift in late:
            # Each missed minute that was due is a start of its own, all at once after the jump.
            missed = (minutes & part).bit_count()
            due = days & on
            if missed and due:
                found.append(Starts(due << shift if shift >= 0 else due >> -shift, 1 << minute, missed))
        return found

    def changes(self) -> list[tuple[int, int, int]]:
        """Each clock change in the window: the UTC minute, the offset before, the offset after."""
        return [(new.start, old.offset, new.offset) for old, new in pairwise(self.regimes)]

    def _freebsd(self, days: int, minutes: int) -> list[Starts]:
        """What FreeBSD starts in the ``|difference|`` minutes after each change, beyond plain wall matching in spring."""
        # FreeBSD cron.c cron_tick with `-s`; checked against a port of it that was run minute by minute.
        found = []
        for instant, old, new in self.changes():
            span = abs(new - old)
            by_old = self._due(days, minutes, instant + old, span)
            by_new = self._due(days, minutes, instant + new, span)
            if new > old:
                # RUN_AT is given only to entries whose last run is more than an hour before the change (cron_tick).
                recent = self._due(days, minutes, instant + old - 60, 60)
                # Once only: after that run `lastrun` is recent, and the entry follows the new clock.
                first = by_old & -by_old
                runs = 0 if recent or (by_new and by_new & -by_new <= first) else first
            else:
                # NOT_UNTIL: in autumn an entry waits until the old zone's clock has started it once.
                runs = by_new & ~((by_old & -by_old) - 1) if by_old else 0
            for position in members(runs):
                at = instant + position
                if at < self.window.until:
                    found.append(Starts(1 << (at // MINUTES_A_DAY - self.window.base), 1 << (at % MINUTES_A_DAY), 1))
        return found

    def _due(self, days: int, minutes: int, first: int, length: int) -> int:
        """Which of the wall minutes ``[first, first + length)`` are due, as bits from ``first`` on."""
        bits = position = 0
        while position < length:
            day, minute = divmod(first + position, MINUTES_A_DAY)
            take = min(MINUTES_A_DAY - minute, length - position)
            if day >= self.window.base and days >> (day - self.window.base) & 1:
                bits |= (minutes >> minute & ((1 << take) - 1)) << position
            position += take
        return bits

    def _cut(self, habit: Habit) -> tuple[tuple[_Slice, ...], tuple[_Late, ...]]:
        cut = _Cut(self.window.base)
        previous: Regime | None = None
        for index, regime in enumerate(self.regimes):
            end = self.regimes[index + 1].start if index + 1 < len(self.regimes) else self.window.until
            first = regime.start + regime.offset
            if previous is not None:
                first = _change(cut, habit, previous.offset, regime)
            cut.wall(first, end + regime.offset, regime.offset)
            previous = regime
        made = (
            tuple(_Slice(offset, minutes, days) for (offset, minutes), days in cut.slices.items()),
            tuple(_Late(minutes, days, minute, shift) for (minutes, minute, shift), days in cut.late.items()),
        )
        self._cuts[habit] = made
        return made


def _change(cut: _Cut, habit: Habit, old: int, regime: Regime) -> int:
    """One clock change: notes what is caught up, and returns the first wall minute that starts anything afterwards."""
    wall = regime.start + regime.offset
    stopped = regime.start + old
    missed = regime.offset - old + 1  # the daemon's own count: the minute after the last one run is not missed
    if habit == "plain":
        return wall
    if habit in ("once", "freebsd"):
        # docs "Schedule types in EventBridge Scheduler": skipped in spring, and it "runs only once" in autumn.
        return max(wall, stopped)
    if missed <= 0:
        # Jobs with `*` in minute or hour run by the wall clock again; fixed-time jobs wait until the daemon's virtual
        # time is caught up.
        return stopped if missed > -MEDIUM and habit == "fixed" else wall
    # Beyond 3 hours cron.c takes it for a clock that was set: nothing is caught up.
    if missed <= SMALL or (missed <= MEDIUM and habit == "fixed"):
        cut.gap(stopped, wall, regime.start)
    return wall


def without(starts: list[Starts], spans: list[tuple[int, int]], window: Window) -> list[Starts]:
    """The starts that do not fall into these spans ``[first, until)`` of UTC minutes."""
    closed: dict[int, int] = {}
    for first, until in spans:
        for minutes, day, days in _pieces(first, until, window.base):
            closed[minutes] = closed.get(minutes, 0) | days << day
    left = starts
    for minutes, days in closed.items():
        kept = []
        for start in left:
            both = start.days & days
            if not both or not start.minutes & minutes:
                kept.append(start)
                continue
            if start.days ^ both:
                kept.append(start._replace(days=start.days ^ both))
            if start.minutes & ~minutes:
                kept.append(start._replace(days=both, minutes=start.minutes & ~minutes))
        left = kept
    return left


def later(starts: Sequence[Starts], minutes: int) -> list[Starts]:
    """The same starts so many minutes later; earlier, where that is negative."""
    if not minutes:
        return list(starts)
    days_on, of_day = divmod(minutes, MINUTES_A_DAY)
    found = []
    for start in starts:
        for more, part in enumerate(shifted(start.minutes, -of_day)[1:] if of_day else (start.minutes,), days_on):
            if part:
                days = start.days << more if more >= 0 else start.days >> -more
                found.append(Starts(days, part, start.times))
    return found


def listed(starts: list[Starts], window: Window) -> list[int]:
    """Every start as a UTC minute since 1970, in order; for short windows."""
    found: list[int] = []
    for days, minutes, times in starts:
        of_day = list(members(minutes))
        for day in members(days):
            at = (day + window.base) * MINUTES_A_DAY
            for minute in of_day:
                found += [at + minute] * times
    return sorted(found)
