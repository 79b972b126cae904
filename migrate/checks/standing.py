"""May what is registered start, with the roles as they stand: its target's, its workflow's, its task's?

Judged here from the policies themselves, trust and boundary and the queue's policy included, of which IAM's simulation says
nothing. Policies of an organization are not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converters.rights import duties
from converters.rights.duties import EVENTS, SCHEDULER, Duty
from migrate.aws import disarmed, frames, state_machines, targets
from migrate.aws.errors import error_code
from migrate.aws.frames import Frame
from migrate.aws.roles_read import Standing
from migrate.checks.model import Context, Line, ok, problem
from migrate.terminal.language import ngettext


def check(context: Context) -> Iterator[Line]:
    """One line for each lack, and one for all jobs that may start."""
    asked: disarmed.Duties = []
    for spec in context.specs:
        found = frames.find(context.aws, context.owner, spec.name)
        asked += [(spec.name, duty) for duty in _duties(context, spec.name, found)]
    if not asked:
        return
    asked += disarmed.of_shared(context.aws, context.owner)
    lacking = disarmed.look(Standing(context.aws), asked)
    for one in lacking:
        yield problem(one.code, "{said}", said=one.message)
    if not any(one.severity == "error" for one in lacking):
        jobs = len({job for job, _duty in asked})
        text = ngettext(
            "{n} job may start: no policy of a role refuses it",
            "{n} jobs may start: no policy of a role refuses it",
            jobs,
        )
        yield ok(text, n=jobs)


def _duties(context: Context, job: str, found: list[Frame]) -> list[Duty]:
    aws = context.aws
    started = [frame for frame in found if frame.target]
    machine = state_machines.find(aws, job) if any(map(targets.is_workflow, (one.target for one in started))) else None
    task = _task(context, job, machine.task_definition if machine else None, started)
    live = [(frame.target or {}, *_service(context, frame)) for frame in started]
    run = (machine.arn, machine.role, machine.definition) if machine else None
    return duties.of_start(live, run, task, aws.arn)


def _service(context: Context, frame: Frame) -> tuple[str, str]:
    service = SCHEDULER if frame.backend == "schedule" else EVENTS
    return service, disarmed.source_of(context.aws, context.owner, service, frame.name)


def _task(context: Context, job: str, named: str | None, started: list[Frame]) -> dict[str, Any] | None:
    """The task definition that is started; None where there is none."""
    from botocore.exceptions import ClientError

    plain = [(frame.target or {}).get("EcsParameters", {}).get("TaskDefinitionArn") for frame in started]
    name = named or next(filter(None, plain), None)
    if not name:
        return None
    try:
        answer = context.aws.client("ecs").describe_task_definition(taskDefinition=name)
    except ClientError as error:
        # ClientException is what ECS says of a revision that it has not.
        if error_code(error) != "ClientException":
            raise
        return None
    found: dict[str, Any] = answer["taskDefinition"]
    return found
