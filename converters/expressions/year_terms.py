"""Dates that differ from year to year -> day rules with years: a test of the year in a command becomes the year field.

Years that look alike (their length, the weekday they begin on, and the dates wanted in them) are one kind, so that 174
years are a handful of sets of 366 days. A rule of a month is wanted in some years, in all of its dates or not at all; rules
wanted in the same years share a term.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from converters.expressions.eventbridge import ALL_YEARS, DayRule, RuleKind
from converters.expressions.rectangles import rectangles
from converters.schedules import days
from converters.schedules.fields import members, span

YearTerm = tuple[DayRule, int, int]
"""A day rule, its months, and the years in which it is wanted (bit 0 is 1970; all years are `ALL_YEARS`)."""

_KEYS: Mapping[RuleKind, range] = {"dom": range(1, 32), "dow": range(7), "last": range(1)}


class _Year(NamedTuple):
    """A kind of year: 29 days in February or 28, and the weekday of 1 January (Sunday is 0)."""

    leap: bool
    begins: int


class _Kind(NamedTuple):
    """Years of one kind in which the same dates are wanted: the years as bits, the dates from 1 January on."""

    year: _Year
    years: int
    dates: int


def terms_by_years(dates: int, first_year: int, order: Sequence[RuleKind]) -> tuple[list[YearTerm], int]:
    """Rules for dates (bits, see ``days.py``) from a year to 2199, and the dates that none of them says.

    ``order`` says which rules come first.
    """
    kinds = _kinds(dates, first_year)
    every = sum(kind.years for kind in kinds)
    found: list[YearTerm] = []
    for rule_kind in order:
        for years, months_of in _alike(rule_kind, kinds).items():
            for keys, months in rectangles(months_of, _absent(rule_kind, kinds, years)):
                rule = DayRule("last") if rule_kind == "last" else DayRule(rule_kind, keys)
                found.append((rule, months, ALL_YEARS if years == every else years))
                kinds = [_without(kind, rule_kind, keys, months) if kind.years & years else kind for kind in kinds]
    return found, _dates(kinds)


def _kinds(dates: int, first_year: int) -> list[_Kind]:
    found: dict[tuple[_Year, int], int] = {}
    for year in range(first_year, days.LAST_YEAR + 1):
        first, until = (days.day_number(date(y, 1, 1)) for y in (year, year + 1))
        kind = _Year(until - first == 366, date(year, 1, 1).isoweekday() % 7)
        key = kind, dates >> first & ((1 << (until - first)) - 1)
        found[key] = found.get(key, 0) | 1 << (year - days.FIRST_YEAR)
    return [_Kind(kind, years, wanted) for (kind, wanted), years in found.items()]


def _dates(kinds: Sequence[_Kind]) -> int:
    found = 0
    for kind in kinds:
        for year in members(kind.years) if kind.dates else ():
            found |= kind.dates << days.day_number(date(days.FIRST_YEAR + year, 1, 1))
    return found


def _alike(rule_kind: RuleKind, kinds: Sequence[_Kind]) -> dict[int, dict[int, int]]:
    """Years -> for each value of the rule the months in which it is wanted in just these years."""
    cells: list[tuple[int, int, int, int]] = []
    for key in _KEYS[rule_kind]:
        for month in range(1, 13):
            must = void = 0
            for kind in kinds:
                rule = _rule(kind.year, rule_kind, key, month)
                if not rule:
                    void |= kind.years
                elif not rule & ~kind.dates:
                    must |= kind.years
            if must:
                cells.append((must, must | void, key, month))
    shared = [years for years, _ in Counter(must for must, _, _, _ in cells).most_common()]
    found: dict[int, dict[int, int]] = {}
    for must, may, key, month in cells:
        # 29 February may stand in years that have none.
        years = next(years for years in shared if not must & ~years and not years & ~may)
        months_of = found.setdefault(years, {})
        months_of[key] = months_of.get(key, 0) | 1 << month
    return dict(sorted(found.items(), key=lambda item: -item[0].bit_count()))


def _without(kind: _Kind, rule_kind: RuleKind, keys: int, months: int) -> _Kind:
    left = kind.dates
    for key in members(keys) if rule_kind != "last" else (0,):
        for month in members(months):
            left &= ~_rule(kind.year, rule_kind, key, month)
    return kind._replace(dates=left)


def _absent(rule_kind: RuleKind, kinds: Sequence[_Kind], years: int) -> dict[int, int]:
    """For each value of a rule the months that have no such date in these years: a rectangle may hold them."""
    of_years = {kind.year for kind in kinds if kind.years & years}
    return {
        key: sum(
            1 << month for month in range(1, 13) if not any(_rule(year, rule_kind, key, month) for year in of_years)
        )
        for key in _KEYS[rule_kind]
    }


@cache
def _rule(year: _Year, rule_kind: RuleKind, key: int, month: int) -> int:
    """The dates of a month that a rule selects, from 1 January on."""
    like = _example(year)
    first = days.day_number(date(like, 1, 1))
    whole = days.year_days(like, like) & days.month(month)
    if rule_kind == "last":
        whole &= days.last_of_month()
    elif rule_kind == "dom":
        whole &= days.day_of_month(key)
    else:
        whole &= days.day_of_week(key)
    return whole >> first


@cache
def _example(year: _Year) -> int:
    """A year of a kind: 28 years hold all of them."""
    return next(like for like in range(2000, 2028) if (like % 4 == 0, date(like, 1, 1).isoweekday() % 7) == year)


def longest_run(years: int) -> int:
    """The longest run of years in a row among some years, as bits."""
    begins, length = years, 0
    left = years
    while left:
        begins, length = left, length + 1
        left &= left >> 1
    first = (begins & -begins).bit_length() - 1
    return span(first, first + length - 1) if length else 0
