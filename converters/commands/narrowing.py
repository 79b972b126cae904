"""A job's work beside its schedule: tests of the date that the schedule takes over, and those that stay and are heeded."""

from __future__ import annotations

from converters.commands.host_decisions import Decision
from converters.commands.work import Work, guarded_schedule, work_of
from converters.expressions.judgement import Place
from converters.schedules.date_output import World
from converters.schedules.schedule import Schedule, Special
from converters.tables.crontab import Entry


def narrowed(
    entry: Entry,
    user: str | None,
    place: Place,
    world: World,
    home: str | None = None,
    used: frozenset[str] = frozenset(),
    decision: Decision | None = None,
) -> tuple[Work, Schedule | Special]:
    """The work, and the schedule that its tests of the date narrow; they stay in the text where no expression says them.

    A test that stays goes with the schedule, since whether a start that is moved still runs is for the test to say.
    """
    schedule, own_clock = entry.schedule, place.host is None

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
        )

    work = read(guards=True)
    if isinstance(schedule, Special):
        return work, schedule
    if work.guards:
        guarded = guarded_schedule(schedule, work.guards)
        if place.can_say(guarded):
            return work, guarded.testing(work.understanding.test)
        work = read(guards=False)
    return work, schedule.testing(work.understanding.test)
