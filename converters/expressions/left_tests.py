"""A test of the date that stays in a job's text: which starts it lets run, when it reads the clock, and what must be said.

A guard is handed its minute; a test in the text reads the clock, and on AWS it does so when the task has started. So its run
may be lost though its start is exact: ``59 23 * * 0 [ $(expr $(date +%V) % 2) = 0 ] && x`` reads Monday's week there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from converters.expressions.parity import Parity, compare
from converters.findings.codes import Finding
from converters.schedules.daemon import Starts, Window
from converters.schedules.date_output import Unknown
from converters.schedules.date_tests import DateTest
from converters.schedules.zones import Regime, in_database, regimes

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
