"""The most starts of a minute and an hour, against a walk through all minutes by the referee's own reading of EventBridge; and
what a month costs, against the report."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from converters.frame.peaks import peaks
from converters.schedules.daemon import Window
from migrate.errors import UserError
from migrate.settings.model import parse_settings
from tests.aws.world import SETTINGS
from tests.cli import run
from tests.models import aws_cron
from tests.test_state_machine import GUARD, spec

EXPRESSIONS = [
    "cron(0 3 * * ? *)",
    "cron(*/15 * * * ? *)",
    "cron(0 0 1 * ? *)",
    "cron(30 2 ? * SUN *)",
    "cron(0,30 1-3 ? * MON-FRI *)",
    "cron(59 23 L * ? *)",
    "cron(0 3 29 2 ? *)",
    "cron(* 5 * * ? *)",
]
ZONES = [None, None, "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"]


def window(first: datetime, days: int) -> Window:
    begin = int(first.timestamp()) // 60
    return Window(begin, begin + days * 1440)


@pytest.mark.parametrize("seed", range(10))
def test_the_busiest_minute_and_hour_are_those_of_a_walk(seed: int) -> None:
    draw = random.Random(seed)
    # Weeks with a clock change in New York and one on Lord Howe.
    first = draw.choice([datetime(2027, 3, 10, tzinfo=UTC), datetime(2027, 10, 1, tzinfo=UTC)])
    until = first + timedelta(days=33)
    jobs, minutes = [], list[tuple[datetime, str]]()
    for number in range(draw.randint(1, 6)):
        expression, zone, tasks = draw.choice(EXPRESSIONS), draw.choice(ZONES), draw.choice([1, 1, 2])
        schedule: dict[str, Any] = {"scheduleExpression": expression, "taskCount": tasks}
        jobs.append(spec(name=f"j{number}", schedule=schedule | ({"timezone": zone} if zone else {})))
        found = aws_cron.scheduler_starts(expression, zone or "UTC", first, until)
        minutes += [(at.astimezone(UTC), f"j{number}") for at in found for _ in range(tasks)]
    found_peaks = peaks(jobs, window(first, 33))
    for peak, shape in ((found_peaks.minute, "%Y-%m-%dT%H:%M"), (found_peaks.hour, "%Y-%m-%dT%H:00")):
        counts = Counter(at.strftime(shape) for at, _ in minutes)
        most = max(counts.values(), default=0)
        assert peak.starts == most
        if most:
            earliest = min(at for at, number in counts.items() if number == most)
            assert datetime.fromtimestamp(peak.at * 60, UTC).strftime(shape) == earliest
            assert set(peak.jobs) == {job for at, job in minutes if at.strftime(shape) == earliest}


RATE = {"schedule": {"scheduleExpression": "rate(20 minutes)"}}
NIGHTLY = {"schedule": {"scheduleExpression": "cron(0 3 * * ? *)"}}
# jobs -> minute, hour, uncounted
COUNTED: list[tuple[list[dict[str, Any]], int, int, int]] = [
    ([], 0, 0, 0),
    ([NIGHTLY], 1, 1, 0),
    ([RATE], 1, 3, 0),
    ([RATE, RATE, NIGHTLY], 3, 7, 0),
    ([{"schedule": {"scheduleExpression": "rate(1 minute)"}}], 1, 60, 0),
    (
        [{"schedule": {"scheduleExpression": "rate(1 hour)"}}, {"schedule": {"scheduleExpression": "rate(2 days)"}}],
        2,
        2,
        0,
    ),
    ([{"schedule": {"scheduleExpression": "rate(7 minutes)"}}], 1, 9, 0),
    ([NIGHTLY, {"after": ["j0"]}], 1, 1, 1),
    # Both expressions fire at three, each starts a run; a workflow asks the guard first, a plain task after its start.
    ([{"schedule": {"scheduleExpression": ["cron(0 3 * * ? *)", "cron(0 3 1 * ? *)"]}}], 2, 2, 0),
    ([{"schedule": {"scheduleExpression": ["cron(0 3 ? * WED *)", "cron(0 3 13 * ? *)"], "guard": GUARD}}], 2, 2, 0),
    ([{"service": {"desiredCount": 2}}], 0, 0, 0),
]


@pytest.mark.parametrize(("jobs", "minute", "hour", "uncounted"), COUNTED)
def test_what_counts_as_a_start(jobs: list[dict[str, Any]], minute: int, hour: int, uncounted: int) -> None:
    specs = [_spec(f"j{number}", job) for number, job in enumerate(jobs)]
    found = peaks(specs, window(datetime(2027, 1, 1, tzinfo=UTC), 366))
    assert (found.minute.starts, found.hour.starts, len(found.uncounted)) == (minute, hour, uncounted)


def _spec(name: str, job: dict[str, Any]) -> Any:
    if "service" in job:
        from converters.specs.model import load_spec

        container = {"name": "app", "cpu": 256, "memory": 512, "image": "example/app:1"}
        value = {"type": "FARGATE", "cluster": "cron", "name": name, "containers": [container], **job}
        return load_spec(json.dumps(value), "job.yml")
    return spec(name=name, **json.loads(json.dumps(job)))


GOOD = "    ceilings: {startsPerMinute: 10, startsPerHour: 100, pricePerMonth: 50}\n"
BAD = [
    ("{startsPerMinute: 0}", "at least 1"),
    ("{startsPerHour: true}", "whole number"),
    ("{pricePerMonth: 0}", "greater than 0"),
    ("{pricePerMonth: .inf}", "finite"),
    ("{startsPerDay: 3}", "startsPerHour"),
]


def test_settings_with_ceilings() -> None:
    env = parse_settings(SETTINGS + GOOD, "x").environments["sandbox"]
    assert (env.ceilings.starts_per_minute, env.ceilings.starts_per_hour, env.ceilings.price_per_month) == (10, 100, 50)
    assert not parse_settings(SETTINGS, "x").environments["sandbox"].ceilings.any


@pytest.mark.parametrize(("text", "said"), BAD)
def test_settings_with_mistakes(text: str, said: str) -> None:
    with pytest.raises(UserError, match="ceilings") as raised:
        parse_settings(f"{SETTINGS}    ceilings: {text}\n", "x")
    assert said in str(raised.value)


TABLE = """
*/5 * * * * /opt/a
0 * * * * timeout 100 /opt/b
0 3 * * * flock -n /tmp/c /opt/c
"""


def test_the_month_is_that_of_the_report(tmp_path: Path) -> None:
    (tmp_path / "tab").write_text(TABLE)
    done = run("scan", "tab", "--user-crontab", "--timezone", "Asia/Tokyo", "--image", "a:1", cwd=tmp_path)
    assert done.code == 0, done.err
    assert run("report", "--format", "json", cwd=tmp_path).code == 0
    total = json.loads((tmp_path / "migration/report.json").read_text())["cost"]["total"]
    settings = tmp_path / "migration/cron2fargate.yml"
    text = settings.read_text()
    for most, passed in ((total + 0.01, False), (total - 0.01, True)):
        settings.write_text(text.replace("    retry:\n", f"    ceilings: {{pricePerMonth: {most:.4f}}}\n    retry:\n"))
        done = run("register", "-e", "sandbox", "--rehearse", cwd=tmp_path)
        assert done.code == passed
        assert (f"the jobs cost {total:,.2f} USD in a month by the report's model" in done.out) == passed
        assert ("--accept C556" in done.out) == passed
    # One job alone is held against the ceiling with all the others of the workspace.
    (one,) = (tmp_path / "migration/jobs").glob("c/ecs.yml")
    done = run("register", "-e", "sandbox", "--rehearse", "-t", str(one), cwd=tmp_path)
    assert done.code == 1
    assert f"{total:,.2f} USD" in done.out
    done = run("register", "-e", "sandbox", "--rehearse", "--accept", "C556", cwd=tmp_path)
    assert done.code == 0
    assert f"! the jobs cost {total:,.2f} USD" in done.out
    assert run("register", "-e", "sandbox", "--rehearse", "--accept", "C604", cwd=tmp_path).code == 2
