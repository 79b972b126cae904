"""Schedules of their own for the runs that a clock change skips: a nightly `30 2` that the daemon catches up at 03:00.

Where the skipped days follow a rule of the calendar (the second Sunday of March), one yearly schedule says them for ever; else
they are dates with years, as far as the zone's changes are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from converters.expressions.day_terms import Term
from converters.expressions.eventbridge import Cron, DayRule
from converters.expressions.parity import lost_runs
from converters.expressions.rectangles import rectangles
from converters.expressions.target import Target
from converters.schedules import days
from converters.schedules.daemon import Starts, Timeline, Window
from converters.schedules.fields import members
from converters.schedules.zones import MINUTES_A_DAY, offset_of

MOST = 60
"""Runs that are worth schedules of their own: one or two a year, of a window of decades."""


def caught_up(target: Target, before: Sequence[Starts], ran: Sequence[Starts], line: Timeline) -> Target | None:
    """The target with schedules for the runs it loses, in its zone; None where it loses none, or too many for that.

    ``before`` are the daemon's runs, ``ran`` the target's, ``line`` its zone over the window.
    """
    if target.backend != "scheduler" or target.guard is not None:
        return None
    lost = lost_runs(before, ran, MOST)
    if not lost:
        return None
    dates_by_minute: dict[int, int] = {}
    for instant in lost:
        at = instant + line.window.base * MINUTES_A_DAY
        day, minute = divmod(at + offset_of(line.regimes, at), MINUTES_A_DAY)
        dates_by_minute[minute] = dates_by_minute.get(minute, 0) | 1 << day
    more = [
        Cron(1 << minute % 60, 1 << minute // 60, term.rule, term.months, term.years)
        for minute, dates in sorted(dates_by_minute.items())
        for term in _terms(dates, line.window)
    ]
    return replace(target, expressions=(*target.expressions, *more), catching=len(more))


def _terms(dates: int, window: Window) -> Iterator[Term]:
    """Yearly rules that select just these dates within the window, else the dates with their years."""
    inside = days.between(window.first // MINUTES_A_DAY, (window.until - 1) // MINUTES_A_DAY)
    for month in range(1, 13):
        of_month = dates & days.month(month)
        if of_month:
            yearly = (Term(rule, 1 << month) for rule in _rules_of((of_month & -of_month).bit_length() - 1))
            fitting = (term for term in yearly if term.days() & inside == of_month)
            yield from [term] if (term := next(fitting, None)) is not None else _dated(of_month, month)


def _rules_of(number: int) -> Iterator[DayRule]:
    """What a day may be in its month: the second Sunday, the last Sunday, the 30th."""
    day = days.day_date(number)
    weekday = day.isoweekday() % 7
    yield DayRule("nth", day=weekday, nth=(day.day + 6) // 7)
    yield DayRule("last dow", day=weekday)
    yield DayRule("dom", 1 << day.day)


def _dated(dates: int, month: int) -> list[Term]:
    by_year: dict[int, int] = {}
    for day in map(days.day_date, members(dates)):
        year = day.year - days.FIRST_YEAR
        by_year[year] = by_year.get(year, 0) | 1 << day.day
    return [Term(DayRule("dom", dom), 1 << month, years) for years, dom in rectangles(by_year)]
