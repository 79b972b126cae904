"""On which days a job's runs differ, and how: the material of the pictures across clock changes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from converters.expressions.judgement import TWO_YEARS
from converters.expressions.parity import REACH, Difference
from converters.schedules.daemon import Starts, Window, listed
from converters.schedules.fields import members
from converters.schedules.zones import MINUTES_A_DAY, regimes
from migrate.report.starts import Runs, spans, zone_of

_LISTED = 1_500
"""Starts of one stretch that are listed; of a stretch with more of them only the first days are, which is as telling."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Run days in a row that all differ: absolute UTC days, by how many minutes runs move, whether any is lost or extra."""

    first_day: int
    last_day: int
    moves: tuple[int, ...]
    lost: bool
    extra: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One local day: UTC minutes ``[first, until)``, the starts of both sides and the pairs that differ."""

    first: int
    until: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One clock change with the days around it on which the job runs."""

    at: int
    old: int
    new: int
    lanes: tuple[Lane, ...]


def bars(runs: Runs, window: Window) -> list[Bar]:
    """The next two years, as stretches of differing run days."""
    until = min(window.until // MINUTES_A_DAY, window.first // MINUTES_A_DAY + TWO_YEARS) - window.base
    near = (1 << max(until, 0)) - 1
    before, after = _within(runs.before, near), _within(runs.after, near)
    # Only run days count: Sundays without a run do not end a stretch of working days.
    differing = differing_days(before, after)
    every = 0
    for on, _minutes, _times in (*before, *after):
        every |= on
    found = []
    for first, last in _rows(differing, every):
        found.append(_bar(before, after, window, first, last))
    return found


def _bar(before: Sequence[Starts], after: Sequence[Starts], window: Window, first: int, last: int) -> Bar:
    days = (1 << (last + 1)) - (1 << first)
    a_day = max(1, sum(one.minutes.bit_count() * one.times for one in (*before, *after)))
    # The stretch has one picture on all of its days, or nearly so.
    if (last - first) * a_day > _LISTED:
        days &= (1 << (first + max(2, _LISTED // a_day))) - 1
    found = pairs(listed(_within(before, days), window), listed(_within(after, days), window))
    return Bar(
        first + window.base,
        last + window.base,
        tuple(sorted({one.is_ - one.was for one in found if one.was is not None and one.is_ is not None})),
        any(one.is_ is None for one in found),
        any(one.was is None for one in found),
    )


def pairs(before: Sequence[int], after: Sequence[int]) -> list[Difference]:
    """The starts that differ, each lost one with the next extra one within reach, as ``parity.py`` pairs them."""
    events = [*((minute, 1) for minute in _beyond(before, after)), *((minute, -1) for minute in _beyond(after, before))]
    waiting: deque[tuple[int, int]] = deque()
    found = []
    for minute, sign in sorted(events):
        # As in the proof: a start that comes within reach was moved, one without a partner is lost.
        while waiting and minute - waiting[0][0] > REACH:
            found.append(_one(*waiting.popleft()))
        if waiting and waiting[0][1] != sign:
            other = waiting.popleft()[0]
            found.append(Difference(other, minute) if sign < 0 else Difference(minute, other))
        else:
            waiting.append((minute, sign))
    return [*found, *(_one(*one) for one in waiting)]


def _beyond(these: Sequence[int], those: Sequence[int]) -> Iterable[int]:
    """The multiset difference; nearly always both are plain sets, and then it is a quick one."""
    # A counter takes four times as long as a set, and two runs in one minute are rare.
    one, other = set(these), set(those)
    if len(one) == len(these) and len(other) == len(those):
        return one - other
    return (Counter(these) - Counter(those)).elements()


def _one(minute: int, sign: int) -> Difference:
    return Difference(minute, None) if sign > 0 else Difference(None, minute)


def differing_days(before: Iterable[Starts], after: Iterable[Starts]) -> int:
    """The days on which the two sides are not the same starts, as bits."""
    was, now = _by_minute(before), _by_minute(after)
    found = 0
    for minute in was.keys() | now.keys():
        one, other = was.get(minute, []), now.get(minute, [])
        for place in range(max(len(one), len(other))):
            found |= (one[place] if place < len(one) else 0) ^ (other[place] if place < len(other) else 0)
    return found


def _by_minute(starts: Iterable[Starts]) -> dict[int, list[int]]:
    """Minute of the day -> how many starts each day has then, in binary (see ``herd.py``)."""
    found: dict[int, list[int]] = {}
    for days, minutes, times in starts:
        for minute in members(minutes):
            planes = found.setdefault(minute, [])
            for _again in range(times):
                carry, place = days, 0
                while carry:
                    planes.extend([0] * (place + 1 - len(planes)))
                    planes[place], carry = planes[place] ^ carry, planes[place] & carry
                    place += 1
    return found


def _rows(differing: int, every: int) -> list[tuple[int, int]]:
    """First and last day of each row of differing days that no equal run day interrupts."""
    found: list[tuple[int, int]] = []
    equal = every & ~differing
    for day in members(differing):
        if found and not equal & ((1 << day) - (1 << found[-1][1])):
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def _within(starts: Sequence[Starts], days: int) -> list[Starts]:
    return [one._replace(days=one.days & days) for one in starts if one.days & days]


def changes(runs: Runs, window: Window, most: int = 2) -> list[Change]:
    """The next clock changes around which the job's runs differ, each with the run days before, on and after it."""
    zone = zone_of(runs.job.timezone)
    # Two years hold four changes of a usual zone, and some zones have none.
    soon = min(window.until, window.first + TWO_YEARS * MINUTES_A_DAY)
    found: list[Change] = []
    steps = regimes(zone, window.first, soon)
    for old, new in pairwise(steps):
        if len(found) == most:
            # Spring and autumn: more pictures tell nothing new.
            break
        lanes = _lanes(runs, window, zone, new.start)
        if any(lane.differences for lane in lanes):
            found.append(Change(new.start, old.offset, new.offset, lanes))
    return found


def _lanes(runs: Runs, window: Window, zone: tzinfo, at: int) -> tuple[Lane, ...]:
    first, until = local_day(zone, at)
    found = []
    for moment in (_last(runs, window, first), at, _next(runs, window, until)):
        if moment is not None:
            lane = _lane(runs, window, zone, moment)
            if lane.before or lane.after:
                found.append(lane)
    return tuple(found)


def local_day(zone: tzinfo, minute: int) -> tuple[int, int]:
    """The UTC minutes of the local day that holds a minute: 23, 24 or 25 hours."""
    local = datetime.fromtimestamp(minute * 60, zone)
    midnight = local.replace(hour=0, minute=0, second=0, fold=0)
    following = (midnight.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    return int(midnight.timestamp()) // 60, int(following.timestamp()) // 60


def _lane(runs: Runs, window: Window, zone: tzinfo, moment: int) -> Lane:
    first, until = local_day(zone, moment)
    # A day more on both sides, so that no pair is cut.
    wide = [listed(side, window) for side in _span(runs, window, first - MINUTES_A_DAY, until + MINUTES_A_DAY)]
    before, after = ([minute for minute in side if first <= minute < until] for side in wide)
    found = pairs(*wide)
    inside = [one for one in found if any(m is not None and first <= m < until for m in (one.was, one.is_))]
    return Lane(first, until, tuple(before), tuple(after), tuple(inside))


def _span(runs: Runs, window: Window, first: int, until: int) -> tuple[list[Starts], list[Starts]]:
    days = 0
    for on, _minutes in spans(first, until, window.base):
        days |= on
    return _within(runs.before, days), _within(runs.after, days)


def _last(runs: Runs, window: Window, before: int) -> int | None:
    """The last start of either side before a minute."""
    below = (1 << (before // MINUTES_A_DAY - window.base + 1)) - 1
    days = _days(runs) & below
    while days:
        day = days.bit_length() - 1
        found = [m for m in _of_day(runs, window, day) if m < before]
        if found:
            return found[-1]
        days ^= 1 << day
    return None


def _next(runs: Runs, window: Window, since: int) -> int | None:
    """The first start of either side from a minute on."""
    low = since // MINUTES_A_DAY - window.base
    days = _days(runs) >> low << low
    while days:
        day = (days & -days).bit_length() - 1
        found = [m for m in _of_day(runs, window, day) if m >= since]
        if found:
            return found[0]
        days &= days - 1
    return None


def _days(runs: Runs) -> int:
    found = 0
    for on, _minutes, _times in (*runs.before, *runs.after):
        found |= on
    return found


def _of_day(runs: Runs, window: Window, day: int) -> list[int]:
    return listed([*_within(runs.before, 1 << day), *_within(runs.after, 1 << day)], window)
