"""The engine against croniter and cronsim: equal, but for a list of known deviations, each foretold and shown to occur."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from croniter.croniter import CroniterBadDateError
from cronsim import CronSim, CronSimError
from hypothesis import assume, given
from hypothesis import strategies as st

from converters.opinions import readings as library_readings
from converters.opinions.clocks import croniter_starts, due_at, why
from converters.opinions.deviations import KNOWN, page
from converters.schedules.daemon import Timeline, Window, listed
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule
from converters.schedules.zones import Regime, regimes
from tests.effort import examples
from tests.strategies import CHANGING_ZONES, schedules

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 1500


def minute_of(text: str) -> int:
    return int((datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH).total_seconds()) // 60


def read(text: str) -> Schedule:
    schedule = parse_schedule(text, DIALECTS["debian"])
    assert isinstance(schedule, Schedule)
    return schedule


def engine(schedule: Schedule, zone: str, window: Window) -> Counter[int]:
    habit = "elapsed" if schedule.elapsed else "fixed"
    starts = Timeline(ZoneInfo(zone), window).starts(window.relative(schedule.days()), schedule.minutes_of_day, habit)  # type: ignore[arg-type]
    return Counter(listed(starts, window))


class StuckError(Exception):
    """The library names a minute that is not after the one before, or walks on and names none."""


class Steps(CronSim):
    """cronsim with its steps counted: it may go round in a circle without naming anything."""

    left = 200_000

    def tick(self, seconds: int = 1) -> None:
        self.left -= 1
        if not self.left:
            raise StuckError(self.dt)
        super().tick(seconds)


def collected(found: Iterator[datetime], window: Window) -> Counter[int]:
    """A library's starts in a window; never more than the window has minutes."""
    minutes: Counter[int] = Counter()
    last = window.first - 1
    for when in found:
        minute = int(when.astimezone(UTC).timestamp()) // 60
        if minute >= window.until:
            break
        if minute <= last:
            raise StuckError(when)
        minutes[minute] += 1
        last = minute
    return minutes


def by_croniter(text: str, zone: str, window: Window) -> Counter[int]:
    start = (EPOCH + timedelta(minutes=window.first - 1)).astimezone(ZoneInfo(zone))
    ask = croniter(text, start, ret_type=datetime, implement_cron_bug=True, max_years_between_matches=1)
    return collected(ask.all_next(datetime), window)


def by_cronsim(text: str, zone: str, window: Window) -> Counter[int]:
    return collected(Steps(text, (EPOCH + timedelta(minutes=window.first - 1)).astimezone(ZoneInfo(zone))), window)


# --- what cronsim does at a clock change ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spot:
    """One UTC minute near a clock change at which the daemon starts a job ``ours`` times and a library ``theirs`` times."""

    schedule: Schedule
    old: Regime
    new: Regime
    minute: int
    ours: int
    theirs: int

    @property
    def leap(self) -> int:
        return self.new.offset - self.old.offset

    @property
    def caught_up(self) -> bool:
        """The first minute after a leap forward, for a job that a daemon may catch up."""
        return self.minute == self.new.start and self.leap > 0 and not self.schedule.elapsed

    @property
    def skips_midnight(self) -> bool:
        wall = self.new.start + self.old.offset
        return (wall - 1) // 1440 < (wall + self.leap - 1) // 1440

    @property
    def within_an_hour(self) -> bool:
        return bool((self.new.start + self.old.offset) % 60 or (self.new.start + self.new.offset) % 60)

    @property
    def of_a_day_again(self) -> bool:
        """In the second pass of a time that goes back over midnight."""
        return back_over_midnight(self.old, self.new) and self.new.start <= self.minute < self.new.start - self.leap

    @property
    def stepped_over(self) -> bool:
        """Less than an hour after the first wall minute that is due once the clock has changed; or, where cronsim starts its
        hour from a minute 0 that the leap skipped, less than the leap and an hour after the change."""
        if self.leap > 0 and self.new.start <= self.minute < self.new.start + self.leap + 60:
            return True
        due = due_at(self.schedule)
        first = next(m for m in range(self.new.start, self.minute + 1) if due(m + self.new.offset))
        return self.new.start <= first <= self.minute < first + 60


def back_over_midnight(old: Regime, new: Regime) -> bool:
    """Minutes of the next day have passed, and the clock goes back to the day before."""
    return (new.start + new.offset) // 1440 < (new.start + old.offset - 1) // 1440


AT_A_CHANGE: dict[str, Callable[[Spot], bool]] = {
    "cronsim-gap-once": lambda s: s.caught_up and s.leap < 180 and s.ours > 1 and s.theirs == 1,
    "cronsim-gap-long": lambda s: s.caught_up and s.leap >= 180 and s.ours == 0 and s.theirs == 1,
    "cronsim-midnight": lambda s: (
        s.schedule.elapsed
        and s.skips_midnight
        and (
            (s.minute == s.new.start and s.theirs > s.ours) or (0 <= s.minute - s.new.start < 60 and s.theirs < s.ours)
        )
    ),
    "cronsim-day-again": lambda s: s.schedule.elapsed and s.of_a_day_again and s.ours == 1 and s.theirs == 0,
    "cronsim-hour-steps": lambda s: (
        s.schedule.elapsed and s.within_an_hour and s.ours == 1 and s.theirs == 0 and s.stepped_over
    ),
}


def gets_stuck(schedule: Schedule, old: Regime, new: Regime) -> bool:
    """cronsim-stuck: a job with ``*``, and a clock that goes back into the midst of an hour, or over midnight."""
    into_an_hour = new.offset < old.offset and bool((new.start + new.offset) % 60)
    return schedule.elapsed and (into_an_hour or back_over_midnight(old, new))


def cronsim_at_change(text: str, zone: str, window: Window) -> set[str]:
    """The deviations met around one change; fails where a difference is none of them."""
    reading = library_readings.cronsim(text)
    schedule = replace(read(reading.text), elapsed=read(text).elapsed)
    old, new = regimes(ZoneInfo(zone), window.first, window.until)
    try:
        theirs = by_cronsim(text, zone, window)
    except CronSimError:
        assert read(text).never, text
        return {"cronsim-never"}
    except StuckError:
        assert gets_stuck(schedule, old, new), (text, zone)
        return {"cronsim-stuck"}
    ours = engine(schedule, zone, window)
    met = set(reading.codes)
    for minute in sorted(set(ours) | set(theirs)):
        if ours[minute] != theirs[minute]:
            spot = Spot(schedule, old, new, minute, ours[minute], theirs[minute])
            codes = {code for code, holds in AT_A_CHANGE.items() if holds(spot)}
            assert codes, (text, zone, EPOCH + timedelta(minutes=minute), ours[minute], theirs[minute])
            met |= codes
    return met


def croniter_at_change(text: str, zone: str, window: Window) -> set[str]:
    """The deviations met around one change; croniter's answer must be the one foretold, to the minute."""
    reading = library_readings.croniter(text, star_bug=True)
    schedule = replace(read(reading.text), elapsed=read(text).elapsed)
    found = regimes(ZoneInfo(zone), window.first, window.until)
    theirs = by_croniter(text, zone, window)
    assert theirs == croniter_starts(schedule, found, window.first, window.until), (text, zone)
    ours = engine(schedule, zone, window)
    met = set(reading.codes)
    for minute in sorted(set(ours) | set(theirs)):
        if ours[minute] != theirs[minute]:
            code = why(schedule, "vixie", *found, minute, ours[minute], theirs[minute])
            assert code in KNOWN, (text, zone, EPOCH + timedelta(minutes=minute), ours[minute], theirs[minute])
            met.add(code)
    return met


# --- ordinary days ----------------------------------------------------------------------------------------------------

ORDINARY = [minute_of(day) for day in ("2028-02-24", "2026-04-25", "2026-12-26", "2027-02-24", "2026-07-10")]


@examples(120)
@given(schedules(), st.sampled_from(ORDINARY))
def test_ordinary_days(text: str, first: int) -> None:
    window = Window(first, first + 10 * 1440)
    if engine(read(text), "UTC", window).total() > MOST:
        window = Window(first, first + 1440)
    ours = engine(read(text), "UTC", window)
    try:
        theirs = by_croniter(text, "UTC", window)
    except CroniterBadDateError:
        theirs = Counter()
        assert not ours or read(text).never
    check_reading(text, library_readings.croniter(text, star_bug=True), theirs, ours, window)
    try:
        check_reading(text, library_readings.cronsim(text), by_cronsim(text, "UTC", window), ours, window)
    except CronSimError:
        assert read(text).never, text


def check_reading(
    text: str, reading: library_readings.Reading, theirs: Counter[int], ours: Counter[int], window: Window
) -> None:
    """Equal; or else another reading of the text is known, and it makes exactly the library's starts."""
    if theirs != ours:
        assert reading.codes, text
        assert theirs == engine(read(reading.text), "UTC", window), (text, reading)


# --- clock changes ----------------------------------------------------------------------------------------------------

CHANGES = [
    (zone, new.start)
    for zone in CHANGING_ZONES
    for _, new in pairwise(regimes(ZoneInfo(zone), minute_of("2004-01-01"), minute_of("2030-01-01")))
]


def window_at(change: int) -> Window:
    return Window(change - 5 * 60, change + 8 * 60)


def alone(zone: str, window: Window) -> bool:
    """The window holds this one change."""
    return len(regimes(ZoneInfo(zone), window.first, window.until)) == 2


def near(seed: int) -> str:
    """A schedule that is likely due near a change: small hours, mostly every day."""
    draw = random.Random(seed)

    def field(low: int, high: int, star: float) -> str:
        if draw.random() < star:
            return "*" if draw.random() < 0.5 else f"*/{draw.randint(1, max(2, high // 2))}"
        parts = []
        for _ in range(draw.choice((1, 1, 2, 3))):
            first, last = sorted((draw.randint(low, high), draw.randint(low, high)))
            step = f"/{draw.randint(1, 9)}" if draw.random() < 0.4 else ""
            parts.append(str(first) if draw.random() < 0.5 else f"{first}-{last}{step}")
        return ",".join(parts)

    hours = field(0, 23, 0.35) if draw.random() < 0.5 else field(0, 5, 0.2)
    dom = field(1, 31, 0.5) if draw.random() < 0.2 else "*"
    dow = field(0, 7, 0.5) if draw.random() < 0.2 else "*"
    return f"{field(0, 59, 0.25)} {hours} {dom} * {dow}"


@examples(400)
@given(st.one_of(schedules(), st.integers(0, 10**9).map(near)), st.sampled_from(CHANGES))
def test_croniter_around_clock_changes(text: str, place: tuple[str, int]) -> None:
    zone, change = place
    window = window_at(change)
    assume(alone(zone, window) and not read(text).never)
    assume(engine(read(text), zone, window).total() <= 200)
    try:
        croniter_at_change(text, zone, window)
    except CroniterBadDateError:
        assert not engine(read(text), zone, window)


@examples(600)
@given(st.one_of(schedules(), st.integers(0, 10**9).map(near)), st.sampled_from(CHANGES))
def test_cronsim_around_clock_changes(text: str, place: tuple[str, int]) -> None:
    zone, change = place
    window = window_at(change)
    assume(alone(zone, window))
    cronsim_at_change(text, zone, window)


# --- each listed deviation occurs -------------------------------------------------------------------------------------

SHOWN_BY_CRONSIM = {
    "cronsim-equal-range": ("5-5/3 1 * * *", "America/New_York", "2026-03-08T07:00"),
    "cronsim-never": ("0 0 30 2 *", "America/New_York", "2026-03-08T07:00"),
    "cronsim-gap-once": ("0 0-23 * * *", "America/New_York", "2026-03-08T07:00"),
    "cronsim-gap-long": ("30 1 * * *", "Pacific/Apia", "2011-12-30T10:00"),
    "cronsim-midnight": ("*/11 */8 * * 0-1", "America/Havana", "2024-03-10T05:00"),
    "cronsim-hour-steps": ("42 */1 * * *", "Australia/Lord_Howe", "2009-04-04T15:00"),
    "cronsim-day-again": ("*/15 * * * 0-7/4", "Antarctica/Casey", "2010-03-04T15:00"),
    "cronsim-stuck": ("* 3-4 * * *", "Pacific/Chatham", "2009-04-04T14:00"),
}
SHOWN_BY_CRONITER = {
    "croniter-repeated-hour": ("30 1 * * *", "America/New_York", "2026-11-01T06:00"),
    "croniter-gap-once": ("0 0-4 * * *", "America/New_York", "2026-03-08T07:00"),
    "croniter-gap-every-hour": ("0 0-23 * * *", "America/New_York", "2026-03-08T07:00"),
    "croniter-gap-star": ("*/20 2 * * *", "America/New_York", "2026-03-08T07:00"),
    "croniter-gap-long": ("30 1 * * *", "Pacific/Apia", "2011-12-30T10:00"),
    "croniter-lost-pass": ("*/23 * * * *", "Australia/Lord_Howe", "2014-04-05T15:00"),
}


def test_every_deviation_of_cronsim_is_shown() -> None:
    assert set(SHOWN_BY_CRONSIM) == {code for code, known in KNOWN.items() if known.library == "cronsim"}
    assert set(AT_A_CHANGE) <= set(SHOWN_BY_CRONSIM)


@pytest.mark.parametrize("code", SHOWN_BY_CRONSIM)
def test_deviation_of_cronsim_occurs(code: str) -> None:
    text, zone, change = SHOWN_BY_CRONSIM[code]
    assert code in cronsim_at_change(text, zone, window_at(minute_of(change)))


@pytest.mark.parametrize("code", SHOWN_BY_CRONITER)
def test_deviation_of_croniter_occurs(code: str) -> None:
    text, zone, change = SHOWN_BY_CRONITER[code]
    assert code in croniter_at_change(text, zone, window_at(minute_of(change)))


def test_the_page_is_the_list() -> None:
    path = Path(__file__).parent.parent / "docs/second-opinions.md"
    assert path.read_text(encoding="utf-8") == page(), "write converters.opinions.deviations.page() into it"
