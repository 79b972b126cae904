"""Zones in which winter is the time apart (negative DST: Dublin, Casablanca): where systemd goes astray in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from converters.findings.codes import Finding
from converters.schedules.daemon import Timeline
from converters.schedules.schedule import Schedule
from converters.schedules.zones import MINUTES_A_DAY

_NONE = timedelta()


def said_of_turned_zone(schedule: Schedule, zone: tzinfo, timeline: Timeline) -> Iterator[Finding]:
    """That systemd passes over times of a calendar expression, where one of them is skipped by such a zone's clocks."""
    # Measured on 252: mktime(3) moves a time that is not there the other way, and find_next looks behind it.
    if schedule.calendar is None or not _is_turned(zone, timeline):
        return
    skipped = 0
    for at, old, new in timeline.changes():
        for minute in range(at + old, at + new):
            skipped |= 1 << minute % MINUTES_A_DAY
    if any(part.minutes_of_day & skipped for part in schedule.parts):
        yield Finding(
            "C205",
            f"`{schedule.text}`: winter is the time apart of its zone (negative DST), and in the night in which the clocks go "
            "forward systemd 252 passes over further times, which are started on AWS",
        )


def _is_turned(zone: tzinfo, timeline: Timeline) -> bool:
    starts = (datetime.fromtimestamp(one.start * 60, UTC).astimezone(zone) for one in timeline.regimes)
    return any((one.dst() or _NONE) < _NONE for one in starts)
