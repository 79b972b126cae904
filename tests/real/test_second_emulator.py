"""Whole workflows by a second emulator of AWS: MiniStack, whose interpreter and DynamoDB share no code with moto's.

It pins one release of botocore, so it cannot live beside ours: it gets a place of its own, and MINISTACK_PYTHON names that
interpreter.

    python -m venv /tmp/m && /tmp/m/bin/pip install ministack jsonata-python
    MINISTACK_PYTHON=/tmp/m/bin/python pytest tests/real/test_second_emulator.py
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from converters.artefact.meaning import meanings
from converters.workflows.lock_items import Item
from converters.workflows.locks import FULL, WAIT
from converters.workflows.machine import RUN, Surroundings, state_machine
from tests.aws.test_meanings import LOCKS, held
from tests.effort import DEEP
from tests.test_state_machine import TASK, spec

CASES = 300 if DEEP else 60
PYTHON = os.environ.get("MINISTACK_PYTHON")
pytestmark = pytest.mark.skipif(not PYTHON, reason="MINISTACK_PYTHON names no interpreter that has MiniStack")


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Any]]:
    import boto3

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    alone = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "GATEWAY_PORT": str(port),
        "SERVICES": "dynamodb,stepfunctions",
    }
    server = subprocess.Popen(
        [str(PYTHON), "-m", "ministack"], env=alone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        place = {
            "region_name": "ap-northeast-1",
            "endpoint_url": f"http://127.0.0.1:{port}",
            "aws_access_key_id": "x",
            "aws_secret_access_key": "x",
        }
        found = {name: boto3.client(name, **place) for name in ("stepfunctions", "dynamodb")}
        found["dynamodb"].create_table(
            TableName="locks",
            KeySchema=[{"AttributeName": "lock", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "lock", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield found
    finally:
        server.terminate()
        server.wait(20)


def drawn(chance: random.Random, when: datetime) -> tuple[dict[str, Any], str]:
    by = chance.choice(["dom", "dow"])
    fields = "* * ?" if by == "dom" else "? * *"
    schedule: dict[str, Any] = {"scheduleExpression": f"cron({when.minute} {when.hour} {fields} *)"}
    if chance.random() < 0.5:
        schedule["guard"] = {
            "daysOfMonth": ",".join(map(str, sorted(chance.sample(range(1, 32), 20)))),
            "daysOfWeek": chance.choice(["*", f"{when:%a}".upper(), "MON"]),
            "months": "*",
            "offset": chance.choice([0, 540, -300]),
            "rule": chance.choice(["and", "or"]),
        }
    return {"timeout": 60, "schedule": schedule} | ({"once": True} if chance.random() < 0.3 else {}), by


def lasting(item: Item | None, now: int) -> Item | None:
    """The same with leases that end well before now or well after it: here time cannot be stopped."""
    if item is None:
        return None
    readers = {name: end - 900 if end <= now else end + 900 for name, end in item.readers.items()}
    return replace(item, expires=item.expires - 900 if item.expires <= now else item.expires + 900, readers=readers)


def test_a_second_emulator_goes_the_way_that_was_foretold(clients: dict[str, Any]) -> None:
    seed = os.environ.get("LOT") or str(random.random())
    print("LOT", seed)  # a failure shows it, and LOT= does the same cases again
    chance, ends = random.Random(seed), Counter[str]()
    for number in range(CASES):
        now = int(time.time())
        minute = now // 60
        when = datetime.fromtimestamp(minute * 60, UTC)
        wishes, by = drawn(chance, when)
        lock = chance.choice(LOCKS)
        wishes |= {"lock": lock | {"name": f"lock{number}"}} if lock else {}
        job, item = spec(**wishes), lasting(held(chance, now), now) if lock else None
        slot, taken = f"{when:%Y-%m-%dT%H:%M:00Z}", chance.random() < 0.4 and job.once
        _rows(clients["dynamodb"], number, item, slot if taken else None)
        (foretold,) = meanings(job, minute, taken=[slot] if taken else [], lock=item)
        told = {"slot": slot} | ({"dates": by} if job.schedule.guard else {})
        path = _executed(clients["stepfunctions"], job, number, told, foretold.states[-1])
        assert path == list(foretold.states), (wishes, item, taken, foretold)
        ends[foretold.end] += 1
    print(dict(ends))


def _rows(client: Any, number: int, item: Item | None, taken: str | None) -> None:
    for one in client.scan(TableName="locks")["Items"]:
        client.delete_item(TableName="locks", Key={"lock": one["lock"]})
    if taken:
        row: dict[str, Any] = {
            "lock": {"S": f"slot#job#{taken[:16]}Z"},
            "owner": {"S": "a"},
            "expires": {"N": "9999999999"},
        }
        client.put_item(TableName="locks", Item=row)
    if item is not None:
        row = {"lock": {"S": f"lock{number}"}, "expires": {"N": str(int(item.expires))}}
        if item.owner:
            row["owner"] = {"S": item.owner}
        else:
            row["readers"] = {"M": {name: {"N": str(int(end))} for name, end in item.readers.items()}}
        client.put_item(TableName="locks", Item=row)


def _executed(client: Any, job: Any, number: int, told: dict[str, Any], last: str) -> list[str]:
    """The states that were entered, up to the task (which does nothing here), the first wait or a ceiling, which is told."""
    definition = state_machine(job, Surroundings("web1", TASK, "locks"))
    definition["States"][RUN] = {"Type": "Pass", "Assign": {"task": {}}, "Next": definition["States"][RUN]["Next"]}
    role = "arn:aws:iam::123456789012:role/states"
    made = client.create_state_machine(name=f"job{number}", definition=json.dumps(definition), roleArn=role)
    execution = client.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(told))["executionArn"]
    for _ in range(400):
        status = client.describe_execution(executionArn=execution)["status"]
        events = client.get_execution_history(executionArn=execution, maxResults=200)["events"]
        path = [one["stateEnteredEventDetails"]["name"] for one in events if "stateEnteredEventDetails" in one]
        if status != "RUNNING" or (last == WAIT and WAIT in path):
            break
        time.sleep(0.05)
    if status == "RUNNING":
        client.stop_execution(executionArn=execution)
    return path[: path.index(last) + 1] if last in (WAIT, RUN, FULL) and last in path else path
