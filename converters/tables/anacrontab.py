"""anacron's table: text -> jobs with a period in days, and the nearest thing to a time at which they run.

Grammar and rules are those of the sources: ``readtab.c`` and ``lock.c`` of anacron 2.3 (Debian) and of cronie's anacron.
Anacron is no clock: something calls it, then it starts what is due, some minutes later, at most once in a period:

* Debian: ``anacron.timer`` (``OnCalendar=*-*-* 07..23:30``, ``RandomizedDelaySec=5m``), without systemd a line of
  ``/etc/cron.d/anacron`` (``30 7-23 * * *``).
* cronie: ``/etc/cron.hourly/0anacron``, one minute past each hour until ``cron.daily`` is stamped for the day; a job
  starts when the hour it would start in lies in ``START_HOURS_RANGE`` (and is the ``PREFERRED_HOUR``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from converters.tables.crontab import Fault, Line
from converters.tables.variables import Journal

Flavour = Literal["debian", "cronie"]
Named = Literal["daily", "weekly", "monthly", "yearly"]

# Unlike cron, anacron takes `#` for a comment only at the line's start: further on it belongs to the command.
_BLANK = re.compile(r"[ \t]*(\Z|#)")
# readtab.c: blanks around the name are dropped, those behind the `=` are part of the value.
_VARIABLE = re.compile(r"[ \t]*([^ \t=]+)[ \t]*=(.*)", re.DOTALL)
# The id becomes the name of a file in /var/spool/anacron, so it has no slash.
_JOB = re.compile(r"[ \t]*([0-9]+|@[^ \t]+)[ \t]+([0-9]+)[ \t]+([^ \t/]+)[ \t]+([^ \t].*)", re.DOTALL)
_DIGITS = re.compile(r"[0-9]+")
_RANGE = re.compile(r"([0-9]+)-([0-9]+)")
_CRONIE_ONLY = re.compile(
    r"^[ \t]*(?:(?:START_HOURS_RANGE|RANDOM_DELAY|PREFERRED_HOUR)[ \t]*=|@(?:daily|weekly|annually)[ \t])", re.MULTILINE
)
# readtab.c refuses numbers that do not fit into an int.
_LARGEST = 2**31 - 1
# By prefix, as strncmp compares them; Debian's anacron compares one letter less of @monthly.
_NAMED: Mapping[Flavour, tuple[tuple[str, Named], ...]] = {
    "debian": (("@monthl", "monthly"), ("@yearly", "yearly")),
    "cronie": (
        ("@monthly", "monthly"),
        ("@yearly", "yearly"),
        ("@annually", "yearly"),
        ("@annualy", "yearly"),
        ("@daily", "daily"),
        ("@weekly", "weekly"),
    ),
}


@dataclass(frozen=True, slots=True)
class AnacronJob:
    """One job: ``period`` in days or by name, ``delay`` in minutes after anacron is called.

    ``line`` is the number of its first physical line. ``random`` is the largest number of minutes that RANDOM_DELAY adds.
    ``environment`` holds the assignments above it, as they are written: neither quotes nor ``$`` mean anything.
    """

    line: int
    period: int | Named
    delay: int
    identifier: str
    command: str
    environment: Mapping[str, str]
    random: int = 0


@dataclass(frozen=True, slots=True)
class Anacrontab:
    """A whole table. ``hours`` is START_HOURS_RANGE as (first, last, not included), ``preferred`` is PREFERRED_HOUR; both
    hold for all jobs, wherever they stand. Every physical line is in ``lines`` once, those of a continued one alike."""

    lines: tuple[Line, ...]
    jobs: tuple[AnacronJob, ...]
    flavour: Flavour
    hours: tuple[int, int] | None = None
    preferred: int | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The five fields that come nearest; ``None`` where anacron never starts the job.

    ``earliest`` and ``latest`` are minutes after midnight on a machine that is always up; an ``earliest`` before the
    minute of the fields takes a lucky draw of RANDOM_DELAY. ``how`` says how anacron comes to start it; ``rhythm`` is a
    clause for a period that no calendar keeps, or ``None``.
    """

    fields: str | None
    earliest: int
    latest: int
    how: str
    rhythm: str | None = None


def flavour_shown(text: str) -> Flavour | None:
    """``cronie`` where the table uses what only cronie's anacron knows; ``None`` where it could be either's."""
    return "cronie" if _CRONIE_ONLY.search(text) else None


def read(text: str, flavour: Flavour) -> Anacrontab:
    """Read one table. Never raises: lines that anacron skips are ``invalid`` and say why."""
    rows = text.split("\n")
    unfinished = rows[-1] != ""
    if not unfinished:
        rows.pop()
    reader = _Reader(flavour)
    at = 0
    while at < len(rows):
        end = at
        # read_tab_line: a backslash continues the line, comments not excepted.
        while rows[end].endswith("\\") and end + 1 < len(rows):
            end += 1
        reader.take(at + 1, rows[at : end + 1], ends=end + 1 < len(rows) or not unfinished)
        at = end + 1
    return replace(reader.table, lines=tuple(reader.lines), jobs=tuple(reader.jobs))


class _Reader:
    """Carries variables from line to line: an assignment holds for what stands below it."""

    def __init__(self, flavour: Flavour) -> None:
        self.table = Anacrontab((), (), flavour)
        self.lines: list[Line] = []
        self.jobs: list[AnacronJob] = []
        self.variables = Journal()
        self.random = 0

    def take(self, number: int, rows: list[str], *, ends: bool) -> None:
        """One logical line, which fills these physical ones; ``ends`` with a newline, that is."""
        body = _joined(rows, self.table.flavour, ends)
        blank = _BLANK.match(body)
        if blank:
            self._add(number, rows, Line(number, "comment" if blank[1] else "blank", rows[0]))
            return
        variable = _VARIABLE.match(body)
        if variable:
            # Debian's anacron knows none of the three: there they are plain variables of the jobs.
            wrong = self._steer(variable[1], variable[2]) if self.table.flavour == "cronie" else None
            if wrong is None:
                self.variables.assign(variable[1], variable[2])
                self._add(number, rows, Line(number, "environment", rows[0], variable=(variable[1], variable[2])))
                return
        else:
            wrong = self._job(number, body)
        kind: Literal["invalid", "job"] = "job" if wrong is None else "invalid"
        fault = None if wrong is None else Fault(1 + len(body) - len(body.lstrip(" \t")), wrong)
        self._add(number, rows, Line(number, kind, rows[0], fault=fault))

    def _add(self, number: int, rows: list[str], first: Line) -> None:
        self.lines.append(first)
        self.lines += [Line(number + n, first.kind, row, continues=True) for n, row in enumerate(rows[1:], start=1)]

    def _job(self, number: int, body: str) -> str | None:
        """Note a job, or return why anacron skips the line."""
        match = _JOB.match(body)
        if match is None:
            return "not of the form PERIOD DELAY JOB-ID COMMAND (a job's id has no slash)"
        period, delay, identifier, command = match.groups()
        if max(int(n[:20]) for n in (period, delay) if n.isdigit()) > _LARGEST:
            return "number out of range"
        kind: int | Named | None
        if period.startswith("@"):
            known = _NAMED[self.table.flavour]
            kind = next((name for text, name in known if period.startswith(text)), None)
            if kind is None:
                names = ", ".join(dict.fromkeys(f"@{name}" for _, name in known))
                whose = "Debian's" if self.table.flavour == "debian" else "cronie's"
                return f"unknown period `{period}` ({whose} anacron knows {names})"
        else:
            kind = int(period)
        self.jobs.append(AnacronJob(number, kind, int(delay), identifier, command, self.variables.here(), self.random))
        return None

    def _steer(self, name: str, value: str) -> str | None:
        """Heed cronie's three variables (found by prefix, as it does); why it skips the line where the value is bad."""
        # readtab.c compares by strncmp: START_HOURS_RANGE_X steers as well.
        if name.startswith("START_HOURS_RANGE"):
            match = _RANGE.fullmatch(value)
            if match is None:
                return "START_HOURS_RANGE wants two hours, as in =3-22, without blanks"
            first, last = int(match[1][:9]), int(match[2][:9])
            # With the last hour below the first no hour satisfies `start <= hour < end`.
            if last < first:
                self.table = replace(self.table, hours=(0, 0))
                return "START_HOURS_RANGE ends before it begins, so that no hour is left and nothing starts"
            self.table = replace(self.table, hours=(first, last))
        elif name.startswith("RANDOM_DELAY"):
            if not _DIGITS.fullmatch(value):
                # One random number is drawn for the whole table and added to the delay of all jobs below the line.
                return "RANDOM_DELAY wants a number of minutes right behind the ="
            self.random = int(value[:9])
        elif name.startswith("PREFERRED_HOUR") and _DIGITS.fullmatch(value):
            # 24 passes cronie's check and never comes.
            hour = int(value[:9])
            self.table = replace(self.table, preferred=hour if hour <= 24 else None)
            if hour > 24:
                return "PREFERRED_HOUR wants an hour up to 24"
        return None


def _joined(rows: list[str], flavour: Flavour, ends: bool) -> str:
    """Rows that a backslash continues, as ``read_tab_line`` joins them: by a blank, but by a newline where nothing
    follows. Debian's drops every other backslash, too, save the very last of a file."""
    if ends and rows[-1].endswith("\\"):
        rows = [*rows, ""]
    *continued, last = rows
    whole = " ".join(row.removesuffix("\\") for row in continued)
    if continued:
        whole += f" {last}" if last else "\n"
    else:
        whole = last
    if flavour == "debian":
        whole = whole.replace("\\", "") + "\\" * last.endswith("\\")
    return whole


STEERING = ("START_HOURS_RANGE", "RANDOM_DELAY", "PREFERRED_HOUR")
_DAY = 24 * 60
_MONTH = 365.25 / 12
# anacron.timer of Debian: OnCalendar=*-*-* 07..23:30, Persistent, and only on mains power.
_DEBIAN_CALLS = [hour * 60 + 30 for hour in range(7, 24)]
_DEBIAN_SPREAD = 5  # RandomizedDelaySec
# cronie's /etc/cron.d/0hourly: one minute past each hour.
_CRONIE_CALLS = [hour * 60 + 1 for hour in range(24)]
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGEST_DELAY = 366 * _DAY


def is_due(period: int | str, stamp: date, today: date) -> bool:
    """Whether anacron starts a job of this period today that it last started on the day of its stamp."""
    # lock.c, consider_job: days of the calendar; @monthly takes the length of the last month, @yearly that of the last year.
    before = today.replace(day=1) - timedelta(days=1)
    last_year = 365 + ((today.year - 1) % 4 == 0)
    named = {"daily": 1, "weekly": 7, "monthly": before.day, "yearly": last_year}
    days = named.get(period, 1) if isinstance(period, str) else period
    # A stamp of a day to come (a clock that was wrong) makes a job due at once.
    return (today - stamp).days >= days or stamp > today


def nearest(job: AnacronJob, table: Anacrontab, last_run: date | None = None) -> Nearest:
    """Where a job comes to stand on a machine that is always up: the first minute it can start in when RANDOM_DELAY
    happens to add nothing.

    ``last_run`` is the date of its stamp in ``/var/spool/anacron``: it fixes the weekday, or day of the month, on which a
    period comes round. Without one Sunday, or the 1st, is taken, as cron's own lines do.
    """
    cronie = table.flavour == "cronie"
    delay = min(job.delay, _LONGEST_DELAY)
    if job.period == 0 and not cronie:
        return _each_call(delay)
    # cronie's own table sets RANDOM_DELAY=45; Debian's anacron has no such thing, but its timer has.
    spread = min(job.random, _DAY) if cronie else _DEBIAN_SPREAD
    call = _DEBIAN_CALLS[0] if not cronie else _first_call(delay, table)
    if call is None:
        return Nearest(None, 0, 0, f"START_HOURS_RANGE and PREFERRED_HOUR leave no hour for `{job.identifier}`")
    shift, minute = divmod(call + delay, _DAY)
    days, rhythm = _days(job.period, None if last_run is None else last_run + timedelta(days=shift))
    plus = f"plus {delay} min" + (f" and up to {spread} more" if spread else "")
    how = f"the call of {_clock(call)} that finds it due, {plus}"
    window = _window(delay, spread, table) if cronie else (call + delay, call + delay + spread)
    return Nearest(f"{minute % 60} {minute // 60} {days}", *window, how, rhythm)


def _each_call(delay: int) -> Nearest:
    """A period of no days is always due: Debian's timer calls every hour from 07:30 to 23:30."""
    at = sorted((call + delay) % _DAY for call in _DEBIAN_CALLS)
    hours = ",".join(str(minute // 60) for minute in at)
    how = f"every call from 07:30 to 23:30, plus {delay} min"
    return Nearest(f"{at[0] % 60} {hours} * * *", at[0], at[-1] + _DEBIAN_SPREAD, how)


def _first_call(delay: int, table: Anacrontab) -> int | None:
    """cronie's first call of the day after which a job with this delay starts."""
    return next((call for call in _CRONIE_CALLS if _allowed(call + delay, table)), None)


def _allowed(start: int, table: Anacrontab) -> bool:
    """cronie looks at the hour in which the job would start, not at that of the call."""
    # start_range: the hour of call plus delay decides; only the very first run of a job is exempt.
    hour = start // 60 % 24
    in_range = table.hours is None or table.hours[0] <= hour < table.hours[1]
    return in_range and table.preferred in {None, hour}


def _window(delay: int, spread: int, table: Anacrontab) -> tuple[int, int]:
    """The first and the last minute in which it may start, as each call draws its own random delay."""
    starts: list[int] = []
    for call in _CRONIE_CALLS:
        drawn = range(call + delay, call + delay + spread + 1)
        allowed = [start for start in drawn if _allowed(start, table)]
        starts += allowed
        if len(allowed) == len(drawn):
            break
    return min(starts), max(starts)


# lock.c consider_job: due when today minus the stamp is at least the period, in calendar days.
def _days(period: int | Named, last: date | None) -> tuple[str, str | None]:
    """The three day fields, and a clause where anacron's rhythm is another than the calendar's."""
    if period in {0, 1, "daily"}:
        return "* * *", None
    since = f" (last on {last.isoformat()})" if last is not None else ""
    if period in {7, "weekly"}:
        weekday = _WEEKDAYS[last.weekday()] if last is not None else "Sunday"
        number = last.isoweekday() % 7 if last is not None else 0
        return f"* * {number}", f"seven days after its last run{since}, whatever day that is; here {weekday}"
    # @monthly compares with the length of last month: a day beyond 28 would not come every month.
    day = min(last.day, 28) if last is not None else 1
    if period in {"monthly", 30, 31}:
        much = f"{period} days" if isinstance(period, int) else "a month"
        return f"{day} * *", f"{much} after its last run{since}; here day {day} of each month"
    if period in {"yearly", 365, 366}:
        month = last.month if last is not None else 1
        much = f"{period} days" if isinstance(period, int) else "a year"
        return f"{day} {month} *", f"{much} after its last run{since}; here day {day} of month {month}"
    return _odd_period(int(period), since)


def _odd_period(period: int, since: str) -> tuple[str, str]:
    """A period that is no unit of the calendar: the nearest number of days a month, or of months a year."""
    said = f"{period} days after its last run{since}"
    # cron counts days of month, so no fields keep a period of n days over a month's end.
    if period < _MONTH:
        count = min(range(1, 16), key=lambda n: _distance(_MONTH / n, period))
        of_month = ",".join(str(1 + n * period) for n in range(count))
        return f"{of_month} * *", f"{said}; here {'day' if count == 1 else 'days'} {of_month} of each month"
    months = min((1, 2, 3, 4, 6, 12), key=lambda n: _distance(n * _MONTH, period))
    of_year = ",".join(str(month) for month in range(1, 13, months))
    return f"1 {of_year} *", f"{said}; here the 1st of {'month' if months == 12 else 'months'} {of_year}"


def _distance(days: float, period: int) -> float:
    """How far apart two periods are, as a ratio of at least 1."""
    return max(days / period, period / days)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def clock_range(found: Nearest) -> str:
    """``07:35 to 07:40``: when a job starts on a machine that is always up."""
    first, last = _clock(found.earliest % _DAY), _clock(found.latest % _DAY)
    return first if first == last else f"{first} to {last}"
