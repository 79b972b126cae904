"""What a line means to other daemons, and what its marks and settings ask of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from converters.findings.codes import Finding
from converters.schedules.dialects import DIALECTS, Dialect
from converters.schedules.fields import FIELDS, Field, FieldError, parse_field
from converters.schedules.schedule import Schedule, ScheduleError, parse_schedule
from converters.schedules.words import in_words
from converters.tables.crontab import Entry

COMPARED = ("debian", "cronie", "freebsd", "openbsd", "busybox")


@lru_cache(maxsize=16384)
def other_readings(text: str, dialect: Dialect) -> tuple[str, ...]:
    """How the other daemons read a schedule, where that differs from how ``dialect`` does; refusals are readings too."""
    # The own family is not compared with itself: cronie-1.5 is told nothing of cronie.
    alike = _alike(text, dialect) | {dialect.name.split("-")[0]}
    found: dict[str, list[str]] = {}
    for name in COMPARED:
        if name not in alike and _reading(text, DIALECTS[name]) != _reading(text, dialect):
            found.setdefault(_said(text, DIALECTS[name]), []).append(name)
    return tuple(f"{' and '.join(names)}: {said}" for said, names in found.items())


def _alike(text: str, dialect: Dialect) -> frozenset[str]:
    """The compared daemons that surely read a schedule as ``dialect`` does: nearly every line, and told by its fields, which
    a fleet repeats where its schedules are its own."""
    words = tuple(text.replace("\t", " ").split(" "))
    if len(words) != len(FIELDS):
        return _NONE
    found = _alike_on_days(words[2:], dialect)
    for word, column in zip(words[:2], FIELDS, strict=False):
        found &= _alike_in(word, column, dialect)
    return found


_NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def _alike_in(word: str, column: Field, dialect: Dialect) -> frozenset[str]:
    """Those that surely read one field alike."""
    return frozenset(name for name in COMPARED if _same(word, column, dialect, DIALECTS[name]))


@lru_cache(maxsize=4096)
def _alike_on_days(words: tuple[str, ...], dialect: Dialect) -> frozenset[str]:
    """Those that surely read the day fields alike, and make the same dates of them, each by its own rule."""
    found = frozenset(COMPARED)
    for word, column in zip(words, FIELDS[2:], strict=True):
        found &= _alike_in(word, column, dialect)
    text = " ".join(("*", "*", *words))
    return frozenset(
        name
        for name in found
        if DIALECTS[name].day_rule == dialect.day_rule or _reading(text, DIALECTS[name]) == _reading(text, dialect)
    )


def _same(word: str, column: Field, one: Dialect, other: Dialect) -> bool:
    try:
        here, there = parse_field(word, column, one), parse_field(word, column, other)
    except FieldError:
        return False
    return (here.bits, here.star) == (there.bits, there.star) and not (here.random or there.random)


def _reading(text: str, dialect: Dialect) -> object:
    """All that decides the runs, in a form that compares; ``None`` for a refusal."""
    try:
        schedule = parse_schedule(text, dialect)
    except ScheduleError:
        return None
    if not isinstance(schedule, Schedule):
        return schedule
    # Two draws are never equal; two texts with `~` are the same text or not.
    if schedule.random:
        return "random", text
    if schedule.never:
        return "never"
    return schedule.minutes_of_day, schedule.days()


def _said(text: str, dialect: Dialect) -> str:
    try:
        schedule = parse_schedule(text, dialect)
    except ScheduleError as error:
        return "no nickname that it knows" if text.startswith("@") else f"an error ({error})"
    if isinstance(schedule, Schedule) and schedule.random:
        return "a time drawn at random"
    return in_words(schedule)


def notes(entry: Entry, dialect: Dialect) -> Iterator[Finding]:
    """Findings on dialect: other readings, marks before the command, settings above the line."""
    if dialect.calendar:
        return  # no cron reads such an expression, and a unit has a lock of its own
    readings = other_readings(entry.schedule.text, dialect)
    if readings:
        yield Finding("C214", f"`{entry.schedule.text}` means something else to {'; '.join(readings)}")
    if "-" in entry.flags or "q" in entry.flags:
        yield Finding("C211", "the daemon writes no log line for this job, so its past runs cannot be found there")
    if "n" in entry.flags:
        yield Finding("C216", "the daemon mailed the output only when the job failed")
    if "s" in entry.flags:
        yield Finding("C212", "`-s`: the daemon does not start it while an earlier run is still going")
    if dialect.skips_overlap:
        yield Finding("C212", "BusyBox does not start a line while its last run is still going")
    # cronie takes 0 to 1440 minutes (crontab(5)).
    delay = entry.environment.get("RANDOM_DELAY", "")
    if "RANDOM_DELAY" in dialect.schedule_variables and delay.isdigit() and 0 < int(delay) <= 1440:
        yield Finding(
            "C208", f"RANDOM_DELAY={delay}: it starts up to {delay} minutes later, drawn once when the daemon starts"
        )
