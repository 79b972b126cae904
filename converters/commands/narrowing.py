"""A job's work beside its schedule: tests of the date that the schedule takes over, and those that stay and are heeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from converters.commands.containers.compose import paths_of
from converters.commands.host_decisions import Decision
from converters.commands.work import Work, guarded_schedule, work_of
from converters.expressions.judgement import Place
from converters.expressions.left_tests import gone_astray, said_of_long_days
from converters.schedules.date_output import World
from converters.schedules.schedule import Schedule, Special
from converters.tables.crontab import Entry


def _nothing(_paths: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return ()


def narrowed(
    entry: Entry,
    user: str | None,
    place: Place,
    world: World,
    home: str | None = None,
    used: frozenset[str] = frozenset(),
    decision: Decision | None = None,
    texts: Callable[[tuple[str, ...]], tuple[tuple[str, str], ...]] = _nothing,
) -> tuple[Work, Schedule | Special]:
    """The work, and the schedule that its tests of the date narrow; they stay in the text where no expression says them.
    ``texts`` gives what is there of the compose files at some paths, as (path, text).

    A test that stays goes with the schedule, since whether a start that is moved still runs is for the test to say.
    """
    schedule, own_clock = entry.schedule, place.host is None

    files: tuple[tuple[str, str], ...] = ()

    def read(*, guards: bool) -> Work:
        return work_of(
            entry,
            user=user,
            home=home,
            used=used,
            own_clock=own_clock,
            guards=guards,
            world=world,
            zone=place.host_name,
            decision=decision,
            texts=files,
        )

    work = read(guards=True)
    container = work.understanding.container
    if container is not None and container.compose is not None:
        # Which compose files it reads is known only when the line is; with them it is read again.
        files = texts(paths_of(container.compose))
        work = read(guards=True) if files else work
    if isinstance(schedule, Special):
        return work, schedule
    if work.guards:
        guarded = guarded_schedule(schedule, work.guards)
        if place.can_say(guarded):
            astray = gone_astray(work.guards, place.before(schedule), place.window, place.regimes_of)
            if astray:
                work = replace(work, findings=(*work.findings, *said_of_long_days(work.guards, astray)))
            return work, guarded.testing(work.understanding.test).going_astray(astray)
        work = read(guards=False)
    return work, schedule.testing(work.understanding.test)
