"""The watchman's judgement: tables of passes, and the expressions of its workflow held against the model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statelint.linter import Linter

from converters.artefact.registered import Registered
from converters.schedules.daemon import Starts, Window
from converters.workflows.watch_expressions import DUE, JUDGED, KEPT, OVER, RECENT, UPTO
from converters.workflows.watching import (
    DAY,
    LATE,
    REMIND,
    Missing,
    Plan,
    Seen,
    Told,
    as_entry,
    judged,
    of_entry,
    planned,
    span,
)
from converters.workflows.watchman import Watchman, plans_of
from tests.aws.world import spec
from tests.watch.steps import evaluate

NOON = 29_900_160  # 2026-11-07T00:00Z


def plan(job: str, *minutes: int, days: int = 5, since: int = NOON) -> Plan:
    """A job that is due at these minutes of every day."""
    window = Window(since, since + days * DAY)
    bits = sum(1 << minute for minute in minutes)
    every = sum(1 << (day - window.base) for day in range(since // DAY, since // DAY + days))
    found = planned(job, [Starts(every, bits, 1)], window)
    assert found is not None
    return found


NIGHTLY = plan("nightly", 180)
OFTEN = plan("often", *range(0, DAY, 5))
SLOT = NOON + 180


def at(minute: int, **more: Any) -> Seen:
    return Seen(minute, {"nightly": Missing(SLOT, SLOT + 10, **more)})


# plans, what was known, noted starts, letters, acknowledged, now -> what is told, what is missing then
PASSES: list[tuple[Any, ...]] = [
    ("it started", [NIGHTLY], Seen(SLOT - 1), {("nightly", SLOT)}, {}, set(), SLOT + LATE, [], []),
    ("it may still come", [NIGHTLY], Seen(SLOT - 5), set(), {}, set(), SLOT + LATE - 1, [], []),
    ("it did not", [NIGHTLY], Seen(SLOT - 1), set(), {}, set(), SLOT + LATE, [Told("nightly", "missed", SLOT)], ["nightly"]),
    ("a letter told it", [NIGHTLY], Seen(SLOT - 1), set(), {"nightly": "NO_PERMISSIONS"}, set(), SLOT + LATE, [], ["nightly"]),
    ("told already", [NIGHTLY], at(SLOT), set(), {}, set(), SLOT + 600, [], ["nightly"]),
    ("it came late", [NIGHTLY], at(SLOT), {("nightly", SLOT)}, {}, set(), SLOT + 20, [Told("nightly", "ok", SLOT)], []),
    ("a day later", [NIGHTLY], at(SLOT + REMIND - 20), set(), {}, set(), SLOT + 10 + REMIND,
     [Told("nightly", "again", SLOT)], ["nightly"]),
    ("a day later, known", [NIGHTLY], at(SLOT + REMIND - 20), set(), {}, {"nightly"}, SLOT + 10 + REMIND, [], ["nightly"]),
    ("a day later, off", [NIGHTLY], at(SLOT + REMIND - 20, off=True), set(), {}, set(), SLOT + 10 + REMIND, [], ["nightly"]),
    ("the next one ran", [NIGHTLY], at(SLOT + DAY - 1), {("nightly", SLOT + DAY)}, {}, set(), SLOT + DAY + LATE,
     [Told("nightly", "ok", SLOT)], []),
    ("of several the last ran", [OFTEN], Seen(NOON), {("often", NOON + 10)}, {}, set(), NOON + 10 + LATE,
     [Told("often", "missed", NOON + 5), Told("often", "ok", NOON + 5)], []),
    ("of several the last did not", [OFTEN], Seen(NOON), {("often", NOON + 5)}, {}, set(), NOON + 10 + LATE,
     [Told("often", "missed", NOON + 10)], ["often"]),
    ("after a silence an hour at once", [NIGHTLY], Seen(SLOT - 100), set(), {}, set(), SLOT + 500, [], []),
    ("the first pass of all", [NIGHTLY], None, set(), {}, set(), SLOT + 500, [], []),
]  # fmt: skip


@pytest.mark.parametrize("row", PASSES, ids=[row[0] for row in PASSES])
def test_a_pass(row: Any) -> None:
    _, plans, seen, noted, letters, known, now, told, missing = row
    after, said = judged(plans, seen, noted, letters, known, now)
    assert (said, list(after.missing)) == (told, missing)
    assert by_expressions(plans, seen, noted, letters, known, now) == (after, said)


def by_expressions(
    plans: list[Plan],
    seen: Seen | None,
    noted: set[tuple[str, int]],
    letters: dict[str, str],
    known: set[str],
    now: int,
) -> tuple[Seen, list[Told]]:
    """The same by the JSONata of the workflow."""
    before = seen or Seen(span(None, now)[0])
    names = {
        one.job: {"slot": one.slot, "told": one.told, "cause": one.cause, "off": one.off, "z": False} for one in ()
    }
    names = {
        job: {"slot": one.slot, "told": one.told, "cause": one.cause, "off": one.off, "z": False}
        for job, one in before.missing.items()
    }
    variables: dict[str, Any] = {
        "now": now,
        "before": before.upto,
        "open": names,
        "past": {job: {"at": one[0], "code": one[1]} for job, one in before.letters.items()},
        "given": [{"job": job, "code": code} for job, code in letters.items()],
        "over": dict(before.over),
        "known": sorted(known),
        "noted": [{"k": f"{job}/{slot}"} for job, slot in noted],
        "off": [],
        "states": {"input": {"plans": [as_entry(one) for one in plans]}},
    }
    found = evaluate(f"$append([], {DUE})", variables, now)
    variables["due"] = [] if found is None else found if isinstance(found, list) else [found]
    key = "$k := function($j, $s) { $j & '/' & $string($s) };"
    rows = evaluate(f"({key} {JUDGED})", variables, now)
    variables["rows"] = rows = [] if rows is None else rows if isinstance(rows, list) else [rows]
    kept = evaluate(KEPT, variables, now)
    recent = evaluate(RECENT, variables, now)
    after = Seen(
        int(evaluate(UPTO, variables, now)),
        {job: Missing(one["slot"], one["told"], one["cause"], one["off"]) for job, one in kept.items()},
        {job: (one["at"], one["code"]) for job, one in recent.items()},
        evaluate(OVER, variables, now),
    )
    order = [one.job for one in plans]
    told = [
        Told(row["j"], row["kind"], row["slot"], row["cause"] if row["kind"] == "again" else "")
        for row in rows
        if row["tell"]
    ]
    return after, sorted(told, key=lambda one: order.index(one.job))


JOBS = [NIGHTLY, OFTEN, plan("hourly", *range(7, DAY, 60)), plan("twice", 180, 181, 700)]


@st.composite
def passes(draw: st.DrawFn) -> tuple[Any, ...]:
    upto = draw(st.integers(NOON, NOON + 2 * DAY))
    now = upto + draw(st.integers(0, 80))
    names = [one.job for one in JOBS]
    slots = [(one.job, slot) for one in JOBS for slot in one.due(upto - 70, upto + 80)]
    noted = draw(st.sets(st.sampled_from(slots))) if slots else set()
    missing = {
        job: Missing(draw(st.integers(upto - 70, upto)), draw(st.integers(now - 2 * DAY, now)), "", draw(st.booleans()))
        for job in draw(st.sets(st.sampled_from(names)))
    }
    letters = dict.fromkeys(draw(st.sets(st.sampled_from(names))), "NO_RESOURCE")
    past = {job: (draw(st.integers(now - 2 * DAY, now)), "X") for job in draw(st.sets(st.sampled_from(names)))}
    over = {job: draw(st.integers(upto - 2 * DAY, upto)) for job in draw(st.sets(st.sampled_from(names)))}
    known = draw(st.sets(st.sampled_from(names)))
    return JOBS, Seen(upto, missing, past, over), noted, letters, known, now


@settings(max_examples=25, deadline=None)
@given(passes())
def test_the_expressions_judge_as_the_model_does(row: Any) -> None:
    after, told = judged(*row)
    found, said = by_expressions(*row)
    assert (found.upto, dict(found.missing), dict(found.letters)) == (
        after.upto,
        dict(after.missing),
        dict(after.letters),
    )
    assert said == told


EXPRESSIONS: list[tuple[str, str | None]] = [
    ("cron(0 3 ? * MON-FRI *)", None),
    ("cron(*/15 8-17 ? * MON-FRI *)", None),
    ("cron(30 2 L * ? *)", "Europe/Berlin"),
    ("cron(30 2 * * ? *)", "Europe/Berlin"),
    ("cron(0 9 ? * 2#1 *)", "America/New_York"),
    ("cron(0,7,30 1,5 1,15 * ? *)", None),
    ("rate(1 minute)", None),
]


@pytest.mark.parametrize(("expression", "zone"), EXPRESSIONS)
def test_a_plan_has_the_engines_own_minutes(expression: str, zone: str | None) -> None:
    made = Registered.of(spec(expression=expression, schedule={"timezone": zone} if zone else {}))
    window = Window(NOON + 17, NOON + 17 + 60 * DAY)
    found = planned("job", made.runs(window), window)
    assert found is not None
    for first in (window.first, window.first + 20 * DAY, window.until - 2 * DAY):
        few = Window(first, first + DAY)
        assert found.due(few.first - 1, few.until - 1) == made.run_minutes(few)
    assert of_entry(as_entry(found)) == found


def watchman(*plans: Plan, queue: str | None = "https://sqs/q") -> Watchman:
    return Watchman(
        "web1", "cron2fargate-web1-locks", "", "", "", "group", "arn:aws:states:r:1:stateMachine:n", queue, plans
    )


def test_the_definition_is_sound_and_holds_its_plans() -> None:
    many = [plan(f"job{number}", number, days=400) for number in range(700)]
    for made in (watchman(), watchman(NIGHTLY), watchman(*many), watchman(OFTEN, queue=None)):
        definition = made.definition()
        assert Linter.validate(definition) == []
        assert plans_of(definition) == sorted(made.plans, key=lambda one: one.job)
    assert len(made.text()) < 1_000_000
    assert len([name for name in watchman(*many).definition()["States"] if name.startswith("Plans")]) == 3
