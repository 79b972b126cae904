"""When a job starts on either side, from what the report and its ecs.yml say; for the days around a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

from converters.artefact.registered import Registered
from converters.expressions.eventbridge import ExpressionError
from converters.expressions.guards import GuardError
from converters.expressions.judgement import Place
from converters.history.safe_minute import JobTimes
from converters.schedules.daemon import Starts, Timeline, Window, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, ScheduleError, parse_schedule
from migrate.document.job import Job
from migrate.errors import UserError
from migrate.machine.clock import load_zone
from migrate.sites.tables import LINE_OF_ANACRON, of_timer

if TYPE_CHECKING:
    from converters.specs.model import Spec

# Wide enough for a clock change and a weekly line's neighbours.
AROUND = 3 * 1440
"""Minutes before and after now that a switch is planned with."""
FURTHER = (1440 * 3, 1440 * 45, 1440 * 400)


@dataclass(frozen=True, slots=True)
class Sides:
    """Starts on both sides in a window, and the minutes at which the old side's clocks change."""

    times: JobTimes
    changes: tuple[int, ...]


def sides_of(job: Job, spec: Spec, now: float) -> Sides:
    """Both sides of one job of the report; UserError where a side has no times that can be known.

    ``spec`` is what starts it on AWS: its own ecs.yml, or that of the job it runs after.
    """
    if DIALECTS[job.dialect].calendar:
        # Its times are known; what nothing here does is to switch a unit off.
        raise UserError(f"{job.name}: {of_timer(job.source.path)}")
    minute = int(now // 60)
    window = Window(minute - AROUND, minute + AROUND)
    timeline = Timeline(_zone(job), window)
    times = JobTimes(
        tuple(_anacron_minutes(job, window) if job.anacron is not None and job.script else old_starts(job, window)),
        tuple(new_starts(spec, window)),
        seconds(job),
    )
    return Sides(times, tuple(regime.start for _, regime in pairwise(timeline.regimes)))


def old_starts(job: Job, window: Window) -> list[int]:
    """The UTC minutes in the window at which the old daemon starts the job."""
    return _within(listed(old_pieces(job, window), window), window)


def old_pieces(job: Job, window: Window) -> list[Starts]:
    """The same as sets; UserError where they cannot be known."""
    if any(finding.code == "C120" for finding in job.findings):
        raise UserError(f"{job.name}: {LINE_OF_ANACRON}")
    dialect = DIALECTS[job.dialect]
    if "CRON_TZ" in job.command.environment:
        # cronie matches CRON_TZ by plain wall time (cron.c find_jobs).
        dialect = replace(dialect, clock="plain")
    try:
        schedule = parse_schedule(job.schedule, dialect)
    except ScheduleError as error:
        raise UserError(f"{job.name}: the old schedule cannot be read ({error})") from error
    if not isinstance(schedule, Schedule):
        raise UserError(f"{job.name}: `{job.schedule}` is not started by a clock")
    if schedule.random:
        raise UserError(f"{job.name}: the daemon draws the times of `{job.schedule}` anew at each load")
    return Place(_zone(job), job.timezone, window, dialect).before(schedule)


def _anacron_minutes(job: Job, window: Window) -> list[int]:
    """Every UTC minute of the window in which anacron may start run-parts, on any day: which one is due is counted from its
    last run, not from a calendar."""
    times = job.anacron
    assert times is not None  # noqa: S101  # asked by the one who calls
    spread = {minute % 1440 for minute in range(times.earliest, min(times.latest, times.earliest + 1439) + 1)}
    hours = sorted({minute // 60 for minute in spread})
    found: list[int] = []
    for hour in hours:
        minutes = ",".join(str(minute % 60) for minute in sorted(spread) if minute // 60 == hour)
        found += old_starts(replace(job, schedule=f"{minutes} {hour} * * *", findings=()), window)
    return sorted(found)


def new_starts(spec: Spec, window: Window) -> list[int]:
    """The UTC minutes in the window at which AWS runs the job: its expressions in their zone, behind its guard and a test of
    the date in its text, as the parity was counted. UserError for a rate whose phase is that of its rule."""
    try:
        return Registered.of(spec).run_minutes(window)
    except ExpressionError as error:
        text = ", ".join(one for one in spec.expressions if one.startswith("rate("))
        raise UserError(f"{text}: {error}; write it as cron(...) to have a safe minute") from error
    except GuardError as error:
        raise UserError(f"{spec.name}: {error}") from error


def seconds(job: Job) -> float | None:
    """How long a run lasts at most: its time limit, else the longest that was measured, else None."""
    limit = job.wishes.timeout
    if limit is not None and limit.seconds:
        # After TERM the job may live until KILL.
        return float(limit.seconds) + float(limit.kill_after or 0)
    durations = job.history.durations if job.history is not None else None
    return float(durations.max) if durations is not None and durations.max is not None else None


def neighbours(found: Callable[[Window], list[int]], now: float) -> tuple[int | None, int | None]:
    """The last start at or before ``now`` and the next one after it; ``found`` gives the starts of a window. It is asked
    for ever longer ones, up to 400 days either way."""
    minute = int(now // 60)
    last = following = None
    for reach in FURTHER:
        listed_ = found(Window(minute - reach, minute + reach))
        before = [start for start in listed_ if start <= minute]
        after = [start for start in listed_ if start > minute]
        last, following = (before[-1] if before else last), (after[0] if after else following)
        if last is not None and following is not None:
            break
    return last, following


def _zone(job: Job) -> tzinfo:
    return load_zone(job.timezone.lstrip(":"))


def _within(minutes: list[int], window: Window) -> list[int]:
    return [minute for minute in minutes if window.first <= minute < window.until]
