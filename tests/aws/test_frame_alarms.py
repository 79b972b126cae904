"""The longest gap between two runs, against a walk over every minute; and alarms that CloudWatch can take."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.findings.codes import Finding
from converters.frame.missed_runs import Alarm, longest_gap, missed_alarm
from tests.aws.world import spec
from tests.effort import examples

DAY = 1440
GAPS: list[tuple[list[str], int | None]] = [
    (["rate(1 minute)"], 1),
    (["rate(2 hours)"], 120),
    (["rate(1 day)"], DAY),
    (["cron(0/5 * * * ? *)"], 5),
    (["cron(0/7 * * * ? *)"], 7),
    (["cron(0/5 8-17 ? * MON-FRI *)"], 3 * DAY - (17 * 60 + 55) + 8 * 60),
    (["cron(0 3 * * ? *)"], DAY),
    (["cron(0 3 ? * MON *)"], 7 * DAY),
    (["cron(0 3 ? * MON *)", "cron(0 3 ? * THU *)"], 4 * DAY),
    (["cron(0 3 L * ? *)"], 31 * DAY),
    (["cron(0 3 29 2 ? *)"], 4 * 366 * DAY - 3 * DAY),
    (["cron(0 3 1 1 ? 2020)"], None),
    (["cron(0 3 1 1 ? 2030)"], None),
    (["at(2030-01-01T00:00:00)"], None),
]


@pytest.mark.parametrize(("expressions", "gap"), GAPS)
def test_longest_gap(expressions: list[str], gap: int | None) -> None:
    assert longest_gap(expressions) == gap


@examples(60)
@given(
    st.sets(st.integers(0, 59), min_size=1, max_size=4),
    st.sets(st.integers(0, 23), min_size=1, max_size=4),
    st.sets(st.integers(1, 7), min_size=1, max_size=7),
)
def test_longest_gap_is_that_of_a_walk(minutes: set[int], hours: set[int], weekdays: set[int]) -> None:
    fields = [",".join(map(str, sorted(values))) for values in (minutes, hours, weekdays)]
    runs = [
        offset * DAY + hour * 60 + minute
        for offset in range(15)
        # 1 is Sunday, as EventBridge counts.
        if (date(2026, 3, 1) + timedelta(days=offset)).isoweekday() % 7 + 1 in weekdays
        for hour in sorted(hours)
        for minute in sorted(minutes)
    ]
    walked = max(b - a for a, b in pairwise(runs))
    assert longest_gap([f"cron({fields[0]} {fields[1]} ? * {fields[2]} *)"]) == walked


@examples(100)
@given(st.integers(1, 200))
def test_an_alarm_is_within_what_cloudwatch_takes_and_longer_than_the_gap(hours: int) -> None:
    expression = f"rate({hours} hour{'s' if hours > 1 else ''})"
    found = missed_alarm("n", "job", [expression], ["job"], machine=None, scheduler=False)
    if isinstance(found, Finding):
        assert found.code == "C550"
        assert hours > 166
        return
    seconds = found.period * found.evaluation_periods
    assert seconds <= (7 * 86_400 if found.period >= 3600 else 86_400)
    assert hours * 3600 + 15 * 60 <= seconds
    assert (seconds - found.period) < hours * 3600 + 15 * 60 + found.period, "and not much longer"


def test_a_workflow_is_counted_by_its_executions_also_in_a_zone() -> None:
    job = spec("zoned", schedule={"timezone": "Asia/Tokyo"})
    plain = missed_alarm("n", "zoned", job.expressions, ["zoned"], machine=None, scheduler=True)
    assert isinstance(plain, Finding)
    assert plain.code == "C551"
    counted = missed_alarm("n", "zoned", job.expressions, ["zoned"], machine="arn:m", scheduler=True)
    assert isinstance(counted, Alarm)
    assert counted.metrics == (("AWS/States", "ExecutionsStarted", "StateMachineArn", "arn:m"),)
    assert counted.period * counted.evaluation_periods >= (25 * 60 + 15) * 60  # a day of 25 hours
