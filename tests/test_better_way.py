"""Which way `auto` and `exact` take, and that what they promise of a clock change is kept: by a slow daemon and a slow AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.expressions.judgement import Place
from converters.expressions.target import Choice
from converters.schedules import days
from converters.schedules.daemon import Window
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import Schedule, parse_schedule
from tests.effort import examples
from tests.models import registered
from tests.models.cron_walk import debian_starts
from tests.strategies import CHANGING_ZONES, schedules

DEBIAN = DIALECTS["debian"]


def read(text: str) -> Schedule:
    schedule = parse_schedule(text, DEBIAN)
    assert isinstance(schedule, Schedule)
    return schedule


def minute(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60


@cache
def place(zone: str, choice: Choice, first: int = 2027, until: int = 2037) -> Place:
    return Place(ZoneInfo(zone), zone, Window(minute(first), minute(until)), DEBIAN, choice)


# schedule, zone, what `auto` takes, and how much then is not where it was
AUTO = [
    ("0 9 * * *", "Asia/Tokyo", "rule", 1, 0),  # no clock change: rules in UTC
    ("*/5 * * * *", "Asia/Tokyo", "rule", 1, 0),
    ("0 3 1-7,15 * 1", "Asia/Tokyo", "rule", 2, 0),  # a guard, but Scheduler needs one too
    ("0 0 31 * *", "Asia/Tokyo", "rule", 1, 0),
    ("0 0 1-7 * 1", "Asia/Tokyo", "scheduler", 5, 0),  # in UTC two rules and a guard
    ("0 0 1 3 *", "Asia/Tokyo", "rule", 1, 0),
    ("0 9 * * *", "America/New_York", "scheduler", 1, 0),
    ("30 2 * * *", "America/New_York", "scheduler", 1, 10),
    ("*/5 * * * *", "America/New_York", "rule", 1, 0),  # exact in UTC; Scheduler skips the repeated hour
    ("0 * * * *", "Europe/Berlin", "rule", 1, 0),
    ("0 0 1 1 *", "Europe/Berlin", "scheduler", 1, 0),
]


@pytest.mark.parametrize(("text", "zone", "backend", "count", "damage"), AUTO)
def test_auto_takes_the_better_way(text: str, zone: str, backend: str, count: int, damage: int) -> None:
    judgement = place(zone, "auto").judge(read(text))
    assert judgement.parity is not None
    found = judgement.target.backend, len(judgement.target.expressions), judgement.parity.damage
    assert found == (backend, count, damage), [str(one) for one in judgement.target.expressions]


@pytest.mark.parametrize(
    ("choice", "expressions"),
    [
        ("rule", 6),
        ("auto", ["cron(0 0 L * ? *)"]),
        ("scheduler", ["cron(0 0 L * ? *)"]),
        ("exact", ["cron(0 0 L * ? *)"]),
    ],
)
def test_the_last_day_of_a_month_is_one_schedule_in_the_zone(choice: Choice, expressions: int | list[str]) -> None:
    """00:00 of the last day in Tokyo is the last but one in UTC: no field says it, and February has two."""
    monthly = read("0 0 28-31 * *").on_dates(days.last_of_month())
    judgement = place("Asia/Tokyo", choice).judge(monthly)
    assert judgement.parity is not None
    assert judgement.parity.exact
    found = [str(one) for one in judgement.target.expressions]
    assert expressions in (found, len(found))


def test_a_rule_stays_the_default() -> None:
    target = place("America/New_York", "rule").judge(read("30 2 * * *")).target
    assert (target.backend, [str(one) for one in target.expressions]) == ("rule", ["cron(30 6 * * ? *)"])


# schedule, zone, the schedules that start what the clocks skip, what is still not where it was
SKIPPED = [
    ("30 2 * * *", "America/New_York", ["cron(0 3 ? 3 SUN#2 *)"], 0),
    ("30 2 * * *", "Europe/Berlin", ["cron(0 3 ? 3 1L *)"], 0),
    ("0 2 * * *", "Australia/Lord_Howe", ["cron(30 2 ? 10 SUN#1 *)"], 0),
    ("15 0 * * *", "Africa/Cairo", ["cron(0 1 ? 4 6L *)"], 0),
    (
        "0 2,3 * * *",
        "Europe/Berlin",
        ["cron(0 3 ? 3 1L *)"],
        0,
    ),  # at 03:00 the daemon starts it twice, and so does this
    ("0,30 2 * * *", "Europe/Berlin", ["cron(0 3 ? 3 1L *)"], 10),  # one of the two runs that are caught up at 03:00
    ("30 2 * * 1-5", "Europe/Berlin", [], 0),
    ("45 12 * * *", "Europe/Berlin", [], 0),
    ("30 2 * 3 0", "America/New_York", ["cron(0 3 ? 3 SUN#2 *)"], 0),
    ("0 * * * *", "Europe/Berlin", [], 0),
]


@pytest.mark.parametrize(("text", "zone", "more", "damage"), SKIPPED)
def test_what_the_clocks_skip_gets_a_schedule(text: str, zone: str, more: list[str], damage: int) -> None:
    judgement = place(zone, "exact").judge(read(text))
    assert judgement.parity is not None
    target = judgement.target
    assert [str(one) for one in target.expressions][len(target.expressions) - target.catching :] == more
    assert judgement.parity.damage == damage
    assert ("C218" in {finding.code for finding in judgement.findings}) is bool(more)


def test_skipped_days_without_a_rule_are_dates_that_end() -> None:
    judgement = place("America/Santiago", "exact").judge(read("15 0 * * *"))
    assert judgement.parity is not None
    assert judgement.parity.exact
    said = next(finding.message for finding in judgement.findings if finding.code == "C218")
    assert said == "6 of its schedules start what a clock change in America/Santiago skips, until the end of 2036"


@examples(40)
@given(schedules(), st.sampled_from(CHANGING_ZONES), st.sampled_from(["auto", "exact"]), st.integers(2026, 2031))
def test_no_way_differs_less_than_the_one_that_auto_takes(text: str, zone: str, choice: Choice, year: int) -> None:
    schedule = read(text)
    if schedule.never:
        return
    judgement = place(zone, choice, year, year + 1).judge(schedule)
    assert judgement.parity is not None
    ways = place(zone, "auto", year, year + 1).options(schedule)
    assert judgement.parity.damage <= min(parity.damage for way, parity in ways if way.ends is None)


@examples(12)
@given(
    st.sampled_from(["30 2 * * *", "0 2,3 * * 0", "15 0 * * *", "59 1 * 3,4,10 *", "0 3 * * *", "0,30 2 * * *"]),
    st.sampled_from(CHANGING_ZONES),
    st.integers(2026, 2031),
    st.sampled_from([3, 9]),
)
def test_exact_by_the_slow_daemon_and_the_slow_aws(text: str, zone: str, year: int, month: int) -> None:
    first = int(datetime(year, month, 1, tzinfo=UTC).timestamp()) // 60
    window = Window(first, first + 66 * 1440)
    judgement = Place(ZoneInfo(zone), zone, window, DEBIAN, "exact").judge(read(text))
    zoned = zone if judgement.target.backend == "scheduler" else None
    due = sorted(debian_starts(text, zone, window.first, window.until))
    fired = (registered.fires(str(one), zoned, window.first, window.until) for one in judgement.target.expressions)
    assert judgement.parity is not None
    assert (due == sorted(at for each in fired for at in each)) is judgement.parity.exact
