"""What a spec asks for on AWS, before it is compared with what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from converters.workflows.followers import Follower
from converters.workflows.machine import needs_machine
from migrate.aws import log_group, state_machines, targets, task_definition, validate
from migrate.aws.ownership import Owner, digest
from migrate.aws.session import Aws
from migrate.errors import UserError

if TYPE_CHECKING:
    from converters.specs.model import Spec


@dataclass(slots=True)
class Wanted:
    """``target`` starts one task; where there is a ``machine``, a schedule starts that instead (`target_of`)."""

    spec: Spec
    definition: dict[str, Any]
    target: dict[str, Any]
    log_group: log_group.LogGroup
    owner: Owner
    digest: str
    machine: dict[str, Any] | None
    machine_arn: str
    followers: list[Follower]

    def target_of(self, expression: str) -> dict[str, Any]:
        """The target of the rule or schedule of one expression."""
        if self.machine:
            return targets.of_workflow(self.machine_arn, self.target, self.spec, expression)
        if self.spec.schedule.guard:
            return targets.with_slot(self.target, self.spec, expression)
        return self.target


def want(aws: Aws, spec: Spec, cluster: str, role: str, owner_name: str, followers: list[Follower]) -> Wanted:
    """All that a spec asks for. ``role`` is what EventBridge or Scheduler takes on. UserError for what AWS would refuse."""
    env = aws.environment
    owner = aws.marks(owner_name, spec.name)
    group = aws.place(owner_name).log_group(env.log_group, spec.name)
    group_tags = owner.tags() if "{job}" in env.log_group else owner.shared_tags()
    definition = task_definition.build(aws, spec, group)
    target = targets.build(aws, spec, cluster, aws.role_arn(role))
    machine = state_machines.build(aws, spec, target, owner_name, followers) if needs_machine(spec, followers) else None
    parts: list[Any] = [task_definition.normal(definition), target, spec.expressions, spec.schedule.timezone]
    if machine:
        parts += [machine, aws.role_arn(state_machines.role_of(aws, owner_name))]
    if spec.service and spec.service.passed:
        parts.append(spec.service.passed)
    if spec.schedule.flexible_window:
        parts.append(spec.schedule.flexible_window)
    problems = [
        *validate.task_definition_problems(definition, owner.tags()),
        *validate.target_problems(target),
        *([] if machine or spec.service else validate.strategy_problems(target)),
        *(problem for text in spec.expressions for problem in validate.rule_problems(owner.name, text)),
    ]
    if problems:
        raise UserError("; ".join(problems))
    return Wanted(
        spec,
        definition,
        target,
        log_group.LogGroup(group, env.log_retention_days, group_tags),
        owner,
        digest(*parts),
        machine,
        state_machines.arn_of(aws, spec.name),
        followers,
    )
