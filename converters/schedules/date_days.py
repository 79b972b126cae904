"""Sets of days on which a program that asks for the date comes out one way or another, without walking every day.

A program is run with values that are made up as it asks for them: each value of a base value cuts the days in two, until
every question is answered. So a weekday costs seven runs, whatever the years.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable, Hashable
from datetime import date
from functools import lru_cache
from typing import TypeVar

from converters.schedules import days
from converters.schedules.date_output import DAY_VALUES, Impossible
from converters.schedules.shell_words import Leaf, Lookup

_MAX_RUNS = 20_000
T = TypeVar("T", bound=Hashable)

Masks = Callable[[Leaf], dict[int, int] | None]
"""For each value that a leaf takes, the days on which it does; ``None`` where there are too many to name."""


class TooMany(Exception):  # noqa: N818 - it is an outcome, not a mistake
    """The days must be walked one by one."""


class _Asked(Exception):  # noqa: N818 - it is an outcome, not a mistake
    def __init__(self, leaf: Leaf) -> None:
        super().__init__(leaf)
        self.leaf = leaf


def outcomes(run: Callable[[Lookup], T], everything: int, masks: Masks) -> dict[T, int]:
    """Each outcome of ``run`` with the days (bits) on which it comes. Raises `TooMany`, and what ``run`` raises."""
    found: dict[T, int] = {}
    waiting: list[tuple[int, dict[Leaf, int]]] = [(everything, {})]
    runs = 0
    while waiting:
        bits, known = waiting.pop()
        runs += 1
        if runs > _MAX_RUNS:
            raise TooMany
        try:
            outcome = run(_lookup(known))
        except Impossible:
            continue
        except _Asked as question:
            named = masks(question.leaf)
            if named is None:
                raise TooMany from None
            for value, mask in named.items():
                if both := bits & mask:
                    waiting.append((both, {**known, question.leaf: value}))
            continue
        found[outcome] = found.get(outcome, 0) | bits
    return found


def _lookup(known: dict[Leaf, int]) -> Lookup:
    def lookup(letter: str, shift: int, zone: str | None) -> int:
        leaf = letter, shift, zone
        if leaf not in known:
            raise _Asked(leaf)
        return known[leaf]

    return lookup


@lru_cache(maxsize=128)
def day_masks(letter: str, shift: int) -> dict[int, int]:
    """For each value that a base value of a day takes ``shift`` days later, the dates of 1970 to January 2200."""
    own = _own_masks(letter)
    if not shift:
        return own
    moved = {value: (bits >> shift if shift > 0 else bits << -shift) & days.ALL_DAYS for value, bits in own.items()}
    beyond = range(days.DAYS - shift, days.DAYS) if shift > 0 else range(-shift)
    for number in beyond:
        value = DAY_VALUES[letter](days.day_date(number + shift))
        moved[value] = moved.get(value, 0) | 1 << number
    return moved


@lru_cache(maxsize=16)
def _own_masks(letter: str) -> dict[int, int]:
    if letter == "u":
        return {number or 7: days.day_of_week(number) for number in range(7)}
    if letter == "d":
        return {number: days.day_of_month(number) for number in range(1, 32)}
    if letter == "m":
        return {number: days.month(number) for number in range(1, 13)}
    found: dict[int, list[int]] = {}
    for year in range(days.FIRST_YEAR, days.LAST_YEAR + 2):
        first = days.day_number(date(year, 1, 1))
        for value, offsets in _year_of(letter, year).items():
            found.setdefault(value, []).extend(n for offset in offsets if (n := first + offset) < days.DAYS)
    return {value: days.bits_of(numbers) for value, numbers in found.items()}


def _year_of(letter: str, year: int) -> dict[int, list[int]]:
    """For each value, the days of a year (from 0) that have it. Weeks and days of the year are alike in years that begin
    on the same weekday, are as long, and follow a year as long; so one of each kind is enough."""
    if letter not in "VUWj":
        return _count_year(letter, year)
    return _count_year(letter, _like(date(year, 1, 1).weekday(), isleap(year), isleap(year - 1)) or year)


@lru_cache(maxsize=64)
def _like(weekday: int, leap: bool, after_leap: bool) -> int | None:
    """A year of that kind, from the 28 in which all kinds occur; ``None`` around a century that is no leap year."""
    years = range(1976, 2004)
    return next(
        (y for y in years if (date(y, 1, 1).weekday(), isleap(y), isleap(y - 1)) == (weekday, leap, after_leap)), None
    )


@lru_cache(maxsize=256)
def _count_year(letter: str, year: int) -> dict[int, list[int]]:
    first, value = date(year, 1, 1).toordinal(), DAY_VALUES[letter]
    found: dict[int, list[int]] = {}
    for offset in range(366 if isleap(year) else 365):
        found.setdefault(value(date.fromordinal(first + offset)), []).append(offset)
    return found
