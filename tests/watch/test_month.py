"""A month of 40 jobs with planted faults, on a clock of the test's own: what is told, what is not, what twice, how soon.

No emulator fires schedules in zones or takes back what a rule could not start, so the starts are the engine's own minutes and
the services are fakes (`Steps`). The model judges every pass; where it has something to say, and at others in between, the
workflow itself makes the same pass, and must leave the same state and say the same.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from converters.artefact.registered import Registered
from converters.frame.watch import plan_of
from converters.schedules.daemon import Window
from converters.schedules.zones import iso as instant
from converters.workflows.watching import DAY, EVERY, LATE, REMIND, Missing, Plan, Seen, Told, judged, span
from converters.workflows.watchman import Watchman
from tests.aws.world import spec
from tests.effort import DEEP
from tests.watch.steps import RefusedError, Steps

FIRST = 29_900_160


def iso(minute: int) -> str:
    return f"{instant(minute)[:16]}Z"


MONTH = 30 * DAY
EXPRESSIONS = [
    ("cron(0 3 * * ? *)", None), ("cron(0 3 ? * MON-FRI *)", None), ("cron(*/15 8-17 ? * MON-FRI *)", None),
    ("cron(*/5 * * * ? *)", None), ("cron(7 * * * ? *)", None), ("cron(30 2 1,15 * ? *)", None),
    ("cron(0 0 ? * SUN *)", None), ("cron(0 9 * * ? *)", "Europe/Berlin"), ("cron(30 22 * * ? *)", "America/New_York"),
    ("cron(0 6 L * ? *)", "Asia/Tokyo"), ("cron(10,40 1-5 * * ? *)", None), ("cron(0 4 ? * 2#1 *)", None),
]  # fmt: skip


def fleet() -> list[Plan]:
    found = []
    for number in range(40):
        expression, zone = EXPRESSIONS[number % len(EXPRESSIONS)]
        made = spec(f"job{number:02}", expression, schedule={"timezone": zone} if zone else {})
        plan = plan_of(made, FIRST, workflow=True)
        assert isinstance(plan, Plan)
        # Whatever holds the minutes, they are those of the engine.
        window = Window(FIRST, FIRST + 7 * DAY)
        assert plan.due(FIRST - 1, FIRST + 7 * DAY - 1) == Registered.of(made).run_minutes(window)
        found.append(plan)
    return found


KINDS = ("lost", "refused at once", "refused after retries", "late", "disabled by hand")


@dataclass
class World:
    """What really happened: ``noted`` when each start was noted, ``letters`` when a start was given up, ``off`` from when to
    when a rule was switched off, ``silent`` minutes without a pass. ``faults`` is what must be told, by job and slot."""

    plans: list[Plan]
    noted: dict[tuple[str, int], int] = field(default_factory=dict)
    letters: list[tuple[int, str, int]] = field(default_factory=list)
    off: dict[str, tuple[int, int]] = field(default_factory=dict)
    silent: list[range] = field(default_factory=list)
    faults: dict[tuple[str, int], str] = field(default_factory=dict)


def planted(count: int) -> World:
    """Faults apart from each other: of one job, a start that ran lies between two of them."""
    chance = random.Random(7)
    world = World(fleet(), silent=[range(FIRST + 9 * DAY + 100, FIRST + 9 * DAY + 220)])
    slots = {one.job: one.due(FIRST + DAY, FIRST + MONTH - 2 * DAY) for one in world.plans}
    off = [one for one in world.plans if len(slots[one.job]) in range(25, 40)][:3]
    for plan in off:
        begin = slots[plan.job][9] - 30
        world.off[plan.job] = (begin, begin + 4 * DAY)
        world.faults[plan.job, slots[plan.job][9]] = "disabled by hand"
    jobs = [one.job for one in world.plans if one.job not in world.off and len(slots[one.job]) > 3]
    while len(world.faults) < count:
        job = chance.choice(jobs)
        at = chance.randrange(1, len(slots[job]) - 1)
        # A pass sees five minutes: what lies closer is one outage. A letter explains the next day's misses, too.
        near = [slot for slot in slots[job] if abs(slot - slots[job][at]) < (DAY + 60 if len(slots[job]) > 90 else 40)]
        if any((job, slot) in world.faults for slot in near) or (job, slots[job][at - 1]) in world.faults:
            continue
        if (job, slots[job][at + 1]) in world.faults:
            continue
        world.faults[job, slots[job][at]] = KINDS[len(world.faults) % 4]
    for plan in world.plans:
        for slot in plan.due(FIRST - 1, FIRST + MONTH):
            kind = world.faults.get((plan.job, slot))
            begin, end = world.off.get(plan.job, (0, 0))
            if begin <= slot < end:
                continue
            if kind == "refused at once":
                world.letters.append((slot + 1, plan.job, slot))
            elif kind == "refused after retries":
                world.letters.append((slot + 15, plan.job, slot))
            elif kind == "late":
                world.noted[plan.job, slot] = slot + 21
            elif kind is None:
                world.noted[plan.job, slot] = slot + chance.randrange(3)
    world.letters.sort()
    return world


@dataclass
class Pass:
    now: int
    before: Seen | None
    noted: set[tuple[str, int]]
    letters: list[tuple[int, str, int]]
    after: Seen
    told: list[Told]


def lived(world: World) -> list[Pass]:
    """Every pass of the month, by the model; a rule that is off is seen as the workflow sees it."""
    seen: Seen | None = None
    found: list[Pass] = []
    waiting = list(world.letters)
    for now in range(FIRST, FIRST + MONTH, EVERY):
        if any(now in one for one in world.silent):
            continue
        letters = [one for one in waiting if one[0] <= now]
        waiting = waiting[len(letters) :]
        after, upto = span(seen, now)
        asked = {(one.job, slot) for one in world.plans for slot in one.due(after, upto)}
        asked |= {(job, one.slot) for job, one in (seen.missing if seen else {}).items()}
        noted = {one for one in asked if world.noted.get(one, now + 1) <= now}
        errors = {job: "NO_PERMISSIONS" for _, job, _ in letters}
        state, told = judged(world.plans, seen, noted, errors, (), now)
        off = {job for job, (begin, end) in world.off.items() if begin <= now < end}
        missing = {
            job: Missing(one.slot, one.told, one.cause, one.off or job in off) for job, one in state.missing.items()
        }
        state = Seen(state.upto, missing, state.letters, state.over)
        found.append(Pass(now, seen, noted, letters, state, told))
        seen = state
    return found


def messages(world: World, passes: list[Pass]) -> list[tuple[str, int, str, int]]:
    """Job, slot, kind and minute of every message: the watchman's words, and a letter of a job that is not missing yet."""
    found = []
    for one in passes:
        before = one.before or Seen(0)
        found += [(job, slot, "gave-up", one.now) for _, job, slot in one.letters if not before.knows(job, slot)]
        found += [(word.job, word.slot, word.kind, one.now) for word in one.told]
    return found


@pytest.fixture(scope="module")
def month() -> tuple[World, list[Pass]]:
    world = planted(200)
    return world, lived(world)


def test_of_200_faults_each_is_told_once_in_time_and_nothing_else(month: tuple[World, list[Pass]]) -> None:
    world, passes = month
    said = Counter((job, slot) for job, slot, kind, _ in messages(world, passes) if kind not in ("ok", "again"))
    not_told = [one for one in world.faults if not said[one]]
    twice = [one for one, times in said.items() if times > 1]
    false = [one for one in said if one not in world.faults]
    assert (len(world.faults), not_told, twice, false) == (200, [], [], [])
    assert set(world.faults.values()) == set(KINDS)
    by_kind: dict[str, list[int]] = {}
    for job, slot, kind, now in messages(world, passes):
        if kind not in ("ok", "again") and not any(slot in range(one.start - 15, one.stop + 1) for one in world.silent):
            by_kind.setdefault(world.faults[job, slot], []).append(now - slot)
    assert max(map(max, by_kind.values())) <= LATE + EVERY
    assert max(by_kind["refused at once"]) <= EVERY + 1
    # Reminded is of what is missing for more than a day, each day.
    plans = {one.job: one for one in world.plans}
    for job, slot, kind, now in messages(world, passes):
        if kind == "again":
            assert now - slot >= REMIND
            assert not [
                one for one in plans[job].due(slot, now - LATE) if world.noted.get((job, one), now) < now - LATE
            ]
    # All that was told is over: each has its OK, and nothing is missing at the end.
    over = Counter(job for job, _, kind, _ in messages(world, passes) if kind == "ok")
    assert over == Counter(job for job, _ in world.faults)
    assert passes[-1].after.missing == {}


@dataclass
class Place:
    """The services of one pass."""

    world: World
    one: Pass
    state: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    handles: set[str] = field(default_factory=set)

    def services(self) -> dict[str, Any]:
        return {
            "dynamodb:getItem": lambda asked: {"Item": {"state": {"S": self.state}}} if self.state else {},
            "dynamodb:updateItem": self._keep,
            "dynamodb:batchGetItem": self._look,
            "sqs:receiveMessage": self._receive,
            "eventbridge:describeRule": self._rule,
            "scheduler:getSchedule": self._rule,
            "states:startExecution": self._start,
        }

    def _keep(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Key"]["lock"]["S"].startswith("letters#"):
            assert asked["Key"]["lock"]["S"] == f"letters#{self.one.now // 720}"
            self.handles |= set(asked["ExpressionAttributeValues"][":handles"]["SS"])
            return {}
        assert asked["ExpressionAttributeValues"][":was"]["S"] == (self.state or "-")
        self.state = asked["ExpressionAttributeValues"][":state"]["S"]
        # DynamoDB takes no empty set; a name that is not in it may be taken away.
        ran = asked["ExpressionAttributeValues"][":ran"]["SS"]
        assert ran == ["-", *(word["job"] for word in self.told if word["kind"] == "ok")] or not self.told
        return {}

    def _look(self, asked: dict[str, Any]) -> dict[str, Any]:
        [(table, keys)] = asked["RequestItems"].items()
        there = {f"run#{job}#{iso(slot)}" for job, slot in self.one.noted}
        assert 0 < len(keys["Keys"]) <= 100
        found = [key for key in keys["Keys"] if key["lock"]["S"] in there]
        return {"Responses": {table: found}, "UnprocessedKeys": {}}

    def _receive(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not self.one.letters:
            return {}
        values = {"RULE_ARN": "arn:aws:events:r:1:rule/%s", "ERROR_CODE": "NO_PERMISSIONS"}
        values |= {"TARGET_ARN": "arn:aws:states:r:1:stateMachine:%s"}
        found = [
            {
                "MessageId": f"{job}-{slot}",
                "ReceiptHandle": f"handle of {job}-{slot}",
                "Body": json.dumps({"time": iso(slot)}),
                "MessageAttributes": {
                    name: {"StringValue": value % job if "%" in value else value} for name, value in values.items()
                },
            }
            for _, job, slot in self.one.letters
        ]
        self.one.letters = []
        return {"Messages": found}

    def _rule(self, asked: dict[str, Any]) -> dict[str, Any]:
        begin, end = self.world.off.get(asked["Name"], (0, 0))
        return {"State": "DISABLED" if begin <= self.one.now < end else "ENABLED"}

    def _start(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Name"] in self.names:
            raise RefusedError("StepFunctions.ExecutionAlreadyExistsException")
        self.names.add(asked["Name"])
        self.told.append(asked["Input"]["detail"])
        return {"ExecutionArn": "x"}


def _text(plans: list[Plan], seen: Seen | None) -> str:
    if seen is None:
        return ""
    zoned = {one.job: one.zoned for one in plans}
    missing = {
        job: {"slot": one.slot, "told": one.told, "cause": one.cause, "off": one.off, "z": zoned[job]}
        for job, one in seen.missing.items()
    }
    letters = {job: {"at": at, "code": code} for job, (at, code) in seen.letters.items()}
    return json.dumps({"upto": seen.upto, "missing": missing, "letters": letters, "over": dict(seen.over)})


def test_the_workflow_makes_the_same_passes(month: tuple[World, list[Pass]]) -> None:
    world, passes = month
    man = Watchman("web1", "t", "", "", "", "g", "arn:n", "https://q", tuple(world.plans)).definition()
    speaking = [one for one in passes if one.told or one.letters]
    chosen = speaking if DEEP else [*speaking[::9], passes[0], *passes[1:300:60]]
    for one in chosen:
        letters = list(one.letters)
        place = Place(world, one, _text(world.plans, one.before))
        steps = Steps(man, place.services())
        steps.run(one.now + 0.3)
        one.letters = letters
        assert json.loads(place.state) == json.loads(_text(world.plans, one.after)), one
        words = [
            (word.job, iso(word.slot), "disabled" if one.after.missing.get(word.job, Missing(0, 0)).off else word.kind)
            for word in one.told
        ]
        assert place.handles == {f"handle of {job}-{slot}" for _, job, slot in letters}
        before = one.before or Seen(0)
        words += [(job, iso(slot), "gave-up") for _, job, slot in letters if not before.knows(job, slot)]
        assert sorted((word["job"], word["slot"], word["kind"]) for word in place.told) == sorted(words)
        # What was told by a pass that broke off is not told by the one that makes it again.
        place.state, once = _text(world.plans, one.before), list(place.told)
        Steps(man, place.services()).run(one.now + 0.3)
        assert place.told == once


# jobs -> transitions of a month of quiet passes; $0.025 per 1,000 (Standard workflows)
PRICES = [(30, 112_320), (300, 112_320), (3000, 302_400)]


@pytest.mark.parametrize(("jobs", "transitions"), PRICES)
def test_what_the_watch_costs(jobs: int, transitions: int) -> None:
    """Counted from the states that a quiet pass enters, whose slots all ran; 12 passes an hour."""
    plans = fleet()
    many = [
        Plan(f"job-of-a-usual-name-{n}", **{key: getattr(plans[n % 40], key) for key in _REST}) for n in range(jobs)
    ]
    man = Watchman("web1", "t", "", "", "", "g", "arn:n", "https://q", tuple(many)).definition()
    ran = {(plan.job, slot) for plan in many for slot in plan.due(FIRST, FIRST + 30)}
    one = Pass(FIRST + 13, Seen(FIRST), ran, [], Seen(0), [])
    steps = Steps(man, Place(World([]), one, _text([], one.before)).services())
    steps.run(one.now + 0.3)
    assert steps.entered * 12 * 24 * 30 == transitions


_REST = ("zoned", "since", "begin", "days", "sets")
