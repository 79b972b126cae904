"""The runs behind the pictures: each job's starts before and after, from the engine itself, for the window of the document.

The document tells counts, not every start. So the starts are worked out again from schedule, zone, dialect and expressions,
and are taken only where they number what the proof counted: a picture never says anything else than the proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from converters.expressions.eventbridge import At, Cron, ExpressionError, Rate, parse
from converters.expressions.guards import Guard, GuardError
from converters.expressions.judgement import Place
from converters.expressions.parity import count
from converters.expressions.target import Target
from converters.schedules.daemon import Starts, Window
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, ScheduleError, Special, parse_schedule
from converters.schedules.zones import MINUTES_A_DAY, Regime, regimes
from migrate.document.job import Job
from migrate.document.model import Document
from migrate.document.to_json import as_mapping

YEAR = 364
"""Days that pictures of a year cover: 52 whole weeks, so that every weekday counts alike."""


@dataclass(frozen=True, slots=True)
class Runs:
    """One job's starts in the window; ``schedule`` is None where no clock starts it or its line says more than its fields."""

    job: Job
    before: Sequence[Starts]
    after: Sequence[Starts]
    schedule: Schedule | Special | None


@dataclass(slots=True)
class Fleet:
    """All jobs over the document's window. ``undrawn`` are the names of jobs whose starts are not known here."""

    window: Window
    zone_name: str
    zone: tzinfo
    runs: list[Runs] = field(default_factory=list)
    undrawn: list[str] = field(default_factory=list)

    @property
    def regimes(self) -> tuple[Regime, ...]:
        return regimes(self.zone, self.window.first, self.window.until)

    # From a midnight on: half a day more of one weekday would tilt the mean.
    def year(self) -> tuple[int, int]:
        """UTC minutes of the year that pictures show: from the first midnight of the zone on, less where the window ends."""
        offset = self.regimes[0].offset
        first = -(-(self.window.first + offset) // MINUTES_A_DAY) * MINUTES_A_DAY - offset
        return first, min(first + YEAR * MINUTES_A_DAY, self.window.until)


def fleet(document: Document) -> Fleet:
    """The starts of every job of a document."""
    window = window_of(document)
    zone_name = document.timezone or "UTC"
    found = Fleet(window, zone_name, zone_of(zone_name))
    reader = _Reader(window, zone_name)
    for job in document.jobs:
        runs = reader.runs(job)
        if runs is not None:
            found.runs.append(runs)
        elif job.parity.before or job.target.expressions:
            # A job without a target and without runs has nothing to draw, so nothing is missed.
            found.undrawn.append(job.name)
    return found


def window_of(document: Document) -> Window:
    """The window that was compared, in minutes."""
    window = document.window
    # A document without a window was made by hand: a day is as good as any.
    return Window(minute_of(window.first or "1970-01-02T00:00:00Z"), minute_of(window.until or "1970-01-03"))


def minute_of(moment: str) -> int:
    """``2026-03-08T07:00:00Z`` as minutes since 1970."""
    found = datetime.fromisoformat(moment if "T" in moment else f"{moment}T00:00:00+00:00")
    return int(found.timestamp()) // 60


def zone_of(name: str) -> tzinfo:
    """A zone by its name; UTC where this machine does not know it, as the C library has it."""
    try:
        return ZoneInfo(name.lstrip(":"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def schedule_of(job: Job) -> Schedule | Special | None:
    """The five fields of a job, read as its daemon reads them."""
    dialect = DIALECTS.get(job.dialect)
    try:
        return parse_schedule(job.schedule, dialect) if dialect else None
    except ScheduleError:
        return None


def narrowed_schedule(job: Job) -> Schedule | Special | None:
    """The same on the dates that the tests in front of the command let through, as the schedule took them over."""
    schedule = schedule_of(job)
    tests = " && ".join(one.text for one in job.wishes.guards)
    command, left = job.command, job.command.text
    if not isinstance(schedule, Schedule) or not (tests or "date" in left):
        return schedule
    from converters.commands.command import understand
    from converters.commands.work import guarded_schedule

    shell = (command.interpreter or ("/bin/sh",))[0]
    world = DIALECTS[job.dialect].world
    guards = understand(f"{tests} && run", shell=shell, world=world).guards if tests else ()
    # "date" in the text is asked first: to read each command again would take longer than all the rest.
    test = understand(left, shell=shell, world=world, keep=("date guard",)).test if "date" in left else None
    return (guarded_schedule(schedule, guards) if guards else schedule).testing(test)


class _Reader:
    """Works out equal schedules once."""

    def __init__(self, window: Window, zone_name: str) -> None:
        self.window = window
        self.zone_name = zone_name
        self._places: dict[tuple[str, str, bool], Place] = {}
        self._known: dict[tuple[object, ...], tuple[Sequence[Starts], Sequence[Starts]] | None] = {}

    def runs(self, job: Job) -> Runs | None:
        schedule, target = narrowed_schedule(job), _target(job)
        if target is None or not isinstance(schedule, Schedule):
            return None
        parity = job.parity
        # The counts belong to the key: jobs with the same fields differ where their tests do.
        key = (schedule.key, job.timezone, job.dialect, target, parity.before, parity.after)
        if key not in self._known:
            self._known[key] = self._starts(job, schedule, target)
        found = self._known[key]
        return Runs(job, *found, schedule) if found else None

    def _starts(self, job: Job, schedule: Schedule, target: Target) -> tuple[Sequence[Starts], Sequence[Starts]] | None:
        parity = job.parity
        for place in self._candidates(job):
            before, after = place.before(schedule), place.ran(schedule, target)
            # Only numbers that the proof counted too: better no picture than one that says something else.
            if count(before) == parity.before and count(after) == parity.after:
                return before, after
        if parity.exact and target.guard is None:
            # The command tests the date, so the line runs less often than its fields say; proven equal to its target.
            after = next(self._candidates(job)).ran(schedule, target)
            return (after, after) if count(after) == parity.after else None
        return None

    def _candidates(self, job: Job) -> Iterator[Place]:
        """The place of a job; for CRON_TZ (cronie) also the one whose host keeps the zone of the whole document."""
        zone, dialect = job.timezone, job.dialect
        yield self._place(zone, dialect, beside=False)
        # Which host's zone cronie's gating used is not in the document; the counts tell.
        if "CRON_TZ" in DIALECTS[dialect].schedule_variables and zone != self.zone_name:
            yield self._place(zone, dialect, beside=True)

    def _place(self, zone: str, dialect: str, *, beside: bool) -> Place:
        key = zone, dialect, beside
        if key not in self._places:
            host = zone_of(self.zone_name) if beside else None
            self._places[key] = Place(zone_of(zone), zone, self.window, DIALECTS[dialect], host=host)
        return self._places[key]


def _target(job: Job) -> Target | None:
    found = job.target
    expressions: list[Cron | Rate] = []
    for text in found.expressions:
        try:
            expression = parse(text)
        except ExpressionError:
            return None
        # `at(...)` starts once, and there is nothing to compare with in a crontab.
        if isinstance(expression, At):
            return None
        expressions.append(expression)
    if not expressions:
        return None
    try:
        guard = Guard.read(as_mapping(found.guard)) if found.guard is not None else None
    except GuardError:
        return None
    return Target("scheduler" if found.backend == "scheduler" else "rule", found.timezone, tuple(expressions), guard)


def spans(first: int, until: int, base: int) -> list[tuple[int, int]]:
    """The UTC minutes ``[first, until)`` as (days from ``base``, minutes of the day), both as bits."""
    if until <= first:
        return []
    day, minute = divmod(first - base * MINUTES_A_DAY, MINUTES_A_DAY)
    last, rest = divmod(until - base * MINUTES_A_DAY, MINUTES_A_DAY)
    whole = (1 << MINUTES_A_DAY) - 1
    # All within one day.
    if day == last:
        return [(1 << day, ((1 << rest) - 1) & ~((1 << minute) - 1))]
    found = []
    if minute:
        found.append((1 << day, whole & ~((1 << minute) - 1)))
        day += 1
    if last > day:
        found.append((((1 << (last - day)) - 1) << day, whole))
    if rest:
        found.append((1 << last, (1 << rest) - 1))
    return found
