"""EventBridge's cron expressions, word for word and minute by minute.

Written from "Cron expressions" in the EventBridge user guide (fields, wildcards, the rule of ``?``) and from "Schedule
types" in the Scheduler guide (clock changes). Strict: what those pages do not define raises ``ValueError``, also where
a lenient reader could guess. Taken from the pages' examples, or from what AWS is on record for accepting:

- ``a/n`` runs from ``a`` to the end of the field, ``*/n`` from the start of the field, ``a-b/n`` from ``a`` to ``b``;
- ``20-2`` in the hours is 20-23 and 0-2 of each matching day. No other field wraps;
- ``L`` is the last day of the month, or Saturday in the day-of-week field; ``6L`` the month's last Friday;
- ``3W`` is the weekday nearest to the 3rd within the month, and nothing in a month without that day;
- ``3#2`` is the second Tuesday. ``L``, ``W`` and ``#`` stand alone in their field.

Not defined there, hence refused: a step or a wrapping range in the day-of-week field, ``LW``, ``L-3``, lower case, a
number with a leading zero, ``L`` or ``W`` in a list, a step longer than its field.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MONTHS = {
    "JAN": 1,
    "FEB": 2,
    "MAR": 3,
    "APR": 4,
    "MAY": 5,
    "JUN": 6,
    "JUL": 7,
    "AUG": 8,
    "SEP": 9,
    "OCT": 10,
    "NOV": 11,
    "DEC": 12,
}
WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
MINUTE = timedelta(minutes=1)

DayTest = Callable[[date], bool]


@dataclass(frozen=True)
class _Expression:
    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    on_day: DayTest

    def runs_on(self, day: date) -> bool:
        return day.year in self.years and day.month in self.months and self.on_day(day)

    def runs_at(self, hour: int, minute: int) -> bool:
        return hour in self.hours and minute in self.minutes


def matches(expression: str, when: datetime) -> bool:
    """Does ``cron(...)`` name the minute of `when`, a naive time in the expression's own zone?"""
    if when.tzinfo is not None:
        raise TypeError("the time must be naive: it is read in the expression's own zone")
    parsed = _read(expression)
    return parsed.runs_on(when.date()) and parsed.runs_at(when.hour, when.minute)


def starts(expression: str, first: datetime, until: datetime) -> list[datetime]:
    """All minutes named in [first, until), as naive times in the expression's own zone."""
    parsed = _read(expression)
    found = []
    day = first.date()
    while day <= until.date():
        if parsed.runs_on(day):
            for minute_of_day in range(24 * 60):
                hour, minute = divmod(minute_of_day, 60)
                when = datetime(day.year, day.month, day.day, hour, minute)
                if parsed.runs_at(hour, minute) and first <= when < until:
                    found.append(when)
        day += timedelta(days=1)
    return found


def scheduler_starts(expression: str, zone: str, first: datetime, until: datetime) -> list[datetime]:
    """All starts of EventBridge Scheduler in [first, until), aware UTC times, for a schedule in `zone`.

    "When time shifts forward [...] your schedule invocation is skipped. When time shifts backwards [...] your schedule
    runs only once": local times that do not exist never come up, and of a repeated hour only the first pass counts.
    """
    parsed = _read(expression)
    tz = ZoneInfo(zone)
    found = []
    instant = _whole_minute(first)
    while instant < until:
        local = instant.astimezone(tz)
        if local.fold == 0 and parsed.runs_on(local.date()) and parsed.runs_at(local.hour, local.minute):
            found.append(instant)
        instant += MINUTE
    return found


def _whole_minute(when: datetime) -> datetime:
    """The first whole minute not before `when`, in UTC."""
    if when.tzinfo is None:
        raise TypeError("the time must be aware")
    utc = when.astimezone(UTC)
    floor = utc.replace(second=0, microsecond=0)
    return floor if floor == utc else floor + MINUTE


@lru_cache(maxsize=4096)
def _read(expression: str) -> _Expression:
    wrapped = re.fullmatch(r"cron\((\S+(?:\s+\S+){5})\)", expression)
    if wrapped is None or len(expression) > 256:
        raise ValueError(f"not six fields in cron(...): {expression!r}")
    minute, hour, dom, month, dow, year = wrapped[1].split()
    if (dom == "?") == (dow == "?"):
        raise ValueError(f"'?' must stand in exactly one of day-of-month and day-of-week: {expression!r}")
    return _Expression(
        minutes=_values(minute, 0, 59),
        hours=_values(hour, 0, 23, wraps=True),
        months=_values(month, 1, 12, MONTHS),
        years=_values(year, 1970, 2199),
        on_day=_day_of_month(dom) if dow == "?" else _day_of_week(dow),
    )


def _values(text: str, low: int, high: int, names: dict[str, int] | None = None, wraps: bool = False) -> frozenset[int]:
    """A field of lists, ranges, ``*`` and steps."""
    found: set[int] = set()
    for part in text.split(","):
        base, slash, step_text = part.partition("/")
        step = _number(step_text, 1, high) if slash else 1
        if base == "*":
            chosen = range(low, high + 1, step)
        elif "-" in base:
            left, _, right = base.partition("-")
            start, end = _number(left, low, high, names), _number(right, low, high, names)
            if start <= end:
                chosen = range(start, end + 1, step)
            elif wraps and not slash:
                found.update(range(start, high + 1))
                chosen = range(low, end + 1)
            else:
                raise ValueError(f"range runs backwards: {part!r}")
        else:
            start = _number(base, low, high, names)
            chosen = range(start, high + 1, step) if slash else range(start, start + 1)
        found.update(chosen)
    return frozenset(found)


def _number(text: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    if names and text in names:
        return names[text]
    if not re.fullmatch(r"0|[1-9][0-9]{0,3}", text):
        raise ValueError(f"not a value: {text!r}")
    if not low <= int(text) <= high:
        raise ValueError(f"{text} is outside {low}-{high}")
    return int(text)


def _day_of_month(text: str) -> DayTest:
    if text == "L":
        return lambda day: day.day == _last_day(day)
    if nearest := re.fullmatch(r"([0-9]+)W", text):
        wanted = _number(nearest[1], 1, 31)
        return lambda day: day == _nearest_weekday(day.year, day.month, wanted)
    days = _values(text, 1, 31)
    return lambda day: day.day in days


def _day_of_week(text: str) -> DayTest:
    if text == "L":
        return lambda day: _weekday(day) == WEEKDAYS["SAT"]
    if last := re.fullmatch(r"([0-9]|[A-Z]{3})L", text):
        wanted = _number(last[1], 1, 7, WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last_day(day)
    if nth := re.fullmatch(r"([0-9]|[A-Z]{3})#([0-9])", text):
        wanted, which = _number(nth[1], 1, 7, WEEKDAYS), _number(nth[2], 1, 5)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == which
    if "/" in text:
        raise ValueError(f"no step is defined for day-of-week: {text!r}")
    weekdays = _values(text, 1, 7, WEEKDAYS)
    return lambda day: _weekday(day) in weekdays


def _weekday(day: date) -> int:
    """1 is Sunday, 7 is Saturday."""
    return day.isoweekday() % 7 + 1


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(year: int, month: int, wanted: int) -> date | None:
    """The Monday to Friday of this month that is nearest to day `wanted`, if the month has such a day."""
    length = calendar.monthrange(year, month)[1]
    if wanted > length:
        return None
    # A Saturday has Friday next to it and a Sunday has Monday, so there is no tie but at the edges of a month.
    working = [date(year, month, n) for n in range(1, length + 1) if date(year, month, n).isoweekday() <= 5]
    return min(working, key=lambda day: abs(day.day - wanted))
