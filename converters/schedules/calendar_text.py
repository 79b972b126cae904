"""The text of a calendar expression of systemd -> the parts of its fields, in the order of systemd's own parser.

The grammar is that of ``calendarspec.c`` (parse_weekdays, parse_date, parse_calendar_time): what it takes beyond the manual
is taken, ``Mon-Fri`` for one. What the numbers mean, and which are too large, is said in ``calendars.py``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from converters.schedules import days

SECOND = 1_000_000
"""Microseconds, in which seconds are counted: `*:*:30.5` is a time."""

# CALENDARSPEC_COMPONENTS_MAX
_MOST_PARTS = 240
# parse_component_decimal holds values in an int.
_LARGEST = 2**31 - 1
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "mon"),
            ("tuesday", "tue"),
            ("wednesday", "wed"),
            ("thursday", "thu"),
            ("friday", "fri"),
            ("saturday", "sat"),
            ("sunday", "sun"),
        )
    )
    for name in names
}
# The longer name of a day first, as the parser's table has them.
_DAY = re.compile("|".join(_WEEKDAYS), re.IGNORECASE)
NUMBER = re.compile("[0-9]+")


class CalendarError(ValueError):
    """systemd refuses the expression: why, as a clause."""


class Part(NamedTuple):
    """One part of a list: ``start``, ``start..stop``, ``start/repeat``, ``start..stop/repeat``."""

    start: int
    stop: int | None
    repeat: int


Parts = list[Part] | None
"""The parts of one field; None for ``*``."""


class Reader:
    """Walks an expression from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def weekdays(self) -> int:
        """The weekdays in front, all where none are named; Sunday is bit 0."""
        bits, since, first = 0, None, True
        while True:
            found = _DAY.match(self.rest)
            if found is None:
                if first:
                    return days.ALL_DOW
                raise CalendarError(f"`{self.rest[:20]}` stands where a weekday belongs")
            day = _WEEKDAYS[found[0].lower()]
            self.rest = self.rest[found.end() :]
            if self.rest and self.rest[0] not in "-., ":
                raise CalendarError(f"`{found[0]}{self.rest[:20]}` is no weekday")
            if since is not None and since > day:
                raise CalendarError("a range of weekdays runs backwards")
            for one in range(day if since is None else since, day + 1):
                bits |= 1 << (one + 1) % 7
            if self.rest[:1] in ("", " "):
                break
            since = self._after_day(day, since)
            # A comma at the end is taken, an open range is not.
            if self.rest[:1] in ("", " "):
                if since is not None:
                    raise CalendarError("a range of weekdays has no end")
                break
            first = False
        self.rest = self.rest.lstrip(" ")
        return bits

    def _after_day(self, day: int, since: int | None) -> int | None:
        """Takes what stands behind a day: the day that a range begins with, None behind a comma."""
        if self.rest[0] == ",":
            self.rest = self.rest[1:]
            return None
        sign = ".." if self.rest[0] == "." else "-"
        if since is not None or not self.rest.startswith(sign):
            raise CalendarError("a range of weekdays is written Mon..Fri")
        self.rest = self.rest[len(sign) :]
        return day

    def date(self) -> tuple[Parts, Parts, Parts, bool]:
        """Years, months, days, and whether the days count from the month's end; nothing is taken where a time stands."""
        if not self.rest:
            return None, None, None, False
        whole = self.rest
        first = self._field(seconds=False)
        if self.rest[:1] in ("", ":"):
            self.rest = whole
            return None, None, None, False
        end = self._hyphen()
        second = self._field(seconds=False)
        if self.rest[:1] in ("", " "):
            self.rest = self.rest.lstrip(" ")
            return None, first, second, end
        if end:
            raise CalendarError("`~` stands in front of the day only")
        end = self._hyphen()
        third = self._field(seconds=False)
        if self.rest[:1] not in ("", " "):
            raise CalendarError(f"`{self.rest[:20]}` stands behind the date")
        self.rest = self.rest.lstrip(" ")
        return first, second, third, end

    def _hyphen(self) -> bool:
        sign, self.rest = self.rest[:1], self.rest[1:]
        if sign not in ("-", "~"):
            raise CalendarError(f"`{(sign + self.rest)[:20]}` is neither a date nor a time")
        return sign == "~"

    def time(self) -> tuple[Parts, Parts, Parts]:
        """Hours, minutes, seconds (in microseconds); midnight where nothing is left."""
        zero = [Part(0, None, 0)]
        if not self.rest:
            return zero, zero, zero
        hours = self._field(seconds=False)
        self._colon()
        minutes = self._field(seconds=False)
        if not self.rest:
            return hours, minutes, zero
        self._colon()
        seconds = self._field(seconds=True)
        if self.rest:
            raise CalendarError(f"`{self.rest[:20]}` stands behind the time")
        # Every second is a second of its own; `*` says nothing else in the other fields either.
        return hours, minutes, [Part(0, None, SECOND)] if seconds is None else seconds

    def _colon(self) -> None:
        if not self.rest.startswith(":"):
            raise CalendarError("a time is written HOURS:MINUTES or HOURS:MINUTES:SECONDS")
        self.rest = self.rest[1:]

    def _field(self, *, seconds: bool) -> Parts:
        if self.rest.startswith("*"):
            self.rest = self.rest[1:]
            return None
        found = [self._part(seconds=seconds)]
        while self.rest.startswith(","):
            self.rest = self.rest[1:]
            found.append(self._part(seconds=seconds))
            if len(found) > _MOST_PARTS + 1:
                raise CalendarError(f"a list has more than {_MOST_PARTS} parts")
        return found

    def _part(self, *, seconds: bool) -> Part:
        start, stop, repeat = self._value(seconds=seconds), None, 0
        if self.rest.startswith(".."):
            self.rest = self.rest[2:]
            stop, repeat = self._value(seconds=seconds), SECOND if seconds else 1
        if self.rest.startswith("/"):
            self.rest = self.rest[1:]
            repeat = self._value(seconds=seconds)
            if not repeat:
                raise CalendarError("a step of 0")
        elif seconds and stop is not None and 0 <= stop - start < SECOND:
            # Measured on 252: `5..5` is taken in every other field, and here with a step behind it.
            raise CalendarError("a range of seconds that is shorter than one")
        if self.rest and self.rest[0] not in " ,-~:":
            raise CalendarError(f"`{self.rest[:20]}` stands behind a number")
        return Part(start, stop, repeat)

    def _value(self, *, seconds: bool) -> int:
        found = NUMBER.match(self.rest)
        if found is None:
            raise CalendarError(
                f"`{self.rest[:20]}` stands where a number belongs" if self.rest else "it ends too early"
            )
        self.rest = self.rest[found.end() :]
        value = int(found[0][:20]) * (SECOND if seconds else 1)
        if seconds and self.rest.startswith(".") and not self.rest.startswith(".."):
            fraction = NUMBER.match(self.rest, 1)
            if fraction is None:
                raise CalendarError("a point without digits behind it")
            self.rest = self.rest[fraction.end() :]
            # parse_fractional_part_u: six digits, the seventh rounds.
            digits = fraction[0][:7].ljust(7, "0")
            value += int(digits[:6]) + (digits[6] >= "5")
        if value > _LARGEST:
            raise CalendarError("a number that is too large")
        return value
