"""What starts a job on AWS, whether rule or schedule: for run, enable, disable and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from migrate.aws import rules, schedules, targets
from migrate.aws.ownership import Owner
from migrate.aws.session import Aws
from migrate.aws.task_definition import short
from migrate.errors import UserError


@dataclass(frozen=True, slots=True)
class Frame:
    """One rule or schedule of a job of ours; ``target`` is None where it starts nothing yet."""

    backend: Literal["rule", "schedule"]
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
        return short(self.target["EcsParameters"]["TaskDefinitionArn"]) if self.target else "no target"

    @property
    def cluster(self) -> str:
        return self.target["Arn"].rpartition("/")[2] if self.target else ""

    def __str__(self) -> str:
        return f"{self.backend} {self.name}  {self.state}  {self.expression} {self.timezone}  {self.revision}"


def find(aws: Aws, owner: str, job: str) -> list[Frame]:
    """Every rule and schedule of the job that is ours."""
    marks = Owner(owner, job)
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
    return found


def find_or_fail(aws: Aws, owner: str, job: str) -> list[Frame]:
    found = find(aws, owner, job)
    if not found:
        raise UserError(
            f"job {job} of {owner} is not registered in {aws.where}; run register --create, or check the name"
        )
    return found


def switch(aws: Aws, owner: str, frame: Frame, *, on: bool) -> None:
    """Enables or disables one rule or schedule and changes nothing else of it."""
    if frame.backend == "rule":
        rules.switch(aws, frame.live, on=on)
    else:
        schedules.switch(aws, schedules.group_name(aws, owner), frame.live, on=on)
