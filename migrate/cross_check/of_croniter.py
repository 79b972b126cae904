"""What croniter makes of each schedule: the fields, the days of a year and of a leap February, two clock changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from croniter import croniter
from croniter.croniter import CroniterBadDateError

from converters.expressions.judgement import Place
from converters.opinions import readings as library_readings
from converters.opinions.clocks import croniter_starts, why
from converters.schedules.daemon import Window, listed
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.fields import members
from converters.schedules.schedule import Schedule, ScheduleError, parse_schedule
from converters.schedules.zones import Regime, regimes
from migrate.cross_check.disagreement import Disagreement, ordered, quoted

if TYPE_CHECKING:
    from migrate.scan.scanned import ScannedJob

EPOCH = datetime(1970, 1, 1)
DAY = 1440
MOST_DAYS = 31  # due days that are compared, besides a leap February
MOST_STARTS = 2000  # starts that are asked for around one clock change
AROUND = 240  # minutes looked at on either side of a clock change
LONGEST = 500  # characters of a schedule; nobody writes longer ones, and the library takes its time


@dataclass(frozen=True, slots=True)
class _Case:
    """One schedule at its first line: as the daemon reads it, and as croniter is foretold to read it."""

    path: str
    line: int
    times: int
    schedule: Schedule
    dialect: Dialect
    reading: library_readings.Reading
    foretold: Schedule | None

    def differ(self, what: str, codes: Iterator[str] | set[str] | tuple[str, ...], more: str = "") -> Disagreement:
        said = f"{quoted(self.schedule.text)}: {what}"
        return Disagreement(self.path, self.line, "croniter", said, ordered(codes), more, self.times)


def check(
    job: ScannedJob, schedule: Schedule, times: int, zone: tzinfo, host: tzinfo | None, first: int
) -> list[Disagreement]:
    """Every disagreement about one schedule; ``first`` is the UTC minute from which on it is asked about."""
    reading = library_readings.croniter(schedule.text)
    case = _Case(job.source.path, job.line.number, times, schedule, job.place.dialect, reading, _as_cron(reading.text))
    if len(schedule.text) > LONGEST:
        return [case.differ(f"not asked: it has {len(schedule.text)} characters", ())]
    try:
        fields = croniter.expand(schedule.text)[0]
        found = list(_fields_and_days(case, fields, first // DAY))
        found += _clock_changes(case, zone, host, job.place, first)
    except Exception as error:  # the library may raise anything on odd input: that is its opinion
        odd = schedule.random or bool(schedule.notes) or _as_cron(schedule.text) is None
        said = f"{job.place.dialect.name} runs it; croniter raises {type(error).__name__}: {str(error)[:120]}"
        return [case.differ(said, ("croniter-refuses",) if odd else (), "; ".join(schedule.notes))]
    return found


def check_refused(fields: str, path: str, line: int, times: int, dialect: Dialect) -> list[Disagreement]:
    """A line the daemon refuses: does croniter take its five fields?"""
    try:
        parse_schedule(fields, dialect)
        return []  # it is not the schedule that makes the line a bad one
    except ScheduleError as error:
        fault = str(error)
    try:
        if len(fields) > LONGEST or not croniter.is_valid(fields):  # type: ignore[no-untyped-call]
            return []
    except Exception:  # it does not take them either
        return []
    codes = set(library_readings.croniter(fields).codes) - {"croniter-star", "croniter-star-inside"}
    if library_readings.BEYOND_CRON.search(fields):
        codes.add("croniter-beyond-cron")
    if not codes and _as_cron(fields) is not None:
        codes.add("dialect-fields")
    what = f"{quoted(fields)}: {dialect.name} refuses it ({fault}); croniter takes it"
    return [Disagreement(path, line, "croniter", what, ordered(codes), lines=times)]


def _as_cron(text: str) -> Schedule | None:
    """Debian's reading, ``None`` where it refuses."""
    try:
        schedule = parse_schedule(text, DIALECTS["debian"])
    except ScheduleError:
        return None
    return schedule if isinstance(schedule, Schedule) else None


# --- fields and days --------------------------------------------------------------------------------------------------


def _fields_and_days(case: _Case, fields: Sequence[Sequence[int | str]], first: int) -> Iterator[Disagreement]:
    schedule = case.schedule
    minutes, hours = _bits(fields[0], 60), _bits(fields[1], 24)
    words = schedule.text.split()
    dates = " ".join(("0 0", *words[2:])) if len(words) == 5 else schedule.text
    theirs, spans = _asked_days(dates, first, star_bug=False)
    ours = _within(schedule, spans)
    said = (
        list(_said_of_sets(schedule, minutes, hours)) if (minutes, hours) != (schedule.minutes, schedule.hours) else []
    )
    more = ""
    if ours != theirs and schedule.minutes and schedule.hours:
        said.append(_said_of_days(ours, theirs))
        fixed, over = _asked_days(dates, first, star_bug=True)
        agrees = fixed == _within(schedule, over)
        more = f"with `implement_cron_bug=True` it {'agrees' if agrees else 'differs as well'}"
    if not said:
        return
    foretold = case.foretold
    fits = (
        foretold is not None
        and (minutes, hours) == (foretold.minutes, foretold.hours)
        and theirs == _within(foretold, spans)
    )
    yield case.differ("; ".join(said), _codes_of_reading(case, fits), more)


def _codes_of_reading(case: _Case, fits: bool) -> set[str]:
    if library_readings.BEYOND_CRON.search(case.schedule.text.partition("@")[0]):
        return {"croniter-beyond-cron"}
    if not fits:
        return set()
    plain = _as_cron(case.schedule.text)
    own = plain is None or plain.key != case.schedule.key
    return {*case.reading.codes, *(("dialect-fields",) if own else ())}


def _bits(values: Sequence[int | str], size: int) -> int:
    return (1 << size) - 1 if "*" in values else sum(1 << int(value) for value in set(values))


@lru_cache(maxsize=4096)
def _days(text: str, first: int, until: int, most: int, star_bug: bool) -> tuple[frozenset[int], int]:
    """croniter's due days (since 1970) in ``[first, until)``, at most ``most`` of them, and where the asking ended."""
    ask = croniter(
        text, EPOCH + timedelta(days=first, minutes=-1), implement_cron_bug=star_bug, max_years_between_matches=2
    )
    found: set[int] = set()
    while len(found) < most:
        try:
            day = (ask.get_next(datetime) - EPOCH).days  # type: ignore[no-untyped-call]
        except CroniterBadDateError:
            return frozenset(found), until
        if day >= until:
            return frozenset(found), until
        found.add(day)
        ask.set_current(EPOCH + timedelta(days=day, minutes=DAY - 1))
    return frozenset(found), max(found) + 1


def _asked_days(text: str, first: int, *, star_bug: bool) -> tuple[set[int], list[tuple[int, int]]]:
    """croniter's due days from ``first`` on and in the next leap February, and the spans it was asked about."""
    leap = _leap_february(first)
    soon, until = _days(text, first, first + 366, MOST_DAYS, star_bug)
    february, _ = _days(text, *leap, 30, star_bug)
    return {*soon, *february}, [(first, until), leap]


def _within(schedule: Schedule, spans: list[tuple[int, int]]) -> set[int]:
    """The schedule's due days in these spans."""
    due = schedule.days()
    return {first + day for first, until in spans for day in members(due >> first & ((1 << (until - first)) - 1))}


def _leap_february(first: int) -> tuple[int, int]:
    year = (EPOCH + timedelta(days=first)).year
    while year % 4 or (year % 100 == 0 and year % 400):
        year += 1
    start = (datetime(year, 2, 1) - EPOCH).days
    return start, start + 29


def _said_of_sets(schedule: Schedule, minutes: int, hours: int) -> Iterator[str]:
    for name, ours, theirs in (("minutes", schedule.minutes, minutes), ("hours", schedule.hours, hours)):
        if ours != theirs:
            yield f"{name} {_listed(ours)} for the daemon, {_listed(theirs)} for croniter"


def _listed(bits: int) -> str:
    values = [str(value) for value in members(bits)]
    return ", ".join(values[:8]) + (f" … ({len(values)} in all)" if len(values) > 8 else "") if values else "none"


def _said_of_days(ours: set[int], theirs: set[int]) -> str:
    parts = [
        f"{name} {_dates(days)}"
        for name, days in (("the daemon alone runs it on", ours - theirs), ("croniter alone on", theirs - ours))
        if days
    ]
    return "; ".join(parts)


def _dates(days: set[int]) -> str:
    shown = ", ".join(f"{EPOCH + timedelta(days=day):%Y-%m-%d}" for day in sorted(days)[:3])
    return shown + (f" and {len(days) - 3} more days" if len(days) > 3 else "")


# --- clock changes ----------------------------------------------------------------------------------------------------


def _clock_changes(case: _Case, zone: tzinfo, host: tzinfo | None, place: Place, first: int) -> Iterator[Disagreement]:
    """The next two changes. The days and minutes are those that croniter reads: how else it reads is said already."""
    if case.foretold is None:
        return
    schedule = replace(case.foretold, elapsed=case.schedule.elapsed)
    changes: list[tuple[str, Regime, Regime]] = [
        ("plain" if host is not None else place.dialect.clock, *change) for change in _changes(zone, first)
    ]
    changes += [("host", *change) for change in _changes(host, first)] if host is not None else []
    said: dict[str, dict[int, str]] = {}
    for _, old, new in changes:
        leap = abs(new.offset - old.offset)
        window = Window(new.start - AROUND - leap, new.start + AROUND + leap)
        daemon = Place(zone, place.zone_name, window, place.dialect, "rule", host, place.host_name)
        theirs, until = _asked(case.schedule.text, zone, window)
        ours = Counter(m for m in listed(daemon.before(schedule), window) if m < until)
        foretold = croniter_starts(schedule, regimes(zone, window.first, until), window.first, until)
        for minute in sorted(set(ours) | set(theirs)):
            both = ours[minute], theirs[minute]
            if both[0] != both[1]:
                reasons = (why(schedule, *change, minute, *both) for change in changes)
                code = next(filter(None, reasons), "") if foretold[minute] == both[1] else ""
                said.setdefault(code, {})[minute] = _said_of_minute(zone, minute, *both)
    for code, sentences in said.items():
        rest = f", and so at {len(sentences) - 1} more minutes near clock changes" if len(sentences) > 1 else ""
        yield case.differ(f"in {place.zone_name} {min(sentences.items())[1]}{rest}", {code} if code else ())


def _changes(zone: tzinfo, first: int) -> list[tuple[Regime, Regime]]:
    """The next two clock changes of a zone, within three years."""
    return list(islice(pairwise(regimes(zone, first, min(first + 3 * 366 * DAY, LAST))), 2))


LAST = int((datetime(2199, 12, 31) - EPOCH).total_seconds()) // 60


def _asked(text: str, zone: tzinfo, window: Window) -> tuple[Counter[int], int]:
    """croniter's starts in a window, and the minute up to which it was asked."""
    start = datetime.fromtimestamp((window.first - 1) * 60, zone)
    ask = croniter(text, start, ret_type=datetime, max_years_between_matches=2)
    found: Counter[int] = Counter()
    while found.total() < MOST_STARTS:
        try:
            start = ask.get_next(datetime)  # type: ignore[no-untyped-call]
        except CroniterBadDateError:
            return found, window.until
        minute = int(start.astimezone(UTC).timestamp()) // 60
        if minute >= window.until:
            return found, window.until
        found[minute] += 1
    return found, max(found)


def _said_of_minute(zone: tzinfo, minute: int, ours: int, theirs: int) -> str:
    local = datetime.fromtimestamp(minute * 60, zone)
    return f"at {local:%Y-%m-%d %H:%M %z} the daemon starts it {_times(ours)}, croniter {_times(theirs)}"


def _times(number: int) -> str:
    return {0: "not at all", 1: "once", 2: "twice"}.get(number, f"{number} times")
