"""One task of a job, started now: just as its rule would start it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from migrate.aws.errors import error_code
from migrate.aws.frames import Frame
from migrate.aws.ownership import Owner
from migrate.aws.session import Aws
from migrate.errors import UserError

POLL_SECONDS = 3.0
BY_HAND = "cron2fargate"
"""RunTask's startedBy of `cron2fargate run`."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a task ended: per container its exit code (None: it never started) and AWS's reason."""

    reason: str
    containers: dict[str, tuple[int | None, str]]

    @property
    def succeeded(self) -> bool:
        return bool(self.containers) and all(code == 0 for code, _ in self.containers.values())


def start(aws: Aws, frame: Frame, owner: Owner) -> str:
    """RunTask with the parameters of the frame's target; returns the task's ARN. Reads ``failures`` of a 200 answer."""
    if frame.target is None:
        raise UserError(f"{frame.backend} {frame.name} starts nothing yet; run 'cron2fargate register' first")
    answer = aws.client("ecs").run_task(**_run_task_input(frame.target, owner))
    # RunTask answers 200 with failures where there is no room or a wrong cluster.
    if answer.get("failures") or not answer.get("tasks"):
        failure = (answer.get("failures") or [{}])[0]
        said = f"{failure.get('reason', 'no reason given')} {failure.get('detail', '')}".rstrip()
        raise UserError(f"ECS did not start the task: {said}")
    return str(answer["tasks"][0]["taskArn"])


def _run_task_input(target: dict[str, Any], owner: Owner) -> dict[str, Any]:
    """EventBridge's Pascal case to ECS's camel case; ``Input`` of a target is RunTask's ``overrides``."""
    ecs = target["EcsParameters"]
    network = ecs.get("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
    request: dict[str, Any] = {
        "cluster": target["Arn"],
        "taskDefinition": ecs["TaskDefinitionArn"],
        "count": 1,
        "startedBy": BY_HAND,
        # botocore may send a call twice; ECS starts the task once for one token.
        # docs "Ensuring idempotency when launching Amazon ECS tasks".
        "clientToken": uuid.uuid4().hex,
        "tags": [{"key": key, "value": value} for key, value in owner.tags().items()],
        "networkConfiguration": {
            "awsvpcConfiguration": {key[0].lower() + key[1:]: value for key, value in network.items()}
        },
    }
    names = {
        "LaunchType": "launchType",
        "CapacityProviderStrategy": "capacityProviderStrategy",
        "PlatformVersion": "platformVersion",
        "PropagateTags": "propagateTags",
        "EnableECSManagedTags": "enableECSManagedTags",
        "EnableExecuteCommand": "enableExecuteCommand",
        "Group": "group",
    }
    request |= {theirs: ecs[ours] for ours, theirs in names.items() if ecs.get(ours)}
    if target.get("Input"):
        # A target's Input is a TaskOverride.
        request["overrides"] = json.loads(target["Input"])
    return request


def wait(
    aws: Aws,
    cluster: str,
    task: str,
    *,
    seconds: float,
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Ended:
    """Until the task is STOPPED; ``tell`` gets each new status. UserError after ``seconds``; the task then goes on."""
    status, waited = "", 0.0
    while True:
        tasks = aws.client("ecs").describe_tasks(cluster=cluster, tasks=[task])["tasks"]
        if tasks and tasks[0].get("lastStatus") != status:
            status = str(tasks[0].get("lastStatus"))
            tell(status)
        if tasks and status == "STOPPED":
            containers = {
                box["name"]: (box.get("exitCode"), str(box.get("reason", ""))) for box in tasks[0]["containers"]
            }
            return Ended(str(tasks[0].get("stoppedReason", "")), containers)
        # The task is not stopped: it may be in the middle of its work.
        if waited >= seconds:
            raise UserError(f"the task is {status or 'unknown'} after {seconds:g} s; it goes on: {task}", exit_code=1)
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def log_tail(aws: Aws, definition: str, task: str, lines: int) -> Iterator[tuple[str, str]]:
    """(container, line) for the last lines of every container that logs to CloudWatch, oldest first."""
    from botocore.exceptions import ClientError

    answer = aws.client("ecs").describe_task_definition(taskDefinition=definition)
    for container in answer["taskDefinition"]["containerDefinitions"]:
        options = container.get("logConfiguration", {}).get("options", {})
        if "awslogs-group" not in options:
            continue
        # awslogs: PREFIX/CONTAINER/TASK-ID.
        stream = f"{options.get('awslogs-stream-prefix')}/{container['name']}/{task.rpartition('/')[2]}"
        try:
            events = aws.client("logs").get_log_events(
                logGroupName=options["awslogs-group"], logStreamName=stream, limit=lines, startFromHead=False
            )["events"]
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            continue
        for event in events:
            yield container["name"], str(event["message"])
