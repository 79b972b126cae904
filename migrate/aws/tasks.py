"""One task of a job, started now: just as its rule would start it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from migrate.aws import log_lines
from migrate.aws.errors import error_code
from migrate.aws.frames import Frame
from migrate.aws.ownership import Owner
from migrate.aws.session import Aws
from migrate.errors import UserError
from migrate.terminal.language import _

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

    def lines(self, *, going: bool = False) -> Iterator[tuple[str, str, bool]]:
        """(container, how it ended in words, whether well); ``going``: the task has not ended, so what has no code runs."""
        for container, (code, reason) in self.containers.items():
            nothing = _("running") if going else _("never started")
            said = nothing if code is None else _("exit code {code}").format(code=code)
            yield container, f"{said} ({reason})" if reason else said, code == 0


def ended_of(task: dict[str, Any]) -> Ended:
    """Of a task as DescribeTasks has it."""
    boxes = {box["name"]: (box.get("exitCode"), str(box.get("reason", ""))) for box in task.get("containers", [])}
    return Ended(str(task.get("stoppedReason", "")), boxes)


def start(aws: Aws, frame: Frame, owner: Owner) -> str:
    """RunTask with the parameters of the frame's target; returns the task's ARN. Reads ``failures`` of a 200 answer."""
    if frame.target is None:
        raise UserError(f"{frame.backend} {frame.name} starts nothing yet; run 'cron2fargate register' first")
    # botocore may send a call twice; ECS starts the task once for one token.
    # docs "Ensuring idempotency when launching Amazon ECS tasks".
    return start_target(aws, frame.target, owner, token=uuid.uuid4().hex, count=1)


def start_target(aws: Aws, target: dict[str, Any], owner: Owner, *, token: str, count: int | None = None) -> str:
    """The same of a target of EventBridge; ``count``: None for as many tasks as it starts itself."""
    request = _run_task_input(target, owner)
    request |= {"clientToken": token, "count": count or int(target["EcsParameters"].get("TaskCount", 1))}
    answer = aws.client("ecs").run_task(**request)
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
        "startedBy": BY_HAND,
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
        "ReferenceId": "referenceId",
        "PlacementConstraints": "placementConstraints",
        "PlacementStrategy": "placementStrategy",
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
            return ended_of(tasks[0])
        # The task is not stopped: it may be in the middle of its work.
        if waited >= seconds:
            raise UserError(f"the task is {status or 'unknown'} after {seconds:g} s; it goes on: {task}", exit_code=1)
        sleep(POLL_SECONDS)
        waited += POLL_SECONDS


def log_tail(aws: Aws, definition: str, task: str, lines: int) -> Iterator[tuple[str, str]]:
    """(container, line) for the last lines of every container that logs to CloudWatch, oldest first."""
    answer = aws.client("ecs").describe_task_definition(taskDefinition=definition)
    for container in answer["taskDefinition"]["containerDefinitions"]:
        place = log_lines.place_of(container, aws.region)
        # The end of a stream that all tasks share may be another task's.
        if isinstance(place, log_lines.LogPlace) and not place.shared:
            for _at, text in log_lines.tail(aws, place, task, lines).events:
                yield container["name"], text


def known(aws: Aws, job: str, cluster: str) -> list[dict[str, Any]]:
    """Every task of the job's family that ECS still tells of: those that run, and for an hour those that stopped."""
    from botocore.exceptions import ClientError

    ecs = aws.client("ecs")
    arns: dict[str, None] = {}
    try:
        for status in ("RUNNING", "STOPPED"):
            pages = ecs.get_paginator("list_tasks").paginate(
                cluster=cluster, family=aws.named(job), desiredStatus=status
            )
            # A task is listed under both while it changes from one to the other.
            arns |= dict.fromkeys(arn for page in pages for arn in page["taskArns"])
    except ClientError as error:
        if error_code(error) not in ("ResourceNotFoundException", "ClusterNotFoundException"):
            raise
    return described(aws, cluster, list(arns))


def described(aws: Aws, cluster: str, arns: Sequence[str]) -> list[dict[str, Any]]:
    """Those of the tasks that ECS still knows; [] where there is no such cluster any more."""
    from botocore.exceptions import ClientError

    ecs = aws.client("ecs")
    try:
        # DescribeTasks takes 100.
        return [
            task
            for place in range(0, len(arns), 100)
            for task in ecs.describe_tasks(cluster=cluster, tasks=list(arns[place : place + 100]))["tasks"]
        ]
    except ClientError as error:
        if error_code(error) != "ClusterNotFoundException":
            raise
        return []
