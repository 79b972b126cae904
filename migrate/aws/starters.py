"""What starts a job: rules, schedules, or the workflow of another job. Read first, then compared with what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from migrate.aws import rules, schedules, targets, validate
from migrate.aws.ownership import Owner
from migrate.aws.session import Aws
from migrate.aws.steps import Step
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec
    from migrate.aws.wanted import Wanted


class Starter(Protocol):
    """One way of being started. ``notes`` and ``refusals`` are filled by `steps`."""

    notes: list[str]
    refusals: list[str]

    def live_targets(self) -> list[dict[str, Any]]:
        """What starts the job on AWS now."""

    def is_off(self) -> bool:
        """Whether it is there, and switched off."""

    def is_marked(self, digest: str) -> bool:
        """Whether any of it was last written for this very spec, so that what differs now was changed on AWS."""

    def steps(self, wanted: Wanted, revision: str | None) -> list[Step]:
        """What is to be done; ``revision`` is None where a new one will be registered."""


class RuleStarter:
    """Rules: one an expression."""

    def __init__(self, aws: Aws, spec: Spec, owner: Owner, *, adopt: bool) -> None:
        refuse_schedules(aws, owner, "a rule")
        self.notes: list[str] = []
        self.refusals: list[str] = []
        self.owner, self.adopt = owner, adopt
        self.ours = {rule.name: rule for rule in rules.find_all(aws, owner)}
        found = {name: rule.expression for name, rule in self.ours.items()}
        self.written = targets.written_before(aws.environment, list(found.values()), None)
        self.names = rules.assign_names(owner.name, found, spec.expressions)
        self.live = {name: self.ours.get(name) or rules.find(aws, name) for name in self.names}
        for rule in self._there():
            rules.check_owner(rule, owner, adopt=adopt)

    def _there(self) -> Iterator[rules.LiveRule]:
        return (rule for rule in self.live.values() if rule)

    def live_targets(self) -> list[dict[str, Any]]:
        return [target for rule in self._there() if (target := rule.target_of(self.owner, adopt=self.adopt))]

    def is_off(self) -> bool:
        return any(True for _rule in self._there()) and not any(rule.enabled for rule in self._there())

    def is_marked(self, digest: str) -> bool:
        return any(rules.is_marked(rule, digest) for rule in self._there())

    def steps(self, wanted: Wanted, revision: str | None) -> list[Step]:
        result: list[Step] = []
        for name, expression in self.names.items():
            target = wanted.target_of(expression)
            want = rules.WantedRule(name, expression, target, self.owner, wanted.digest, revision, self.written)
            result += rules.plan(self.live[name], want, adopt=self.adopt)
            self._check_target(self.live[name], want)
        result += [rules.plan_removal(rule, self.owner) for name, rule in self.ours.items() if name not in self.names]
        if any(rule is None for rule in self.live.values()) and any(rule.enabled for rule in self._there()):
            self.notes.append(
                f"the new rule is made DISABLED while others of the job run: cron2fargate enable {self.owner.job}"
            )
        return result

    def _check_target(self, live: rules.LiveRule | None, want: rules.WantedRule) -> None:
        old = live.target_of(want.owner, adopt=self.adopt) if live else None
        others = len(live.targets) - (1 if old else 0) if live else 0
        merged = targets.merge(old, want.target, want.revision or targets.NEW_REVISION, want.written)
        problems = (*validate.rule_problems(want.name, want.expression), *validate.target_problems(merged, others))
        self.refusals += [f"rule {want.name}: {text}" for text in problems]


class ScheduleStarter:
    """Scheduler schedules: one an expression, in a group of ours."""

    def __init__(self, aws: Aws, spec: Spec, owner: Owner, *, adopt: bool) -> None:
        refuse_rules(aws, owner, "a schedule in a zone")
        self.notes: list[str] = []
        self.refusals: list[str] = []
        self.spec, self.owner = spec, owner
        self.group = schedules.group_name(aws, owner.owner)
        self.group_step = schedules.plan_group(aws, self.group, owner, adopt=adopt)
        self.ours = {schedule.name: schedule for schedule in schedules.find_all(aws, self.group, owner)}
        found = {name: schedule.expression for name, schedule in self.ours.items()}
        zone = next((schedule.timezone for schedule in self.ours.values()), None)
        self.written = targets.written_before(aws.environment, list(found.values()), zone)
        self.names = rules.assign_names(owner.name, found, spec.expressions)
        self.live = {name: self.ours.get(name) or schedules.find(aws, self.group, name) for name in self.names}
        for schedule in self._there():
            schedules.check_owner(schedule, owner, adopt=adopt)

    def _there(self) -> Iterator[schedules.LiveSchedule]:
        return (schedule for schedule in self.live.values() if schedule)

    def live_targets(self) -> list[dict[str, Any]]:
        return [schedule.fields["Target"] for schedule in self._there()]

    def is_off(self) -> bool:
        return any(True for _one in self._there()) and not any(schedule.enabled for schedule in self._there())

    def is_marked(self, digest: str) -> bool:
        return any(schedules.is_marked(schedule, digest) for schedule in self._there())

    def steps(self, wanted: Wanted, revision: str | None) -> list[Step]:
        result = [self.group_step]
        for name, expression in self.names.items():
            want = schedules.WantedSchedule(
                name,
                self.group,
                expression,
                str(self.spec.schedule.timezone),
                wanted.target_of(expression),
                self.owner,
                wanted.digest,
                revision,
                self.spec.schedule.flexible_window,
                self.written,
            )
            result.append(schedules.plan(self.live[name], want))
        gone = [live for name, live in self.ours.items() if name not in self.names]
        return result + [schedules.plan_removal(live, self.group) for live in gone]


class FollowerStarter:
    """Nothing of its own: the workflow of another job starts this one's."""

    def __init__(self, aws: Aws, spec: Spec, owner: Owner, *, adopt: bool) -> None:
        what = f"a start after {' and '.join(spec.after)}"
        refuse_schedules(aws, owner, what)
        refuse_rules(aws, owner, what)
        self.notes: list[str] = []
        self.refusals: list[str] = []

    def live_targets(self) -> list[dict[str, Any]]:
        return []

    def is_off(self) -> bool:
        return False

    def is_marked(self, digest: str) -> bool:
        return False

    def steps(self, wanted: Wanted, revision: str | None) -> list[Step]:
        return []


def starter(aws: Aws, spec: Spec, owner: Owner, *, adopt: bool) -> Starter:
    """The way in which a spec asks to be started. UserError where AWS has another one for the job, or somebody else's."""
    kind = FollowerStarter if spec.after else ScheduleStarter if spec.schedule.timezone else RuleStarter
    return kind(aws, spec, owner, adopt=adopt)


def refuse_schedules(aws: Aws, owner: Owner, asked: str) -> None:
    group = schedules.group_name(aws, owner.owner)
    if aws.environment.scheduler_role and schedules.find_all(aws, group, owner):
        raise UserError(
            f"{owner.job} is a schedule on AWS and ecs.yml asks for {asked}; both would run it: delete it "
            f"(aws scheduler delete-schedule --group-name {group} --name {owner.name}), then register again"
        )


def refuse_rules(aws: Aws, owner: Owner, asked: str) -> None:
    if rules.find_all(aws, owner):
        raise UserError(
            f"{owner.job} is a rule on AWS and ecs.yml asks for {asked}; both would run it: "
            f"delete it (aws events remove-targets and delete-rule, name {owner.name}), then register again"
        )
