"""What starts a job on AWS, whether rule, schedule, service or another job's workflow: for run, enable, disable, status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from migrate.aws import rules, schedules, services, state_machines, targets
from migrate.aws.errors import is_denied
from migrate.aws.other_names import OtherNames
from migrate.aws.ownership import Owner
from migrate.aws.session import Aws
from migrate.aws.task_definition import short
from migrate.errors import UserError


@dataclass(frozen=True, slots=True)
class Frame:
    """One rule, schedule or service of a job of ours; ``target`` is None where it starts nothing yet. A workflow that only
    other workflows start counts as enabled: it has nothing of its own to switch."""

    backend: Literal["rule", "schedule", "service", "workflow"]
    name: str
    enabled: bool
    expression: str
    timezone: str
    target: dict[str, Any] | None
    live: Any

    @property
    def state(self) -> str:
        return "ENABLED" if self.enabled else "DISABLED"

    @property
    def revision(self) -> str:
        if self.target is None:
            return "no target"
        if self.is_workflow:
            return f"workflow {targets.family_of(self.target)}"
        return short(self.target["EcsParameters"]["TaskDefinitionArn"])

    @property
    def cluster(self) -> str:
        return self.target["Arn"].rpartition("/")[2] if self.target and not self.is_workflow else ""

    @property
    def is_workflow(self) -> bool:
        """Whether a state machine runs the job, and not a task alone."""
        return targets.is_workflow(self.target)

    def __str__(self) -> str:
        when = f"{self.expression} {self.timezone}".rstrip()
        return f"{self.backend} {self.name}  {self.state}  {when}  {self.revision}"


def find(aws: Aws, owner: str, job: str) -> list[Frame]:
    """Every rule and schedule of the job that is ours, else its service."""
    marks = aws.marks(owner, job)
    found = [
        Frame("rule", rule.name, rule.enabled, rule.expression, "UTC", rule.target_of(marks), rule)
        for rule in rules.find_all(aws, marks)
    ]
    if aws.environment.scheduler_role:
        for schedule in schedules.find_all(aws, schedules.group_name(aws, owner), marks):
            target = schedule.fields.get("Target")
            usable = target if target and targets.family_of(target) else None
            found.append(
                Frame(
                    "schedule",
                    schedule.name,
                    schedule.enabled,
                    schedule.expression,
                    schedule.timezone,
                    usable,
                    schedule,
                )
            )
    return found or _services(aws, marks) or _workflow(aws, marks)


def _workflow(aws: Aws, marks: Owner) -> list[Frame]:
    """The workflow of a job that runs after others. Whoever may not look at workflows sees a job that is not registered."""
    from botocore.exceptions import ClientError

    try:
        live = state_machines.find(aws, marks.job)
    except ClientError as error:
        if not is_denied(error):
            raise
        return []
    if live is None or not marks.owns(live.tags):
        return []
    return [Frame("workflow", live.name, True, "after other jobs", "", {"Arn": live.arn}, live)]


def _services(aws: Aws, marks: Owner) -> list[Frame]:
    """The service of a job that no rule and no schedule starts."""
    return [
        Frame(
            "service",
            live.name,
            live.desired > 0,
            f"always, {live.desired or live.wanted} at a time",
            "UTC",
            services.as_target(live),
            live,
        )
        for live in services.anywhere(aws, marks)
    ]


def find_or_fail(aws: Aws, owner: str, job: str) -> list[Frame]:
    found = find(aws, owner, job)
    if not found:
        for service in (False, True):
            # One of before names no environment, or has the name of another pattern.
            OtherNames(aws).refuse(aws.marks(owner, job), service=service, same=True)
        raise UserError(
            f"job {job} of {owner} is not registered in {aws.where}; run register --create, or check the name"
        )
    return found


def switch(aws: Aws, owner: str, frame: Frame, *, on: bool) -> None:
    """Enables or disables one rule, schedule or service and changes nothing else of it."""
    if frame.backend == "workflow":
        raise UserError(
            f"{frame.name} has no schedule of its own: it runs after other jobs; switch those, or change after in ecs.yml"
        )
    if frame.backend == "service":
        services.switch(aws, frame.live, on=on)
    elif frame.backend == "rule":
        rules.switch(aws, frame.live, on=on)
    else:
        schedules.switch(aws, schedules.group_name(aws, owner), frame.live, on=on)
