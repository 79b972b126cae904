"""A job that AWS has already under another name: made before the settings had two environments, or under another pattern.

Looked for only where the name that is wanted now is not there: to make that would run the job twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace

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


@dataclass(slots=True)
class OtherNames:
    """The rules, schedules and workflows of the account by name, each listed once a run; only what bears a name that a job may
    have had is looked at."""

    aws: Aws
    _listed: dict[str, Collection[str]] = field(default_factory=dict)

    def refuse(self, owner: Owner, *, service: bool = False, same: bool = False) -> None:
        """UserError where the job of this environment, or of none, is there under another name. ``service``: as a service;
        ``same``: under the name that it has now, too, which another environment may have given it."""
        for found in self._others(owner, service, same):
            if (found.marks.owner, found.marks.job) != (owner.owner, owner.job):
                continue
            if found.marks.environment in (None, owner.environment):
                raise UserError(_sentence(found, owner))

    def _others(self, owner: Owner, service: bool, same: bool) -> Iterator[_Found]:
        for pattern in (PLAIN, APART):
            name = job_name(pattern, owner.environment, owner.job)
            if name != owner.name or same:
                yield from self._services(name, pattern) if service else self._starts(owner, name, pattern)

    def _services(self, name: str, pattern: str) -> Iterator[_Found]:
        for cluster in services.clusters(self.aws):
            if live := services.find(self.aws, cluster, name):
                yield _Found("service", name, Marks.of(live.tags), pattern)

    def _starts(self, owner: Owner, name: str, pattern: str) -> Iterator[_Found]:
        aws = self.aws
        if name in self._names("rules", self._rules) and (rule := rules.find(aws, name)):
            yield _Found("rule", name, Marks.of(rule.tags), pattern)
        group = aws.environment.schedule_group or replace(aws.place(owner.owner), names=pattern).name("")[:-1]
        if aws.environment.scheduler_role and (schedule := schedules.find(aws, group, name)):
            yield _Found("schedule", name, described(schedule.description), pattern)
        if name in self._names("workflows", self._workflows) and (machine := state_machines.find_named(aws, name)):
            yield _Found("state machine", name, Marks.of(machine.tags), pattern)

    def _names(self, kind: str, read: Callable[[], Collection[str]]) -> Collection[str]:
        if kind not in self._listed:
            self._listed[kind] = read()
        return self._listed[kind]

    def _rules(self) -> Collection[str]:
        return rules.listed(self.aws)

    def _workflows(self) -> Collection[str]:
        return state_machines.listed(self.aws) if self.aws.environment.states_role else ()


def _sentence(found: _Found, owner: Owner) -> str:
    nobodys = found.marks.environment is None
    said = "names no environment" if nobodys else f"is of environment {owner.environment}"
    if found.name == owner.name:
        return (
            f"the {found.kind} {found.name} of job {owner.job} is there and {said}; if it is that of {owner.environment}, take "
            "it over once with register --adopt"
        )
    adopt = " and register --adopt once" if nobodys and not owner.alone else ""
    return (
        f"the {found.kind} {found.name} of job {owner.job} is there already and {said}, and {owner.name} would run beside it; "
        f'write names: "{found.pattern}" for the environment that it is of{adopt}, or delete it'
    )
