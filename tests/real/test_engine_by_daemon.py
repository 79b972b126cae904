"""The engine judged by the real daemon: every start that Debian's cron made is one the engine predicts, and no other.

A catch-up of several minutes lasts until the wall minute after the jump at most in these windows, so minutes compare; a start
seen in the first seconds of the next minute counts for the one before (the recording lags under load).
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from converters.schedules.daemon import Timeline, listed
from converters.schedules.daemon import Window as Span
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule

from .test_debian_cron import LATEST, Observation, observed

__all__ = ["observed"]

pytestmark = pytest.mark.real


def predicted(fields: str, zone: str, first: int, until: int) -> list[int]:
    """The UTC minutes at which the engine says Debian's cron starts this schedule."""
    schedule = parse_schedule(fields, DIALECTS["debian"])
    assert isinstance(schedule, Schedule)
    span = Span(first, until)
    habit = "elapsed" if schedule.elapsed else "fixed"
    return listed(
        Timeline(ZoneInfo(zone), span).starts(span.relative(schedule.days()), schedule.minutes_of_day, habit), span
    )


def differs(observation: Observation) -> bool:
    """Starts in order, each within the minute it was predicted for and the lag that recording may have.

    What was caught up bears the minute of the jump here and is started a little later by the daemon: up to one minute.
    """
    window = observation.window
    wanted = predicted(observation.fields, observation.zone, window.first_minute, window.until_minute)
    seen = sorted(observation.starts)
    if len(wanted) != len(seen):
        return True
    return any(
        not minute * 60 - 2 <= second <= minute * 60 + 60 + LATEST for minute, second in zip(wanted, seen, strict=True)
    )


def test_every_start_is_the_one_predicted(observed: tuple[Observation, ...]) -> None:
    judged = [one for one in observed if not one.window.crowded]
    assert len(judged) >= 300
    wrong = [(one.window.name, one.fields, one.minutes) for one in judged if differs(one)]
    assert wrong == []
