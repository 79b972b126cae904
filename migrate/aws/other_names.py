"""A job that AWS has already under another name: made before the settings had two environments, or under another pattern.

Looked for only where the name that is wanted now is not there: to make that would run the job twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from converters.frame.place import APART, PLAIN, job_name
from migrate.aws import rules, schedules, services, state_machines
from migrate.aws.ownership import Marks, Owner, described
from migrate.aws.session import Aws
from migrate.errors import UserError


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    name: str
    marks: Marks
    pattern: str


def refuse(aws: Aws, owner: Owner, cluster: str | None = None) -> None:
    """UserError where the job of this environment, or of none, is there under another name. ``cluster``: of its service."""
    for found in _others(aws, owner, cluster):
        if (found.marks.owner, found.marks.job) != (owner.owner, owner.job):
            continue
        if found.marks.environment not in (None, owner.environment):
            continue
        said = "names no environment" if found.marks.environment is None else f"is of environment {owner.environment}"
        adopt = " and register --adopt once" if found.marks.environment is None and not owner.alone else ""
        raise UserError(
            f"the {found.kind} {found.name} of job {owner.job} is there already and {said}, and {owner.name} would run beside "
            f'it; write names: "{found.pattern}" for the environment that it is of{adopt}, or delete it'
        )


def _others(aws: Aws, owner: Owner, cluster: str | None) -> Iterator[_Found]:
    place = aws.place(owner.owner)
    for pattern in (PLAIN, APART):
        name = job_name(pattern, owner.environment, owner.job)
        if name == owner.name:
            continue
        if rule := rules.find(aws, name):
            yield _Found("rule", name, Marks.of(rule.tags), pattern)
        if cluster is not None:
            if service := services.find(aws, cluster, name):
                yield _Found("service", name, Marks.of(service.tags), pattern)
            continue
        if aws.environment.scheduler_role:
            group = aws.environment.schedule_group or replace(place, names=pattern).name("")[:-1]
            if schedule := schedules.find(aws, group, name):
                yield _Found("schedule", name, described(schedule.description), pattern)
        if aws.environment.states_role and (machine := state_machines.find_named(aws, name)):
            yield _Found("state machine", name, Marks.of(machine.tags), pattern)
