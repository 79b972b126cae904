"""Thirty jobs over days with a clock change, by models that know nothing of the engine: every run once, on one side.

The daemon is ``tests/models/cron_walk.py``, EventBridge and Scheduler are ``tests/models/aws_cron.py``; times and safe minutes
are the product's own. Runs that the new schedule makes at another time than the old daemon are held together as pairs.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.expressions.judgement import Place
from converters.expressions.target import Choice, Target
from converters.history.safe_minute import FIRST_SECOND, LAST_SECOND, STRADDLE, safe_minute
from converters.schedules.daemon import Window
from converters.schedules.dialects import DIALECTS
from converters.schedules.schedule import parse_schedule
from converters.specs.model import Spec, load_spec
from migrate.sites.times import sides_of
from tests.documents import job_of
from tests.effort import examples
from tests.models import aws_cron, cron_walk
from tests.real.test_migration import SCHEDULES

DAYS = 5
# A zone, the day in whose night its clocks change, and how schedules are converted: rules in UTC move runs by an hour.
CHANGES: list[tuple[str, tuple[int, int, int], Choice]] = [
    ("Europe/Berlin", (2026, 10, 25), "auto"),
    ("Europe/Berlin", (2026, 10, 25), "rule"),
    ("America/New_York", (2027, 3, 14), "rule"),
    ("Australia/Lord_Howe", (2027, 4, 4), "auto"),
]


@dataclass(frozen=True)
class Model:
    """One job in one zone: what either side would start in the days around the change, alone (UTC minutes)."""

    job: dict[str, Any]
    spec: Spec
    old: tuple[int, ...]
    new: tuple[int, ...]


def spec_of(target: Target) -> Spec:
    """An ecs.yml that starts what a scan proposes."""
    told = target.as_json()
    schedule = {"scheduleExpression": told["expressions"]}
    schedule |= {"timezone": target.timezone} if target.backend == "scheduler" else {}
    schedule |= {"guard": told["guard"]} if told["guard"] else {}
    box = {"name": "app", "image": "a:1", "cpu": 256, "memory": 512, "command": ["x"]}
    return load_spec(
        json.dumps({"type": "FARGATE", "name": "job", "containers": [box], "schedule": schedule}), "ecs.yml"
    )


@lru_cache(maxsize=8)
def models(zone: str, day: tuple[int, int, int], choice: Choice) -> tuple[int, tuple[Model, ...]]:
    """The first second of the days, and all jobs."""
    first = datetime(*day, tzinfo=UTC) - timedelta(days=DAYS // 2 + 1)
    until = first + timedelta(days=DAYS)
    since, end = int(first.timestamp()), int(until.timestamp())
    place = Place(ZoneInfo(zone), zone, Window(since // 60, since // 60 + 1440 * 366), DIALECTS["debian"], choice)
    table = {str(number): fields for number, fields in enumerate(SCHEDULES)}
    walked = cron_walk.debian_table_starts(table, zone, since - 60, end)
    found = []
    for name, fields in table.items():
        schedule = parse_schedule(fields, DIALECTS["debian"])
        target = place.judge(schedule).target
        spec = spec_of(target)
        job = job_of({"name": name, "schedule": fields, "timezone": zone, "dialect": "debian", "findings": []})
        old = tuple(sorted(second // 60 for second in walked[name]))
        found.append(Model(job, spec, old, tuple(_new(spec, first, until))))
    return since, tuple(found)


def _new(spec: Spec, first: datetime, until: datetime) -> list[int]:
    starts: list[datetime] = []
    for text in spec.expressions:
        if spec.schedule.timezone:
            starts += aws_cron.scheduler_starts(text, spec.schedule.timezone, first, until)
        else:
            naive = aws_cron.starts(text, first.replace(tzinfo=None), until.replace(tzinfo=None))
            starts += [start.replace(tzinfo=UTC) for start in naive]
    return sorted(int(start.timestamp()) // 60 for start in starts)


@pytest.mark.parametrize(("zone", "day", "choice"), CHANGES, ids=[f"{zone}-{choice}" for zone, _, choice in CHANGES])
@examples(12)
@given(seed=st.integers(0, 2**32))
def test_thirty_jobs_over_five_days(zone: str, day: tuple[int, int, int], choice: Choice, seed: int) -> None:
    dice = random.Random(seed)
    since, jobs = models(zone, day, choice)
    assert len(jobs) == 30
    switched = 0
    for model in jobs:
        now = since + dice.uniform(0.1, DAYS - 1.5) * 86400
        sides = sides_of(model.job, model.spec, now)
        there = safe_minute([sides.times], now, now + 86400, changes=sides.changes, heed_runs=False)
        assert there is not None, model.job["schedule"]
        later = there * 60 + dice.uniform(3600, 20 * 3600)
        sides = sides_of(model.job, model.spec, later)
        back = safe_minute([sides.times], later, later + 86400, source="new", changes=sides.changes, heed_runs=False)
        assert back is not None, model.job["schedule"]
        switched += 2
        # The daemon may run one more minute from the old text, and AWS may heed a switch two minutes late.
        out = there * 60 + dice.uniform(FIRST_SECOND, LAST_SECOND)
        disable = back * 60 + dice.uniform(FIRST_SECOND, LAST_SECOND)
        lag = dice.randint(1, 2)
        old = [m for m in model.old if m < out // 60 + lag or m >= disable // 60 + lag]
        on, off = out + dice.uniform(0, 130), disable + dice.uniform(0, 120)
        new = [m for m in model.new if on <= m * 60 + dice.uniform(0, 59.9) < off]
        _every_run_once(model, old, new, (there, back))
    assert switched == 60


def _every_run_once(model: Model, old: list[int], new: list[int], switches: tuple[int, int]) -> None:
    both = set(model.old) & set(model.new)
    done = sorted([m for m in old if m in both] + [m for m in new if m in both])
    assert done == sorted(m for m in model.old if m in both), (model.job["schedule"], switches)
    # Runs that move: never the one time here and the other there.
    only_old, only_new = set(model.old) - both, set(model.new) - both
    for one in only_old:
        for other in only_new:
            if abs(one - other) <= STRADDLE:
                assert not (one in old and other in new), (model.job["schedule"], one, other)
                assert one in old or other in new, (model.job["schedule"], one, other)
