"""Rules in UTC that follow the clock changes: exact for whole years, with months and years spelled out.

The daemon's own runs are the target, whatever made them: days of a season in whole months become one rule, the days around each
change become dates with the years in which they are wanted. A year field can only end at a year's end, so the runs given
are those of whole years: up to the last day nothing is wrong, after it nothing fires.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import product

from converters.expressions.conversion import Conversion, within_length
from converters.expressions.day_terms import Term
from converters.expressions.eventbridge import MAX_EXPRESSIONS, Cron, DayRule, RuleKind
from converters.expressions.rectangles import rectangles
from converters.schedules import days
from converters.schedules.daemon import Starts, Window
from converters.schedules.fields import members, span
from converters.schedules.minutes import hours_of


def whole_years(window: Window) -> Window:
    """The window with its first and last year made whole (UTC)."""
    first, last = (days.day_date(day).year for day in (window.first // 1440, (window.until - 1) // 1440))
    return Window(days.day_number(date(first, 1, 1)) * 1440, (days.day_number(date(last, 12, 31)) + 1) * 1440)


def seasonal(before: Sequence[Starts], window: Window, since: int) -> Conversion | None:
    """Expressions for exactly these runs, or ``None`` where that takes too many of them or a run happens twice.

    What fires before the month of the UTC minute ``since`` does not matter: it is over.
    """
    by_days: dict[int, int] = {}
    for on, minutes, times in before:
        if times > 1 or by_days.get(on, 0) & minutes:
            return None
        by_days[on] = by_days.get(on, 0) | minutes
    by_minutes: dict[int, int] = {}
    for on, minutes in by_days.items():
        by_minutes[minutes] = by_minutes.get(minutes, 0) | on
    first, last = (days.day_date(day).year for day in (window.first // 1440, (window.until - 1) // 1440))
    years = span(first - days.FIRST_YEAR, last - days.FIRST_YEAR)
    month = days.day_date(since // 1440).replace(day=1)
    over = days.between(0, days.day_number(month) - 1 - window.base)
    found: list[Cron] = []
    for minutes, on in by_minutes.items():
        products = rectangles(dict(enumerate(hours_of(minutes))))
        for term, (hours, minute_field) in product(_terms(on & ~over, over, window, years), products):
            found += within_length(Cron(minute_field, hours, term.rule, term.months, term.years))
            if len(found) > MAX_EXPRESSIONS:
                return None
    return Conversion(tuple(found))


_Family = tuple[RuleKind, dict[int, list[tuple[int, int]]]]
"""A kind of day rule: for each value its days by month, as (month, days)."""


class _Calendar:
    """The days of a window by rule and month, made once for all jobs of a scan (relative to the window's base)."""

    def __init__(self, window: Window) -> None:
        inside = days.between(window.first // 1440 - window.base, (window.until - 1) // 1440 - window.base)
        months = {number: window.relative(days.month(number)) & inside for number in range(1, 13)}
        self.families: list[_Family] = [
            ("dom", {day: _by_month(window.relative(days.day_of_month(day)), months) for day in range(1, 32)}),
            ("dow", {day: _by_month(window.relative(days.day_of_week(day)), months) for day in range(7)}),
        ]

    def whole_months(self, months: list[tuple[int, int]], wanted: int, over: int) -> int:
        """The months of which every day of a rule is wanted, as bits; days that are over count for nothing."""
        absent = ~(wanted | over)
        return sum(1 << number for number, dates in months if dates & wanted and not dates & absent)


def _by_month(rule: int, months: dict[int, int]) -> list[tuple[int, int]]:
    return [(number, rule & dates) for number, dates in months.items() if rule & dates]


@lru_cache(maxsize=8)
def _calendar(window: Window) -> _Calendar:
    return _Calendar(window)


@lru_cache(maxsize=512)
def _terms(wanted: int, over: int, window: Window, years: int) -> tuple[Term, ...]:
    """Rules for an explicit set of days (relative to the window): months that are whole in all years first, by date, by
    weekday or both, whichever needs fewer rules. Days that are ``over`` may be among them."""
    families = _calendar(window).families
    orders = (families, families[::-1], families[1:], families[:1])
    return min((_in_order(order, wanted, over, window, years) for order in orders), key=len)


_NEVER = {30: 1 << 2, 31: sum(1 << month for month in (2, 4, 6, 9, 11))}
"""The months that have no such date: a rule may name them."""


def _in_order(families: Sequence[_Family], wanted: int, over: int, window: Window, years: int) -> tuple[Term, ...]:
    calendar = _calendar(window)
    terms: list[Term] = []
    rest = wanted
    for kind, rules in families:
        on = {key: calendar.whole_months(months, rest, over) for key, months in rules.items()}
        for keys, months in rectangles(on, _NEVER if kind == "dom" else None, search=False):
            covered = sum(dates for key in members(keys) for number, dates in rules[key] if months >> number & 1)
            if covered & rest and not covered & ~(rest | over):
                terms.append(Term(DayRule(kind, keys), months, years))
                rest &= ~covered
    return (*terms, *_single_dates(rest, window))


def _single_dates(rest: int, window: Window) -> list[Term]:
    """What is left, as dates of a month with the years in which they are wanted: rectangles of years and dates."""
    wanted: dict[int, dict[int, int]] = {}
    for number in members(rest):
        day = days.day_date(number + window.base)
        dates = wanted.setdefault(day.month, {})
        year = day.year - days.FIRST_YEAR
        dates[year] = dates.get(year, 0) | 1 << day.day
    return [
        Term(DayRule("dom", dom), 1 << month, in_years)
        for month, dates in wanted.items()
        for in_years, dom in rectangles(dates)
    ]
