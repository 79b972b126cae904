"""systemd's calendar expressions (`OnCalendar=Mon..Fri 2:30 Europe/Paris`): text -> sets, as systemd's own parser makes them.

The grammar is that of ``calendarspec.c`` (parse_weekdays, parse_date, parse_calendar_time, chain_valid), which takes less and
more than systemd.time(7) says: ``Mon-Fri`` and ``anually`` are read, ``5..5`` and ``22..2`` are not. Tests hold it against
``systemd-analyze calendar``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from converters.schedules import days
from converters.schedules.calendar_text import NUMBER, SECOND, CalendarError, Part, Parts, Reader
from converters.schedules.days import FIRST_YEAR, LAST_YEAR

# More than one start a minute is more than EventBridge can do, so no more of them need be known.
_MOST_SECONDS = 61
# calendar_spec_from_string; `anually` is there for configurations of old.
WORDS = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    **dict.fromkeys(("annually", "yearly", "anually"), "*-01-01 00:00:00"),
    # Monday, where cron's @weekly is Sunday.
    "weekly": "Mon *-*-* 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    **dict.fromkeys(("biannually", "bi-annually", "semiannually", "semi-annually"), "*-01,07-01 00:00:00"),
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an expression elapses, by the wall clock of ``zone`` (None: the host's own). A time fits where every set holds it.

    ``weekdays`` has Sunday as bit 0; ``years`` are bits from 1970, None for all; ``days`` are days of the month, counted from
    its end where ``from_end`` is set (bit 1 is the last day). ``seconds`` are microseconds into the minute, the first of them.
    """

    text: str
    weekdays: int
    years: int | None
    months: int
    days: int
    from_end: bool
    hours: int
    minutes: int
    seconds: tuple[int, ...]
    zone: str | None = None

    passes_new_year: bool = False
    """A step without an end among its days leads out of December and past the first days of January: systemd 252 then starts
    nothing on these (find_next takes the moved date for the next one)."""

    leaves_the_day: bool = False
    """A step without an end among its hours leads out of the day by some hours: where the clocks change in that night,
    systemd 252 stops ("Infinite loop in calendar calculation") or passes over times of the next day."""

    leaves_the_hour: bool = False
    """A step without an end among its minutes leads out of the hour and past the first minutes of the next: where the clocks
    change then, systemd 252 starts nothing on these."""

    @property
    def plain_days(self) -> bool:
        """Whether the day fields of a cron schedule can say the dates."""
        return self.years is None and not self.from_end

    def dates(self) -> int:
        """Every date from 1970 to 2199 on which it elapses, as bits (see ``days.py``)."""
        found = days.months(self.months) & days.days_of_week(self.weekdays)
        if self.years is not None:
            found &= days.years(self.years)
        if not self.from_end:
            return found & days.days_of_month(self.days)
        last = days.last_of_month()
        by_end = 0
        for back in range(1, 29):
            by_end |= last >> (back - 1) if self.days >> back & 1 else 0
        return found & by_end


@lru_cache(maxsize=4096)
def parse_calendar(text: str) -> Calendar:
    """Read one expression. Raises `CalendarError` where systemd refuses it."""
    body, zone = _without_zone(text)
    if not body:
        raise CalendarError("it is empty")
    reader = Reader(WORDS.get(body.lower(), body))
    weekdays = reader.weekdays()
    if reader.rest.startswith("@"):
        return _of_timestamp(text, weekdays, reader.rest[1:])
    years, months, of_month, from_end = reader.date()
    hours, minutes, seconds = reader.time()
    return Calendar(
        text,
        weekdays,
        _years(years),
        _bits(months, 1, 12, "month"),
        _days_from_end(of_month) if from_end else _bits(of_month, 1, 31, "day"),
        from_end and of_month is not None,
        _bits(hours, 0, 23, "hour"),
        _bits(minutes, 0, 59, "minute"),
        _seconds(seconds),
        zone,
        not from_end and _passes(of_month or []),
        _leaves(hours or []),
        _passes_minutes(minutes or []),
    )


def _without_zone(text: str) -> tuple[str, str | None]:
    """The expression and the zone behind its last blank, where that is one."""
    if "\0" in text:
        raise CalendarError("it holds a NUL byte")
    if text[-4:].lower() == " utc":
        return text[:-4], "UTC"
    head, blank, tail = text.rpartition(" ")
    return (head, tail) if blank and _is_zone(tail) else (text, None)


def _is_zone(name: str) -> bool:
    # timezone_is_valid: characters of file names, and a file of the database.
    if not re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", name) or not name[:1].isalpha():
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _of_timestamp(text: str, weekdays: int, rest: str) -> Calendar:
    """``@SECONDS`` since 1970, in UTC whatever the zone is."""
    found = NUMBER.fullmatch(rest)
    if found is None or len(rest) > 12:
        raise CalendarError(f"`@{rest[:40]}` is no number of seconds since 1970")
    at = datetime.fromtimestamp(int(rest), UTC)
    if at.year > LAST_YEAR:
        raise CalendarError(f"`@{rest}` lies beyond the year {LAST_YEAR}")
    year, moment = 1 << (at.year - FIRST_YEAR), (at.second * SECOND,)
    return Calendar(
        text, weekdays, year, 1 << at.month, 1 << at.day, False, 1 << at.hour, 1 << at.minute, moment, "UTC"
    )


def _checked(part: Part, low: int, high: int, what: str) -> Part:
    """chain_valid: what must hold of each part; a range ends at its last step (normalize_chain)."""
    start, stop, repeat = part
    if stop is not None and stop > start and repeat:
        stop -= (stop - start) % repeat
    # A range in which no step is taken is its first value (252 and later; before, it was refused).
    if stop == start:
        stop, repeat = None, 0
    if not low <= start <= high or (stop is not None and not low <= stop <= high):
        raise CalendarError(f"there is no such {what}")
    if repeat > high - low:
        raise CalendarError(f"the step of the {what} is too long")
    if start + repeat > (high if stop is None else stop):
        raise CalendarError(f"the {what} runs backwards, or its step leads out of the range")
    return Part(start, stop, repeat)


def _values(parts: list[Part], low: int, high: int, what: str) -> Iterator[int]:
    for part in [_checked(one, low, high, what) for one in parts]:
        if part.repeat:
            yield from range(part.start, (high if part.stop is None else part.stop) + 1, part.repeat)
        else:
            yield part.start


def _bits(parts: Parts, low: int, high: int, what: str) -> int:
    if parts is None:
        return (1 << (high + 1)) - (1 << low)
    found = 0
    for value in _values(parts, low, high, what):
        found |= 1 << value
    return found


def _years(parts: Parts) -> int | None:
    if parts is None:
        return None
    full = [Part(_full(one.start), None if one.stop is None else _full(one.stop), one.repeat) for one in parts]
    return _bits(full, FIRST_YEAR, LAST_YEAR, "year") >> FIRST_YEAR


def _full(year: int) -> int:
    """fix_year: 12 is 2012, 89 is 1989."""
    return year + 2000 if year < 70 else year + 1900 if year < 100 else year


def _days_from_end(parts: Parts) -> int:
    """Days counted back from the end of the month, at most 28: a step leads towards the end."""
    if parts is None:
        return _bits(None, 1, 31, "day")
    found = 0
    # chain_valid: "forbid dates more than 28 days from the end of the month"; for each further part of a list, in their
    # order, it takes another three days off, so `~26,18` is refused.
    for number, part in enumerate(
        sorted(set(parts), key=lambda one: (one.start, -1 if one.stop is None else one.stop))
    ):
        last = 28 - 3 * number
        if part.stop is None and part.repeat:
            if not 1 <= part.start <= last or part.start - part.repeat < 1 or part.repeat >= last:
                raise CalendarError("a day behind `~` that lies too far back, or a step that leads out of the month")
            for back in range(part.start, 0, -part.repeat):
                found |= 1 << back
        else:
            found |= _bits([part], 1, last, "day")
    return found


def _passes(parts: list[Part]) -> bool:
    """Whether a step behind the last day in December lands beyond a day of January that is in the list."""
    bits = _bits(parts, 1, 31, "day") if parts else 0
    behind = bits.bit_length()
    steps = [one for one in parts if one.repeat and one.stop is None]
    if not steps or behind > 31:
        return False
    landed = min(one.start + -(-(behind - one.start) // one.repeat) * one.repeat for one in steps)
    return bool(bits & ((1 << landed - 31) - 1))


def _leaves(parts: list[Part]) -> bool:
    """Whether a step of hours without an end lands behind midnight, and not at midnight itself."""
    return any(one.repeat and one.stop is None and (24 - one.start) % one.repeat for one in parts)


def _passes_minutes(parts: list[Part]) -> bool:
    """Whether a step of minutes without an end lands beyond a minute of the next hour that is in the list."""
    bits = _bits(parts, 0, 59, "minute") if parts else 0
    steps = [one for one in parts if one.repeat and one.stop is None]
    landed = max((one.start + -(-(60 - one.start) // one.repeat) * one.repeat for one in steps), default=60)
    return bool(bits & ((1 << landed - 60) - 1))


def _seconds(parts: Parts) -> tuple[int, ...]:
    found: set[int] = set()
    for part in parts or []:
        # Each part gives its own first ones, so that the first of all are among them.
        for number, value in enumerate(_values([part], 0, 60 * SECOND - 1, "second")):
            found.add(value)
            if number >= _MOST_SECONDS:
                break
    return tuple(sorted(found)[:_MOST_SECONDS])
