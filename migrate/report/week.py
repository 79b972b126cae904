"""The week as a grid: how many starts each hour of the week has on average, by the clock on the wall."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from converters.schedules import days
from converters.schedules.daemon import Starts
from converters.schedules.zones import Regime
from migrate.report.starts import Fleet, spans

HOURS = 168
_QUARTERS = 672  # offsets of zones are multiples of a quarter of an hour today; others are cut to it
Week = list[float]


def week(fleet: Fleet, sides: Iterable[Iterable[Starts]]) -> Week:
    """Starts per week in each of the 168 hours from Sunday 00:00 on, averaged over the year that pictures show."""
    first, until = fleet.year()
    base, mask = fleet.window.base, fleet.window.mask
    by_weekday = _Weekdays([days.days_of_week(1 << day) >> base & mask for day in range(7)])
    counts = [0] * _QUARTERS
    # A year of one zone has two or three regimes; each is a plain shift of the week.
    slices = list(_slices(fleet.regimes, first, until, base))
    for side in sides:
        for on, minutes, times in side:
            for offset, some_days, some_minutes in slices:
                due, at = on & some_days, minutes & some_minutes
                if due and at:
                    _add(counts, by_weekday[due], at, times, offset)
    # By the real length: a window of some days would otherwise look quiet.
    weeks = max((until - first) / (7 * 1440), 1e-9)
    return [sum(counts[4 * hour : 4 * hour + 4]) / weeks for hour in range(HOURS)]


def _slices(regimes: tuple[Regime, ...], first: int, until: int, base: int) -> Iterator[tuple[int, int, int]]:
    """(offset, days, minutes) of each regime within the year."""
    for index, regime in enumerate(regimes):
        end = regimes[index + 1].start if index + 1 < len(regimes) else until
        for some_days, some_minutes in spans(max(regime.start, first), min(end, until), base):
            yield regime.offset, some_days, some_minutes


class _Weekdays(dict[int, tuple[int, ...]]):
    """A set of days -> how many of them are Sundays, Mondays, and so on; jobs share their days."""

    def __init__(self, masks: list[int]) -> None:
        self.masks = masks

    def __missing__(self, due: int) -> tuple[int, ...]:
        found = self[due] = tuple((due & mask).bit_count() for mask in self.masks)
        return found


def _add(counts: list[int], weekdays: tuple[int, ...], at: int, times: int, offset: int) -> None:
    quarters = _by_quarter(at)
    for weekday, on in enumerate(weekdays):
        if on:
            # Minutes are UTC's; the offset moves them to the wall, over midnight into the other weekday.
            start = weekday * 96 + offset // 15
            for quarter, starts in quarters:
                counts[(start + quarter) % _QUARTERS] += on * times * starts


@lru_cache(maxsize=8192)
def _by_quarter(minutes: int) -> tuple[tuple[int, int], ...]:
    found = ((quarter, (minutes >> 15 * quarter & 0x7FFF).bit_count()) for quarter in range(96))
    return tuple((quarter, starts) for quarter, starts in found if starts)
