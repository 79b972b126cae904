"""When a job ran and will run: the engine asked about one job of the document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

from migrate.document.job import ComparedRuns, Job, ProposedTarget, Way
from migrate.document.model import Document
from migrate.document.told import target_told, way_told
from migrate.terminal.language import schedule_words, weekday

if TYPE_CHECKING:
    from converters.expressions.judgement import Place
    from converters.expressions.target import Target
    from converters.schedules.daemon import Starts
    from converters.schedules.schedule import Schedule

DAY = 1440
CLOCK = ("C301", "C302", "C303", "C215")
"""What is said of the clocks of a way: of another way it is not true."""
# 2100 is no leap year: 29 February meets a given weekday every 28 years, and once after 40.
_FURTHEST = 45 * 366
"""Days looked ahead for the next runs: 29 February on a Monday is at most 40 years off."""


def target_of(job: Job, document: Document, backend: str | None) -> ProposedTarget | None:
    """The target of another backend than the proposed one.

    None where it is the proposed one, and where only a scan can tell: a job with a test of the date in its command.
    """
    if backend is None or not job.target.expressions or kind_of(job) == backend:
        return None
    target = _made(job, document, backend)
    return target_told(target) if target is not None and target.expressions else None


def kind_of(job: Job) -> str:
    """The backend that was proposed, as ``scan --backend`` names it."""
    if any(finding.code == "C218" for finding in job.findings):
        return "exact"
    # `ends` stands in the target only as a date; the finding says that it was made by season.
    if any(finding.code == "C215" for finding in job.findings):
        return "seasonal"
    return job.target.backend


def ways_of(job: Job, document: Document) -> tuple[Way, ...]:
    """The ways side by side, as the scan has them, and seasonal rules beside them where the line alone tells: these cost more
    to find than all the rest, so only who shows them asks for them."""
    if not job.options or any(way.ends for way in job.options) or not is_known(job):
        return job.options
    window = document.window
    return (*job.options, *_seasons_of(job.schedule, job.timezone, job.dialect, window.first, window.until))


@lru_cache(maxsize=4096)
def _seasons_of(text: str, zone: str, dialect: str, first: str, until: str) -> tuple[Way, ...]:
    schedule = _schedule(text, dialect)
    if schedule is None:
        return ()
    place = _place(zone, dialect, _minute(first), _minute(until), "seasonal")
    return tuple(way_told(target, parity) for target, parity in place.seasons(schedule))


def decided_way(job: Job, document: Document, backend: str | None) -> Way | ComparedRuns | None:
    """The runs of what was decided to start the job, counted: the scan's own where that is what it proposed.

    None where only the next scan can count them.
    """
    if backend in (None, kind_of(job)):
        return job.parity
    if not is_known(job):
        return next((way for way in job.options if not way.ends and way.backend == backend), None)
    window = document.window
    # A way that cannot say the schedule is not taken, and what was proposed stays.
    return _way_by(job.schedule, job.timezone, job.dialect, window.first, window.until, backend) or job.parity


@lru_cache(maxsize=4096)
def _way_by(text: str, zone: str, dialect: str, first: str, until: str, backend: str) -> Way | None:
    schedule = _schedule(text, dialect)
    if schedule is None or _target_by(text, zone, dialect, first, until, backend) is None:
        return None
    judged = _place(zone, dialect, _minute(first), _minute(until), backend).judge(schedule)
    return way_told(judged.target, judged.parity) if judged.parity is not None else None


def caught_up_of(job: Job, document: Document) -> Way | None:
    """Scheduler with schedules for the runs that a clock change skips, where that is another way; None where only a scan can
    tell."""
    if not is_known(job):
        return None
    window = document.window
    return _caught_up_of(job.schedule, job.timezone, job.dialect, window.first, window.until)


@lru_cache(maxsize=4096)
def _caught_up_of(text: str, zone: str, dialect: str, first: str, until: str) -> Way | None:
    schedule = _schedule(text, dialect)
    if schedule is None:
        return None
    judged = _place(zone, dialect, _minute(first), _minute(until), "exact").judge(schedule)
    return way_told(judged.target, judged.parity) if judged.parity is not None else None


def is_known(job: Job) -> bool:
    """Whether the line's schedule alone says when it runs: no date test in the command, no anacron, no boot."""
    # A schedule that cannot be read, or that never comes, has no next run.
    guarded = job.wishes.guards or any(finding.code == "C120" for finding in job.findings)
    return not guarded and _schedule(job.schedule, job.dialect) is not None


def next_runs(
    job: Job, spec: Mapping[str, object] | None, now: int, count: int = 4
) -> tuple[list[int], list[int]] | None:
    """The next runs on the old daemon, and as the spec says: UTC minutes since 1970. None where that cannot be known."""
    schedule = _schedule(job.schedule, job.dialect)
    if schedule is None or not is_known(job):
        return None
    target = _target(spec)
    zone, dialect = job.timezone, job.dialect
    before = _next(lambda place: place.before(schedule), zone, dialect, now, count)
    if target is None:
        return before, []
    # A rule keeps UTC, so its starts are shown by the clock that the crontab was written for.
    read_in = target.timezone if target.backend == "scheduler" else zone
    return before, _next(lambda place: place.after(target), read_in, dialect, now, count)


def _next(starts: Callable[[Place], list[Starts]], zone: str, dialect: str, now: int, count: int) -> list[int]:
    from converters.schedules.daemon import listed

    # Most jobs run within three days; yearly ones take a window that grows fivefold.
    days = 3
    while True:
        place = _place(zone, dialect, now + 1, now + days * DAY, "rule")
        found = starts(place)
        # Counted first: to list the starts of a job of every minute over years would take seconds.
        if sum(one.days.bit_count() for one in found) >= count or days >= _FURTHEST:
            # One day more than asked: a start may belong to the evening before in UTC.
            few = [one._replace(days=_lowest(one.days, count + 1)) for one in found]
            runs = listed(few, place.window)
            if len(runs) >= count or days >= _FURTHEST:
                return runs[:count]
        days *= 5


def _lowest(bits: int, count: int) -> int:
    kept = 0
    while bits and count:
        low = bits & -bits
        kept |= low
        bits ^= low
        count -= 1
    return kept


def local(minute: int, zone_name: str) -> str:
    """``Thu 2026-11-26 05:00 JST``."""
    # %Z says which of two equal clock times in autumn is meant.
    when = datetime.fromtimestamp(minute * 60, _zone(zone_name))
    return f"{weekday(when)} {when:%Y-%m-%d %H:%M} {when:%Z}"


def words(job: Job) -> str:
    """The schedule in plain words."""
    from converters.schedules.dialects import DIALECTS
    from converters.schedules.schedule import ScheduleError, parse_schedule

    try:
        return schedule_words(parse_schedule(job.schedule, DIALECTS[job.dialect]))
    except ScheduleError:
        return job.schedule


def _target(spec: Mapping[str, object] | None) -> Target | None:
    """The spec's schedule for the engine; None where its starts are not known before it is made."""
    from converters.expressions.eventbridge import At, ExpressionError, parse, starts
    from converters.expressions.guards import Guard, GuardError
    from converters.expressions.target import Target

    written = (spec or {}).get("schedule")
    if not isinstance(written, Mapping):
        return None
    texts = written.get("scheduleExpression")
    zone = written.get("timezone")
    try:
        expressions = tuple(parse(str(text)) for text in (texts if isinstance(texts, list) else [texts]))
        for expression in expressions:
            # One start at a date given beforehand: whether it has been is not for the engine to know.
            if isinstance(expression, At):
                return None
            starts(expression)
    except ExpressionError:
        return None
    try:
        guard = Guard.read(written["guard"]) if written.get("guard") else None
    except GuardError:
        return None
    return Target("scheduler" if zone else "rule", str(zone or "UTC"), expressions, guard)  # type: ignore[arg-type]


def _made(job: Job, document: Document, backend: str) -> Target | None:
    """What a scan with this backend would propose."""
    if not is_known(job):
        return None
    window = document.window
    return _target_by(job.schedule, job.timezone, job.dialect, window.first, window.until, backend)


@lru_cache(maxsize=4096)
def _target_by(text: str, zone: str, dialect: str, first: str, until: str, backend: str) -> Target | None:
    schedule = _schedule(text, dialect)
    if schedule is None:
        return None
    # Seasonal rules cannot say each schedule in each zone; the scan would not propose them either.
    place = _place(zone, dialect, _minute(first), _minute(until), backend)
    target = place.judge(schedule).target if place.can_say(schedule) else None
    follows = target is not None and target.ends is not None
    return target if follows or backend != "seasonal" else None


def _minute(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).timestamp()) // 60


@lru_cache(maxsize=256)
def _place(zone_name: str, dialect: str, first: int, until: int, backend: str) -> Place:
    from converters.expressions.judgement import Place
    from converters.schedules.daemon import Window
    from converters.schedules.dialects import DIALECTS

    return Place(_zone(zone_name), zone_name, Window(first, until), DIALECTS[dialect], backend)  # type: ignore[arg-type]


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name.lstrip(":"))
    except (ValueError, OSError, KeyError):
        # As glibc has it: a zone that is not known is UTC.
        return UTC


@lru_cache(maxsize=4096)
def _schedule(text: str, dialect: str) -> Schedule | None:
    from converters.schedules.dialects import DIALECTS
    from converters.schedules.schedule import Schedule, ScheduleError, parse_schedule

    try:
        found = parse_schedule(text, DIALECTS[dialect])
    except (ScheduleError, KeyError):
        return None
    return found if isinstance(found, Schedule) and not found.never else None
