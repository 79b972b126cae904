"""Sets of minutes of the day as integers: bit *m* stands for the *m*-th minute after midnight (0 to 1439)."""

from __future__ import annotations

from functools import cache, lru_cache

from converters.schedules.fields import members

MINUTES_A_DAY = 1440
ALL_MINUTES = (1 << MINUTES_A_DAY) - 1
_HOUR_OF_MINUTES = (1 << 60) - 1


@cache
def _hour_starts(hours: int) -> int:
    bits = 0
    for hour in members(hours):
        bits |= 1 << (60 * hour)
    return bits


def minutes_of_day(minutes: int, hours: int) -> int:
    """The product of a set of minutes and a set of hours: hour starts lie 60 bits apart, so nothing is carried."""
    return (minutes & _HOUR_OF_MINUTES) * _hour_starts(hours & 0xFFFFFF)


def hours_of(day: int) -> list[int]:
    """The minutes within each of the 24 hours, as 60-bit sets."""
    return [(day >> (60 * hour)) & _HOUR_OF_MINUTES for hour in range(24)]


@lru_cache(maxsize=4096)
def minute_span(first: int, until: int) -> int:
    """The minutes from ``first`` up to but not including ``until``."""
    return ((1 << until) - 1) & ~((1 << first) - 1) if until > first else 0


def shifted(day: int, offset: int) -> tuple[int, int, int]:
    """Minutes of a local day moved by ``-offset`` minutes (local = UTC + offset): those that fall on the day before,
    the same day and the day after, each as a minute-of-day set. ``|offset|`` is below one day.
    """
    if offset == 0:
        return 0, day, 0
    if offset > 0:
        early = day & ((1 << offset) - 1)
        return early << (MINUTES_A_DAY - offset), day >> offset, 0
    moved = day << -offset
    return 0, moved & ALL_MINUTES, moved >> MINUTES_A_DAY
