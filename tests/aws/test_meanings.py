"""What a start means, foretold, against the workflow itself: executed by moto's interpreter with its DynamoDB.

Every way through a definition up to its task or its end: guards, slots that were taken, locks in each state.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from converters.artefact.meaning import Meaning, meanings
from converters.workflows.lock_items import Item
from converters.workflows.locks import FULL, WAIT
from converters.workflows.machine import RUN
from tests.aws.sfn_shim import START, _client
from tests.aws.test_state_machine_runs import Stage, stage
from tests.effort import DEEP
from tests.test_state_machine import spec

__all__ = ["stage"]
CASES = 200 if DEEP else 25
LOCKS: list[Any] = [
    None,
    {"name": "db"},
    {"name": "db", "wait": 20},
    {"name": "db", "wait": "forever"},
    {"name": "db", "shared": True},
    {"name": "db", "shared": True, "wait": 20},
    {"name": "db", "runs": 2},
    {"name": "db", "runs": 2, "wait": 20},
    {"name": "db", "runs": 3, "wait": "forever"},
]


def held(chance: random.Random, now: int) -> Item | None:
    """A lock as it may be found: none, a holder's, readers' alive and dead, left behind, run out."""
    ends = [now + seconds for seconds in chance.sample([-50, -1, 0, 1, 30, 300], chance.randrange(3))]
    kind = chance.choice(["none", "owner", "readers", "readers", "left"])
    if kind == "none":
        return None
    if kind == "owner":
        return Item(now + chance.choice([-10, 0, 1, 40]), "somebody")
    readers = {f"reader{number}": end for number, end in enumerate(ends)} if kind == "readers" else {}
    # The longest lease may be that of one who has left meanwhile.
    return Item(max([*ends, now + chance.choice([-60, -1, 50, 200_000])]), None, readers)


def put(item: Item | None) -> None:
    client = _client("dynamodb")
    for one in client.scan(TableName="locks")["Items"]:
        client.delete_item(TableName="locks", Key={"lock": one["lock"]})
    if item is None:
        return
    row: dict[str, Any] = {"lock": {"S": "db"}, "expires": {"N": str(int(item.expires))}}
    if item.owner:
        row["owner"] = {"S": item.owner}
    else:
        row["readers"] = {"M": {name: {"N": str(int(end))} for name, end in item.readers.items()}}
    client.put_item(TableName="locks", Item=row)


def test_each_start_goes_the_way_that_was_foretold(stage: Stage) -> None:
    seed = os.environ.get("LOT") or str(random.random())
    print("LOT", seed)  # a failure shows it, and LOT= does the same cases again
    chance = random.Random(seed)
    ends: Counter[str] = Counter()
    for _ in range(CASES):
        minute = max(START, int(stage.machine.clock.now)) // 60 + chance.randint(1, 5000)
        stage.machine.clock.now = minute * 60.0
        when = datetime.fromtimestamp(minute * 60, UTC)
        wishes: dict[str, Any] = {"timeout": 60, "schedule": {}}
        by = chance.choice(["dom", "dow"])
        fields = "* * ?" if by == "dom" else "? * *"
        wishes["schedule"]["scheduleExpression"] = f"cron({when:%-M} {when:%-H} {fields} *)"
        if chance.random() < 0.5:
            days, weekday = chance.sample(range(1, 32), 20), f"{chance.choice([when, when]):%a}".upper()
            guard = {
                "daysOfMonth": ",".join(map(str, sorted(days))),
                "daysOfWeek": chance.choice(["*", weekday, "MON"]),
            }
            guard |= {"months": "*", "offset": chance.choice([0, 540, -300]), "rule": chance.choice(["and", "or"])}
            wishes["schedule"]["guard"] = guard
        lock, once = chance.choice(LOCKS), chance.random() < 0.3
        wishes |= ({"lock": lock} if lock else {}) | ({"once": True} if once else {})
        wishes |= {"success": [0, 1], "retry": {"attempts": 1}} if chance.random() < 0.2 else {}
        job = spec(**wishes)
        item = held(chance, minute * 60) if lock else None
        put(item)
        slot = f"{when:%Y-%m-%dT%H:%M:00Z}"
        taken = [slot] if once and chance.random() < 0.4 else []
        for one in taken:
            row = {"lock": {"S": f"slot#job#{one[:16]}Z"}, "owner": {"S": "another"}, "expires": {"N": "9999999999"}}
            _client("dynamodb").put_item(TableName="locks", Item=row)
        (foretold,) = meanings(job, minute, taken=taken, lock=item)
        told = {"slot": slot} | ({"dates": by} if job.schedule.guard else {})
        machine = stage.make(job)
        ended = stage.run(machine, **told)
        path = stage.machine.paths[ended["executionArn"]]
        assert _shown(path, foretold) == list(foretold.states), (wishes, item, taken, foretold, path)
        assert foretold.slot == slot
        ends[foretold.end] += 1
        _client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    assert {"runs", "no date", "came twice", "lock taken", "waits"} <= set(ends) or not DEEP, ends


def _shown(path: list[str], foretold: Meaning) -> list[str]:
    """As much of the way as is foretold: up to the task, the first wait, or a ceiling."""
    for stop in (WAIT, RUN, FULL):
        if foretold.states[-1] == stop and stop in path:
            return path[: path.index(stop) + 1]
    return path


@pytest.mark.parametrize(
    ("minute", "end"),
    [("2027-01-10T14:59", "text says no"), ("2027-01-10T14:58", "runs"), ("2027-01-10T15:00", "text says no")],
)
def test_a_text_is_read_when_its_task_has_started(minute: str, end: str) -> None:
    """23:58, 23:59 and 00:00 in Tokyo: the test reads Sunday, or Monday already."""
    at = datetime.fromisoformat(minute + "+00:00")
    box = {"command": ["/bin/sh", "-c", "if [ $(date +%u) = 7 ]; then x; fi"], "environment": {"TZ": "Asia/Tokyo"}}
    job = spec(container=box, schedule={"scheduleExpression": f"cron({at:%-M} {at:%-H} * * ? *)"})
    (found,) = meanings(job, int(at.timestamp()) // 60)
    assert (found.end, found.zone, found.states) == (end, "Asia/Tokyo", ())
    assert meanings(job, int(at.timestamp()) // 60 + 1) == []
