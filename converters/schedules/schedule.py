"""Five fields -> which days, which minutes.

The rule of record is the daemon's test (``find_jobs`` in Debian's ``cron.c``)::

    month && hour && minute && ((DOM_STAR | DOW_STAR) ? dow && dom : dow || dom)

where a star flag says that the field's *first character* is ``*``. BusyBox decides by fullness instead (``FixDayDow``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from converters.schedules import days
from converters.schedules.calendar_text import CalendarError
from converters.schedules.calendars import Calendar, parse_calendar
from converters.schedules.date_tests import DateTest
from converters.schedules.dialects import Dialect
from converters.schedules.fields import FIELDS, FieldError, parse_field
from converters.schedules.minutes import minutes_of_day
from converters.schedules.spans import parse_span


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a line is due by the wall clock. Sets are bits; Sunday is 0, January is 1.

    ``either``   day of month OR day of week suffices (neither field starts with ``*``); otherwise both must hold.
    ``elapsed``  the minute or hour field starts with ``*``: at a clock change such a job follows elapsed time, while all
                 others are "fixed-time" jobs that Vixie's family catches up or does not repeat.
    ``random``   the daemon draws a value at each load (``~``); the sets hold the first possible one.
    ``guarded``  a test of the date in the command narrows the days; ``dates`` are the days themselves where the day fields
                 cannot say them.
    ``test``     a test of the date that stays in the command: it is due at other times too, but then nothing runs.
    ``astray``   instants (UTC minutes since 1970) near clock changes at which a guard that looks at another day
                 (``date -d tomorrow``) let the job run on a date that it does not mean (true), or stopped it on one (false).
    ``calendar`` systemd's expression, where that is what it comes from; its seconds are not part of the sets.
    ``also``     further times beside these, none twice: a timer of systemd may have several expressions.
    """

    text: str
    minutes: int
    hours: int
    days_of_month: int
    months: int
    days_of_week: int
    either: bool
    elapsed: bool
    random: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)
    guarded: bool = field(default=False, compare=False)
    dates: int | None = None
    test: DateTest | None = None
    astray: tuple[tuple[int, bool], ...] = ()
    calendar: Calendar | None = field(default=None, compare=False)
    also: tuple[Schedule, ...] = ()

    @property
    def parts(self) -> tuple[Schedule, ...]:
        """This schedule as products of dates and minutes, of which no two share a time."""
        return (replace(self, also=()), *self.also) if self.also else (self,)

    @property
    def zone(self) -> str | None:
        """The zone that the schedule itself names; None where it is the daemon's."""
        return self.calendar.zone if self.calendar is not None else None

    @property
    def minutes_of_day(self) -> int:
        return minutes_of_day(self.minutes, self.hours)

    @property
    def key(self) -> tuple[object, ...]:
        """All that decides when it is due: two texts with one key make the same runs."""
        fields = (self.minutes, self.hours, self.days_of_month, self.months, self.days_of_week)
        more = tuple(one.key for one in self.also)
        return (*fields, self.either, self.elapsed, self.dates, self.test, self.astray, more)

    def days(self) -> int:
        """Every due date from 1970 to 2199, as bits (see ``days.py``)."""
        # One bit a day: all dates of 1970 to 2199 are one integer of 84,000 bits, and schedules are joined by AND and
        # OR.
        own = self.dates
        if own is None:
            own = due_days(self.days_of_month, self.months, self.days_of_week, self.either)
        for one in self.also:
            own |= one.days()
        return own

    def on_days(self, days_of_month: int, months: int, days_of_week: int) -> Schedule:
        """The same times on the days on which all three fields hold."""
        return replace(
            self,
            days_of_month=days_of_month,
            months=months,
            days_of_week=days_of_week,
            either=False,
            guarded=True,
            dates=None,
        )

    def on_dates(self, dates: int) -> Schedule:
        """The same times on these dates (bits)."""
        return replace(self, dates=dates, guarded=True)

    def testing(self, test: DateTest | None) -> Schedule:
        """The same times, with a test in the command (or none)."""
        return self if test == self.test else replace(self, test=test)

    def going_astray(self, astray: tuple[tuple[int, bool], ...]) -> Schedule:
        """The same times, with what its guards got wrong near clock changes (or nothing)."""
        return self if astray == self.astray else replace(self, astray=astray)

    @property
    def never(self) -> bool:
        """No date matches, as with 30 February."""
        return not any(one.minutes and one.hours and one.days() for one in self.parts)


@dataclass(frozen=True, slots=True)
class Special:
    """What no schedule can start: ``reboot``; ``interval``, so many seconds after the last run ended (FreeBSD) or ``since`` it
    began (systemd); ``seconds``, an expression of systemd that elapses so many times a minute."""

    text: str
    kind: str
    seconds: int = 0
    notes: tuple[str, ...] = ()


class ScheduleError(ValueError):
    """A time field or nickname cannot be read. ``column`` counts characters from the schedule's start."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


# A set of all years takes 10 KB.
@lru_cache(maxsize=1024)
def due_days(dom: int, months: int, dow: int, either: bool) -> int:
    """The dates on which the day fields hold."""
    by_dom = days.days_of_month(dom)
    by_dow = days.days_of_week(dow)
    return days.months(months) & (by_dom | by_dow if either else by_dom & by_dow)


NICKNAMES = {
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
    "monthly": "0 0 1 * *",
    # crontab(5): `@weekly` is Sunday 0:00; a systemd timer's `weekly` is Monday.
    "weekly": "0 0 * * 0",
    "daily": "0 0 * * *",
    "midnight": "0 0 * * *",
    # `@hourly` sets HR_STAR in load_entry, so it follows elapsed time; the other nicknames are fixed-time jobs.
    "hourly": "0 * * * *",
    "every_minute": "* * * * *",
}

_WORD = re.compile(r"[^ \t]+")


@lru_cache(maxsize=65536)
def parse_schedule(text: str, dialect: Dialect) -> Schedule | Special:
    """Read ``M H D m w`` or a nickname. Raises `ScheduleError` where the daemon refuses it."""
    if dialect.calendar:
        return _of_timer(text)
    if text.startswith("@"):
        return _nickname(text, dialect)
    # Only blanks and tabs separate fields in the daemons' skip macros; a carriage return is a character of the field.
    words = list(_WORD.finditer(text))
    # Debian: a line that holds only `\r` is "bad minute", and that drops the whole file.
    if not text.strip("\r \t"):
        raise ScheduleError("bad minute: the line holds only a carriage return (are these DOS line endings?)")
    values = []
    for word, column in zip(words, FIELDS, strict=False):
        # Each field is read before the next is looked for, so the first bad one is named, as in the daemon's log.
        try:
            values.append(parse_field(word[0], column, dialect))
        except FieldError as error:
            raise ScheduleError(f"bad {column.name}: {error}", word.start() + error.offset) from None
    if len(words) < 5:
        raise ScheduleError(
            f"bad {FIELDS[len(words)].name}: a schedule has five fields, here are {len(words)}", len(text)
        )
    minute, hour, dom, month, dow = values
    # Both day fields, lexically: `*/2 * 1` is a star field, so odd days AND Monday (cron.c find_jobs).
    dom_bits, dow_bits, either = dom.bits, dow.bits, not (dom.star or dow.star)
    if dialect.day_rule == "full":
        dom_bits, dow_bits, either = _busybox_days(dom_bits, dow_bits)
    return Schedule(
        text=text,
        minutes=minute.bits,
        hours=hour.bits,
        days_of_month=dom_bits,
        months=month.bits,
        days_of_week=dow_bits,
        either=either,
        # MIN_STAR and HR_STAR: `0 0-23 * * *` is hourly, but a fixed-time job at a clock change.
        elapsed=minute.star or hour.star,
        random=any(v.random for v in values),
        notes=tuple(note for v in values for note in v.notes),
    )


def _busybox_days(dom: int, dow: int) -> tuple[int, int, bool]:
    """A field is restricted when any element of its array is 0 (element 0 of the 32 days counts); if exactly one is, the
    other is cleared; a date matches when either holds."""
    # FixDayDow counts element 0 of the 32 days, which `1-31` leaves unset: that text is restricted for BusyBox.
    dom_restricted = dom & 0xFFFFFFFF != 0xFFFFFFFF
    dow_restricted = dow & 0x7F != 0x7F
    if dow_restricted and not dom_restricted:
        dom = 0
    elif dom_restricted and not dow_restricted:
        dow = 0
    return dom, dow, True


def _of_timer(text: str) -> Schedule | Special:
    """What stands in a timer of systemd: calendar expressions, ``;`` between them, or ``OnBootSec=5min OnUnitActiveSec=1h``."""
    if ";" in text:
        return _of_calendars(text)
    spans = dict(word.partition("=")[::2] for word in text.split(" ")) if text.startswith("On") else {}
    if not spans:
        return _of_calendar(text)
    seconds = {key: parse_span(value) for key, value in spans.items()}
    if unread := next((key for key, value in seconds.items() if value is None), None):
        raise ScheduleError(f"{unread}: `{spans[unread]}` is no span of time")
    for key, kind in (("OnUnitActiveSec", "since"), ("OnUnitInactiveSec", "interval")):
        if (found := seconds.get(key)) is not None:
            return Special(text, kind, int(found))
    return Special(text, "reboot")


def _of_calendar(text: str) -> Schedule | Special:
    try:
        calendar = parse_calendar(text)
    except CalendarError as error:
        raise ScheduleError(f"bad calendar expression: {error}") from None
    if len(calendar.seconds) != 1:
        return Special(text, "seconds", len(calendar.seconds))
    astray = (
        (PASSES_NEW_YEAR, calendar.passes_new_year),
        (LEAVES_THE_DAY, calendar.leaves_the_day),
        (LEAVES_THE_HOUR, calendar.leaves_the_hour),
    )
    notes = tuple(note for note, holds in astray if holds)
    return Schedule(
        text=text,
        minutes=calendar.minutes,
        hours=calendar.hours,
        days_of_month=days.ALL_DOM if calendar.from_end else calendar.days,
        months=calendar.months,
        days_of_week=calendar.weekdays,
        # systemd.time(7): all parts must match, weekday and date too.
        either=False,
        elapsed=False,
        notes=notes,
        dates=None if calendar.plain_days else calendar.dates(),
        calendar=calendar,
    )


def _of_calendars(text: str) -> Schedule | Special:
    """Several expressions as one schedule: what two of them say alike is one time, as systemd starts the unit once."""
    read = [_of_calendar(one.strip()) for one in text.split(";")]
    if often := next((one for one in read if isinstance(one, Special)), None):
        return replace(often, text=text)
    found: list[Schedule] = []
    for one in read:
        if isinstance(one, Schedule):
            _join(found, one)
    if len({one.zone for one in found}) > 1:
        raise ScheduleError("its expressions are read in several time zones")
    notes = tuple(dict.fromkeys(note for one in found for note in one.notes))
    # What never comes says nothing; where nothing comes at all, that is said of the first.
    found = [one for one in found if not one.never] or found[:1]
    return replace(found[0], text=text, also=tuple(found[1:]), notes=notes)


def _join(found: list[Schedule], more: Schedule) -> None:
    """Adds the times of a schedule that are in none of those found: whole, or cut where it shares some of them."""
    rest = [(more, more.minutes_of_day)]
    for known in list(found):
        rest = [
            piece
            for one, minutes in rest
            for piece in _cut(one, minutes, known.days() if minutes & known.minutes_of_day else 0, known.minutes_of_day)
        ]
    for one, minutes in rest:
        by_hour: dict[int, int] = {}
        for hour in range(24):
            if within := minutes >> 60 * hour & ((1 << 60) - 1):
                by_hour[within] = by_hour.get(within, 0) | 1 << hour
        for within, hours in by_hour.items():
            _add(found, replace(one, minutes=within, hours=hours))


def _add(found: list[Schedule], more: Schedule) -> None:
    """Adds what is in none of those found: to one of the same dates where both together are a product again."""
    for at, known in enumerate(found):
        if _dates_and_seconds(known) == _dates_and_seconds(more):
            if known.minutes == more.minutes:
                found[at] = replace(known, hours=known.hours | more.hours)
                return
            if known.hours == more.hours:
                found[at] = replace(known, minutes=known.minutes | more.minutes)
                return
    found.append(more)


def _dates_and_seconds(one: Schedule) -> tuple[object, ...]:
    fields = one.dates, one.days_of_month, one.months, one.days_of_week
    return *fields, one.zone, one.calendar.seconds if one.calendar is not None else ()


def _cut(one: Schedule, minutes: int, dates: int, taken: int) -> list[tuple[Schedule, int]]:
    """A schedule at these minutes without those that are taken on some dates."""
    own = one.days()
    if not own & dates:
        return [(one, minutes)]
    if not own & ~dates:
        return [(one, minutes & ~taken)]
    return [(replace(one, dates=own & ~dates), minutes), (replace(one, dates=own & dates), minutes & ~taken)]


PASSES_NEW_YEAR = "systemd 252 passes over its first days in January, and they are started on AWS"


LEAVES_THE_DAY = (
    "in a night in which the clocks change systemd 252 may stop at its open step of hours, or pass over times of the next day, "
    "and all of them are started on AWS; end the step, as in 9..23/5"
)


LEAVES_THE_HOUR = (
    "where the clocks change systemd 252 may pass over the first minutes of the next hour, past which its open step of minutes "
    "leads, and they are started on AWS; end the step, as in 29..59/9"
)


def _nickname(text: str, dialect: Dialect) -> Schedule | Special:
    name = text[1:]
    if name == "reboot":
        return Special(text, "reboot")
    # FreeBSD's cron counts `@<seconds>` from the end of the last run, so no clock time belongs to it.
    if dialect.intervals and (name.isdigit() or name == "every_second"):
        return Special(text, "interval", 1 if name == "every_second" else int(name))
    if name not in dialect.nicknames:
        known = ", ".join("@" + n for n in sorted(dialect.nicknames))
        raise ScheduleError(f"unknown nickname `{text}` (known: {known})")
    plain = parse_schedule(NICKNAMES[name], dialect)
    if not isinstance(plain, Schedule):  # the table above holds five fields only
        raise ScheduleError(f"unknown nickname `{text}`")
    return Schedule(
        text,
        plain.minutes,
        plain.hours,
        plain.days_of_month,
        plain.months,
        plain.days_of_week,
        plain.either,
        plain.elapsed,
    )
