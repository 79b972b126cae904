"""One execution of a job's workflow, started now: just as its rule would start it, but without a slot."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from migrate.aws.session import Aws
from migrate.errors import UserError

POLL_SECONDS = 3.0
PAGE = 100
STARTED_BY_HAND = "by-hand-"
"""How the name of an execution begins that no schedule has started."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How an execution ended: its status, the last state it came to, and the error and cause of a failure."""

    status: str
    last_state: str
    error: str
    cause: str

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCEEDED"

    @property
    def reason(self) -> str:
        """The first line of the cause: below it stands the task's description."""
        return self.cause.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A task that an execution started, by the ARNs of the task and of its definition."""

    task: str
    definition: str


def start(aws: Aws, machine: str) -> str:
    """StartExecution; returns the execution's ARN. botocore may send a call twice: one name is one execution."""
    answer = aws.client("stepfunctions").start_execution(
        # An execution's name has up to 80 characters; 40 are used.
        stateMachineArn=machine,
        name=f"{STARTED_BY_HAND}{uuid.uuid4().hex}",
        input="{}",
    )
    return str(answer["executionArn"])


def wait(
    aws: Aws,
    execution: str,
    *,
    seconds: float,
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Finished:
    """Until the execution has ended; ``tell`` gets the name of every state that it comes to. UserError after ``seconds``;
    the execution then goes on."""
    states = aws.client("stepfunctions")
    told, last, waited = 0, "", 0.0
    while True:
        described = states.describe_execution(executionArn=execution)
        # Newest first until the last event that was told: no page is read twice.
        for event in _since(aws, execution, told):
            told = int(event["id"])
            if "stateEnteredEventDetails" in event:
                last = str(event["stateEnteredEventDetails"]["name"])
                tell(last)
        if described["status"] != "RUNNING":
            return Finished(
                str(described["status"]), last, str(described.get("error", "")), str(described.get("cause", ""))
            )
        if waited >= seconds:
            raise UserError(
                f"the workflow is at '{last or 'its start'}' after {seconds:g} s; it goes on: {execution}", exit_code=1
            )
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def _since(aws: Aws, execution: str, told: int) -> list[dict[str, Any]]:
    """The events after one, oldest first."""
    found: list[dict[str, Any]] = []
    for event in _newest_first(aws, execution):
        if int(event["id"]) <= told:
            break
        found.append(event)
    return found[::-1]


def _newest_first(aws: Aws, execution: str) -> Iterator[dict[str, Any]]:
    pages = aws.client("stepfunctions").get_paginator("get_execution_history")
    for page in pages.paginate(
        executionArn=execution, reverseOrder=True, includeExecutionData=True, PaginationConfig={"PageSize": PAGE}
    ):
        # An embedded AWS may answer in another order than the one that was asked for.
        yield from sorted(page["events"], key=lambda event: -int(event["id"]))


def submitted(aws: Aws, execution: str) -> Submitted | None:
    """The last task that was started; None where none was."""
    for event in _newest_first(aws, execution):
        details = event.get("taskSubmittedEventDetails", {})
        if details.get("resourceType") == "ecs":
            tasks = json.loads(details.get("output") or "{}").get("Tasks", [])
            if tasks:
                return Submitted(tasks[0]["TaskArn"], tasks[0].get("TaskDefinitionArn", ""))
    return None
