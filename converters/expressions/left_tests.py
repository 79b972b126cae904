"""A test of the date that stays in a job's text: which starts it lets run, when it reads the clock, and what must be said.

A guard is handed its minute; a test in the text reads the clock, and on AWS it does so when the task has started. So its run
may be lost though its start is exact: ``59 23 * * 0 [ $(expr $(date +%V) % 2) = 0 ] && x`` reads Monday's week there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from converters.expressions.parity import Parity, compare
from converters.findings.codes import Finding
from converters.schedules import days
from converters.schedules.daemon import Starts, Window, listed
from converters.schedules.date_guards import DateGuard
from converters.schedules.date_output import Unknown
from converters.schedules.date_tests import DateTest, at_minute
from converters.schedules.zones import MINUTES_A_DAY, Regime, in_database, iso, offset_of, regimes

START_SECONDS = 60
"""From RunTask to the first instruction, where nothing was measured: 30 to 60 s for images of some hundred MB; one of 2,700 MB
took 55 s (facts 2, "No image cache on Fargate")."""

RegimesOf = Callable[[str | None], Sequence[Regime] | None]


def regimes_of_name(name: str, window: Window) -> Sequence[Regime] | None:
    """The regimes of a zone by the name that ``TZ`` gives it; ``None`` for what the zone database does not know."""
    try:
        return regimes(ZoneInfo(in_database(name.removeprefix(":"))), window.first, window.until)
    except (ValueError, OSError, KeyError):
        return None


def is_judged(test: DateTest, regimes_of: RegimesOf) -> bool:
    """Whether it is known of every start what the test says then. ``spread`` is a time that nobody knows beforehand."""
    if test.kind == "never":
        return True
    return test.kind == "runs" and test.spread < 60 and all(regimes_of(zone) is not None for zone in test.zones)


def passed(
    test: DateTest | None, found: Sequence[Starts], window: Window, regimes_of: RegimesOf, seconds: float = 0
) -> list[Starts]:
    """Of these starts those at which the test lets the job run; all of them where that is not known. ``seconds`` lie between
    the start and the text's first word."""
    if test is None or not is_judged(test, regimes_of):
        return list(found)
    if test.kind == "never":
        return []
    try:
        return test.passed(found, window, regimes_of, seconds)
    except Unknown:  # a time within the minute
        return list(found)


def said_of_late_reading(
    test: DateTest, after: Sequence[Starts], window: Window, regimes_of: RegimesOf
) -> Iterator[Finding]:
    """Where the test says something else when the task has started than at its minute."""
    if not is_judged(test, regimes_of):
        return
    on_time, late = (passed(test, after, window, regimes_of, seconds) for seconds in (0, START_SECONDS))
    found: Parity = compare(on_time, late, window, show=0)
    skipped, more = found.lost + found.moved, found.extra + found.moved
    if skipped or more:
        instead = f", and {more:,} run that should not" if more else ""
        yield Finding(
            "C307",
            f"`{test.texts[0]}` reads the clock when the task has started: {skipped:,} of {found.before:,} runs do not come "
            f"about{instead} (assumed: {START_SECONDS} s for a task to start)",
        )


def gone_astray(
    guards: Sequence[DateGuard], starts: Sequence[Starts], window: Window, regimes_of: RegimesOf
) -> tuple[tuple[int, bool], ...]:
    """The instants at which tests that the schedule takes over saw another day than the one that is meant, and whether the
    job ran then: GNU `date -d tomorrow` keeps the offset of now (parse-datetime.y, ``tm_isdst``), so near midnight before a
    clock change it is not on the next day."""
    zones = [(guard, regimes_of(guard.zone) or ()) for guard in guards]
    near = {minute for guard, found in zones for minute in _near_changes(guard.reach, starts, window, found)}
    wrong: list[tuple[int, bool]] = []
    with suppress(Unknown):
        for minute in sorted(near):
            ran = all(guard.holds(at_minute(minute, partial(_offset, found))) for guard, found in zones)
            meant = all(guard.matches(_date(minute, found)) for guard, found in zones)
            if ran != meant:
                wrong.append((minute, ran))
    return tuple(wrong)


def _offset(found: Sequence[Regime], _zone: str | None, then: int) -> int:
    return offset_of(found, then)


def _date(minute: int, found: Sequence[Regime]) -> date:
    return days.day_date((minute + offset_of(found, minute)) // MINUTES_A_DAY)


def said_of_long_days(guards: Sequence[DateGuard], astray: Sequence[tuple[int, bool]]) -> Iterator[Finding]:
    """That cron's own runs were not on the dates which these guards mean."""
    if astray:
        more = sum(ran for _, ran in astray)
        texts = " && ".join(guard.text for guard in guards if guard.reach)
        yield Finding(
            "C308",
            f"`{texts}` counts a day as 24 hours: near a clock change cron's runs were not on the dates that it means, "
            f"{more:,} more and {len(astray) - more:,} fewer, the first at {iso(astray[0][0])}",
        )


def _near_changes(reach: int, starts: Sequence[Starts], window: Window, found: Sequence[Regime]) -> Iterator[int]:
    """The starts so near a clock change and midnight that the test's other day may be another one."""
    for old, new in pairwise(found) if reach else ():
        leap = abs(new.offset - old.offset)
        first, last = (new.start // MINUTES_A_DAY - window.base + by for by in (-reach - 1, reach + 1))
        mask = days.between(max(first, 0), last)
        for minute in listed([one._replace(days=one.days & mask) for one in starts], window):
            for offset in (old.offset, new.offset):
                if (minute + offset + leap) % MINUTES_A_DAY < 2 * leap:
                    yield minute
                    break
