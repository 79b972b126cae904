"""A set of dates -> the fewest EventBridge day rules that select exactly these dates, none twice.

A term is a day rule (day of month, last day, weekdays, n-th weekday) with months and years. Which terms to try follows from
the shape of the schedule; whether they are right is decided by the masks of ``days.py`` alone, over all years from the
first one asked for to 2199.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from converters.expressions.eventbridge import ALL_YEARS, DayRule, RuleKind
from converters.expressions.rectangles import add_row, rectangles
from converters.expressions.year_terms import longest_run, terms_by_years
from converters.schedules import days
from converters.schedules.fields import members, span

MAX_TERMS = 16
"""More rules than this for one set of dates are no longer something a person can look after."""

YEAR_LIST = 214
"""Characters a year field may take, so that the whole expression stays within 256."""


@dataclass(frozen=True, slots=True)
class Term:
    """A day rule with the months and years it is limited to (bit 0 of ``years`` is 1970)."""

    rule: DayRule
    months: int = days.ALL_MONTHS
    years: int = ALL_YEARS

    def days(self) -> int:
        found = self.rule.days() & days.months(self.months)
        return found if self.years == ALL_YEARS else found & days.years(self.years)


@lru_cache(maxsize=16)
def horizon(first_year: int) -> int:
    """The dates that count: from the first year asked for to the last one EventBridge knows."""
    return days.year_days(first_year, days.LAST_YEAR)


@lru_cache(maxsize=8192)
def exact_terms(dom: int, months: int, dow: int, either: bool, shift: int, first_year: int) -> tuple[Term, ...] | None:
    """Terms for the dates of a schedule's day fields moved by ``shift`` days (-1, 0, 1), or ``None`` if documented
    grammar needs more than `MAX_TERMS` of them."""
    any_dom = dom & days.ALL_DOM == days.ALL_DOM
    any_dow = dow & days.ALL_DOW == days.ALL_DOW
    if either and (any_dom or any_dow):
        any_dom = any_dow = True
    if any_dow or (either and not dow):
        return _date_terms(days.ALL_DOM if any_dom else dom, months, shift, first_year)
    all_months = months & days.ALL_MONTHS == days.ALL_MONTHS
    if (any_dom or (either and not dom)) and (all_months or not shift):
        return (Term(DayRule("dow", _turned(dow, shift)), months),)
    return _search(_target(dom, months, dow, either, shift), first_year)


def _target(dom: int, months: int, dow: int, either: bool, shift: int) -> int:
    by_dom, by_dow = days.days_of_month(dom), days.days_of_week(dow)
    due = days.months(months) & (by_dom | by_dow if either else by_dom & by_dow)
    return due << 1 if shift > 0 else due >> 1 if shift < 0 else due


def _turned(dow: int, shift: int) -> int:
    """Weekdays moved by a day around the week."""
    return (dow << 1 | dow >> 6) & 0x7F if shift > 0 else (dow >> 1 | dow << 6) & 0x7F if shift < 0 else dow


# --- dates in the year: months x days of month, where only February differs between years ----------------------------

_LENGTH = {m: 30 if m in (4, 6, 9, 11) else 31 for m in range(1, 13)}
_Dates = frozenset[tuple[int, int]]


def _year_dates(dom: int, months: int, shift: int, leap: bool) -> _Dates:
    """The (month, day) of one year that the shifted set holds."""
    length = {**_LENGTH, 2: 29 if leap else 28}
    found = set()
    for month in members(months & days.ALL_MONTHS):
        for day in members(dom & days.ALL_DOM):
            if day > length[month]:
                continue
            at, to = month, day + shift
            if to < 1:
                at = (month - 2) % 12 + 1
                to = length[at]
            elif to > length[month]:
                at, to = month % 12 + 1, 1
            found.add((at, to))
    return frozenset(found)


def _date_terms(dom: int, months: int, shift: int, first_year: int) -> tuple[Term, ...] | None:
    """Days of month within months, moved by a day: rectangles of months x days, with ``L`` for last days."""
    if not shift or (dom == days.ALL_DOM and months & days.ALL_MONTHS == days.ALL_MONTHS):
        return (Term(DayRule("dom", dom & days.ALL_DOM), months & days.ALL_MONTHS),)
    leap, common = (_year_dates(dom, months, shift, is_leap) for is_leap in (True, False))
    last = {m for m in range(1, 13) if (m, _last(m, True)) in leap and (m, _last(m, False)) in common}
    best: tuple[Term, ...] | None = None
    for chosen in _last_day_choices(last, leap):
        terms = _with_last_days(leap, common, chosen, first_year)
        if best is None or len(terms) < len(best):
            best = terms
    return best if best is not None and len(best) <= MAX_TERMS else None


def _last(month: int, leap: bool) -> int:
    return (29 if leap else 28) if month == 2 else _LENGTH[month]


def _last_day_choices(last: set[int], dates: _Dates) -> list[set[int]]:
    """Which months may hand their last day to an ``L`` term: none, all that can, or those that hold nothing near it."""
    lonely = {m for m in last if (m, _last(m, True) - 1) not in dates}
    choices = [set[int](), last, lonely]
    if 2 in last:
        choices += [{2}, lonely | {2}, last - {2}]
    unique: list[set[int]] = []
    for choice in choices:
        if choice not in unique:
            unique.append(choice)
    return unique


def _with_last_days(leap: _Dates, common: _Dates, by_last: set[int], first_year: int) -> tuple[Term, ...]:
    taken = {(m, _last(m, True)) for m in by_last}, {(m, _last(m, False)) for m in by_last}
    leap, common = leap - taken[0], common - taken[1]
    terms = [Term(DayRule("last"), sum(1 << m for m in by_last))] if by_last else []
    wanted: dict[int, int] = {}
    free: dict[int, int] = {}
    for month in range(1, 13):
        wanted[month] = sum(1 << d for m, d in leap if m == month and ((m, d) in common or (m, d) == (2, 29)))
        missing = span(_last(month, True) + 1, 31)
        free[month] = missing
    # a last day that L took would run twice if a rectangle covered it too, so only dates that do not exist are free
    for rows, columns in rectangles(wanted, free):
        terms.append(Term(DayRule("dom", columns), rows))
    for dates, is_leap in ((leap - common, True), (common - leap, False)):
        for month, day in sorted(dates):
            if (month, day) != (2, 29):
                terms += [
                    Term(DayRule("dom", 1 << day), 1 << month, years)
                    for years in _year_lists(_years_like(is_leap, first_year))
                ]
    return tuple(terms)


def _years_like(leap: bool, first_year: int) -> int:
    bits = 0
    for year in range(first_year, days.LAST_YEAR + 1):
        if (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)) == leap:
            bits |= 1 << (year - days.FIRST_YEAR)
    return bits


@cache
def _year_lists(bits: int) -> tuple[int, ...]:
    """A set of years cut into fields AWS documents: ranges, steps to the end of the calendar, then plain lists."""
    found = []
    end = days.LAST_YEAR - days.FIRST_YEAR
    while bits:
        best = longest_run(bits)
        for first in members(bits):
            for step in (2, 4):
                run = span(first, end, step)
                if not run & ~bits and run.bit_count() > best.bit_count():
                    best = run
        listed = _listable(bits)
        if best.bit_count() <= max(listed.bit_count(), 8):
            best = listed
        found.append(best)
        bits &= ~best
    return tuple(found)


def _listable(bits: int) -> int:
    years = list(members(bits))[: (YEAR_LIST + 1) // 5]
    return sum(1 << y for y in years)


# --- anything else: search the families of rules for terms that lie wholly within the target ------------------------

_CYCLE = days.year_days(2000, 2027)
"""28 years hold every kind of year (leap or not, starting on each weekday), so a rule lies within a set of dates that
follows from month, day and weekday in all years as soon as it does in these."""


def _cycle(mask: int) -> int:
    return (mask & _CYCLE) >> days.day_number(date(2000, 1, 1))


@cache
def _cycle_month(month: int) -> int:
    return _cycle(days.month(month))


@cache
def _cycle_rule(rule: DayRule) -> int:
    return _cycle(rule.days())


_ORDERS = (("dates", "weeks", "nth"), ("weeks", "dates", "nth"), ("nth", "dates"), ("nth", "weeks"))


@lru_cache(maxsize=256)
def terms_of_dates(dates: int, first_year: int) -> tuple[Term, ...] | None:
    """Terms for dates of any shape, such as those a test in a command leaves; last days and single years among them."""
    every_year = _search(dates, first_year, (*_ORDERS, ("last", "nth", "dates", "weeks")))
    if every_year is not None and _days(every_year) & horizon(first_year) != dates & horizon(first_year):
        every_year = None  # dates that end some year look like those of all years where only 28 years are looked at
    ways = [every_year, *(_in_years(dates, first_year, order) for order in _YEAR_ORDERS)]
    return min((way for way in ways if way is not None), key=len, default=None)


def _days(terms: Iterable[Term]) -> int:
    found = 0
    for term in terms:
        found |= term.days()
    return found


_YEAR_ORDERS: tuple[tuple[RuleKind, ...], ...] = (("dom", "dow"), ("dow", "dom"), ("last", "dom", "dow"))


def _in_years(dates: int, first_year: int, order: tuple[RuleKind, ...]) -> tuple[Term, ...] | None:
    """Terms for dates that are not the same in all years: those a test of the year leaves."""
    found, left = terms_by_years(dates & horizon(first_year), first_year, order)
    terms = [
        Term(rule, months, listed)
        for rule, months, years in found
        for listed in ((ALL_YEARS,) if years == ALL_YEARS else _year_lists(years))
    ]
    leftovers = _leftover_terms(left, MAX_TERMS - len(terms)) if left else ()
    return (*terms, *leftovers) if leftovers is not None and len(terms) <= MAX_TERMS else None


def _search(target: int, first_year: int, orders: tuple[tuple[str, ...], ...] = _ORDERS) -> tuple[Term, ...] | None:
    """Try the families in several orders and keep the shortest exact answer; leftovers become dates with year lists."""
    families = {"weeks": _weekday_terms, "dates": _plain_dates, "nth": _nth_terms, "last": _last_terms}
    wanted = _cycle(target)
    target &= horizon(first_year)
    best: tuple[Term, ...] | None = None
    for order in orders:
        rest = wanted
        terms: list[Term] = []
        for family in order:
            for term in families[family](rest):
                covered = _cycle_rule(term.rule) & _cycle_months(term.months)
                if covered and not covered & ~rest:
                    terms.append(term)
                    rest &= ~covered
        left = target
        for term in terms[: MAX_TERMS + 1]:
            left &= ~term.days()
        leftovers = _leftover_terms(left, MAX_TERMS - len(terms)) if left else ()
        if leftovers is None:
            continue
        found = (*terms, *leftovers)
        if len(found) <= MAX_TERMS and (best is None or len(found) < len(best)):
            best = found
    return best


@lru_cache(maxsize=1024)
def _cycle_months(months: int) -> int:
    return _cycle(days.months(months))


def _months_within(rule: DayRule, rest: int) -> int:
    """The months in which every date of a rule is still wanted."""
    bits = 0
    dates = _cycle_rule(rule)
    outside = dates & ~rest
    for month in range(1, 13):
        mask = _cycle_month(month)
        if not outside & mask and dates & mask:
            bits |= 1 << month
    return bits


def _weekday_terms(rest: int) -> Iterable[Term]:
    wanted = {w: _months_within(DayRule("dow", 1 << w), rest) for w in range(7)}
    for weekdays, months in rectangles(wanted):
        yield Term(DayRule("dow", weekdays), months)


def _plain_dates(rest: int) -> Iterable[Term]:
    wanted = {d: _months_within(DayRule("dom", 1 << d), rest) for d in range(1, 32)}
    void = {d: sum(1 << m for m in range(1, 13) if d > _last(m, True)) for d in range(29, 32)}
    for dates, months in rectangles(wanted, void):
        yield Term(DayRule("dom", dates), months)


def _last_terms(rest: int) -> Iterable[Term]:
    rule = DayRule("last")
    months = _months_within(rule, rest)
    if months:
        yield Term(rule, months)


def _nth_terms(rest: int) -> Iterable[Term]:
    for weekday in range(7):
        groups: dict[int, list[int]] = {}
        for nth in range(1, 6):
            months = _months_within(DayRule("nth", day=weekday, nth=nth), rest)
            if months:
                groups.setdefault(months, []).append(nth)
        for months, several in groups.items():
            for nth in several:
                yield Term(DayRule("nth", day=weekday, nth=nth), months)
        last = DayRule("last dow", day=weekday)
        months = _months_within(last, rest)
        if months and not any(5 in several or 4 in several for several in groups.values()):
            yield Term(last, months)


def _leftover_terms(rest: int, room: int) -> tuple[Term, ...] | None:
    """Single dates by the years in which they are wanted; ``None`` when that takes more terms than there is room."""
    # Months whose dates are wanted in the same years share a term: April and July always begin on one weekday.
    alike: dict[int, dict[int, int]] = {}
    ranks: dict[int, list[int]] = {}
    wanted = rest.to_bytes(days.DAYS // 8 + 1, "little")
    for month in range(1, 13):
        for years, on in _by_years(month, rest, wanted).items():
            alike.setdefault(years, {})[month] = on
            add_row(ranks.setdefault(years, []), on)
        # Most are far too many, which shows in the first months.
        if sum(map(len, ranks.values())) > room:
            return None
    terms = [
        Term(DayRule("dom", dom), months, years)
        for all_years, months_of in alike.items()
        for months, dom in rectangles(months_of)
        for years in _year_lists(all_years)
    ]
    return tuple(terms) if len(terms) <= room else None


def _by_years(month: int, dates: int, wanted: bytes) -> dict[int, int]:
    """The dates of a month (as bits of the month) by the years in which they are wanted; ``wanted`` are the dates as bytes."""
    found: dict[int, int] = {}
    of_month = dates & days.month(month)
    for day in range(1, _last(month, True) + 1) if of_month else ():
        years = 0
        for year, number in _of_years(month, day) if of_month & days.day_of_month(day) else ():
            if wanted[number >> 3] >> (number & 7) & 1:
                years |= 1 << year
        if years:
            found[years] = found.get(years, 0) | 1 << day
    return found


@cache
def _of_years(month: int, day: int) -> tuple[tuple[int, int], ...]:
    """A date in each year that has it: the year from 1970 on, and the day's number."""
    dates = days.month(month) & days.day_of_month(day)
    return tuple((days.day_date(number).year - days.FIRST_YEAR, number) for number in members(dates))
