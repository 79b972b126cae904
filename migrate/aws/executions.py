"""One execution of a job's workflow, started now: just as its rule would start it, but without a slot."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from migrate.aws.errors import error_code
from migrate.aws.session import Aws
from migrate.errors import UserError

POLL_SECONDS = 3.0
PAGE = 100
STARTED_BY_HAND = "by-hand-"
"""How the name of an execution begins that no schedule has started."""
# A machine that is being deleted has no executions to list any more.
NO_MACHINE = {"StateMachineDoesNotExist", "StateMachineDeleting"}


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
    ended: dict[str, Any] = field(default_factory=dict)
    """The task as DescribeTasks would have it, from the execution's history, which is kept 90 days; {} while it runs."""


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
    """The last task that was started, with its end as far as it is told; None where none was started."""
    ended: dict[str, Any] = {}
    for event in _newest_first(aws, execution):
        for kind, member in _RESULTS.items():
            if not ended and event.get(kind, {}).get("resourceType") == "ecs":
                ended = described(str(event[kind].get(member, "")))
        details = event.get("taskSubmittedEventDetails", {})
        if details.get("resourceType") == "ecs":
            tasks = json.loads(details.get("output") or "{}").get("Tasks", [])
            if tasks:
                arn = str(tasks[0]["TaskArn"])
                # A result that names another task belongs to a try whose submission was not read.
                mine = ended if ended.get("taskArn") == arn else {}
                return Submitted(arn, tasks[0].get("TaskDefinitionArn", ""), mine)
    return None


_RESULTS = {"taskSucceededEventDetails": "output", "taskFailedEventDetails": "cause"}
"""What holds the end of a task of ``ecs:runTask.sync``: the task as JSON, in Pascal case."""


def described(text: str) -> dict[str, Any]:
    """A task as Step Functions has it, in the words of DescribeTasks; {} for a text that is none."""
    try:
        value = _camel(json.loads(text))
    except ValueError:
        return {}
    if not isinstance(value, dict) or "taskArn" not in value:
        return {}
    for key in [key for key in value if key.endswith("At")]:
        moment = value.pop(key)
        # Step Functions writes milliseconds since 1970 for one of its own integrations, and ISO for those of the SDK.
        with suppress(ValueError, TypeError):
            value[key] = (
                datetime.fromtimestamp(moment / 1000, UTC)
                if isinstance(moment, int | float)
                else datetime.fromisoformat(moment.replace("Z", "+00:00"))
            )
    return value


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(inner) for key, inner in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list) else value


def newest_first(aws: Aws, machine: str) -> Iterator[dict[str, Any]]:
    """The executions of a workflow as ListExecutions has them; nothing where it is gone."""
    from botocore.exceptions import ClientError

    pages = aws.client("stepfunctions").get_paginator("list_executions")
    try:
        # 1,000 a page is the most: a job of each minute has 130,000 executions, and Tokyo gives two pages a second.
        for page in pages.paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 1_000}):
            yield from page["executions"]
    except ClientError as error:
        if error_code(error) not in NO_MACHINE:
            raise


def slot_of(aws: Aws, execution: str) -> str:
    """The slot that an execution was told, as ISO; empty for one by hand, and for one that another job started."""
    given = aws.client("stepfunctions").describe_execution(executionArn=execution).get("input") or "{}"
    try:
        value = json.loads(given)
    except ValueError:
        return ""
    return str(value.get("slot") or "") if isinstance(value, dict) else ""
