"""Sets of days as integers: bit *n* stands for the *n*-th day after 1970-01-01, up to the end of January 2200.

1970 to 2199 are the years EventBridge's year field knows; the month after is there for local dates ahead of UTC.
A union is ``|``, yesterday is ``>> 1``, tomorrow is ``<< 1``,
a count is ``bit_count()``. Masks are built once, on first use, and shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache

from converters.schedules.fields import members

FIRST_YEAR = 1970
LAST_YEAR = 2199
EPOCH = date(FIRST_YEAR, 1, 1)
EPOCH_ORDINAL = EPOCH.toordinal()
DAYS = date(LAST_YEAR + 1, 1, 31).toordinal() - EPOCH_ORDINAL + 1
ALL_DAYS = (1 << DAYS) - 1

EPOCH_WEEKDAY = 4  # 1970-01-01 was a Thursday; Sunday is 0
ALL_DOM = ((1 << 31) - 1) << 1
ALL_MONTHS = ((1 << 12) - 1) << 1
ALL_DOW = (1 << 7) - 1


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH_ORDINAL


def day_date(number: int) -> date:
    """The date of a day number."""
    return date.fromordinal(number + EPOCH_ORDINAL)


def bits_of(numbers: Iterable[int]) -> int:
    """A set of days from day numbers, built in one pass (or-ing one by one would copy the whole set each time)."""
    array = bytearray(DAYS // 8 + 1)
    for number in numbers:
        array[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(array, "little")


def between(first: int, last: int) -> int:
    """The days ``first`` to ``last``, both included; none when ``first > last``."""
    return ((1 << (last + 1)) - 1) & ~((1 << first) - 1) if last >= first else 0


@cache
def _month_starts() -> tuple[tuple[int, ...], tuple[int, int, int]]:
    """The first days of each month of the year (index 1 = January), and of the months with at least 29, 30, 31 days."""
    by_month: list[list[int]] = [[] for _ in range(13)]
    by_length: dict[int, list[int]] = {28: [], 29: [], 30: [], 31: []}
    first = 0
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        for number, length in enumerate((31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1):
            by_month[number].append(first)
            by_length[length].append(first)
            first += length
    by_month[1].append(first)
    by_length[31].append(first)
    with31 = bits_of(by_length[31])
    with30 = with31 | bits_of(by_length[30])
    return tuple(map(bits_of, by_month)), (with30 | bits_of(by_length[29]), with30, with31)


@cache
def day_of_month(day: int) -> int:
    """Every date that is the ``day``-th of its month."""
    by_month, long_months = _month_starts()
    starts = sum(by_month) if day <= 28 else long_months[day - 29]
    return starts << (day - 1)


@cache
def last_of_month() -> int:
    """Every last day of a month."""
    return (day_of_month(1) >> 1) | 1 << (DAYS - 1)


@cache
def month(number: int) -> int:
    """Every day of one month (1 = January) in all years."""
    starts = _month_starts()[0][number]
    days = starts * ((1 << 28) - 1)  # the starts lie a year apart, so the product carries nothing
    for extra in (29, 30, 31):
        days |= day_of_month(extra) & (starts << (extra - 1))
    return days


@cache
def day_of_week(day: int) -> int:
    """Every Sunday (0) ... Saturday (6)."""
    weeks = ((1 << (7 * (DAYS // 7 + 2))) - 1) // 127  # a bit every seven days
    return (weeks << ((day - EPOCH_WEEKDAY) % 7)) & ALL_DAYS


@cache
def year_days(first: int, last: int) -> int:
    """Every day of the years ``first`` to ``last``."""
    return between(day_number(date(first, 1, 1)), day_number(date(last, 12, 31)))


@lru_cache(maxsize=1024)
def days_of_month(bits: int) -> int:
    """Every date whose day of month is in the set."""
    if bits & ALL_DOM == ALL_DOM:
        return ALL_DAYS
    days = 0
    for day in members(bits & ALL_DOM):
        days |= day_of_month(day)
    return days


@lru_cache(maxsize=1024)
def months(bits: int) -> int:
    """Every day of the months in the set."""
    if bits & ALL_MONTHS == ALL_MONTHS:
        return ALL_DAYS
    days = 0
    for number in members(bits & ALL_MONTHS):
        days |= month(number)
    return days


@lru_cache(maxsize=256)
def days_of_week(bits: int) -> int:
    """Every day whose weekday is in the set (Sunday is 0)."""
    if bits & ALL_DOW == ALL_DOW:
        return ALL_DAYS
    days = 0
    for number in members(bits & ALL_DOW):
        days |= day_of_week(number)
    return days


@lru_cache(maxsize=1024)
def years(bits: int) -> int:
    """Every day of the years in the set (bit 0 stands for 1970)."""
    days = 0
    for offset in members(bits):
        days |= year_days(FIRST_YEAR + offset, FIRST_YEAR + offset)
    return days
