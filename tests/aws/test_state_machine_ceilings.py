"""Ceilings of an environment, executed: starts that count themselves in the lock table, and those that find no place."""

from __future__ import annotations

from typing import Any

import pytest

from converters.workflows.ceilings import Ceilings
from converters.workflows.machine import Surroundings, as_text, state_machine
from tests.aws.sfn_shim import Task, _client
from tests.aws.test_state_machine_runs import ROLE, SLOT, Stage, is_free, stage
from tests.test_state_machine import TASK, spec

__all__ = ["stage"]


def make(stage: Stage, ceilings: Ceilings, name: str = "job", **wishes: Any) -> str:
    job = spec(name=name, **({"timeout": 60} | wishes))
    around = Surroundings("web1", TASK, "locks", topic=stage.topic, ceilings=ceilings)
    answer = _client("stepfunctions").create_state_machine(
        name=name, definition=as_text(state_machine(job, around)), roleArn=ROLE
    )
    return str(answer["stateMachineArn"])


def begun(stage: Stage, machines: list[str], minutes: list[int]) -> list[tuple[int, str]]:
    """Starts of each machine in these minutes after the beginning: which minute, and how it ended."""
    first, found = stage.machine.clock.now - stage.machine.clock.now % 3600 + 3600, []
    for minute in minutes:
        stage.machine.clock.now = max(stage.machine.clock.now, first + minute * 60 + 1)
        stage.machine.clock.enter()
        going = [stage.start(machine, slot=SLOT) for machine in machines]
        stage.machine.clock.leave()
        found += [(minute, stage.end(one).get("error", "ran")) for one in going]
    return found


def naive(per_minute: int | None, per_hour: int | None, jobs: int, minutes: list[int]) -> list[tuple[int, str]]:
    """What a reader of the settings expects, by counting."""
    of_minute: dict[int, int] = {}
    of_hour: dict[int, int] = {}
    found = []
    for minute in minutes:
        for _ in range(jobs):
            full = per_minute is not None and of_minute.get(minute, 0) >= per_minute
            if not full:
                of_minute[minute] = of_minute.get(minute, 0) + 1
                full = per_hour is not None and of_hour.get(minute // 60, 0) >= per_hour
            if not full:
                of_hour[minute // 60] = of_hour.get(minute // 60, 0) + 1
            found.append((minute, "CeilingReached" if full else "ran"))
    return found


@pytest.mark.parametrize(
    ("per_minute", "per_hour", "jobs", "minutes"),
    [
        (2, None, 3, [0, 1, 5]),
        (None, 4, 1, [0, 10, 20, 30, 40, 59, 60, 61]),
        (2, 5, 3, [0, 30, 58, 60, 119, 120]),
        (9, 9, 3, [0, 1, 2, 3]),
        (1, 1, 1, [0, 0, 60]),
    ],
)
def test_one_start_too_many_is_refused_and_told(
    stage: Stage, per_minute: int | None, per_hour: int | None, jobs: int, minutes: list[int]
) -> None:
    ceilings = Ceilings(per_minute, per_hour)
    machines = [make(stage, ceilings, f"j{number}") for number in range(jobs)]
    found = begun(stage, machines, minutes)
    expected = naive(per_minute, per_hour, jobs, minutes)
    # Which of those in one instant comes first is nobody's to say.
    assert sorted(found) == sorted(expected)
    ran = [one for one in found if one[1] == "ran"]
    assert len(stage.machine.ran) == len(ran)
    told = stage.told()
    assert len(told) == len(found) - len(ran)
    assert all("Outcome: CeilingReached" in text and "(ceilings.startsPer" in text for text in told)


def test_the_lock_of_a_refused_start_is_given_back(stage: Stage) -> None:
    machine = make(stage, Ceilings(per_hour=1), lock={"name": "db"})
    assert [how for _, how in begun(stage, [machine], [0, 2])] == ["ran", "CeilingReached"]
    assert is_free(stage.items().get("db", {}))
    # A run that the lock skips starts no task, so it takes no place.
    stage.hold("db", 7200)
    other = make(stage, Ceilings(per_hour=1), "other", lock={"name": "db"})
    begun(stage, [other], [0])
    counts = [int(item["starts"]["N"]) for key, item in stage.items().items() if key.startswith("starts#hour#")]
    assert counts == [1]


def test_a_start_that_cannot_be_counted_is_made(stage: Stage) -> None:
    machine = make(stage, Ceilings(1, 1))
    _client("dynamodb").delete_table(TableName="locks")
    assert [how for _, how in begun(stage, [machine], [0, 0, 0])] == ["ran", "ran", "ran"]
    assert stage.told() == []


def test_a_shadow_a_skipped_date_and_a_further_try_take_no_place(stage: Stage) -> None:
    machine = make(stage, Ceilings(per_hour=1), retry={"attempts": 2})
    stage.run(machine, shadow=True)
    stage.machine.ran.clear()
    stage.machine.calls = 0
    stage.machine.tasks = [Task(exit_code=1), Task(exit_code=1), Task()]
    assert [how for _, how in begun(stage, [machine], [0])] == ["ran"]
    assert len(stage.machine.ran) == 3


def test_without_ceilings_nothing_is_counted() -> None:
    job = spec(timeout=60)
    plain = state_machine(job, Surroundings("web1", TASK, "locks"))
    assert "starts#" not in str(plain)
    assert state_machine(job, Surroundings("web1", TASK, "locks", ceilings=Ceilings())) == plain
