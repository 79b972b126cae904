"""Locks against DynamoDB's own conditions (moto), thousands of times: never too many holders, never a free lock refused.

The states that take and release a lock are followed one call at a time, so that the calls of several runs can be mixed
in any order, with clocks that move and runs that die. A model says who holds the lock.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ClientError

from converters.workflows.locks import FULL, HELD, RELEASE, first
from converters.workflows.machine import RUN, state_machine
from tests.aws.sfn_shim import evaluate
from tests.aws.world import World
from tests.test_state_machine import around, spec

TABLE = "locks"
CALLS = {"putItem": "put_item", "updateItem": "update_item", "deleteItem": "delete_item", "getItem": "get_item"}


@pytest.fixture
def table(world: World) -> Any:
    client = world.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "lock", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "lock", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


@cache
def evaluated(text: str, execution: str, now: int, given: str) -> Any:
    states = f'{{"context": {{"Execution": {{"Id": "{execution}", "Input": {{}}}}}}, "input": {given}}}'
    return evaluate(f"($states := {states}; {text[2:-2]})", now)


@dataclass
class Model:
    """Who holds the lock: the oracle. A lease belongs to its holder."""

    holders: dict[str, bool] = field(default_factory=dict)  # run: shared
    most: int = 1
    leases: dict[str, int] = field(default_factory=dict)

    def living(self, now: int) -> list[str]:
        return [run for run in self.holders if self.leases.get(run, now + 1) > now]

    def free_for(self, shared: bool, now: int) -> bool:
        """Who died is forgotten when its own lease has ended, whatever the others do."""
        living = self.living(now)
        beside = len(living) < self.most if self.most > 1 else shared and all(self.holders[run] for run in living)
        return not living or beside

    def take(self, run: str, shared: bool, now: int, lease: int) -> None:
        living = self.living(now)
        assert self.free_for(shared, now), "too many holders"
        if self.most == 1 and (not shared or not living):
            self.holders.clear()
        self.holders[run] = shared
        self.leases[run] = now + lease

    def release(self, run: str) -> None:
        self.holders.pop(run, None)


@dataclass
class Run:
    """One execution: what it wishes, and how far it has come."""

    name: str
    shared: bool
    lease: int
    definition: dict[str, Any]
    most: int = 1

    @classmethod
    def new(cls, name: str, shared: bool, lease: int, most: int = 1) -> Run:
        job = spec(lock={"name": "db", "shared": shared, "lease": lease, "runs": most}, once=True)
        return cls(name, shared, lease, state_machine(job, around()), most)

    def filled(self, value: Any, now: int, given: Any = None) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(inner, now, given) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner, now, given) for inner in value]
        if not isinstance(value, str) or not value.startswith("{%"):
            return value
        moment = now if "$millis()" in value else 1_800_000_000
        return evaluated(value, self.name, moment, json.dumps(given))


def acquiring(run: Run, table: Any, model: Model, clock: list[int]) -> Iterator[str]:
    """Follows the states from the first one on, one call at a time; ends with ``taken`` or ``refused``."""
    states, name, given = run.definition["States"], first(_lock(run)), None
    refused_at: list[bool] = []
    while True:
        state = states[name]
        now = clock[0]
        if state["Type"] == "Choice":
            assert name == HELD
            chosen = (one["Next"] for one in state["Choices"] if run.filled(one["Condition"], now, given))
            name = next(chosen, state["Default"])
        elif state["Type"] == "Succeed" or name == FULL:
            # A writer is refused by the one write it tries, a reader by the look at the end.
            assert refused_at[-1], "a free lock was refused"
            yield "refused"
            return
        else:
            arguments = run.filled(state["Arguments"], now, given)
            try:
                given = getattr(table, CALLS[state["Resource"].rpartition(":")[2]])(**arguments)
                refused_at.append(not model.free_for(run.shared, now))
                name = state["Next"]
            except ClientError as error:
                assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
                refused_at.append(not model.free_for(run.shared, now))
                name = state["Catch"][0]["Next"]
            if name == RUN:
                model.take(run.name, run.shared, now, run.lease)
                yield "taken"
                return
            yield "call"


def _lock(run: Run) -> Any:
    return spec(lock={"name": "db", "shared": run.shared, "lease": run.lease, "runs": run.most}).lock


def releasing(run: Run, table: Any, model: Model, clock: list[int]) -> None:
    state = run.definition["States"][RELEASE]
    arguments = run.filled(state["Arguments"], clock[0])
    try:
        getattr(table, CALLS[state["Resource"].rpartition(":")[2]])(**arguments)
        assert run.name in model.holders, "somebody else's lock was released"
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
        # The place of an ended lease may be somebody else's by now.
        ended = model.most > 1 and run.name not in model.living(clock[0])
        assert run.name not in model.holders or ended, "its own lock was not released"
    model.release(run.name)


RUNS = [
    Run.new(f"run-{shared}-{lease}-{n}", shared, lease) for shared in (False, True) for lease in (60, 300) for n in "ab"
]


PLACES = {
    most: [Run.new(f"run-{lease}-{n}", False, lease, most) for lease in (60, 300) for n in "abcd"] for most in (2, 3)
}


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_rounds_of_contention(table: Any, seed: int, most: int) -> None:
    """Ten times a hundred rounds: two to six runs on one lock at once, some with leases that end, some that die."""
    random_ = random.Random(seed)
    seen: Counter[str] = Counter()
    model, clock = Model(most=most), [1_800_000_000]
    for number in range(100 if most == 1 else 30):
        going = random_.sample(PLACES.get(most, RUNS), random_.randint(2, 3 + most))
        if most > 1:
            # An ended lease stands in the item until its place is needed, so a name is never that of another execution.
            going = [replace(run, name=f"{run.name}-{number}") for run in going]
        # A name stands for one execution only; what died long ago may still stand in the table.
        going = [run for run in going if run.name not in model.holders]
        steps = {run.name: acquiring(run, table, model, clock) for run in going}
        by_name = {run.name: run for run in going}
        while steps:
            name = random_.choice(sorted(steps))
            outcome = next(steps[name])
            clock[0] += random_.choice([0, 0, 0, 1, 20])
            if outcome == "call":
                continue
            seen[outcome] += 1
            del steps[name]
            if outcome == "taken" and random_.random() < 0.8:
                if random_.random() < 0.5:
                    releasing(by_name[name], table, model, clock)
                    seen["released"] += 1
            elif outcome == "taken":
                seen["died"] += 1
        # Also those that gave it back before, or whose lease ended and went to somebody else.
        for run in going:
            if random_.random() < 0.7:
                releasing(run, table, model, clock)
        clock[0] += random_.choice([0, 10, 400])
    assert min(seen["taken"], seen["refused"], seen["released"], seen["died"]) > 5, seen


def test_a_dead_reader_keeps_no_writer_out(table: Any) -> None:
    """A day: readers come every 5 minutes, hold the lock for one and have a lease of ten; one of them died at once. Each of
    the 288 writers finds the lock free of living readers, but for the two within the dead one's own lease."""
    model, clock = Model(), [1_800_000_000]
    writer = Run.new("writer", shared=False, lease=60)
    readers = [Run.new(f"reader-{n}", shared=True, lease=600) for n in range(2)]
    dead = Run.new("dead", shared=True, lease=600)
    assert list(acquiring(dead, table, model, clock))[-1] == "taken"
    ran: Counter[str] = Counter()
    for number in range(288):
        reader = readers[number % 2]
        assert list(acquiring(reader, table, model, clock))[-1] == "taken"
        clock[0] += 60
        releasing(reader, table, model, clock)
        clock[0] += 60
        outcome = list(acquiring(writer, table, model, clock))[-1]
        ran[outcome] += 1
        clock[0] += 30
        if outcome == "taken":
            releasing(writer, table, model, clock)
        clock[0] += 150
    assert ran == {"taken": 286, "refused": 2}


def test_a_call_that_is_sent_twice_is_one_call(table: Any) -> None:
    """An answer that is lost makes Step Functions send the call again: it finds its own name and goes on."""
    for run in [*RUNS, *PLACES[2]]:
        model, clock = Model(most=run.most), [1_800_000_000]
        states = run.definition["States"]
        name = first(_lock(run))
        table.put_item(**run.filled(states[name]["Arguments"], clock[0]))
        assert [outcome for outcome in acquiring(run, table, model, clock) if outcome != "call"] == ["taken"]
        releasing(run, table, model, clock)
        releasing(run, table, model, clock)  # the second finds nothing of its own
        other = next(other for other in RUNS if other.name != run.name)
        assert "taken" in set(acquiring(other, table, Model(), clock))
        releasing(other, table, Model(holders={other.name: other.shared}), clock)


def test_the_slot_is_taken_once(table: Any) -> None:
    """Two executions of one slot, in either order of their two tries: one of them has it, and it stays so."""
    job = spec(once=True)
    arguments = state_machine(job, around())["States"]["Take the slot"]["Arguments"]

    def take(execution: str, slot: str) -> bool:
        given = {"context": {"Execution": {"Id": execution, "Input": {"slot": slot}}}}

        def filled(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: filled(inner) for key, inner in value.items()}
            if isinstance(value, str) and value.startswith("{%"):
                return evaluate(f"($states := {json.dumps(given)}; {value[2:-2]})", 1_800_000_000)
            return value

        try:
            table.put_item(**filled(arguments))
        except ClientError:
            return False
        return True

    assert take("a", "2026-11-13T14:45:00Z")
    assert take("a", "2026-11-13T14:45:00Z")  # the same call again
    assert not take("b", "2026-11-13T14:45:00Z")
    assert not take("b", "2026-11-13T14:45:07Z")  # the same minute
    assert take("b", "2026-11-13T14:46:00Z")
    keys = {item["lock"]["S"] for item in table.scan(TableName=TABLE)["Items"]}
    assert keys == {"slot#job#2026-11-13T14:45Z", "slot#job#2026-11-13T14:46Z"}
