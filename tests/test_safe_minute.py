"""The safe minute: as a table, and against a cron and an AWS that are as late as they may be."""

from __future__ import annotations

import random
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.history.safe_minute import FIRST_SECOND, LAST_SECOND, JobTimes, Margins, Side, safe_minute, why_not
from tests.effort import examples

DAY = 1440


def every(minutes: int, first: int = 0) -> tuple[int, ...]:
    return tuple(range(first, 3 * DAY, minutes))


TABLE = [
    # old starts, new starts, seconds of a run, the side left, minute asked -> why not (None: safe)
    ("just before", every(60), every(60), 1, "old", 59, "a start is near"),
    ("the minute of a start", every(60), every(60), 1, "old", 60, "a start is near"),
    ("AWS may still be late", every(60), every(60), 1, "old", 120, "a start is near"),
    ("the next minute may be run from the old text", every(60), (), 1, "old", 59, "a start is near"),
    ("the one after is not", every(60), (), 1, "old", 58, None),
    ("AWS starts anywhere within its minute", (), every(60), 1, "old", 60, "a start is near"),
    ("and not after it", (), every(60), 1, "old", 61, None),
    ("right after", every(60), every(60), 1, "old", 61, None),
    ("a run of two minutes goes on", every(60), every(60), 120, "old", 61, "a run may still be going"),
    ("and is over then", every(60), every(60), 120, "old", 62, None),
    ("two minutes for AWS to heed", every(60), every(60), 1, "old", 117, None),
    ("one is too few", every(60), every(60), 1, "old", 118, "a start is near"),
    ("unknown: half way", every(60), every(60), None, "old", 89, "a run may still be going"),
    ("unknown: half way over", every(60), every(60), None, "old", 90, None),
    ("unknown: an hour is enough", (0, DAY), (0, DAY), None, "old", 59, "a run may still be going"),
    ("unknown: an hour is over", (0, DAY), (0, DAY), None, "old", 60, None),
    ("back: a task begins late", every(60), every(60), 1, "new", 63, None),
    ("back: it may not have begun", every(60), every(60), 1, "new", 62, "a run may still be going"),
    ("every four minutes there is one", every(4), every(4), 1, "old", 1, None),
    ("every three there is none", every(3), every(3), 1, "old", 1, "a start is near"),
    (
        "the old one runs at 10, the new one at 11",
        (600,),
        (660,),
        1,
        "old",
        630,
        "a run that moves would be doubled or lost",
    ),
    ("after both", (600,), (660,), 1, "old", 700, None),
    ("before both", (600,), (660,), 1, "old", 590, None),
    ("only there", (), (660,), 1, "old", 600, None),
]


@pytest.mark.parametrize(("_what", "old", "new", "seconds", "side", "minute", "reason"), TABLE)
def test_table(
    _what: str,
    old: tuple[int, ...],
    new: tuple[int, ...],
    seconds: float | None,
    side: Side,
    minute: int,
    reason: str | None,
) -> None:
    assert why_not(JobTimes(old, new, seconds), minute, source=side) == reason


def test_around_a_clock_change_there_is_none() -> None:
    times = JobTimes((0,), (0,), 1)
    free = [minute for minute in range(80, 121) if why_not(times, minute, changes=[100]) is None]
    assert (free[0], 84 in free, 85 in free, 114 in free, 115 in free, free[-1]) == (80, True, False, False, True, 120)


def test_a_minute_that_has_begun_is_taken_only_at_its_start() -> None:
    times = JobTimes((0,), (0,), 1)
    assert safe_minute([times], 600 * 60, 10**6) == 600
    assert safe_minute([times], 600 * 60 + FIRST_SECOND, 10**6) == 600
    assert safe_minute([times], 600 * 60 + FIRST_SECOND + 1, 10**6) == 601
    assert safe_minute([times], 600 * 60, 600 * 60 + LAST_SECOND - 1) is None


def test_jobs_go_together_when_each_may() -> None:
    one, other = JobTimes(every(10), every(10), 1), JobTimes(every(10, 5), every(10, 5), 1)
    assert safe_minute([one], 600 * 60, 10**6) == 601
    assert safe_minute([other], 600 * 60, 10**6) == 600
    assert safe_minute([one, other], 600 * 60, 10**6) == 601
    crowded = [JobTimes(every(10, shift), every(10, shift), 1) for shift in (0, 3, 6, 8)]
    assert safe_minute(crowded, 600 * 60, 2 * DAY * 60) is None


def test_runs_that_overlap_each_other_are_not_waited_for_when_told() -> None:
    times = JobTimes(every(10), every(10), 900)
    assert safe_minute([times], 600 * 60, 2 * DAY * 60) is None
    assert safe_minute([times], 600 * 60, 10**6, heed_runs=False) == 601


# --- against a cron and an AWS that are as late as they may be -----------------------------------------------------------


@dataclass
class Host:
    """A daemon: it reads its table at each minute's tick, after that minute's jobs (Debian) or before them (others)."""

    reads_first: bool
    edits: list[tuple[float, bool]]

    def runs(self, starts: tuple[int, ...], first: int, until: int) -> list[int]:
        live, found = True, []
        for minute in range(first, until):
            tick = minute * 60 + 1.0
            edited = [on for at, on in self.edits if at < tick]
            if self.reads_first and edited:
                live = edited[-1]
            if live and _has(starts, minute):
                found.append(minute)
            if edited:
                live = edited[-1]
        return found


@dataclass
class Rule:
    """A rule that heeds a switch within two minutes and fires anywhere within its minute."""

    dice: random.Random
    switches: list[tuple[float, bool]]

    def runs(self, starts: tuple[int, ...], first: int, until: int) -> list[int]:
        heeded = [(at + self.dice.uniform(0, 120), on) for at, on in self.switches]
        found = []
        for minute in range(first, until):
            if not _has(starts, minute):
                continue
            fires = minute * 60 + self.dice.uniform(0, 59.9)
            if [on for at, on in [(0.0, False), *heeded] if at <= fires][-1]:
                found.append(minute)
        return found


def _has(starts: tuple[int, ...], minute: int) -> bool:
    index = bisect_left(starts, minute)
    return index < len(starts) and starts[index] == minute


SCHEDULES = st.one_of(
    st.builds(every, st.integers(4, 200), st.integers(0, 60)),
    st.builds(lambda minutes: tuple(sorted(minutes)), st.sets(st.integers(0, 3 * DAY - 1), max_size=60)),
)


@examples(400)
@given(SCHEDULES, st.one_of(st.none(), st.integers(0, 600)), st.booleans(), st.integers(0, DAY * 60), st.randoms())
def test_there_and_back_every_run_happens_once(
    starts: tuple[int, ...], seconds: int | None, reads_first: bool, now: int, dice: random.Random
) -> None:
    """Whatever the schedule, the moment and the lags: no run is lost and none is doubled."""
    times = JobTimes(starts, starts, seconds)
    there = safe_minute([times], now, 2 * DAY * 60, heed_runs=dice.random() < 0.5)
    if there is None:
        return
    comment = there * 60 + dice.uniform(FIRST_SECOND, LAST_SECOND)
    enable = dice.uniform(comment, there * 60 + 60)
    edits, switches = [(comment, False)], [(enable, True)]
    back = safe_minute([times], enable + dice.uniform(120, 6 * 3600), 3 * DAY * 60 - 600, source="new", heed_runs=False)
    if back is not None:
        disable = back * 60 + dice.uniform(FIRST_SECOND, LAST_SECOND)
        edits.append((dice.uniform(disable, back * 60 + 58), True))
        switches.append((disable, False))
    old = Host(reads_first, edits).runs(starts, now // 60, 3 * DAY)
    new = Rule(dice, switches).runs(starts, now // 60, 3 * DAY)
    assert sorted(old + new) == [minute for minute in starts if minute >= now // 60]


@examples(100)
@given(st.integers(4, 300), st.integers(0, 300), st.integers(0, DAY * 60))
def test_a_job_every_four_minutes_or_rarer_has_a_safe_minute_soon(period: int, first: int, now: int) -> None:
    times = JobTimes(every(period, first), every(period, first), 1)
    found = safe_minute([times], now, 2 * DAY * 60)
    assert found is not None
    assert found <= now // 60 + 1 + max(period, 4)


def test_wider_margins_never_make_a_minute_safe() -> None:
    dice = random.Random(7)
    for _ in range(200):
        starts = tuple(sorted(dice.sample(range(DAY), 40)))
        times = JobTimes(starts, starts, dice.choice([None, 30, 400]))
        minute = dice.randrange(DAY)
        if why_not(times, minute) is not None:
            assert why_not(times, minute, margins=Margins(reread=3, propagation=300, lag=65)) is not None


def test_times_are_utc_minutes() -> None:
    three = int(datetime(2026, 10, 25, 3, 0, tzinfo=UTC).timestamp()) // 60
    times = JobTimes((three,), (three,), 1)
    assert safe_minute([times], (three - 1) * 60, 10**10) == three + 1
