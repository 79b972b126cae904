"""Local schedule -> EventBridge expressions: expand to sets, shift, compress, compare. Never edit the text.

In UTC a product *days x minutes* falls apart at midnight: early (or late) minutes belong to the neighbouring day. Each part is
a product again, and each product needs as many expressions as its minutes have rectangles times its dates have terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from converters.expressions.day_terms import Term, exact_terms, terms_of_dates
from converters.expressions.eventbridge import EVERY_MINUTE, MAX_EXPRESSIONS, MAX_LENGTH, Cron, DayRule, Rate
from converters.expressions.guards import Guard
from converters.expressions.rectangles import rectangles
from converters.schedules import days
from converters.schedules.fields import members, span
from converters.schedules.minutes import ALL_MINUTES, hours_of, shifted
from converters.schedules.schedule import Schedule, due_days


@dataclass(frozen=True, slots=True)
class Conversion:
    """Expressions that start exactly the schedule's runs at one offset, given the guard where there is one."""

    expressions: tuple[Cron | Rate, ...]
    guard: Guard | None = None


class Inexpressible(ValueError):  # noqa: N818 - it is an outcome, not a mistake
    """Dates that neither a few expressions nor a guard can say."""


def convert(schedule: Schedule, offset: int, first_year: int) -> Conversion:
    """Expressions in a zone that is UTC + ``offset`` minutes behind the schedule's local time, all year round.

    ``offset`` 0 gives expressions in the schedule's own zone, as EventBridge Scheduler takes them. An empty tuple means
    that the schedule never fires. ``first_year`` bounds year lists: earlier years need not be right. Raises
    `Inexpressible` where the schedule stands on dates of its own (those of a test in the command).
    """
    if schedule.dates is not None:
        return _convert_dates(schedule.minutes_of_day, schedule.dates, offset, first_year)
    dom, dow, either = schedule.days_of_month & days.ALL_DOM, schedule.days_of_week & days.ALL_DOW, schedule.either
    if either and not due_days(dom, schedule.months, days.ALL_DOW, False):
        dom = 0  # the 31st of February: the weekdays decide alone, and a rule for that date would be refused
    if either and not (dom and dow):  # BusyBox clears the field that says nothing: the other one decides alone
        dom, dow, either = dom or days.ALL_DOM, dow or days.ALL_DOW, False
    return _convert(schedule.minutes_of_day, dom, schedule.months, dow, either, offset, first_year)


@lru_cache(maxsize=16384)
def _convert(minutes: int, dom: int, months: int, dow: int, either: bool, offset: int, first_year: int) -> Conversion:
    if minutes == ALL_MINUTES and _every_day(dom, months, dow, either):
        return Conversion((EVERY_MINUTE,))
    parts = _parts(minutes, offset, dom, months, dow, either)
    found: list[Cron] = []
    for shift, part in parts:
        terms = exact_terms(dom, months, dow, either, shift, first_year)
        if terms is None:
            return _guarded(minutes, dom, months, dow, either, offset)
        found += _crons(part, terms)
    # More rules than ecs.yml takes would be written and then refused: a guard says the dates instead.
    if len(found) > MAX_EXPRESSIONS:
        return _guarded(minutes, dom, months, dow, either, offset)
    return Conversion(tuple(found))


@lru_cache(maxsize=1024)
def _convert_dates(minutes: int, dates: int, offset: int, first_year: int) -> Conversion:
    """Dates as they are: no field of the schedule says them, but perhaps ``L``, ``FRIL`` or year lists do."""
    before, same, after = shifted(minutes, offset)
    found: list[Cron] = []
    for part, due in ((before, dates >> 1), (same, dates), (after, dates << 1)):
        if not part:
            continue
        terms = terms_of_dates(due, first_year)
        if terms is None:
            raise Inexpressible
        found += _crons(part, terms)
    if len(found) > MAX_EXPRESSIONS:
        raise Inexpressible
    return Conversion(tuple(found))


def _crons(minutes: int, terms: Iterable[Term]) -> Iterator[Cron]:
    """The expressions for minutes of the day on the dates of the terms: the rectangles of the one times the other."""
    for (hours, minute_field), term in product(_rectangles(minutes), terms):
        yield from within_length(Cron(minute_field, hours, term.rule, term.months, term.years))


def _every_day(dom: int, months: int, dow: int, either: bool) -> bool:
    all_dom = dom & days.ALL_DOM == days.ALL_DOM
    all_dow = dow & days.ALL_DOW == days.ALL_DOW
    return months & days.ALL_MONTHS == days.ALL_MONTHS and ((all_dom or all_dow) if either else (all_dom and all_dow))


def _parts(minutes: int, offset: int, dom: int, months: int, dow: int, either: bool) -> list[tuple[int, int]]:
    """(day shift, minutes) for each day the minutes fall on in UTC; one part when every day is due anyway."""
    before, same, after = shifted(minutes, offset)
    if _every_day(dom, months, dow, either):
        return [(0, before | same | after)]
    return [(shift, part) for shift, part in ((-1, before), (0, same), (1, after)) if part]


def _rectangles(minutes: int) -> list[tuple[int, int]]:
    """Minutes of the day as (hours, minutes of the hour) products."""
    return rectangles(dict(enumerate(hours_of(minutes))))


def within_length(cron: Cron) -> list[Cron]:
    """The expression, or its halves where the text would exceed what AWS takes."""
    if len(str(cron)) <= MAX_LENGTH:
        return [cron]
    years = list(members(cron.years))
    minutes = list(members(cron.minutes))
    if len(years) > 2 and cron.years.bit_length() != cron.years.bit_count():
        half = sum(1 << y for y in years[: len(years) // 2])
        pair = [
            Cron(cron.minutes, cron.hours, cron.rule, cron.months, half),
            Cron(cron.minutes, cron.hours, cron.rule, cron.months, cron.years & ~half),
        ]
    else:
        half = sum(1 << m for m in minutes[: len(minutes) // 2])
        pair = [
            Cron(half, cron.hours, cron.rule, cron.months, cron.years),
            Cron(cron.minutes & ~half, cron.hours, cron.rule, cron.months, cron.years),
        ]
    return [piece for part in pair for piece in within_length(part)]


def _guarded(minutes: int, dom: int, months: int, dow: int, either: bool, offset: int) -> Conversion:
    """Expressions that fire on more dates (or twice on some) and a guard that lets exactly the right ones run."""
    terms = [Term(DayRule("dow", dow & 0x7F), months), Term(DayRule("dom", dom & days.ALL_DOM), months)]
    if not either:
        terms = [min(terms, key=lambda term: term.days().bit_count())]
    before, same, after = shifted(minutes, offset)
    parts = [(shift, part) for shift, part in ((-1, before), (0, same), (1, after)) if part]
    found = [(part, _superset(term, shift)) for shift, part in parts for term in terms]
    every = [(part, Term(_EVERY_DAY, _around(months, shift))) for shift, part in parts]
    # Where both rules together start as often as one of every day would, the second only doubles.
    once = either and _starts(found) < _starts(every)
    if either and not once:
        found = every
    crons = [cron for part, term in found for cron in _crons(part, [term])]
    return Conversion(
        tuple(dict.fromkeys(crons)),
        Guard(offset, dom & days.ALL_DOM, months & days.ALL_MONTHS, dow & days.ALL_DOW, either, once),
    )


_EVERY_DAY = DayRule("dom", days.ALL_DOM)


def _starts(found: Iterable[tuple[int, Term]]) -> int:
    return sum(minutes.bit_count() * term.days().bit_count() for minutes, term in found)


def _around(months: int, shift: int) -> int:
    """The months of which some day, moved by ``shift``, lies in these months."""
    turned = months if not shift else months << 1 | months >> 11 if shift > 0 else months >> 1 | months << 11
    return (months | turned) & days.ALL_MONTHS


def _superset(term: Term, shift: int) -> Term:
    """A term that holds at least the shifted dates: what a month end lets in besides, the guard sorts out."""
    if not shift:
        return term
    wide = _around(term.months, shift)
    bits = term.rule.bits
    if term.rule.kind == "dow":
        moved = (bits << 1 | bits >> 6) if shift > 0 else (bits >> 1 | bits << 6)
        return Term(DayRule("dow", moved & days.ALL_DOW), wide)
    later, earlier = bits << 1 | (2 if bits >> 28 else 0), bits >> 1 | (_MONTH_ENDS if bits & 2 else 0)
    moved = later if shift > 0 else earlier
    return Term(DayRule("dom", moved & days.ALL_DOM), wide)


_MONTH_ENDS = span(28, 31)
